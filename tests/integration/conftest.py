from tests.support.registry import registry, registry_folder  # noqa: F401 (fixtures)

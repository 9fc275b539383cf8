import pytest

from tests.support.api import World
from tests.support.registry import registry, registry_folder  # noqa: F401 (fixtures)


@pytest.fixture(scope="session")
def world(registry):  # noqa: F811 (the fixture)
    """People, organisations and keys of the session's registry."""
    return World(registry.url, "admin", registry.password)

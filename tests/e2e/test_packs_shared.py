"""Three packs that nobody here wrote: published, installed with their wiring, and removed without a trace."""
import json

import pytest
from fixtures_client import client, registry  # noqa: F401
from fixtures_client import Publisher, shared_packs

NAMES = ("claude", "codex", "opencode")


@pytest.fixture
def nolabs(registry, tmp_path):  # noqa: F811
    """Their files name the namespace nolabs-ai."""
    folder = shared_packs()
    if not folder:
        pytest.skip("../shared/packs is not there: the packs of others are not tested")
    answer = registry.get("/api/v1/organisations/nolabs-ai")
    if answer.status == 200:
        pytest.skip("the namespace nolabs-ai is taken by another test")
    made = Publisher(registry, tmp_path / "publisher", "nolabs-ai")
    for name in NAMES:
        made.publish_folder(folder / name)
    return made


def test_they_install_with_their_wiring_and_go_without_a_trace(client, nolabs):  # noqa: F811
    (client.home / ".claude").mkdir()
    (client.home / ".claude/settings.json").write_text('{ // by hand\n  "model": "opus", }\n')
    (client.home / ".codex").mkdir()
    (client.home / ".codex/config.toml").write_text('model = "o3" # mine\n\n[profiles.a]\nx = 1\n')
    (client.home / ".config/opencode").mkdir()
    before = client.tree()

    for name in NAMES:
        client.ok("pull", "--yes", f"nolabs-ai/{name}")
    client.ok("verify")
    home = client.home
    assert json.loads((home / ".claude/settings.json").read_text())["enabledPlugins"] == {"nono@nolabs-ai": True}
    installed = json.loads((home / ".claude/plugins/installed_plugins.json").read_text())
    assert str(home) in installed["plugins"]["nono@nolabs-ai"][0]["installPath"]
    assert (home / ".claude/plugins/cache/nolabs-ai/nono/1.0.0/bin/nono-hook.sh").stat().st_mode & 0o111
    assert (home / ".codex/bin/nono-draft-profile").stat().st_mode & 0o111
    config = (home / ".codex/config.toml").read_text()
    assert config.index("developer_instructions") < config.index("[marketplaces.nolabs-ai]") < config.index("[profiles.a]")
    assert (home / ".config/opencode/plugins/nono-sandbox.ts").is_file()
    assert (home / ".config/nono/profile-drafts/.nono-opencode-pack-marker").read_bytes() == b""

    for name in ("codex", "claude", "opencode"):
        client.ok("remove", f"nolabs-ai/{name}")
    assert client.tree() == before
    assert not (home / ".config/nono/profile-drafts").exists()

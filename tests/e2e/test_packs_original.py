"""One packages folder, two clients: what one installed, the other lists, pins and removes.

tests/support/stock_store.py stands for the original here; tests/conformance/original.py runs the real one.
"""
import json

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401

from tests.support.stock_store import StockStore
from tests.support.wired_pack import furnish, wired


@pytest.fixture
def home(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wired(version))
    furnish(client.home)
    return client


def lock_of(home):
    return json.loads((home.packages / "lockfile.json").read_text())


def test_what_the_original_pinned_is_listed_kept_and_removed_to_the_last_byte(home, publisher):  # noqa: F811
    before, key = home.tree(), publisher.ref("web")
    home.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    StockStore(home.packages).pin(key)
    entry = lock_of(home)["packages"][key]
    assert entry["pinned"] and not {"registry", "archive_digest", "manifest_sha256"} & set(entry), "it keeps no keys of ours"

    assert "pinned" in home.ok("list").stdout
    home.ok("verify", key)
    assert json.loads(home.ok("outdated", "--json").stdout) == [
        {"key": key, "pack": key, "installed": "1.0.0", "latest": "1.1.0", "status": "outdated", "pinned": True}]
    assert "0 updated, 1 skipped" in home.ok("update", "--yes").stdout
    home.ok("unpin", key)
    assert StockStore(home.packages).read()["packages"][key] == {**entry, "pinned": False}, "ours kept the keys of the original"
    assert "1 updated" in home.ok("update", "--yes").stdout
    home.ok("remove", key)
    assert home.tree() == before


def test_what_the_original_removed_is_gone_for_us_too_and_comes_back_whole(home, publisher):  # noqa: F811
    key = publisher.ref("web")
    home.ok("pull", "--yes", key)
    StockStore(home.packages).remove(key)
    assert json.loads(home.ok("list", "--json").stdout)["packages"] == {}
    assert not (home.packages / publisher.organisation).exists()
    settings = home.home / ".claude/settings.json"
    assert json.loads(settings.read_text()) == {"model": "opus", "keep": [1, 2]}
    assert not (home.home / ".codex/bin/hook.sh").exists() and not (home.home / ".claude/plugins/web").is_symlink()
    settings.write_text('{"model": "haiku"} // since\n')

    left = {name: what for name, what in home.tree().items() if what[0] != "folder"}
    home.ok("pull", "--yes", key)
    home.ok("verify", key)
    home.ok("remove", key)
    assert {name: what for name, what in home.tree().items() if what[0] != "folder"} == left


def test_what_the_original_installed_is_taken_out_by_its_records(home, publisher):  # noqa: F811
    """Its lock file, and none of the files that are ours alone."""
    key = publisher.ref("web")
    home.ok("pull", "--yes", key)
    StockStore(home.packages).pin(key, False)
    for name in ("wired.json", ".lock"):
        (home.packages / name).unlink()
    home.ok("verify", key)
    assert key in home.ok("list").stdout
    home.ok("remove", key)
    assert json.loads((home.home / ".claude/settings.json").read_text()) == {"model": "opus", "keep": [1, 2]}
    assert (home.home / ".codex/config.toml").read_text() == '# mine\nmodel = "o3"\n\n[profiles.a]\nx = 1\n'
    assert not (home.home / ".codex/bin/hook.sh").exists() and not (home.home / ".claude/plugins/web").is_symlink()
    assert "web" not in (home.home / ".hermes/config.yaml").read_text()
    assert StockStore(home.packages).read()["packages"] == {}


def test_a_signer_that_the_original_pinned_is_not_replaced_unasked(home, publisher):  # noqa: F811
    key = publisher.ref("web")
    home.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    signer = lock_of(home)["packages"][key]["provenance"]["signer_identity"]
    StockStore(home.packages).pin(key, False)
    document = lock_of(home)
    document["packages"][key]["provenance"]["signer_identity"] = (
        f"https://github.com/{publisher.organisation}/packs/.github/workflows/publish.yml@refs/tags/v1")
    (home.packages / "lockfile.json").write_text(json.dumps(document))
    assert "the signer changed from https://github.com/" in home.refused(5, "pull", "--yes", key)
    home.ok("pull", "--yes", "--accept-signer", signer, key)
    home.ok("verify", key)

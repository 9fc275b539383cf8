"""The original's own client, as it is published, against our registry and over our packages folder.

tests/conformance/original.sh builds it and names it in NONO_ORIGINAL. What was learnt here is held without it by
tests/integration/test_stock_client.py and tests/e2e/test_packs_original.py.

It installs only what a workflow signed by the public Sigstore, whose root is built into it. So that it can go on after it has
refused, `trusting` is a copy of it with another root in that place, and the relay signs our bundles anew on the way to it.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest
from fixtures_client import Client, Publisher, publisher, registry, shared_packs  # noqa: F401

from tests.support.keyless import Sigstore
from tests.support.packs import pack_files
from tests.support.relay import Relay
from tests.support.stock_store import StockStore
from tests.support.wired_pack import furnish, wired

PROGRAM = pathlib.Path(os.environ["NONO_ORIGINAL"])
ROOT_TYPE = b"application/vnd.dev.sigstore.trustedroot+json"


class Original:
    """It, in the home of one of our clients."""

    def __init__(self, program, client, base):
        self.program, self.client, self.base = program, client, base

    def run(self, *args, **more):
        env = self.client.environment(**{"NONO_REGISTRY": self.base, "NONO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1", **more})
        return subprocess.run([self.program, *map(str, args)], env=env, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False, timeout=300, cwd=self.client.home)

    def ok(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 1, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr


@pytest.fixture(scope="session")
def sigstore():
    return Sigstore()


@pytest.fixture(scope="session")
def trusting(sigstore, tmp_path_factory):
    """A copy of it that trusts the private Sigstore in place of the public one."""
    program, ours = PROGRAM.read_bytes(), json.dumps(sigstore.root()).encode()
    for found in list(re.finditer(re.escape(ROOT_TYPE), program)):
        begin = program.rindex(b"{", 0, found.start())
        _, size = json.JSONDecoder().raw_decode(program[begin:begin + 65536].decode(errors="replace"))
        assert size >= len(ours)
        program = program[:begin] + ours.ljust(size) + program[begin + size:]
    path = tmp_path_factory.mktemp("trusting") / "nono"
    path.write_bytes(program)
    path.chmod(0o755)
    return path


@pytest.fixture
def relay(registry):  # noqa: F811
    with Relay.start(registry.url) as relay:
        yield relay


@pytest.fixture
def ours(relay, tmp_path):
    return Client(tmp_path / "home", relay.url)


@pytest.fixture(params=["", "/api/v1"], ids=["base", "base with the prefix"])
def original(request, relay, ours):
    return Original(PROGRAM, ours, relay.url + request.param)


@pytest.fixture
def believer(original, trusting, relay, sigstore):
    """It installs what we publish, for its bundles are signed anew."""
    relay.sigstore = sigstore
    return Original(trusting, original.client, original.base)


@pytest.fixture
def key(publisher):  # noqa: F811
    """A pack that wires in every way, in two versions."""
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wired(version))
    return publisher.ref("web")


def lock_of(client):
    return json.loads((client.packages / "lockfile.json").read_text())


def wired_state(home):
    """What wiring made of the home, without what differs from client to client: text, folders, modes."""
    home = pathlib.Path(home)
    return {
        "settings": json.loads((home / ".claude/settings.json").read_text()),
        "hooks": json.loads((home / ".claude/hooks.json").read_text()) if (home / ".claude/hooks.json").exists() else {},
        "plugin": os.path.islink(home / ".claude/plugins/web"), "script": (home / ".codex/bin/hook.sh").exists(),
        "block": "web_table" in (home / ".codex/config.toml").read_text(),
        "yaml": "web:" in (home / ".hermes/config.yaml").read_text(),
    }


UNWIRED = {"settings": {"model": "opus", "keep": [1, 2]}, "hooks": {}, "plugin": False, "script": False, "block": False,
           "yaml": False}


def test_search_finds_and_finds_nothing(original, publisher):  # noqa: F811
    publisher.publish(pack_files("finder", "1.0.0"))
    found = json.loads(original.ok("search", publisher.organisation, "--json"))
    assert found == [{"namespace": publisher.organisation, "name": "finder", "description": "Helps finder agents along.",
                      "latest_version": "1.0.0"}]
    assert f"{publisher.ref('finder')}\t1.0.0\tHelps finder agents along.\n" in original.ok("search", publisher.organisation)
    assert json.loads(original.ok("search", "nothing-is-called-this", "--json")) == []


def test_what_ours_installed_is_listed_outdated_pinned_and_unpinned(original, ours, key):
    ours.ok("pull", "--yes", f"{key}@1.0.0")
    assert original.ok("list", "--installed").startswith(f"{key}\t1.0.0\t")
    assert json.loads(original.ok("list", "--installed", "--json"))["packages"][key]["version"] == "1.0.0"
    outdated = {"key": key, "installed": "1.0.0", "latest": "1.1.0", "status": "outdated", "pinned": False}
    assert json.loads(original.ok("outdated", "--json")) == [outdated]

    known = StockStore(ours.packages).read()
    original.ok("pin", key)
    known["packages"][key]["pinned"] = True
    assert lock_of(ours) == known, "the stand-in of the tests writes what it writes"
    assert json.loads(original.ok("outdated", "--json")) == [{**outdated, "pinned": True}]
    assert json.loads(ours.ok("outdated", "--json").stdout) == [{**outdated, "pinned": True}]
    ours.ok("verify", key)
    ours.ok("unpin", key)
    known["packages"][key]["pinned"] = False
    assert json.loads(original.ok("list", "--installed", "--json")) == known
    original.ok("pin", key)
    original.ok("unpin", key)
    assert "1 updated" in ours.ok("update", "--yes").stdout
    assert json.loads(original.ok("outdated", "--json")) == [{**outdated, "installed": "1.1.0", "status": "current"}]


def test_update_dry_run_says_what_it_would_do(original, ours, key):
    ours.ok("pull", "--yes", f"{key}@1.0.0")
    done = original.run("update", "--dry-run")
    print(done)
    original.ok("pin", key)
    print(original.run("update", "--dry-run"))
    original.ok("unpin", key)
    ours.ok("pull", "--yes", key)
    print(original.run("update", "--dry-run"))


def test_what_ours_installed_is_removed_with_its_wiring(original, ours, key):
    furnish(ours.home)
    ours.ok("pull", "--yes", key)
    original.ok("remove", key)
    assert wired_state(ours.home) == UNWIRED
    assert lock_of(ours)["packages"] == {} and not (ours.packages / key).parent.exists()
    assert json.loads(ours.ok("list", "--json").stdout)["packages"] == {}


def test_what_the_original_pinned_ours_removes_to_the_last_byte(original, ours, key):
    furnish(ours.home)
    before = ours.tree()
    ours.ok("pull", "--yes", key)
    original.ok("pin", key)
    ours.ok("verify", key)
    assert "pinned" in ours.ok("list").stdout
    ours.ok("remove", key)
    assert ours.tree() == before
    assert original.run("list", "--installed").returncode == 0


def test_the_yank_gate_stops_a_pull(original, publisher, key):  # noqa: F811
    publisher.client.ok("yank", "--reason", "leaks", f"{key}@1.0.0")
    said = original.refused("pull", f"{key}@1.0.0")
    assert f"{key}@1.0.0 has been yanked (reason: leaks)" in said and f"nono pull {key}" in said


def test_what_is_not_there_is_said(original, publisher, key):  # noqa: F811
    for absent in (f"{key}@7.7.7", publisher.ref("absent")):
        assert "HTTP 404" in original.refused("pull", absent)


def test_a_pull_of_a_keyed_pack_is_refused(original, ours, key, relay):
    said = original.refused("pull", key)
    print(said, relay.paths())
    assert not (ours.packages / key).exists()


def test_what_the_original_installs_ours_lists_verifies_and_removes(believer, ours, key, relay):
    furnish(ours.home)
    believer.ok("pull", f"{key}@1.0.0")
    print(relay.asked[0])
    first = wired_state(ours.home)
    assert first["settings"]["enabled"] == {"web": "1.0.0"} and first["plugin"] and first["block"] and first["yaml"]
    assert "1.0.0" in ours.ok("list").stdout
    ours.ok("verify", key)
    assert json.loads(ours.ok("outdated", "--json").stdout)[0]["status"] == "outdated"
    print(believer.ok("update"))
    assert wired_state(ours.home)["settings"]["enabled"] == {"web": "1.1.0"}
    ours.ok("pin", key)
    assert lock_of(ours)["packages"][key] == StockStore(ours.packages).read()["packages"][key]
    assert json.loads(believer.ok("list", "--installed", "--json"))["packages"][key]["pinned"]
    ours.ok("verify", key)
    ours.ok("remove", key)
    assert wired_state(ours.home) == UNWIRED
    assert not (ours.packages / key).exists()


def test_the_original_updates_what_ours_installed(believer, ours, key):
    furnish(ours.home)
    ours.ok("pull", "--yes", f"{key}@1.0.0")
    print(believer.run("update"), believer.run("pull", key, "--force"))
    print(wired_state(ours.home))
    print(ours.run("verify", key), ours.run("remove", key))
    print(wired_state(ours.home))


def test_a_profile_is_looked_up(original, key, relay):
    for more in ({"NONO_AUTO_MIGRATE": "1"}, {}):
        for name in ("web-agent", "nobody-has-this"):
            print(original.run("run", "--profile", name, "--", "true", **more), relay.paths())
            relay.asked.clear()


def test_the_run_gate(believer, original, ours, registry, relay, tmp_path):  # noqa: F811
    folder = shared_packs()
    made = Publisher(registry, tmp_path / "publisher", "nolabs-ai")
    made.publish_folder(folder / "claude")
    ours.ok("pull", "--yes", "nolabs-ai/claude")
    relay.asked.clear()
    print(original.run("run", "--profile", "claude", "--", "true"), relay.paths())
    print(original.run("run", "--dry-run", "--profile", "claude", "--", "true"), relay.paths())
    print(original.run("profile", "show", "claude"))
    print(believer.run("pull", "nolabs-ai/claude", "--force"))
    relay.asked.clear()
    print(believer.run("run", "--profile", "claude", "--", "true"), relay.paths())
    version = json.loads(ours.ok("list", "--json").stdout)["packages"]["nolabs-ai/claude"]["version"]
    made.client.ok("yank", "--reason", "leaks", f"nolabs-ai/claude@{version}")
    print(believer.run("run", "--profile", "claude", "--", "true"), relay.paths())
    assert 0

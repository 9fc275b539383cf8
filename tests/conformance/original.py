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
from tests.support.stock_client import HEADERS
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


# What undoing by records leaves: the list that an entry was put into stays, empty.
UNWIRED = {"settings": {"model": "opus", "keep": [1, 2]}, "hooks": {"hooks": {"list": []}}, "plugin": False, "script": False,
           "block": False, "yaml": False}
REFUSAL = "v0.3 bundle must have inclusion proof"


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
    assert json.loads(ours.ok("outdated", "--json").stdout) == [{**outdated, "pinned": True, "pack": key}]
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

    def said():
        return original.run("update", "--dry-run").stderr

    assert f"{key} 1.0.0 → 1.1.0 (dry run)" in said() and "1 would be updated, 0 skipped" in said()
    original.ok("pin", key)
    assert f"{key}@1.0.0 pinned" in said() and "0 would be updated, 1 skipped" in said()
    original.ok("unpin", key)
    ours.ok("pull", "--yes", key)
    assert f"{key} 1.1.0 — up to date" in said()


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


def test_they_meet_in_another_configuration_folder_and_share_its_file(original, ours, key, tmp_path):
    folder = tmp_path / "configuration"
    (folder / "nono").mkdir(parents=True)
    (folder / "nono/config.toml").write_text(f'registry = "{ours.url}"\nwiring_folders = ["~/.mine"]\n[updates]\ncheck = false\n')
    where = {"XDG_CONFIG_HOME": str(folder)}
    furnish(ours.home)
    ours.ok("pull", "--yes", key, **where)
    assert original.ok("list", "--installed", **where).startswith(f"{key}\t1.1.0\t")
    assert original.run("list", "--installed").stdout == "No installed nono packs.\n"
    original.ok("pin", key, **where)
    assert "pinned" in ours.ok("list", **where).stdout
    original.ok("remove", key, **where)
    assert wired_state(ours.home) == UNWIRED and not (folder / "nono/packages" / key).exists()


def test_the_yank_gate_stops_a_pull(original, publisher, key):  # noqa: F811
    publisher.client.ok("yank", "--reason", "leaks", f"{key}@1.0.0")
    said = original.refused("pull", f"{key}@1.0.0")
    assert f"{key}@1.0.0 has been yanked (reason: leaks)" in said and f"nono pull {key}" in said


def test_what_is_not_there_is_said(original, publisher, key):  # noqa: F811
    for absent in (f"{key}@7.7.7", publisher.ref("absent")):
        assert "HTTP 404" in original.refused("pull", absent)


def test_a_pull_of_a_keyed_pack_is_refused_behind_its_bundle(original, ours, key, relay):
    """It knows no keys, so it takes ours for a certificate's bundle without the proofs. docs/compatibility.md has the words."""
    before = ours.tree()
    assert REFUSAL in original.refused("pull", key)
    assert [path.rsplit("/", 1)[-1] for path in relay.paths()] == ["pull", "bundle"]
    assert ours.tree() == before and not (ours.packages / key).exists()


def test_it_asks_as_the_stand_in_of_the_tests_asks(original, key, relay):
    original.refused("pull", key, CI="true")
    (_, _, pull), (_, _, bundle) = relay.asked
    assert {name.lower() for name in pull} - {"host"} == {name.lower() for name in HEADERS} - {"x-nono-uuid"} | {
        "x-nono-pull-reason"}
    assert "x-nono-pull-reason" not in {name.lower() for name in bundle}
    plain = {name.lower(): value for name, value in pull.items()}
    assert all(plain[name.lower()] == value for name, value in HEADERS.items()
               if name.lower() not in ("x-nono-uuid", "x-nono-arch"))


def test_what_the_original_installs_ours_lists_verifies_and_removes(believer, ours, key, relay):
    furnish(ours.home)
    believer.ok("pull", f"{key}@1.0.0")
    state = wired_state(ours.home)
    assert state["settings"]["enabled"] == {"web": "1.0.0"} and state["plugin"] and state["block"] and state["yaml"]
    assert "1.0.0" in ours.ok("list").stdout
    ours.ok("verify", key)
    assert json.loads(ours.ok("outdated", "--json").stdout)[0]["status"] == "outdated"
    ours.ok("pin", key)
    assert lock_of(ours)["packages"][key] == StockStore(ours.packages).read()["packages"][key]
    assert "pinned" in believer.run("update").stderr
    ours.ok("unpin", key)
    relay.asked.clear()
    assert "1 updated, 0 skipped, 0 failed" in believer.run("update").stderr
    assert [headers["x-nono-pull-reason"] for path, _, headers in relay.asked if path.endswith("/pull")] == ["update"]
    assert wired_state(ours.home)["settings"]["enabled"] == {"web": "1.1.0"}
    ours.ok("verify", key)
    ours.ok("remove", key)
    assert wired_state(ours.home) == UNWIRED
    assert not (ours.packages / key).exists()
    assert json.loads(believer.ok("list", "--installed", "--json"))["packages"] == {}


def test_odd_names_and_empty_files_arrive(believer, ours, publisher):  # noqa: F811
    files = pack_files("odd")
    manifest = json.loads(files["package.json"])
    odd = {"skills/a b/100% +ü&#?;=.md": b"# odd\n", "empty.md": b"", "large.bin": os.urandom(1 << 20)}
    manifest["artifacts"] += [{"type": "plugin", "path": path} for path in odd]
    publisher.publish({**files, **odd, "package.json": json.dumps(manifest).encode()})
    key = publisher.ref("odd")
    believer.ok("pull", key)
    assert all((ours.packages / key / path).read_bytes() == data for path, data in odd.items())
    ours.ok("verify", key)
    ours.ok("remove", key)


def test_neither_takes_the_others_signer_for_the_one_it_knew(believer, ours, publisher, key):  # noqa: F811
    furnish(ours.home)
    ours.ok("pull", "--yes", f"{key}@1.0.0")
    assert "signer identity changed" in believer.refused("update")
    ours.ok("verify", key)
    believer.ok("pull", key, "--force")
    ours.ok("verify", key)
    assert wired_state(ours.home)["settings"]["enabled"] == {"web": "1.1.0"}
    publisher.publish(wired("1.2.0"))
    assert "the signer changed" in ours.refused(5, "pull", "--yes", key)
    ours.ok("remove", key)
    assert wired_state(ours.home) == UNWIRED


def test_a_profile_that_nothing_local_has_is_looked_up(original, publisher, relay):  # noqa: F811
    publisher.publish(pack_files(f"pack-{publisher.organisation}", "1.0.0"))
    ref = publisher.ref(f"pack-{publisher.organisation}")
    args = ("run", "--profile", f"pack-{publisher.organisation}-agent", "--", "true")
    assert f"nono pull {ref}" in original.refused(*args)
    assert relay.paths()[0].endswith(f"/profiles/pack-{publisher.organisation}-agent/providers") and len(relay.asked) == 1
    assert REFUSAL in original.refused(*args, NONO_AUTO_MIGRATE="1")
    assert [headers["x-nono-pull-reason"] for path, _, headers in relay.asked if path.endswith("/pull")] == ["migration"]
    assert "Profile not found" in original.refused("run", "--profile", "nobody-has-this", "--", "true")
    assert relay.asked[-1][1] == 200, "an empty list, and no failure"


@pytest.fixture(scope="module")
def official(registry, tmp_path_factory):  # noqa: F811
    folder = shared_packs()
    if not folder:
        pytest.skip("../shared/packs is not there: the packs of others are not tested")
    made = Publisher(registry, tmp_path_factory.mktemp("official"), "nolabs-ai")
    for name in ("claude", "codex", "opencode"):
        made.publish_folder(folder / name)
    return made


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_the_gate_of_official_packs_stops_a_run(believer, original, ours, official, relay, name):
    key = f"nolabs-ai/{name}"
    run = ("run", "--profile", name, "--", "true")
    ours.ok("pull", "--yes", key)
    version = lock_of(ours)["packages"][key]["version"]
    assert "profile" in original.ok("profile", "show", name)
    assert "yanked" not in original.refused(*run), "a keyed bundle is refused here too"

    believer.ok("pull", key, "--force")
    done = believer.run(*run)
    assert done.returncode == 0 and "Verified 1 pack(s)" in done.stderr
    official.client.ok("yank", "--reason", "leaks", f"{key}@{version}")
    try:
        relay.asked.clear()
        assert f"{key}@{version} has been yanked by the registry (reason: leaks)" in believer.refused(*run)
        assert [path.split("/")[-1] for path in relay.paths()] == [f"status?installed={version}"]
        outdated = json.loads(original.ok("outdated", "--json"))
        assert [(item["status"], item["latest"]) for item in outdated] == [("yanked", None)]
        assert "yanked" in original.run("update", "--dry-run").stderr
    finally:
        official.client.ok("unyank", f"{key}@{version}")
    ours.ok("remove", key)


def test_a_pack_of_others_wires_alike_in_both(believer, ours, official):
    """Its marker is an empty file, its links lead into the pack's folder."""
    links = (".config/opencode/plugins/nono-sandbox.ts", ".config/opencode/skills/nono-sandbox")
    for client in (ours, believer):
        client.ok("pull", *(["--yes"] if client is ours else []), "nolabs-ai/opencode")
        assert all((ours.home / link).exists() for link in links)
        ours.ok("verify")
        ours.ok("remove", "nolabs-ai/opencode")
        assert not any(os.path.lexists(ours.home / link) for link in links)

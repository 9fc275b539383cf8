"""A walk through the commands of nono for tests/valgrind/run --quick, whose nono runs under memcheck.

Whether each command is right, the end-to-end tests say. Here each goes its way, to its end or to its refusal; what
memcheck had to say is in the logs.
"""
import json
import sys

sys.path.insert(0, str(__file__).rsplit("/", 2)[0] + "/e2e")
from fixtures_client import ROOT, client, publisher, registry  # noqa: E402, F401
from fixtures_state import user  # noqa: E402, F401
from test_packs_whole import furnish, wired  # noqa: E402

from tests.support.packs import pack_files  # noqa: E402

EXAMPLE = ROOT / "examples/packs/secure-coding"
MEMCHECK = 99


def refused(user, *words):  # noqa: F811
    process = user.start(*words)
    out, err = process.communicate(timeout=300)
    assert process.returncode not in (0, MEMCHECK) and (out or err), (words, process.returncode, out, err)


def test_the_program_itself(user):  # noqa: F811
    assert "Landlock ABI" in user("--version")
    assert user.json("version")
    for shell in ("bash", "zsh", "fish"):
        user("completion", shell)
    for words in (("--help",), ("run", "--help"), ("pack", "--help"), ("snapshot", "create", "--help")):
        user(*words)
    refused(user, "no-such-command")
    refused(user, "run", "--no-such-option")


def test_profiles(user):  # noqa: F811
    assert user.json("profile", "list")
    for name in ("default", "claude-code", "codex"):
        user("profile", "show", name)
        user.json("profile", "show", name)
    user("profile", "groups")
    toml = user.put("p.toml", '[meta]\nname = "p"\n[filesystem]\nread = ["$HOME/x"]\n[network]\nallow_hosts = ["example.org"]\n')
    user.put("p.yaml", "meta: {name: p}\nfilesystem:\n  read: ['~/x']\n")
    user.put("p.jsonc", '{ // mine\n "meta": {"name": "p"}, "filesystem": {"read": ["$HOME/x"]} }')
    for name in ("p.toml", "p.yaml", "p.jsonc"):
        user("profile", "validate", name)
        user("profile", "show", f"./{name}")
    user("profile", "diff", "default", "claude-code")
    user("profile", "use", "claude-code")
    user("why", "--profile", str(toml), "/etc/passwd", status=1)
    user.json("why", "--profile", str(toml), "example.org")
    for text in ('[filesystem]\nread = 3\n', "[nope]\n", "= x", '[filesystem]\nread = ["$NOPE/x"]\n'):
        user.put("bad.toml", text)
        refused(user, "profile", "validate", "bad.toml")


def test_running(user):  # noqa: F811
    user("run", "--dry-run", "--allow-cwd", "--", "true")
    user("wrap", "--dry-run", "--allow-cwd", "--", "true")
    user("run", "-s", "--allow", ".", "--", "sh", "-c", "echo x > made")
    assert (user.work / "made").exists()
    user("wrap", "-s", "--allow", ".", "--block-net", "--", "sh", "-c", "echo x > wrapped")
    user("run", "-s", "--profile", "claude-code", "--allow-cwd", "--", "true")
    user("run", "-s", "--allow", ".", "--", "sh", "-c", "cat /etc/shadow", status=1)
    refused(user, "run", "--", "no-such-program")
    refused(user, "run", "--profile", "no-such-profile", "--", "true")


def test_running_behind_the_proxy(user):  # noqa: F811
    profile = user.put("net.toml", '[meta]\nname = "net"\n[network]\nallow_hosts = ["example.org"]\n')
    fetch = ("import http.client as h; c = h.HTTPConnection('127.0.0.1', 3128); "
             "c.request('GET', 'http://denied.example/'); print(c.getresponse().status)")
    assert "403" in user("run", "-s", "--profile", str(profile), "--allow-cwd", "--", "/usr/bin/python3", "-c", fetch)


def test_audit(user):  # noqa: F811
    user("run", "-s", "--allow", ".", "--", "true")
    run = user.json("audit", "list")[0]["id"]
    user("audit", "list")
    user("audit", "show", run)
    user.json("audit", "show", run)
    user("audit", "verify")
    record = user.records()[0]
    record.write_bytes(record.read_bytes().replace(b"start", b"stamp"))
    refused(user, "audit", "verify")


def test_snapshots(user):  # noqa: F811
    for i in range(20):
        user.put(f"folder/{i}", "text\n" * i)
    (user.work / "link").symlink_to("folder/1")
    user("snapshot", "create", "one", "--tag", "first")
    user.put("folder/3", "changed")
    (user.work / "folder/4").unlink()
    user.put("new/file", "new")
    user("snapshot", "create", "two")
    for words in (("list",), ("show", "one"), ("diff", "one"), ("diff", "one", "two")):
        user("snapshot", *words)
        user.json("snapshot", *words)
    user("snapshot", "restore", "one", "--dry-run")
    user("snapshot", "restore", "one")
    assert (user.work / "folder/4").exists() and not (user.work / "new").exists()
    user("snapshot", "verify", "one")
    user("snapshot", "delete", "two")
    user("snapshot", "prune")
    refused(user, "snapshot", "restore", "three")


def test_where_openat2_is_unknown(user):  # noqa: F811
    unknown = {"NONO_VALGRIND_NO_OPENAT2": "1"}
    user.put("folder/file", "text")
    (user.work / "link").symlink_to("folder")
    user("snapshot", "create", "one", **unknown)
    user("run", "-s", "--allow", ".", "--", "sh", "-c", "echo x > folder/file; echo x > link/new", **unknown)
    assert (user.work / "folder/new").exists()
    user("snapshot", "restore", "one", **unknown)
    assert (user.work / "folder/file").read_text() == "text" and not (user.work / "folder/new").exists()
    user("run", "-s", "--allow", ".", "--", "sh", "-c", "cat /etc/shadow", status=1, **unknown)


def test_packs_in_a_folder(user):  # noqa: F811
    user("pack", "init", "mine")
    user("pack", "lint", str(EXAMPLE))
    user("key", "generate", "k")
    user("key", "list")
    (user.work / "k.pub").write_text(user("key", "show", "k"))
    user("pack", "build", str(EXAMPLE), "--output", "p.pack")
    user("pack", "sign", "p.pack", "--key", "k", "--namespace", "acme")
    user("pack", "verify", "p.pack", "--key", "k.pub", "--namespace", "acme")
    user("pack", "inspect", "p.pack")
    user.json("pack", "inspect", "p.pack")
    archive = user.work / "p.pack"
    archive.write_bytes(archive.read_bytes()[:-40])
    refused(user, "pack", "inspect", "p.pack")
    refused(user, "pack", "verify", "p.pack", "--key", "k.pub", "--namespace", "acme")


def test_packs_of_a_registry(client, publisher):  # noqa: F811
    furnish(client.home)
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wired(version))
    ref = publisher.ref("web")
    client.ok("search", "web")
    client.ok("info", ref)
    client.ok("versions", ref)
    client.ok("pull", "--dry-run", ref)
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    client.ok("list")
    client.ok("verify")
    client.ok("outdated")
    client.ok("pin", ref)
    client.ok("unpin", ref)
    client.ok("update", "--yes")
    client.ok("run", "-s", "--profile", ref, "--allow-cwd", "--", "true")
    publisher.client.ok("yank", "--reason", "old", publisher.ref("web", "1.0.0"))
    client.refused(1, "pull", "--yes", publisher.ref("web", "1.0.0"))
    publisher.client.ok("unyank", publisher.ref("web", "1.0.0"))
    client.ok("remove", ref)
    client.refused(2, "remove", "../x")


def test_who_is_logged_in(publisher):  # noqa: F811
    for words in (("status",), ("status", "--json"), ("logout", publisher.registry.url)):
        publisher.client.ok("auth", *words)


def test_a_pack_that_was_tampered_with(client, publisher):  # noqa: F811
    publisher.publish(pack_files("plain", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("plain"))
    changed = next(path for path in (client.packages / publisher.ref("plain")).rglob("*.json") if path.is_file())
    changed.write_text(json.dumps({}))
    client.refused(5, "verify")
    client.refused(5, "run", "--profile", publisher.ref("plain"), "--", "true")

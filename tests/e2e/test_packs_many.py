"""What is said of several packs, of updates that do not happen, and of a registry that does not answer."""
import contextlib
import json
import os
import pty

from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import NONO, write_pack

from tests.support.packs import pack_files

DENIED, NOT_FOUND, INVALID, UNAVAILABLE = 4, 3, 2, 69
NOBODY = "http://127.0.0.1:1"


def entries(done, *keys):
    return [tuple(entry.get(key) for key in keys) for entry in json.loads(done.stdout)]


def two(publisher):  # noqa: F811
    for name in ("one", "two"):
        publisher.publish(pack_files(name, "1.0.0"))
    return publisher.ref("one"), publisher.ref("two")


def test_one_pack_that_fails_keeps_no_other_from_its_turn(client, publisher):  # noqa: F811
    one, two_ref = two(publisher)
    for words, did in ((("pull", "--yes"), "installed"), (("pin",), "pinned"), (("unpin",), "unpinned"), (("remove",), "removed")):
        done = client.run(*words, "--json", one, "nope/x", two_ref)
        assert done.returncode == NOT_FOUND and "nope/x" in done.stderr, (words, done)
        assert entries(done, "pack", "status") == [(one, did), ("nope/x", "failed"), (two_ref, did)], words
        error = json.loads(done.stdout)[1]["error"]
        assert error["code"] == "not_found" and "nope/x" in error["message"]
    assert json.loads(client.ok("list", "--json").stdout)["packages"] == {}


def test_the_first_failure_is_the_exit_status(client, publisher):  # noqa: F811
    one, _ = two(publisher)
    done = client.run("pull", "--yes", one, "nope/x", "a/b/c")
    assert done.returncode == NOT_FOUND and f"{one} is installed" in done.stdout
    assert "nono pull: no pack is called nope/x" in done.stderr and '"a/b/c": ' in done.stderr
    assert client.run("remove", "a/b/c", "nope/x", one).returncode == INVALID
    assert not (client.packages / one).exists()


def test_a_dry_run_says_what_would_be(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    assert entries(client.ok("pull", "--json", "--dry-run", ref), "pack", "status") == [(ref, "would be installed")]
    client.ok("pull", "--yes", ref)
    assert "is already at 1.0.0" in client.ok("pull", "--dry-run", ref).stdout
    assert entries(client.ok("update", "--json", "--dry-run"), "pack", "status", "result") == [(ref, "up to date", "up to date")]
    publisher.publish(pack_files("web", "1.1.0"))
    assert entries(client.ok("update", "--json", "--dry-run"), "pack", "status", "result") == [(ref, "would be updated", "would be updated")]
    said = client.ok("update", "--dry-run").stdout
    assert f"{ref}  would be updated" in said and "1 would be updated, 0 skipped" in said
    client.ok("pin", ref)
    assert entries(client.ok("update", "--json", "--dry-run"), "status", "reason") == [("skipped", "pinned")]


def test_an_update_that_is_refused_is_failed_and_nothing_else(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    client.ok("pull", "--yes", ref)
    publisher.publish(pack_files("web", "1.1.0"))
    done = client.run("update", "--json")
    assert done.returncode == DENIED and entries(done, "pack", "key", "status", "result") == [(ref, ref, "failed", "failed")]
    error = json.loads(done.stdout)[0]["error"]
    assert error["code"] == "denied" and "--yes" in error["hint"]
    assert "--yes says so beforehand" in client.refused(DENIED, "update")
    assert entries(client.ok("update", "--json", "--yes"), "status", "result") == [("updated", "updated")]


def test_an_installed_version_that_was_yanked_is_said_to_be(client, publisher):  # noqa: F811
    for version in ("0.2.0", "0.3.0"):
        publisher.publish(pack_files("web", version))
    ref = publisher.ref("web")
    client.ok("pull", "--yes", ref)
    publisher.client.ok("yank", "--reason", "writes the token to the log", publisher.ref("web", "0.3.0"))
    assert "yanked: writes the token to the log" in client.ok("outdated").stdout
    said = client.refused(DENIED, "update", "--yes")
    assert "0.3.0 is installed and was yanked: writes the token to the log" in said and "0.2.0" in said
    assert f"nono pull --allow-downgrade {ref}" in said
    client.ok("pull", "--allow-downgrade", "--yes", ref)


def test_an_update_does_not_go_to_a_prerelease_by_itself(client, publisher):  # noqa: F811
    for version in ("0.3.0", "0.4.0-rc.1"):
        publisher.publish(pack_files("web", version))
    ref = publisher.ref("web")
    client.ok("pull", "--yes", ref)
    assert entries(client.ok("update", "--json", "--yes"), "status") == [("up to date",)]
    publisher.client.ok("yank", "--reason", "broken", publisher.ref("web", "0.3.0"))
    said = client.refused(DENIED, "update", "--yes")
    assert "the newest is 0.4.0-rc.1, a pre-release" in said and f"nono pull {ref}@0.4.0-rc.1" in said
    client.ok("pull", "--yes", f"{ref}@0.4.0-rc.1")
    publisher.publish(pack_files("web", "0.4.0-rc.2"))
    publisher.client.ok("yank", "--reason", "broken", publisher.ref("web", "0.4.0-rc.1"))
    client.ok("update", "--yes")
    assert json.loads(client.ok("list", "--json").stdout)["packages"][ref]["version"] == "0.4.0-rc.2"


def test_a_registry_that_does_not_answer_is_the_same_status_everywhere(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("web"))
    for words in (("outdated", "-r", NOBODY), ("update", "--yes", "-r", NOBODY), ("update", "--dry-run", "-r", NOBODY),
                  ("pull", "-r", NOBODY, publisher.ref("web"))):
        done = client.run(*words)
        assert done.returncode == UNAVAILABLE, (words, done)
    told = client.run("outdated", "--json", "-r", NOBODY)
    assert told.returncode == UNAVAILABLE and entries(told, "status") == [("unknown",)]
    done = client.run("auth", "status", NOBODY, NONO_TOKEN=publisher.token)
    assert done.returncode == UNAVAILABLE and NOBODY in done.stdout, done
    assert client.run("auth", "status", client.url).returncode == DENIED


def test_a_folder_of_keys_that_cannot_be_read_is_not_an_empty_one(client):  # noqa: F811
    keys = client.home / ".config/nono/keys"
    assert "no signing keys" in client.ok("key", "list").stderr
    keys.parent.mkdir(parents=True, exist_ok=True)
    keys.write_text("not a folder")
    client.refused(INVALID, "key", "list")


def test_unknown_settings_are_refused_by_name(client):  # noqa: F811
    config = client.home / ".config/nono/config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('regsitry = "https://registry.example.org"\n')
    said = client.refused(INVALID, "auth", "status")
    assert "regsitry" in said and "config.toml" in said and 'did you mean "registry"?' in said
    # What the original's client has in the same file.
    config.write_text(f'registry = "{client.url}"\n[ui]\ntheme = "dark"\n[rollback]\nmax_sessions = 5\n')
    client.ok("search", "nothing")


def test_a_file_where_a_folder_belongs_is_said_to_be_one(client, publisher):  # noqa: F811
    folder = write_pack(client.home / "web", pack_files("web", "0.1.0"))
    client.ok("pack", "build", folder, "-o", "web.tar.zst")
    for words in (("publish", "web.tar.zst", "-n", "acme"), ("pack", "build", "web.tar.zst"), ("pack", "lint", "web.tar.zst")):
        assert "web.tar.zst is not a folder" in client.refused(INVALID, *words), words
    (client.home / "out").mkdir()
    for place in ("out", "out/"):
        assert f"{place} is a folder" in client.refused(INVALID, "pack", "build", folder, "-o", place)
    assert "web.tar.zst/x" not in client.refused(INVALID, "pack", "build", folder, "-o", "web.tar.zst/x")
    assert "out is a folder" in client.refused(INVALID, "key", "import", "mine", "out")
    assert not list((client.home / "out").iterdir())


def test_a_fault_of_a_pack_is_said_once(publisher):  # noqa: F811
    files = pack_files("web", "1.0.0") | {"policy.json": b"{ not json"}
    folder = write_pack(publisher.client.home / "bad", files)
    said = publisher.client.refused(INVALID, "publish", folder, "-n", publisher.organisation)
    found = json.loads(publisher.client.run("pack", "lint", "--json", folder).stdout)["findings"]
    for finding in found:
        assert said.count(finding["message"]) == 1, said


def test_every_command_names_a_pack_in_the_same_key(client, publisher):  # noqa: F811
    ref, version = publisher.ref("web"), publisher.ref("web", "1.0.0")
    assert json.loads(publisher.publish(pack_files("web", "1.0.0"), "--json").stdout)["pack"] == ref
    assert json.loads(client.ok("info", "--json", ref).stdout)["pack"] == ref
    for words in (("pull", "--yes", ref), ("verify",), ("outdated",), ("update",), ("pin", ref), ("unpin", ref), ("remove", ref)):
        assert entries(client.ok(*words, "--json"), "pack") == [(ref,)], words
    for words in (("yank", "-m", "leaks", version), ("unyank", version)):
        assert json.loads(publisher.client.ok(*words, "--json").stdout)["pack"] == ref, words


def test_a_reference_with_a_version_means_that_version(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    client.ok("pull", "--yes", ref)
    publisher.publish(pack_files("web", "1.1.0"))
    assert "1.1.0" in client.ok("outdated", f"{ref}@latest").stdout
    assert "1 updated" in client.ok("update", "--yes", f"{ref}@latest").stdout
    assert "1.0.0 is not installed, 1.1.0 is" in client.refused(NOT_FOUND, "verify", f"{ref}@1.0.0")
    assert "as it was installed" in client.ok("verify", f"{ref}@1.1.0").stdout
    client.refused(INVALID, "verify", f"{ref}@^1")


def answered(client, *words, meanwhile=lambda: None):  # noqa: F811
    """What is said behind the question, which is answered with yes on a terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(client.home)
        os.execve(NONO, [NONO, *words], client.environment())
    said = b""
    with open(terminal, "r+b", buffering=0) as stream, contextlib.suppress(OSError):  # EIO: nobody is there any more
        while more := stream.read(4096):
            said += more
            if b"install it?" in said:
                meanwhile()
                stream.write(b"y\n")
                said = b""
    assert os.waitpid(pid, 0)[0] == pid
    return said.decode()


def test_a_pack_that_is_pinned_during_the_question_is_not_updated(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    client.ok("pull", "--yes", ref)
    publisher.publish(pack_files("web", "1.1.0"))
    installed = lambda: json.loads(client.ok("list", "--json").stdout)["packages"][ref]["version"]  # noqa: E731
    assert "it was pinned meanwhile" in answered(client, "update", meanwhile=lambda: client.ok("pin", ref))
    assert installed() == "1.0.0"
    client.ok("unpin", ref)
    assert "1 updated" in answered(client, "update") and installed() == "1.1.0"

"""Advice about an installed pack names its version and the registry that it came from, unless that would be asked anyway."""
import json

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401

from tests.support.packs import pack_files

UNTRUSTED, DENIED, NOT_FOUND, INVALID, GONE = 5, 4, 3, 2, 1


@pytest.fixture
def elsewhere(client):  # noqa: F811
    """The same registry by another name: to the client it is another registry."""
    return client.url.replace("127.0.0.1", "localhost")


def publish(publisher, *versions, name="web", **options):  # noqa: F811
    for version in versions:
        publisher.publish(pack_files(name, version), **options)
    return publisher.ref(name)


def test_a_changed_pack_is_installed_again_as_it_was(client, publisher, elsewhere):  # noqa: F811
    ref = publish(publisher, "0.1.0", "0.2.0")
    client.ok("pull", "--yes", "-r", elsewhere, f"{ref}@0.1.0")
    client.ok("pin", ref)
    hook = client.packages / ref / "bin/hook.sh"
    again = f"nono pull --force {ref}@0.1.0 --registry {elsewhere} installs it again"
    hook.write_bytes(b"")
    assert again in client.refused(UNTRUSTED, "verify", ref)
    assert again in client.refused(UNTRUSTED, "run", "--profile", ref, "--", "true")
    words = again.removeprefix("nono ").removesuffix(" installs it again").split()
    client.ok(*words, "--yes")
    client.ok("verify", ref)
    entry = json.loads(client.ok("list", "--json").stdout)["packages"][ref]
    assert (entry["version"], entry["pinned"], entry["registry"]) == ("0.1.0", True, elsewhere)
    (client.packages / ref).rename(client.home / "away")
    assert again in client.refused(NOT_FOUND, "verify", ref)


def test_another_registrys_signer_is_not_to_be_accepted(client, publisher, elsewhere):  # noqa: F811
    ref = publish(publisher, "1.0.0")
    client.ok("pull", "--yes", "-r", elsewhere, ref)
    publisher.add_key("other")
    publish(publisher, "1.1.0", key="other")
    said = client.refused(UNTRUSTED, "pull", "--yes", ref)
    assert f"the registry from {elsewhere} to {client.url}" in said and "--accept-signer" not in said
    assert f"nono pull {ref} --registry {elsewhere} asks where it came from" in said
    said = client.refused(UNTRUSTED, "update", "--yes", ref)  # asks where it came from, and that has another signer
    assert "the signer changed" in said and "the registry from" not in said and "--accept-signer" in said


def test_list_says_where_a_pack_is_from_unless_it_would_be_asked_anyway(client, publisher, elsewhere):  # noqa: F811
    one, two = publish(publisher, "1.0.0", name="one"), publish(publisher, "1.0.0", name="two")
    client.ok("pull", "--yes", one)
    client.ok("pull", "--yes", "-r", elsewhere, two)
    client.ok("pin", two)
    lines = {line.split()[0]: line for line in client.ok("list").stdout.splitlines()}
    assert lines[two].endswith(f"pinned, from {elsewhere}") and "from" not in lines[one]
    (client.home / ".config/nono/config.toml").write_text(f'[namespaces]\n{publisher.organisation} = "{elsewhere}"\n')
    lines = {line.split()[0]: line for line in client.ok("list", NONO_REGISTRY="").stdout.splitlines()}
    assert lines[one].endswith(f"from {client.url}") and lines[two].endswith("  pinned")


def test_advice_after_a_yank_names_the_registry(client, publisher, elsewhere):  # noqa: F811
    ref = publish(publisher, "1.0.0", "1.1.0")
    client.ok("pull", "--yes", "-r", elsewhere, ref)
    publisher.client.ok("yank", "--reason", "oops", publisher.ref("web", "1.1.0"))
    assert f"nono pull --allow-downgrade {ref} --registry {elsewhere}" in client.refused(DENIED, "update", "--yes")
    said = client.refused(GONE, "pull", "--yes", "-r", elsewhere, f"{ref}@1.1.0")
    assert f"nono pull {ref} --registry {elsewhere} installs the newest release" in said
    said = client.refused(GONE, "pull", "--yes", f"{ref}@1.1.0")
    assert f"nono pull {ref} installs the newest release" in said
    said = client.refused(NOT_FOUND, "run", "--profile", f"{ref}@1.0.0", "--", "true")
    assert f"nono pull {ref}@1.0.0 --registry {elsewhere}" in said


def test_where_all_is_yanked_that_is_what_is_said(client, publisher):  # noqa: F811
    ref = publish(publisher, "1.0.0", "1.1.0")
    publisher.client.ok("yank", "--reason", "oops", f"{ref}@1.1.0")
    client.ok("info", ref)
    publisher.client.ok("yank", "--reason", "oops", f"{ref}@1.0.0")
    for words in (("pull", "--yes"), ("info",)):
        said = client.refused(GONE, *words, ref)
        assert f"nono {words[0]}: every version of {ref} is yanked\n  nono versions {ref} says why\n" == said
        assert f"nono {words[0]}: every version of {ref} in ^1 is yanked\n" in client.refused(GONE, *words, f"{ref}@^1")
    assert "yanked: oops" in client.ok("versions", ref).stdout


def test_a_name_is_said_once(client, publisher):  # noqa: F811
    ref = publish(publisher, "1.0.0")
    for words in (("pull", "--yes"), ("info",)):
        assert f"nono {words[0]}: {ref} has no version in ^3\n" in client.refused(NOT_FOUND, *words, f"{ref}@^3")
    folder = publisher.client.home / "pack"
    (folder / "bin/hook.sh").write_bytes(b"#!/bin/sh\n# more\n")
    said = publisher.client.refused(1, "publish", folder, "--namespace", publisher.organisation, "--key", "release")
    assert said.count(f"{ref}@1.0.0") == 1
    client.ok("pull", "--yes", ref)
    (client.packages / ref / "bin/hook.sh").write_bytes(b"")
    assert f"nono run: {ref}: bin/hook.sh has been changed\n" in client.refused(UNTRUSTED, "run", "--profile", ref, "--", "true")
    assert f"nono pull: {ref}: 1.0.0 is" not in client.ok("pull", "--yes", "--force", ref).stderr


def test_of_several_packs_one_that_is_not_installed_stops_no_other(client, publisher):  # noqa: F811
    ref = publish(publisher, "1.0.0")
    client.ok("pull", "--yes", ref)
    publish(publisher, "1.1.0")
    for command, wants, status in (("outdated", "outdated", "outdated"), ("update", "updated", "updated")):
        done = client.run(command, "--json", *(("--yes",) if command == "update" else ()), "nope/x", ref, f"{ref}@2.0.0", "a/b/c")
        told = [(entry["pack"], entry["status"]) for entry in json.loads(done.stdout)]
        assert told == [("nope/x", "failed"), (ref, "failed"), ("a/b/c", "failed"), (ref, status)], done
        assert done.returncode == NOT_FOUND and f"nono {command}: nope/x is not installed\n  nono pull nope/x\n" in done.stderr
        assert f"{command} is about the newest version: leave out @2.0.0\n  nono pull {ref}@2.0.0 installs that one" in done.stderr
        assert json.loads(done.stdout)[0]["error"]["code"] == "not_found"
    done = client.run("update", "nope/x", ref)
    assert "0 updated, 0 skipped, 1 up to date, 1 failed" in done.stdout
    done = client.run("outdated", "nope/x")
    assert done.returncode == NOT_FOUND and done.stdout == "" and "no packs" not in done.stderr and "up to date" not in done.stderr


def test_what_is_not_found_says_where_it_was_looked_for(client, publisher):  # noqa: F811
    ref = publish(publisher, "1.0.0")
    for words in (("pull", "--yes"), ("info",), ("versions",)):
        said = client.refused(NOT_FOUND, *words, "nope/x")
        assert said.startswith(f"nono {words[0]}: no pack is called nope/x")
        assert f"\n  {client.url} was asked, where capitals count in names; what is private needs nono auth login {client.url}\n" in said
        said = publisher.client.refused(NOT_FOUND, *words, "nope/x")
        assert said.endswith(f"\n  {client.url} was asked, where capitals count in names\n")
    assert "capitals" not in client.ok("info", ref).stderr


def test_who_has_to_sign_in_is_told_where(client, publisher):  # noqa: F811
    ref, where = publish(publisher, "1.0.0"), f"\n  nono auth login {client.url}\n"
    client.ok("key", "generate", "mine")
    folder = publisher.client.home / "pack"
    for words in (("yank", "--reason", "x", f"{ref}@1.0.0"), ("publish", "--namespace", publisher.organisation, folder), ("publish", folder),
                  ("key", "register", "mine", "--org", publisher.organisation)):
        for token in ("", "nono_nobodys"):
            assert client.refused(DENIED, *words, NONO_TOKEN=token).endswith(where), (words, token)
    assert client.refused(DENIED, "pull", "--yes", ref, NONO_TOKEN="nono_nobodys").endswith(where)
    client.ok("pull", "--yes", ref)


def test_who_may_publish_nowhere_is_told_what_to_ask_for(client, publisher):  # noqa: F811
    publish(publisher, "1.0.0")
    login, secret = f"user-{publisher.organisation}", "a long enough secret"
    made = publisher.registry.run("admin", "user", "create", login, "--password-stdin", stdin=secret + "\n")
    assert made.returncode == 0, made
    session = publisher.registry.sign_in(login, secret)
    token, folder = publisher.registry.token(session), publisher.client.home / "pack"
    said = publisher.client.refused(DENIED, "publish", "--dry-run", folder, NONO_TOKEN=token)
    assert said.endswith(f"nono publish: you may publish nowhere at {client.url}\n"
                         f"  ask an owner of an organisation for the role publisher, or make one on {client.url}/account\n")
    publisher.registry.organisation(login, session)  # what that page does
    assert f"{login}/web@1.0.0" in publisher.client.ok("publish", "--dry-run", folder, NONO_TOKEN=token).stdout

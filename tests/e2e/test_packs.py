"""Packs from the command line, against a real registry: publish, pull, list, verify, update, remove."""
import json
import shutil

from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import Client

from tests.support.packs import pack_files

UNTRUSTED, DENIED, NOT_FOUND, INVALID = 5, 4, 3, 2


def test_a_published_pack_is_pulled_listed_verified_and_removed(client, publisher):  # noqa: F811
    assert publisher.publish(pack_files("web", "1.0.0")).stdout.strip()
    before = client.tree()
    client.ok("pull", "--yes", publisher.ref("web"))

    listed = json.loads(client.ok("list", "--json").stdout)
    assert listed["lockfile_version"] == 4
    entry = listed["packages"][publisher.ref("web")]
    assert entry["version"] == "1.0.0" and entry["pinned"] is False
    assert entry["artifacts"]["profiles/web.json"]["type"] == "profile"
    assert entry["archive_digest"].startswith("sha256:") and entry["registry"] == client.url
    assert entry["provenance"]["signer_identity"].startswith("key:")
    installed = client.packages / publisher.ref("web")
    assert (installed / "bin/hook.sh").stat().st_mode & 0o777 == 0o755
    assert (installed / "instructions/SKILL.md").exists() and not (installed / "README.md").exists()
    bundle = json.loads((installed / ".nono-trust.bundle").read_text())
    assert {item["installed_path"] for item in bundle} == set(entry["artifacts"])

    client.ok("verify", publisher.ref("web"))
    client.ok("remove", publisher.ref("web"))
    assert client.tree() == before and not installed.parent.exists()
    assert json.loads(client.ok("list", "--json").stdout)["packages"] == {}


def test_what_is_there_already_is_not_installed_again(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("web"))
    assert "is already at 1.0.0" in client.ok("pull", publisher.ref("web")).stdout


def test_without_a_terminal_and_without_yes_nothing_is_installed(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    assert "--yes" in client.refused(DENIED, "pull", publisher.ref("web"))
    assert not (client.packages / publisher.organisation).exists()


def test_the_consent_says_what_the_pack_asks_for(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    said = client.ok("pull", "--dry-run", publisher.ref("web")).stderr
    assert "api.example.org" in said and ".cache/web" in said and "seen for the first time" in said


def test_versions_are_resolved_exactly_by_range_and_as_the_newest(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.4.2", "2.0.0-rc.1", "2.0.0"):
        publisher.publish(pack_files("web", version))
    for asked, got in (("@1.0.0", "1.0.0"), ("@^1.0", "1.4.2"), ("", "2.0.0"), ("@<2", "1.4.2")):
        fresh = Client(client.home.parent / f"home-{got}-{len(asked)}", client.url)
        fresh.ok("pull", "--yes", publisher.ref("web") + asked)
        assert json.loads(fresh.ok("list", "--json").stdout)["packages"][publisher.ref("web")]["version"] == got
    listed = json.loads(client.ok("versions", "--json", publisher.ref("web")).stdout)
    assert {item["version"] for item in listed} == {"1.0.0", "1.4.2", "2.0.0-rc.1", "2.0.0"}
    assert "no version in" in client.refused(NOT_FOUND, "pull", "--yes", publisher.ref("web", "^3"))


def test_info_and_versions_take_the_version_that_is_named(client, publisher):  # noqa: F811
    for version in ("0.1.0", "0.2.0", "0.2.1", "0.3.0"):
        publisher.publish(pack_files("web", version))
    for asked, got in ((None, "0.3.0"), ("0.1.0", "0.1.0"), ("0.2", "0.2.1"), ("~0.2.0", "0.2.1"), ("^0.1", "0.1.0")):
        info = json.loads(client.ok("info", "--json", publisher.ref("web", asked)).stdout)
        assert info["version"]["version"] == got, asked
    for asked, got in (("0.1.0", ["0.1.0"]), ("0.2", ["0.2.1", "0.2.0"]), (">0.2.0", ["0.3.0", "0.2.1"])):
        listed = json.loads(client.ok("versions", "--json", publisher.ref("web", asked)).stdout)
        assert [item["version"] for item in listed] == got, asked
    for command in ("info", "versions"):
        assert "has no version in 7" in client.refused(NOT_FOUND, command, publisher.ref("web", "7"))
        assert "7.0.0" in client.refused(NOT_FOUND, command, publisher.ref("web", "7.0.0"))


def test_updates_show_what_is_widened_and_keep_pins(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("web"))
    files = pack_files("web", "1.1.0")
    profile = json.loads(files["policy.json"])
    profile["network"]["allow_domain"].append("more.example.org")
    publisher.publish({**files, "policy.json": json.dumps(profile).encode()})

    outdated = json.loads(client.ok("outdated", "--json").stdout)
    ref = publisher.ref("web")
    assert outdated == [{"key": ref, "pack": ref, "installed": "1.0.0", "latest": "1.1.0",
                         "status": "outdated", "pinned": False}]
    client.ok("pin", publisher.ref("web"))
    assert "0 updated, 1 skipped" in client.ok("update", "--yes").stdout
    client.ok("unpin", publisher.ref("web"))
    updated = client.ok("update", "--yes")
    assert "1 updated" in updated.stdout and "more.example.org" in updated.stderr
    assert updated.stderr.index("+ ") < updated.stderr.index("its programs")
    assert "up to date" in client.ok("outdated").stderr


def test_downgrades_are_refused_unless_allowed(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(pack_files("web", version))
    client.ok("pull", "--yes", publisher.ref("web"))
    assert "older" in client.refused(DENIED, "pull", "--yes", publisher.ref("web", "1.0.0"))
    client.ok("pull", "--yes", "--allow-downgrade", publisher.ref("web", "1.0.0"))


def test_another_signer_is_refused_until_it_is_accepted_by_name(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("web"))
    other = publisher.add_key("other", "--type", "ecdsa-p256")
    publisher.publish(pack_files("web", "1.1.0"), key="other")
    assert "signer changed" in client.refused(UNTRUSTED, "pull", "--yes", publisher.ref("web"))
    client.ok("remove", publisher.ref("web"))  # the pin outlives the pack
    assert "signer changed" in client.refused(UNTRUSTED, "pull", "--yes", publisher.ref("web"))
    client.refused(UNTRUSTED, "pull", "--yes", "--accept-signer", "0" * 64, publisher.ref("web"))
    client.ok("pull", "--yes", "--accept-signer", other, publisher.ref("web"))


def test_yanked_versions_are_not_installed_until_they_are_back(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(pack_files("web", version))
    publisher.client.ok("yank", "--reason", "writes the token to the log", publisher.ref("web", "1.1.0"))
    said = client.refused(1, "pull", "--yes", publisher.ref("web", "1.1.0"))
    assert "yanked" in said and "writes the token to the log" in said
    client.ok("pull", "--yes", publisher.ref("web"))
    assert "1.0.0" in client.ok("list").stdout
    publisher.client.ok("unyank", publisher.ref("web", "1.1.0"))
    client.ok("pull", "--yes", publisher.ref("web"))


def test_installed_files_that_changed_are_named(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    installed = client.packages / publisher.ref("web")
    for break_it, said in (
            (lambda: (installed / "bin/hook.sh").write_bytes(b"#!/bin/sh\nrm -rf ~\n"), "bin/hook.sh has been changed"),
            (lambda: (installed / "package.json").write_bytes(b"{}"), "package.json has been changed"),
            (lambda: (installed / "profiles/web.json").unlink(), "profiles/web.json is missing"),
            (lambda: (installed / "extra").write_bytes(b""), "extra is not part of the pack"),
            (lambda: (installed / "bin/hook.sh").unlink() or (installed / "bin/hook.sh").symlink_to("/bin/sh"),
             "bin/hook.sh is not a regular file"),
            (lambda: (installed / "bin/hook.sh").unlink() or (installed / "bin/hook.sh").mkdir(), "bin/hook.sh is missing"),
            (lambda: (installed / "package.json").unlink() or (installed / "package.json").mkdir(), "package.json is missing"),
            (lambda: shutil.rmtree(installed) or installed.write_bytes(b""), "the pack's folder"),
            (lambda: shutil.rmtree(installed) or installed.symlink_to("/"), "the pack's folder")):
        client.ok("pull", "--yes", "--force", publisher.ref("web"))
        client.ok("verify")
        break_it()
        assert said in client.refused(UNTRUSTED, "verify", publisher.ref("web"))
        entry = json.loads(client.run("verify", "--json", publisher.ref("web")).stdout)[0]
        assert entry["error"]["code"] == "untrusted" and said in entry["error"]["message"] and not entry["ok"]


def test_a_run_under_a_changed_pack_does_not_start(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    installed = client.packages / ref
    aside = client.home / "aside"
    words = ("run", "--profile", ref, "--allow-cwd", "--", "sh", "-c", "echo started")

    def linked():
        installed.rename(aside)
        installed.symlink_to(aside)

    def namespace_linked():
        installed.parent.rename(aside)
        installed.parent.symlink_to(aside)

    for break_it, said in (
            (lambda: (installed / "bin/hook.sh").write_bytes(b"#!/bin/sh\nrm -rf ~\n"), "bin/hook.sh has been changed"),
            (lambda: (installed / "profiles/web.json").write_bytes(b"{}"), "profiles/web.json has been changed"),
            (lambda: (installed / "extra").write_bytes(b""), "extra is not part of the pack"),
            (lambda: (installed / "profiles/web.json").unlink() or (installed / "profiles/web.json").symlink_to("/dev/null"),
             "profiles/web.json is not a regular file"),
            (linked, "symbolic link"), (namespace_linked, "symbolic link")):  # musl's words, or glibc's
        client.ok("pull", "--yes", "--force", ref)
        assert "started" in client.ok(*words).stdout
        break_it()
        done = client.run(*words)
        assert done.returncode == UNTRUSTED and "started" not in done.stdout and said.lower() in done.stderr.lower(), done
        if aside.exists():
            link = installed if installed.is_symlink() else installed.parent
            link.unlink()
            aside.rename(link)


def test_hostile_references_are_refused_everywhere(client, publisher):  # noqa: F811
    (client.home / ".config/nono/profiles").mkdir(parents=True)
    (client.home / ".config/nono/profiles/mine.json").write_text("{}")
    for command in ("remove", "pull", "info", "versions", "pin", "unpin", "verify"):
        for hostile in ("../profiles", "a/..", "..", "/etc", "a/b/c", "a/b@../c", "", "a\nb/c", "a/.b", "-a/b"):
            done = client.run(command, "--", hostile)
            assert done.returncode == INVALID, (command, hostile, done)
    assert (client.home / ".config/nono/profiles/mine.json").exists()


def test_search_finds_by_words_and_prints_the_original_keys(client, publisher):  # noqa: F811
    publisher.publish(pack_files("finder", "1.0.0"))
    found = json.loads(client.ok("search", "--json", publisher.organisation, "finder").stdout)
    assert [(item["namespace"], item["name"], item["latest_version"]) for item in found] == [
        (publisher.organisation, "finder", "1.0.0")]
    assert client.ok("search", "a&b=c #d").stdout == ""
    info = json.loads(client.ok("info", "--json", publisher.ref("finder")).stdout)
    assert info["version"]["version"] == "1.0.0"


def test_private_packs_are_seen_with_a_token_alone(client, publisher):  # noqa: F811
    publisher.publish(pack_files("secret", "1.0.0"), "--visibility", "private")
    client.refused(NOT_FOUND, "pull", "--yes", publisher.ref("secret"))
    client.ok("pull", "--yes", publisher.ref("secret"), NONO_TOKEN=publisher.token)


def test_publishing_twice_is_publishing_once_and_other_bytes_are_a_conflict(publisher):  # noqa: F811
    first = json.loads(publisher.publish(pack_files("web", "1.0.0"), "--json").stdout)
    again = json.loads(publisher.publish(pack_files("web", "1.0.0"), "--json").stdout)
    assert first["created"] and not again["created"] and first["id"] == again["id"]
    files = pack_files("web", "1.0.0")
    folder = publisher.client.home / "pack"
    (folder / "bin/hook.sh").write_bytes(files["bin/hook.sh"] + b"# more\n")
    done = publisher.client.run("publish", folder, "--namespace", publisher.organisation, "--key", "release")
    assert done.returncode == 1 and "1.0.0" in done.stderr


def test_a_dry_publish_prints_json_when_told(publisher):  # noqa: F811
    dry = json.loads(publisher.publish(pack_files("web", "1.0.0"), "--dry-run", "--json").stdout)
    assert dry.pop("dry_run") is True and dry["pack"] == publisher.ref("web")
    publisher.client.refused(NOT_FOUND, "info", publisher.ref("web"))
    done = json.loads(publisher.publish(pack_files("web", "1.0.0"), "--json").stdout)
    assert dry == {key: done[key] for key in dry}


def test_a_key_that_is_not_registered_cannot_publish(publisher):  # noqa: F811
    publisher.client.ok("key", "generate", "stranger")
    folder = publisher.client.home / "pack"
    publisher.publish(pack_files("web", "1.0.0"))
    done = publisher.client.run("publish", folder, "--namespace", publisher.organisation, "--key", "stranger")
    assert done.returncode == UNTRUSTED and "/api/v1" not in done.stderr
    assert f"nono key register stranger --org {publisher.organisation}" in done.stderr


def instructing(version, *paths, placement="project"):
    artifacts = [{"type": "instruction", "path": path, **({"placement": placement} if placement else {})} for path in paths]
    files = pack_files("web", version, artifacts=[{"type": "profile", "path": "policy.json", "install_as": "web"}, *artifacts])
    kept = {path: files[path] for path in ("package.json", "policy.json", "README.md")}
    return kept | {path: f"# {path} {version}\n".encode() for path in paths}


def test_init_copies_project_instructions_unless_they_are_there(client, publisher):  # noqa: F811
    publisher.publish(instructing("1.0.0", "docs/AGENTS.md", "rules.mdc"))
    ref, files = publisher.ref("web"), [client.home / "AGENTS.md", client.home / "rules.mdc"]
    client.ok("pull", "--yes", ref)
    assert not any(file.exists() for file in files)  # only when asked to
    assert "would be copied" in client.ok("pull", "--init", "--dry-run", ref).stdout
    assert not any(file.exists() for file in files)
    files[1].write_text("mine\n")
    said = json.loads(client.ok("pull", "--init", "--json", "--yes", ref).stdout)[0]["project_files"]
    assert said == [{"file": "AGENTS.md", "result": "copied"}, {"file": "rules.mdc", "result": "is there already"}]
    assert files[0].read_text() == "# docs/AGENTS.md 1.0.0\n" and files[1].read_text() == "mine\n"
    publisher.publish(instructing("1.1.0", "docs/AGENTS.md"))
    client.ok("pull", "--init", "--yes", ref)
    assert files[0].read_text() == "# docs/AGENTS.md 1.0.0\n"
    client.ok("remove", ref)
    assert files[0].exists()  # it is the project's now


def test_init_follows_no_link_and_copies_nothing_that_acts_by_itself(client, publisher):  # noqa: F811
    publisher.publish(instructing("1.0.0", "docs/AGENTS.md"))
    (client.home / "AGENTS.md").symlink_to("elsewhere")
    client.ok("pull", "--init", "--yes", publisher.ref("web"))
    assert not (client.home / "elsewhere").exists()
    for number, path in enumerate(("x/Makefile", "x/.bashrc", "x/.hidden.md", "conftest.py"), start=1):
        version = f"1.{number}.0"
        publisher.publish(instructing(version, path))
        said = client.refused(DENIED, "pull", "--init", "--yes", publisher.ref("web"))
        assert path.rsplit("/", 1)[-1] in said and not (client.home / path.rsplit("/", 1)[-1]).exists()
        assert "1.0.0" in client.ok("list").stdout  # nothing was installed
    publisher.publish(instructing("2.0.0", "x/Makefile", placement=None))
    client.ok("pull", "--init", "--yes", publisher.ref("web"))
    assert not (client.home / "Makefile").exists()


def test_a_pack_of_as_many_files_as_a_manifest_can_name_is_pulled_and_shown(client, publisher):  # noqa: F811
    """What its registry tells of it is longer than other answers are."""
    files = pack_files("web", "1.0.0")
    manifest, extra = json.loads(files["package.json"]), {f"data/{number:0230}": b"x" for number in range(3500)}
    manifest["artifacts"] += [{"type": "plugin", "path": path} for path in extra]
    text = json.dumps(manifest, separators=(",", ":")).encode()
    assert 900000 < len(text) < 1 << 20
    publisher.publish({**files, **extra, "package.json": text})
    ref = publisher.ref("web")
    assert len(json.loads(client.ok("info", "--json", ref).stdout)["version"]["files"]) == 3500 + len(files)
    client.ok("pull", "--yes", ref)
    client.ok("verify", ref)

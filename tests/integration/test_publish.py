"""Publishing: what is taken, and what is refused, by whom and why."""
import json

import pytest

from tests.support import packs


@pytest.fixture(scope="module")
def house(world):
    """An owner, an organisation and its key, for tests that leave no trace of each other."""
    return world.publisher()


def archive_of(world, files, name="web", version="1.0.0"):
    """The one archive of these files and the digest of its tar, as the registry makes it."""
    owner, organisation, key = world.publisher()
    made = owner.publish(organisation, files, key, name=name, version=version)
    assert made.status_code == 201, made.text
    base = f"/packages/{organisation}/{name}/versions/{version}"
    pull = owner.get(f"{base}/pull").json()
    return owner.get(f"{base}/archive").content, pull["archive"]["tar_digest"].removeprefix("sha256:")


def test_the_same_bytes_again_are_the_same_publish(world):
    owner, organisation, key = world.publisher()
    files = packs.pack_files()
    first, again = (owner.publish(organisation, files, key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["created"] and not again.json()["created"]
    assert {**first.json(), "created": False} == again.json()
    other = owner.publish(organisation, {**files, "bin/hook.sh": b"#!/bin/sh\nexit 1\n"}, key)
    assert other.status_code == 409 and other.json()["field"] == "version" and "higher" in other.json()["hint"]
    assert owner.get(f"/packages/{organisation}/web/versions/1.0.0/artifacts/bin/hook.sh").content == files["bin/hook.sh"]


def test_versions_of_equal_precedence_are_one_version(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(version="1.0.0+a"), key, version="1.0.0+a").status_code == 201
    again = owner.publish(organisation, packs.pack_files(version="1.0.0+b"), key, version="1.0.0+b")
    assert again.status_code == 409
    assert owner.get(f"/packages/{organisation}/web/versions/1.0.0+a/pull").json()["version"] == "1.0.0+a"


def test_an_archive_is_taken_with_a_statement_that_names_it(world):
    files = packs.pack_files()
    archive, tar = archive_of(world, files)
    owner, organisation, key = world.publisher()
    bundle = packs.bundle_of(packs.pack_statement((organisation, "web", "1.0.0"), files, packs.sha256(archive), tar), key)
    made = owner.publish_archive(organisation, archive, bundle)
    assert made.status_code == 201 and made.json()["notes"] == []
    assert made.json()["digest"] == f"sha256:{packs.sha256(archive)}"
    version = owner.get(f"/packages/{organisation}/web/versions/1.0.0").json()
    assert version["statement"] == "pack" and version["published_by"] == owner.name
    assert owner.get(f"/packages/{organisation}/web/versions/1.0.0/bundle").content == bundle
    assert {f["path"]: f["mode"] for f in version["files"]}["bin/hook.sh"] == "0755"


def test_a_statement_of_files_alone_is_taken_with_a_note(house):
    owner, organisation, key = house
    made = owner.publish(organisation, packs.pack_files("noted"), key, name="noted")
    assert made.status_code == 201 and "binds the files alone" in made.json()["notes"][0]


@pytest.mark.parametrize("change", [
    lambda ref, archive, tar: (("another", ref[1], ref[2]), archive, tar),
    lambda ref, archive, tar: ((ref[0], "other", ref[2]), archive, tar),
    lambda ref, archive, tar: ((ref[0], ref[1], "2.0.0"), archive, tar),
    lambda ref, archive, tar: (ref, "0" * 64, tar),
    lambda ref, archive, tar: (ref, archive, "0" * 64),
], ids=["namespace", "name", "version", "archive", "tar"])
def test_a_statement_about_another_pack_proves_nothing(world, house, change):
    owner, organisation, key = house
    name = world.unique("bound")
    files = packs.pack_files(name)
    archive, tar = archive_of(world, files, name)
    ref, archive_digest, tar_digest = change((organisation, name, "1.0.0"), packs.sha256(archive), tar)
    bundle = packs.bundle_of(packs.pack_statement(ref, files, archive_digest, tar_digest), key)
    refused = owner.publish_archive(organisation, archive, bundle, name=name)
    assert refused.status_code == 422 and refused.json()["field"] == "bundle", refused.text
    assert owner.get(f"/packages/{organisation}/{name}").status_code == 404


def with_statement(files, key, **changes):
    statement = {
        "_type": "https://in-toto.io/Statement/v1", "subject": packs.subjects_of(files),
        "predicateType": packs.MULTI_FILE, "predicate": {"version": 1}, **changes,
    }
    return packs.bundle_of(statement, key)


FILES = packs.pack_files("signed")


@pytest.mark.parametrize("bundle", [
    lambda key: b"not json",
    lambda key: b"{}",
    lambda key: packs.multi_file_bundle(FILES, packs.Key()),
    lambda key: packs.multi_file_bundle({**FILES, "more": b"x"}, key),
    lambda key: packs.multi_file_bundle({p: d for p, d in FILES.items() if p != "README.md"}, key),
    lambda key: packs.multi_file_bundle({**FILES, "README.md": b"other"}, key),
    lambda key: packs.multi_file_bundle({("readme.md" if p == "README.md" else p): d for p, d in FILES.items()}, key),
    lambda key: with_statement(FILES, key, predicateType="https://example.org/other"),
    lambda key: with_statement(FILES, key, subject=[]),
    lambda key: packs.multi_file_bundle(FILES, key).replace(b'"sig": "', b'"sig": "AAAA'),
], ids=["no json", "empty", "unknown key", "one more", "one less", "other digest", "other name", "predicate", "no subject", "signature"])
def test_a_signature_that_does_not_hold_is_refused(house, bundle):
    owner, organisation, key = house
    refused = owner.publish(organisation, FILES, key, name="signed", bundle=bundle(key))
    assert refused.status_code == 422 and refused.json()["field"] == "bundle", refused.text
    assert owner.get(f"/packages/{organisation}/signed").status_code == 404


def test_a_revoked_key_signs_nothing_new(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    owner.call("DELETE", f"/organisations/{organisation}/keys/{key.id}")
    refused = owner.publish(organisation, packs.pack_files(version="1.1.0"), key, version="1.1.0")
    assert refused.status_code == 422 and "revoked" in refused.json()["detail"]
    version = owner.get(f"/packages/{organisation}/web/versions/1.0.0").json()
    assert version["signer"]["revoked"] is True  # what it signed stays, and says so


def test_a_key_of_another_organisation_does_not_sign(world, house):
    owner, organisation, _ = house
    _, _, foreign = world.publisher()
    refused = owner.publish(organisation, packs.pack_files("foreign"), foreign, name="foreign")
    assert refused.status_code == 422 and "register the key" in refused.json()["hint"]


@pytest.mark.parametrize("role, status", [(None, 403), ("reader", 403), ("publisher", 201), ("maintainer", 201)])
def test_publishing_needs_a_role(world, house, role, status):
    owner, organisation, key = house
    person = world.person()
    if role:
        owner.call("PUT", f"/organisations/{organisation}/members/{person.name}", json={"role": role})
    name = world.unique("role")
    answer = person.publish(organisation, packs.pack_files(name), key, name=name)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "publisher" in answer.json()["detail"]


def test_publishing_needs_someone_and_the_scope(world, house):
    owner, organisation, key = house
    files = packs.pack_files("scoped")
    assert world.nobody().publish(organisation, files, key, name="scoped").status_code == 401
    assert owner.token("read", "yank").publish(organisation, files, key, name="scoped").status_code == 403
    assert owner.publish("no-such-organisation", files, key, name="scoped").status_code == 404
    assert owner.token("publish").publish(organisation, files, key, name="scoped").status_code == 201


def manifest(**changes):
    return packs.pack_files("faulty", **changes)


def without(path):
    return {p: d for p, d in manifest().items() if p != path}


FAULTS = {
    "version of the request": (manifest(), {"version": "1.0.1"}, "version"),
    "not a version": (manifest(), {"version": "v1.0.0"}, "version"),
    "another name": (packs.pack_files("other"), {}, "name"),
    "no manifest": (without("package.json"), {}, None),
    "missing artifact": (without("bin/hook.sh"), {}, None),
    "unlisted file": ({**manifest(), "stray.txt": b"x"}, {}, None),
    "manifest is no json": ({**manifest(), "package.json": b"{"}, {}, None),
    "schema version": (manifest(schema_version=2), {}, None),
    "long description": (manifest(description="x" * 501), {}, None),
    "description of two lines": (manifest(description="x\ny"), {}, None),
    "many keywords": (manifest(keywords=["x"] * 51), {}, None),
    "long keyword": (manifest(keywords=["x" * 65]), {}, None),
    "NUL in a key of others": (manifest(x={"y": ["\0"]}), {}, "y"),
    "parent path": ({**manifest(), "../x": b"x"}, {}, None),
    "absolute path": ({**manifest(), "/etc/x": b"x"}, {}, None),
    "bundle's own name": ({**manifest(), ".nono-trust.bundle": b"x"}, {}, None),
    "profile is no profile": ({**manifest(), "policy.json": b'{"extends": 5}'}, {}, None),
    "unknown visibility": (manifest(), {"visibility": "secret"}, "visibility"),
    "no version": (manifest(), {"version": None}, "version"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_pack_is_refused_by_name(house, fault):
    owner, organisation, key = house
    files, fields, field = FAULTS[fault]
    refused = owner.publish(organisation, files, key, name="faulty", **fields)
    assert refused.status_code == 400, refused.text
    problem = refused.json()
    assert problem["code"] == "invalid" and problem["detail"]
    if field:
        assert problem["field"] == field
    assert owner.get(f"/packages/{organisation}/faulty").status_code == 404


def test_what_lists_have_of_a_pack_may_be_as_long_as_is_said(house):
    owner, organisation, key = house
    files = packs.pack_files("wordy", description="\u00e9" * 500, keywords=["x" * 64] * 50)
    assert owner.publish(organisation, files, key, name="wordy").status_code == 201
    found = owner.get("/packages", params={"q": f"{organisation}/wordy"}).json()["packages"][0]
    assert len(found["description"]) == 500 and found["keywords"] == ["x" * 64] * 50


def test_faulty_forms_are_refused_by_part(house, registry):
    owner, organisation, key = house
    files = packs.pack_files("form")
    bundle = ("bundle", "b", packs.multi_file_bundle(files, key))
    artifacts = [("artifact", path, data) for path, data in files.items()]
    fields = {"version": "1.0.0"}
    for parts, field in (
        (artifacts, "bundle"), ([bundle], "archive"), ([bundle, bundle, *artifacts], "bundle"),
        ([bundle, ("archive", "a", b"x"), *artifacts], "archive"), ([bundle, ("archive", "a", b"")], "archive"),
        ([bundle, ("archive", "a", b"no archive")], "archive"), ([bundle, ("artefact", "a", b"x")], "artefact"),
        ([bundle, *artifacts, artifacts[0]], None),
    ):
        refused = owner.upload(organisation, "form", fields, parts)
        assert refused.status_code == 400, (parts, refused.text)
        if field:
            assert refused.json()["field"] == field
    old = owner.upload(organisation, "form", {**fields, "readme": "# unsigned"}, [bundle, *artifacts])
    assert old.status_code == 201  # the first clients' field is taken and left aside
    checked = registry.run("fsck")  # holds this form of a statement against the archive made of it
    assert checked.returncode == 0, checked.stdout


def test_names_that_look_alike_are_not_two_packs(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files("my-pack"), key, name="my-pack").status_code == 201
    for name in ("My-Pack", "my_pack", "my.pack"):
        refused = owner.publish(organisation, packs.pack_files(name), key, name=name)
        assert refused.status_code == 409 and refused.json()["field"] == "name"


def test_a_pack_says_in_summary_what_it_asks_for(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    summary = owner.get(f"/packages/{organisation}/web/versions/1.0.0/permissions").json()
    assert summary["schema_version"] == 1
    own = [p["path"] for p in summary["read"] if "reason" not in p]
    assert own == ["$HOME/.cache/web", "$HOME/.config/web"], summary
    assert [p["path"] for p in summary["write"] if "reason" not in p] == ["$HOME/.cache/web"], summary
    assert [h["host"] for h in summary["hosts"]] == ["api.example.org"]
    words = summary.pop("words")
    assert {"risk": "notable", "area": "network", "text": "may connect to api.example.org"} in words
    assert summary == owner.get(f"/packages/{organisation}/web/versions/1.0.0/pull").json()["permissions"]


def test_the_permissions_of_several_profiles_are_added_up(world):
    owner, organisation, key = world.publisher()
    files = packs.pack_files("many")
    document = json.loads(files["package.json"])
    document["artifacts"].append({"type": "profile", "path": "second.json", "install_as": "many-more"})
    files["package.json"] = json.dumps(document).encode()
    files["second.json"] = json.dumps({"extends": "many", "filesystem": {"write": ["$HOME/out"]}}).encode()
    made = owner.publish(organisation, files, key, name="many")
    assert made.status_code == 201, made.text
    summary = owner.get(f"/packages/{organisation}/many/versions/1.0.0/permissions").json()
    assert "$HOME/out" in [p["path"] for p in summary["write"]]
    assert "$HOME/.config/web" in [p["path"] for p in summary["read"]]
    providers = world.nobody().get("/profiles/many-more/providers").json()["providers"]
    assert [(p["namespace"], p["name"]) for p in providers] == [(organisation, "many")]

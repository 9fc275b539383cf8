"""Reading packs: search, pages, versions, files, caching; and what only some may see."""
import contextlib
import email.parser
import email.policy
import json
import os
import urllib.parse

import pytest

from tests.support import packs
from tests.support.database import Database
from tests.support.wired_pack import WIRING, wired, wiring_pack


@pytest.fixture(scope="module")
def shelf(world):
    """An organisation with four versions of one pack and a second pack."""
    owner, organisation, key = world.publisher()
    for version in ("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"):
        made = owner.publish(organisation, packs.pack_files(version=version), key, version=version)
        assert made.status_code == 201, made.text
    files = packs.pack_files("quill", description="Writes 100% odd_words \\ and more", keywords=["ink-pot"])
    assert owner.publish(organisation, files, key, name="quill").status_code == 201
    return owner, organisation, key


def test_latest_is_the_highest_release_that_is_not_yanked(world, shelf):
    _, organisation, _ = shelf
    reader = world.nobody()
    assert reader.get(f"/packages/{organisation}/web/versions/latest/pull").json()["version"] == "1.10.0"
    assert reader.get(f"/packages/{organisation}/web").json()["latest_version"] == "1.10.0"
    assert reader.get(f"/packages/{organisation}/web/versions/9.9.9").status_code == 404


@pytest.mark.parametrize("installed, status", [
    ("1.10.0", "current"), ("1.10.0+build", "current"), ("1.9.0", "outdated"), ("0.0.1", "outdated"),
    ("2.0.0-rc.1", "ahead"), ("3.0.0", "ahead"), ("not-a-version", "unknown"), ("", "unknown"),
])
def test_status_compares_as_semver_does(world, shelf, installed, status):
    _, organisation, _ = shelf
    answer = world.nobody().get(f"/packages/{organisation}/web/status", params={"installed": installed}).json()
    assert answer == {"schema_version": 1, "latest": "1.10.0", "installed_status": status}


def test_versions_come_in_pages_newest_first(world, shelf):
    _, organisation, _ = shelf
    seen, query = [], {"limit": 3}
    while True:
        page = world.nobody().get(f"/packages/{organisation}/web/versions", params=query).json()
        seen += [v["version"] for v in page["versions"]]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ["2.0.0-rc.1", "1.9.0", "1.10.0", "1.0.0"]


@pytest.mark.parametrize("words, found", [
    ("quill", True), ("QUILL", True), ("writes odd_words", True), ("ink-pot quill", True), ("100%", True), ("\\", True),
    ("100_", False), ("quill nothing-of-that", False), ("%", True), ("odd%words", False), ("q?ill", False), ("'; --", False),
])
def test_search_wants_every_word_and_takes_them_literally(world, shelf, words, found):
    _, organisation, _ = shelf
    answer = world.nobody().get("/packages", params={"q": f"{organisation}/ {words}"})
    assert answer.status_code == 200
    assert ("quill" in [p["name"] for p in answer.json()["packages"]]) is found


def test_lists_come_in_pages_without_repeats(world, shelf):
    owner, organisation, key = world.publisher()
    for i in range(5):
        assert owner.publish(organisation, packs.pack_files(f"p{i}"), key, name=f"p{i}").status_code == 201
    for path in (f"/organisations/{organisation}/packages", f"/packages?q={organisation}/"):
        seen, cursor = [], ""
        for _ in range(4):
            page = world.nobody().get(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}").json()
            assert page["total"] == 5
            seen += [p["name"] for p in page["packages"]]
            if "next_cursor" not in page:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == [f"p{i}" for i in range(5)]


@pytest.mark.parametrize("query, field", [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"), ("cursor=1.2", "cursor"),
    ("cursor=1.2.99999999999999999999", "cursor"), ("q=" + "x" * 201, "q"),
])
def test_arguments_out_of_bounds_are_refused_by_name(world, query, field):
    answer = world.nobody().get(f"/packages?{query}")
    assert answer.status_code == 400 and answer.json()["field"] == field


@contextlib.contextmanager
def published_with(registry, organisation, changes):
    """As if the version had been published with this in its manifest before there were bounds."""
    database, of = Database(registry), f"package_id = (SELECT id FROM pack WHERE namespace = '{organisation}' AND name = 'web')"

    def put(manifest):
        database.run(f"""BEGIN; ALTER TABLE version DISABLE TRIGGER version_fixed; UPDATE version SET manifest = {manifest} WHERE {of};
                         ALTER TABLE version ENABLE TRIGGER version_fixed; COMMIT""")

    before = database.run(f"SELECT manifest FROM version WHERE {of}")
    put(f"manifest || {changes}")
    yield
    put(f"'{before}'")


def test_lists_are_short_whatever_was_published_before_there_were_bounds(world, registry):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    long = "jsonb_build_object('description', repeat('\u00e9', 300000), 'keywords', (SELECT jsonb_agg(repeat('k', 100)) FROM generate_series(1, 3000)))"
    with published_with(registry, organisation, long):
        found = world.nobody().get("/packages", params={"q": f"{organisation}/web"}).json()["packages"]
        assert [(p["description"], p["keywords"], p["tags"]) for p in found] == [("\u00e9" * 500, ["k" * 64] * 50, ["k" * 64] * 50)]
        providers = world.nobody().get("/profiles/web-agent/providers").json()["providers"]
        assert [p["description"] for p in providers if p["namespace"] == organisation] == ["\u00e9" * 500]
    with published_with(registry, organisation, "'{\"keywords\": null}'"):
        found = world.nobody().get("/packages", params={"q": f"{organisation}/we"}).json()["packages"]
        assert [(p["description"], p["keywords"]) for p in found] == [("Helps web agents along.", [])]


def test_a_version_tells_what_it_wires(world):
    owner, organisation, key = world.publisher()
    hook = {"type": "write_file", "source": "bin/hook.sh", "dest": "$HOME/.claude/hooks/a.sh", "when": "macos", "link": "$HOME/.claude/harmless"}
    skill = {"type": "symlink", "link": "$HOME/.claude/skills/review", "target": "$PACK_DIR/skills", "when": ["linux", "!wsl2"], "file": "$HOME/x"}
    files = wiring_pack([*WIRING[1:], hook, skill], {path: data for path, data in wired("1.0.0").items() if path.startswith("wiring/")})
    assert owner.publish(organisation, files, key).status_code == 201
    assert world.nobody().get(f"/packages/{organisation}/web/versions/1.0.0").json()["wiring"] == [
        {"act": "link", "path": "$HOME/.claude/plugins/web"},
        {"act": "merge", "path": "$HOME/.claude/settings.json"},
        {"act": "block", "path": "$HOME/.codex/config.toml"},
        {"act": "merge", "path": "$HOME/.claude/hooks.json"},
        {"act": "merge", "path": "$HOME/.hermes/config.yaml"},
        {"act": "write", "path": "$HOME/.claude/hooks/a.sh", "when": ["macos"]},  # by its type's own key, whatever others say
        {"act": "link", "path": "$HOME/.claude/skills/review", "when": ["linux", "!wsl2"]},
    ]


@pytest.mark.parametrize("wiring", [{}, {"wiring": []}])
def test_a_version_that_wires_nothing_says_so(world, wiring):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(**wiring), key).status_code == 201
    assert world.nobody().get(f"/packages/{organisation}/web/versions/1.0.0").json()["wiring"] == []


def test_the_readme_is_safe_html(world, shelf):
    _, organisation, _ = shelf
    answer = world.nobody().get(f"/packages/{organisation}/web/versions/latest/readme")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<em>pack</em>" in answer.text
    assert "<script" not in answer.text and "javascript:" not in answer.text


def test_a_readme_has_tables_and_leads_to_the_files_beside_it(world, shelf):
    owner, organisation, key = shelf
    files = packs.pack_files("tabular")
    files["README.md"] = b"| a | b |\n|---|--:|\n| 1 | [hook](bin/hook.sh) |\n"
    assert owner.publish(organisation, files, key, name="tabular").status_code == 201
    html = world.nobody().get(f"/packages/{organisation}/tabular/versions/latest/readme").text
    hook = f"/api/v1/packages/{organisation}/tabular/versions/1.0.0/artifacts/bin/hook.sh"
    assert "<th>a</th>" in html and f'<td align="right"><a href="{hook}">hook</a></td>' in html
    assert world.nobody().get(hook.removeprefix("/api/v1")).content == files["bin/hook.sh"]


def test_bytes_are_what_their_digests_say(world, shelf):
    _, organisation, _ = shelf
    reader = world.nobody()
    pull = reader.get(f"/packages/{organisation}/web/versions/1.0.0/pull").json()
    for artifact in pull["artifacts"]:
        data = reader.get(artifact["download_url"].removeprefix("/api/v1")).content
        assert packs.sha256(data) == artifact["sha256_digest"] and len(data) == artifact["size_bytes"]
        blob = reader.get(f"/blobs/sha256:{artifact['sha256_digest']}")
        assert blob.content == data and "immutable" in blob.headers["Cache-Control"]
    archive = reader.get(pull["archive"]["download_url"].removeprefix("/api/v1"))
    assert f"sha256:{packs.sha256(archive.content)}" == pull["archive"]["digest"]
    assert reader.get(f"/blobs/{'0' * 64}").status_code == 404
    assert reader.get("/blobs/sha256:zz").status_code == 400


def test_blobs_are_cached_and_read_in_parts(world, shelf):
    _, organisation, _ = shelf
    reader = world.nobody()
    path = f"/packages/{organisation}/web/versions/1.0.0/archive"
    whole = reader.get(path)
    etag = whole.headers["ETag"]
    assert etag == f'"{packs.sha256(whole.content)}"'
    assert reader.get(path, headers={"If-None-Match": etag}).status_code == 304
    part = reader.get(path, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == whole.content[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.content)}"
    behind = reader.get(path, headers={"Range": f"bytes={len(whole.content)}-"})
    assert behind.status_code == 416 and behind.headers["Content-Range"] == f"bytes */{len(whole.content)}"
    assert behind.json()["code"] == "range" and behind.json()["field"] == "Range"
    assert behind.headers["Cache-Control"] == "no-store" and "ETag" not in behind.headers  # not for a year at this address
    head = reader.call("HEAD", path)
    assert head.headers["Content-Length"] == str(len(whole.content)) and head.content == b""
    ranged = reader.call("HEAD", path, headers={"Range": "bytes=10-19"})  # ranges are of GET alone
    assert ranged.status_code == 200 and ranged.headers == {**ranged.headers, **{
        name: head.headers[name] for name in ("Content-Length", "ETag", "Cache-Control", "Content-Type")}}


def test_conditions_are_read_whole(world, shelf):
    """Of what is sent from a file, from memory, and in several parts, by one connection: nothing is left over for the next answer."""
    _, organisation, _ = shelf
    reader = world.nobody()
    base = f"/packages/{organisation}/web/versions/1.0.0"
    for path in (f"{base}/archive", f"{base}/pull", f"{base}/pull", f"{base}/download", f"{base}/download", "/registry"):
        whole = reader.get(path)
        etag, length = whole.headers["ETag"], whole.headers["Content-Length"]
        for field in (etag, f'"x", W/{etag}', "*"):
            known = reader.get(path, headers={"If-None-Match": field})
            assert known.status_code == 304 and known.content == b"" and known.headers["Content-Length"] == length, path
            assert known.headers["ETag"] == etag
        for field, status in ((etag, 200), (f'"x", {etag}', 200), ("*", 200), ('"x"', 412), (f"W/{etag}", 412), ("x", 412)):
            assert reader.get(path, headers={"If-Match": field}).status_code == status, (path, field)
        failed = reader.get(path, headers={"If-Match": '"x"', "If-None-Match": etag, "Range": "bytes=0-1"})
        assert failed.status_code == 412 and failed.json()["code"] == "precondition" and failed.json()["field"] == "If-Match"
        assert failed.headers["Cache-Control"] == "no-store" and "ETag" not in failed.headers
        assert reader.get(path, headers={"If-Match": etag, "If-None-Match": etag}).status_code == 304


def test_one_request_brings_all_of_a_version(world, shelf):
    _, organisation, _ = shelf
    reader = world.nobody()
    base = f"/packages/{organisation}/web/versions/1.0.0"
    answer = reader.get(f"{base}/download")
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + answer.content)
    parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in message.iter_parts()}
    assert list(parts) == ["pull", "bundle", "archive"]
    assert json.loads(parts["pull"]) == reader.get(f"{base}/pull").json()
    assert parts["bundle"] == reader.get(f"{base}/bundle").content
    assert parts["archive"] == reader.get(f"{base}/archive").content


def test_a_download_too_large_to_be_kept_is_the_same_each_time(world, shelf):
    """A pack that does not shrink, above what the registry keeps of a multipart answer."""
    owner, organisation, key = shelf
    files = packs.pack_files("large")
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "logo.png"})
    files |= {"package.json": json.dumps(manifest).encode(), "logo.png": os.urandom(700 << 10)}
    assert owner.publish(organisation, files, key, name="large").status_code == 201
    for reader in (world.nobody(), world.nobody(), owner):
        answer = reader.get(f"/packages/{organisation}/large/versions/1.0.0/download")
        assert answer.status_code == 200 and int(answer.headers["Content-Length"]) == len(answer.content) > 700 << 10
        archive = reader.get(f"/packages/{organisation}/large/versions/1.0.0/archive").content
        assert archive in answer.content


def test_documents_change_when_what_they_describe_does(world):
    owner, organisation, key = world.publisher()
    reader = world.nobody()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    before = reader.get(f"/packages/{organisation}/web/versions/latest/pull")
    assert reader.get(f"/packages/{organisation}/web/versions/latest/pull",
                      headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    assert owner.publish(organisation, packs.pack_files(version="1.1.0"), key, version="1.1.0").status_code == 201
    assert reader.get(f"/packages/{organisation}/web/versions/latest/pull").json()["version"] == "1.1.0"
    changed = owner.call("PATCH", f"/packages/{organisation}/web", json={"description": "Quite new."})
    assert changed.json()["description"] == "Quite new."
    assert reader.get(f"/packages/{organisation}/web").json()["description"] == "Quite new."
    assert "web" in [p["name"] for p in reader.get(f"/packages?q={organisation}/+quite+new").json()["packages"]]
    again = owner.call("PATCH", f"/packages/{organisation}/web", json={"description": ""})
    assert again.json()["description"] == "Helps web agents along."


def private_routes(organisation, digest):
    base = f"/packages/{organisation}/web"
    return [base, f"{base}/status", f"{base}/versions", f"{base}/versions/1.0.0", f"/blobs/{digest}"] + [
        f"{base}/versions/latest/{leaf}" for leaf in
        ("pull", "bundle", "archive", "download", "permissions", "readme", "artifacts/package.json")]


def test_private_packs_are_not_there_for_others(world):
    owner, organisation, key = world.publisher()
    files = packs.pack_files(description=f"Of {organisation} alone.")
    made = owner.publish(organisation, files, key, visibility="private")
    assert made.status_code == 201
    digest = made.json()["digest"]
    reader, stranger = world.person(), world.person()
    owner.call("PUT", f"/organisations/{organisation}/members/{reader.name}", json={"role": "reader"})
    for path in private_routes(organisation, digest):
        for who in (world.nobody(), stranger, owner.token("publish", "yank", "org")):
            assert who.get(path).status_code == who.call("HEAD", path).status_code == 404, path
            assert who.get(path, headers={"If-None-Match": "*", "Range": "bytes=0-1"}).status_code == 404, path
        for who in (owner, reader, reader.token("read"), world.admin):
            answer = who.get(path)
            assert answer.status_code == 200, path
            assert "public" not in answer.headers["Cache-Control"]
    for path in (f"/packages?q={organisation}/", f"/organisations/{organisation}/packages"):
        assert world.nobody().get(path).json()["total"] == stranger.get(path).json()["total"] == 0
        assert reader.get(path).json()["total"] == 1
    assert world.nobody().get(f"/organisations/{organisation}").json()["packages_count"] == 0
    for who, providers in ((world.nobody(), []), (stranger, []), (reader, [organisation])):
        found = who.get("/profiles/web/providers").json()["providers"]
        assert [pack["namespace"] for pack in found if pack["namespace"] == organisation] == providers
    assert stranger.post(f"/packages/{organisation}/web/versions/1.0.0/yank", {"reason": "x"}).status_code == 404


def test_a_pack_can_become_private_and_public(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    reader = world.nobody()
    archive = reader.get(f"/packages/{organisation}/web/versions/1.0.0/pull").json()["archive"]["digest"]
    for _ in range(2):  # the second time from memory
        assert reader.get(f"/packages/{organisation}/web").status_code == 200
    assert owner.call("PATCH", f"/packages/{organisation}/web", json={"visibility": "private"}).status_code == 200
    assert reader.get(f"/packages/{organisation}/web").status_code == 404
    assert reader.get(f"/packages/{organisation}/web/versions/1.0.0/pull").status_code == 404
    refused = owner.publish(organisation, packs.pack_files(version="1.1.0"), key, version="1.1.0", visibility="public")
    assert refused.status_code == 409 and refused.json()["field"] == "visibility"
    assert owner.call("PATCH", f"/packages/{organisation}/web", json={"visibility": "public"}).status_code == 200
    assert reader.get(f"/packages/{organisation}/web").status_code == 200
    assert owner.get(f"/blobs/{archive}").status_code == 200
    assert world.person().call("PATCH", f"/packages/{organisation}/web", json={}).status_code == 403


def test_a_token_that_reads_nothing_private_reads_nothing_by_a_change(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key, visibility="private").status_code == 201
    path, yanker, both = f"/packages/{organisation}/web", owner.token("yank"), owner.token("read", "yank")
    state = {"namespace": organisation, "name": "web", "version": "1.0.0"}
    package = {"namespace": organisation, "name": "web", "visibility": "private"}
    assert yanker.get(path).status_code == 404
    assert yanker.post(f"{path}/versions/latest/yank", {"reason": "leaks"}).json() == {**state, "yanked": True, "yank_reason": "leaks"}
    assert both.get(f"{path}/versions/1.0.0").json()["yank_reason"] == "leaks"
    assert yanker.post(f"{path}/versions/1.0.0/unyank").json() == {**state, "yanked": False}
    assert yanker.call("PATCH", path, json={"description": "Quite secret."}).json() == package
    assert both.post(f"{path}/versions/1.0.0/yank", {"reason": "x"}).json()["manifest"]["name"] == "web"
    assert both.call("PATCH", path, json={}).json()["description"] == "Quite secret."
    assert yanker.call("PATCH", path, json={"visibility": "public"}).json()["description"] == "Quite secret."
    assert yanker.post(f"{path}/versions/1.0.0/unyank").json()["manifest"]["name"] == "web"
    assert yanker.call("PATCH", path, json={"visibility": "private"}).json() == package


def test_a_private_pack_is_not_there_for_a_role_that_does_not_reach_and_a_token_that_does_not_read(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key, visibility="private").status_code == 201
    reader = world.person()
    owner.call("PUT", f"/organisations/{organisation}/members/{reader.name}", json={"role": "reader"})
    for scopes, status in ((["yank"], 404), (["read", "yank"], 403)):
        token = reader.token(*scopes)
        for method, path, body in (("PATCH", "", {}), ("POST", "/versions/1.0.0/yank", {"reason": "x"}), ("POST", "/versions/latest/unyank", None)):
            refused, absent = (token.call(method, f"/packages/{organisation}/{name}{path}", json=body) for name in ("web", "wax"))
            assert (refused.status_code, absent.status_code) == (status, 404)
            if status == 404:
                assert refused.json()["detail"] == absent.json()["detail"].replace("wax", "web")


def test_a_yank_closes_the_gate_and_can_be_taken_back(world):
    owner, organisation, key = world.publisher()
    for version in ("1.0.0", "1.1.0"):
        assert owner.publish(organisation, packs.pack_files(version=version), key, version=version).status_code == 201
    path = f"/packages/{organisation}/web/versions/1.1.0"
    publisher = world.person()
    owner.call("PUT", f"/organisations/{organisation}/members/{publisher.name}", json={"role": "publisher"})
    assert publisher.post(f"{path}/yank", {"reason": "no"}).status_code == 403
    for body in ({}, {"reason": ""}, {"reason": "two\nlines"}, {"reason": "x" * 1001}):
        assert owner.post(f"{path}/yank", body).json()["field"] == "reason"
    assert owner.post(f"{path}/yank", {"reason": "eats homework"}).json()["yank_reason"] == "eats homework"
    reader = world.nobody()
    for gate in ("pull", "download"):
        gone = reader.get(f"{path}/{gate}")
        assert gone.status_code == 410 and gone.json()["yank_reason"] == "eats homework" and gone.json()["yanked"] is True
    assert reader.get(f"{path}/archive").status_code == 200  # for those who know it by digest
    assert reader.get(f"/packages/{organisation}/web/versions/latest/pull").json()["version"] == "1.0.0"
    status = reader.get(f"/packages/{organisation}/web/status?installed=1.1.0").json()
    assert status == {"schema_version": 1, "latest": "1.0.0", "installed_status": "yanked", "yank_reason": "eats homework"}
    assert owner.post(f"{path}/unyank").json()["yanked"] is False
    assert reader.get(f"{path}/pull").status_code == 200
    assert reader.get(f"/packages/{organisation}/web/versions/latest/pull").json()["version"] == "1.1.0"


def test_latest_is_gone_when_every_version_is_yanked(world):
    owner, organisation, key = world.publisher()
    versions = f"/packages/{organisation}/web/versions"
    for version in ("1.0.0", "1.1.0"):
        assert owner.publish(organisation, packs.pack_files(version=version), key, version=version).status_code == 201
        assert owner.post(f"{versions}/{version}/yank", {"reason": f"{version} eats homework"}).status_code == 200
    reader = world.nobody()
    for gate in ("pull", "download"):
        gone = reader.get(f"{versions}/latest/{gate}")
        assert gone.status_code == 410 and gone.json()["yanked"] is True
        assert gone.json()["yank_reason"] == "1.1.0 eats homework"  # of the highest
    for leaf in ("", "/archive", "/readme", "/artifacts/package.json"):
        assert reader.get(f"{versions}/latest{leaf}").status_code == 404
        assert reader.get(f"{versions}/1.1.0{leaf}").status_code == 200
    assert reader.get(f"/packages/{organisation}/no-such-pack/versions/latest/pull").status_code == 404
    assert owner.post(f"{versions}/1.0.0/unyank").status_code == 200
    assert reader.get(f"{versions}/latest/pull").json()["version"] == "1.0.0"


def test_a_yank_answers_with_what_it_yanked(world):
    owner, organisation, key = world.publisher()
    path = f"/packages/{organisation}/web/versions/latest"
    for version in ("1.0.0", "1.1.0"):
        assert owner.publish(organisation, packs.pack_files(version=version), key, version=version).status_code == 201
    for version in ("1.1.0", "1.0.0"):  # the last of them, too
        answer = owner.post(f"{path}/yank", {"reason": "eats homework"})
        assert answer.status_code == 200
        assert (answer.json()["version"], answer.json()["yanked"]) == (version, True)
    for verb, body in (("yank", {"reason": "again"}), ("unyank", None)):
        assert owner.post(f"{path}/{verb}", body).status_code == 404
    assert owner.post(f"{path[:-6]}1.0.0/unyank").json()["version"] == "1.0.0"
    assert owner.post(f"{path}/unyank").json()["version"] == "1.0.0"


def test_file_names_survive_the_address(world):
    owner, organisation, key = world.publisher()
    files = packs.pack_files("odd")
    document = json.loads(files["package.json"])
    for path in ("assets/a b.txt", "assets/100%.txt", "assets/q?x=1#y.txt", "assets/\u00e9.txt", "assets/a+b&c.txt"):
        document["artifacts"].append({"type": "plugin", "path": path})
        files[path] = path.encode()
    files["package.json"] = json.dumps(document).encode()
    made = owner.publish(organisation, files, key, name="odd")
    assert made.status_code == 201, made.text
    pull = world.nobody().get(f"/packages/{organisation}/odd/versions/1.0.0/pull").json()
    for artifact in pull["artifacts"]:
        assert urllib.parse.unquote(artifact["download_url"]).endswith(f"/artifacts/{artifact['filename']}")
        answer = world.nobody().get(artifact["download_url"].removeprefix("/api/v1"))
        assert answer.status_code == 200 and answer.content == files[artifact["filename"]], artifact

"""A registry that lies, breaks off, or is the original's: a server between the client and the real one."""
import http.server
import json
import random
import re
import threading
import urllib.error
import urllib.request

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import write_pack

from tests.support.packs import Key, pack_files

UNTRUSTED = 5


class Between:
    """Hands requests on; change(path, body) -> (path or None for 404, function of the answer's body)."""

    def __init__(self, upstream):
        outer, self.upstream, self.seen = self, upstream, []
        self.path, self.body, self.cut = lambda path: path, lambda path, body: body, {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler):
        self.seen.append((handler.path, dict(handler.headers)))
        path = self.path(handler.path)
        if path is None:
            handler.send_error(404)
            return
        headers = {k: v for k, v in handler.headers.items() if k.lower() in ("range", "authorization")}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.upstream + path, headers=headers)) as got:
                status, kept, body = got.status, got.headers, self.body(path, got.read())
        except urllib.error.HTTPError as error:
            status, kept, body = error.code, error.headers, error.read()
        handler.send_response(status)
        handler.send_header("Content-Type", kept.get("Content-Type", ""))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:self.cut.pop(re.sub(r".*/", "", path), len(body))])


@pytest.fixture
def between(registry):  # noqa: F811
    made = Between(registry.url)
    yield made
    made.server.shutdown()


def pull(user, between, ref, *options):
    return user.run("pull", "--yes", "--registry", between.url, *options, ref)


def nothing_came(user, done, status=UNTRUSTED):
    assert done.returncode == status, done.stderr
    assert not [p for p in user.packages.glob("*/*") if p.parent.name != ".staging"]


def test_a_version_under_another_number_is_refused(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    between.path = lambda path: path.replace("/9.9.9/", "/1.0.0/")
    nothing_came(client, pull(client, between, publisher.ref("web", "9.9.9")))
    relabelled = lambda path, body: body.replace(b'"version": "1.0.0"', b'"version": "9.9.9"').replace(  # noqa: E731
        b'"version":"1.0.0"', b'"version":"9.9.9"')
    between.body = lambda path, body: relabelled(path, body) if path.endswith("/download") else body
    done = pull(client, between, publisher.ref("web", "9.9.9"))
    assert done.returncode != 0 and not client.packages.exists(), done.stderr


def test_another_pack_under_this_name_is_refused(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    publisher.publish(pack_files("evil", "1.0.0"))
    between.path = lambda path: path.replace("/web/", "/evil/")
    nothing_came(client, pull(client, between, publisher.ref("web")))


def test_changed_bytes_are_refused(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))

    def flip(path, body):
        at = body.find(b"\x28\xb5\x2f\xfd")  # zstd's magic number: the archive
        return body if at < 0 else body[:at + 40] + bytes([body[at + 40] ^ 1]) + body[at + 41:]

    between.body = flip
    nothing_came(client, pull(client, between, publisher.ref("web")))


def test_a_bundle_by_an_unknown_key_is_refused(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    between.body = lambda path, body: b'{"keys": []}' if path.endswith("/keys") else body
    nothing_came(client, pull(client, between, publisher.ref("web")))


def test_a_key_that_came_after_hundreds_of_others_is_known(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    former = [{"key_id": key.id, "name": "old", "algorithm": "ed25519", "public_key": key.pem,
               "created_at": "2020-01-01T00:00:00Z", "revoked_at": "2020-01-02T00:00:00Z"} for key in (Key() for _ in range(999))]

    def after(path, body):
        return json.dumps({"keys": former + json.loads(body)["keys"]}).encode() if path.endswith("/keys") else body

    between.body = after
    assert pull(client, between, publisher.ref("web")).returncode == 0
    client.ok("verify")


def test_a_broken_download_is_taken_up_where_it_broke(client, publisher, between):  # noqa: F811
    files = pack_files("web", "1.0.0")
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "data.bin"})
    files["data.bin"] = bytes((i * i * 7 + i // 251) & 255 for i in range(1, 400000))
    publisher.publish({**files, "package.json": json.dumps(manifest).encode()})
    whole = Between(between.upstream)
    with urllib.request.urlopen(f"{whole.url}/api/v1/packages/{publisher.ref('web')}/versions/latest/download") as got:
        size = len(got.read())
    between.cut["download"] = size - 2000
    done = pull(client, between, publisher.ref("web"))
    assert done.returncode == 0, done.stderr
    assert [headers["Range"] for _, headers in between.seen if "Range" in headers]
    client.ok("verify")


def with_data(name, size):
    files = pack_files(name, "1.0.0")
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "data.bin"})
    return {**files, "data.bin": random.Random(size).randbytes(size), "package.json": json.dumps(manifest).encode()}


@pytest.mark.parametrize("size", [1000, 100000])
def test_what_another_registry_sent_under_a_digest_keeps_nobody_from_the_archive(client, publisher, between, size):  # noqa: F811
    publisher.publish(with_data("web", 20000))
    publisher.publish(with_data("evil", size))
    digests = [json.loads(client.ok("info", "--json", publisher.ref(name)).stdout)["version"]["digest"].encode()
               for name in ("evil", "web")]

    def lie(path, body):
        if path.endswith("/download"):  # into the archive, and not to its end
            between.cut["download"] = body.find(b"\x28\xb5\x2f\xfd") + size
        return body.replace(*digests)

    between.body = lie
    between.path = lambda path: None if path.endswith("/archive") else path
    assert pull(client, between, publisher.ref("evil")).returncode != 0
    left = client.home / ".cache/nono/partial" / digests[1].decode().removeprefix("sha256:")
    assert left.stat().st_size == size
    client.ok("pull", "--yes", publisher.ref("web"))
    client.ok("verify")


def test_a_registry_without_one_request_downloads_is_pulled_from_file_by_file(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    between.path = lambda path: None if path.endswith("/download") else path
    done = pull(client, between, publisher.ref("web"))
    assert done.returncode == 0, done.stderr
    assert [path for path, _ in between.seen if "/artifacts/bin/hook.sh" in path]
    client.ok("verify")


def test_an_address_with_the_api_behind_it_is_the_same_registry(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    between.path = lambda path: None if path.endswith("/download") else path
    client.ok("pull", "--yes", "--registry", f"{between.url}/api/v1/", publisher.ref("web"))
    assert json.loads(client.ok("list", "--json").stdout)["packages"][publisher.ref("web")]["registry"] == between.url


def test_what_was_pulled_file_by_file_is_the_published_version_all_the_same(client, publisher, between):  # noqa: F811
    files = pack_files("web", "1.0.0")
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "tool.py"})  # its mode is not told file by file
    folder = write_pack(publisher.client.home / "web-1.0.0", {
        **files, "package.json": json.dumps(manifest).encode(), "tool.py": b"#!/usr/bin/env python3\n"})
    (folder / "tool.py").chmod(0o755)
    publisher.publish_folder(folder)
    between.path = lambda path: None if path.endswith("/download") else path
    assert pull(client, between, publisher.ref("web")).returncode == 0
    client.ok("pull", "--yes", publisher.ref("web"))
    client.ok("verify")


def versions_asked(between):
    return len([path for path, _ in between.seen if "/versions?" in path])


def test_a_list_of_versions_without_end_is_refused(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    assert pull(client, between, f"{ref}@^1").returncode == 0 and versions_asked(between) == 1
    page = {"versions": [{"version": "0.0.1", "digest": "x" * 15000, "published_at": "", "published_by": "", "size_bytes": 1,
                          "yanked": False} for _ in range(100)], "next_cursor": "again"}
    between.path = lambda path: path.partition("&cursor=")[0]
    between.body = lambda path, body: json.dumps(page).encode() if "/versions?" in path else body
    done = pull(client, between, f"{ref}@^1")
    assert done.returncode != 0 and "bytes" in done.stderr and "the list of versions" in done.stderr, done.stderr
    assert 2 < versions_asked(between) < 10


def tokens(between):
    return {headers.get("Authorization") for _, headers in between.seen}


def test_a_token_for_one_registry_is_not_shown_to_another(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    assert pull(client, between, publisher.ref("web")).returncode == 0
    between.seen.clear()
    for words in (("outdated",), ("update", "--yes"), ("auth", "status")):
        client.run(*words, NONO_TOKEN=publisher.token)
    assert tokens(between) == {None}
    assert client.run("auth", "login", between.url, NONO_TOKEN=publisher.token).returncode == 0
    (client.home / ".config/nono/config.toml").write_text(f'registry = "{client.url}"\n')
    between.seen.clear()
    client.run("outdated", NONO_TOKEN="another", NONO_REGISTRY="")
    client.run("auth", "status", NONO_TOKEN="another", NONO_REGISTRY="")
    assert "Bearer another" not in tokens(between)
    client.run("outdated", "--registry", between.url, NONO_TOKEN="chosen")
    assert "Bearer chosen" in tokens(between)
    between.seen.clear()
    client.run("outdated", NONO_TOKEN="chosen", NONO_REGISTRY=between.url)
    assert tokens(between) == {"Bearer chosen"}


def test_nothing_but_what_is_needed_is_sent(client, publisher, between):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    pull(client, between, publisher.ref("web"))
    for _, headers in between.seen:
        assert set(headers) <= {"Host", "User-Agent", "Accept", "Range"}, headers
        assert headers["User-Agent"].startswith("nono/")


def test_a_pack_that_wires_outside_the_folders_of_agents_is_not_even_published(publisher):  # noqa: F811
    """What the client itself refuses is in tests/unit/client/install/places_test.c."""
    for number, directive in enumerate((
            {"type": "write_file", "source": "bin/hook.sh", "dest": "$HOME/.bashrc"},
            {"type": "write_file", "source": "bin/hook.sh", "dest": "$NONO_CONFIG/profiles/mine.json"},
            {"type": "symlink", "link": "$HOME/.claude/x", "target": "/etc"},
            {"type": "symlink", "link": "$HOME/.ssh", "target": "$PACK_DIR"},
            {"type": "json_merge", "file": "$HOME/.config/Code/settings.json", "patch": "policy.json"})):
        folder = write_pack(publisher.client.home / f"evil{number}",
                            pack_files("evil", f"1.0.{number}", wiring=[directive]))
        said = publisher.client.refused(2, "publish", folder, "--namespace", publisher.organisation)
        assert "agent" in said or "$PACK_DIR" in said, (directive, said)


def test_a_link_on_the_way_is_refused(client, publisher):  # noqa: F811
    (client.home / ".claude").mkdir()
    (client.home / "elsewhere").mkdir()
    (client.home / ".claude/plugins").symlink_to(client.home / "elsewhere")
    publisher.publish(pack_files("web", "1.0.0", wiring=[
        {"type": "write_file", "source": "bin/hook.sh", "dest": "$HOME/.claude/plugins/x"}]))
    assert "symbolic link" in client.refused(4, "pull", "--yes", publisher.ref("web"))
    assert not list((client.home / "elsewhere").iterdir())


MANY = b'{"k":[' + b"0," * 9999 + b"0]}"


def test_wiring_that_merges_without_end_is_refused(client, publisher):  # noqa: F811
    wiring = [{"type": "json_merge", "file": "$HOME/.claude/settings.json", "patch": "bin/p.json"}] * 3
    files = {**pack_files("evil", "1.0.0", wiring=wiring), "bin/p.json": MANY}
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "bin/p.json"})
    publisher.publish({**files, "package.json": json.dumps(manifest).encode()})
    before = client.whole()
    assert "patches have over 20000 values" in client.refused(2, "pull", "--yes", publisher.ref("evil"))
    assert client.whole() == before


DEEP = b'{"k":' + b"[" * 62 + b"1" + b"]" * 62 + b"}"
LONG = b'{"k":"' + b"x" * 1999999 + b'"}'  # and once a directive in the lock file


@pytest.mark.parametrize("patch,times", [(DEEP, 1), (LONG, 9)], ids=["deep", "long"])
def test_a_patch_that_the_lock_file_could_not_be_read_with_is_refused(client, publisher, patch, times):  # noqa: F811
    publisher.publish(pack_files("good", "1.0.0"))
    wiring = [{"type": "json_merge", "file": f"$HOME/.claude/settings{i}.json", "patch": "wiring/p.json"} for i in range(times)]
    files = {**pack_files("evil", "1.0.0", wiring=wiring), "wiring/p.json": patch}
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "wiring/p.json"})
    publisher.publish({**files, "package.json": json.dumps(manifest).encode()})
    client.ok("pull", "--yes", publisher.ref("good"))
    before = client.whole()
    for asked in ("--dry-run", "--yes"):
        said = client.run("pull", asked, publisher.ref("evil"))
        assert said.returncode != 0 and "the lock file could not be read again" in said.stderr, said.stderr
        assert "outside its own folder" not in said.stderr  # it is not even asked about
    assert client.whole() == before
    client.ok("verify")
    client.ok("remove", publisher.ref("good"))

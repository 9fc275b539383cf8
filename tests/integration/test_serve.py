"""The registry as a process: start, stop, kill, commands beside it, and what every answer has."""
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.support import packs
from tests.support.registry import Registry, multipart, program, raw


def test_answers_health_readiness_and_metrics(registry):
    assert registry.get("/healthz").json() == {"status": "ok"}
    assert registry.get("/readyz").json() == {"status": "ok"}
    assert registry.get("/metrics").status == 404  # of the admin listener alone
    with_admin = Registry(registry.folder)
    with_admin.url = registry.admin_url
    assert with_admin.get("/healthz").status == 200
    assert with_admin.get("/readyz").status == 200
    text = with_admin.get("/metrics").body.decode()
    assert 'nono_http_requests_total{route="/healthz",method="GET",status="200"}' in text
    assert "nono_workers 5" in text  # four, and one of the admin listener
    assert with_admin.get("/api/v1/registry").status == 404


def metrics(registry):
    """What /metrics says, by name and labels; every line is one that Prometheus reads, and every name is told of first."""
    with_admin = Registry(registry.folder)
    with_admin.url = registry.admin_url
    out, told = {}, {}
    for line in with_admin.get("/metrics").body.decode().splitlines():
        about = re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line)
        if about:
            assert (about[1], about[2]) not in told, line
            told[about[1], about[2]] = about[3]
            continue
        sample = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (-?[0-9.]+)', line)
        assert sample, line
        name = re.sub("_(bucket|sum|count)$", "", sample[1])
        name = name if ("TYPE", name) in told else sample[1]
        kind = told["TYPE", name]
        assert told["HELP", name] and (kind == "counter") == name.endswith("_total"), line
        assert sample[1] + (sample[2] or "") not in out, line
        out[sample[1] + (sample[2] or "")] = float(sample[3])
    return out


def test_metrics_count_what_they_say(registry_folder):
    with Registry.start(registry_folder / "data", workers=2) as registry:
        while registry.get("/api/v1/packages").status and not metrics(registry)["nono_cache_hits_total"]:
            pass  # nothing is kept before changes are heard of
        before = metrics(registry)
        assert before["nono_workers"] == 3 and before["nono_requests_in_flight"] == 1  # this one
        assert before["nono_cache_entries"] >= 1 and before["nono_cache_bytes"] >= 1024
        for i in range(3):
            registry.get(f"/api/v1/packages?q={i}")
            registry.get(f"/api/v1/packages?q={i}")
        after = metrics(registry)
        assert after["nono_cache_entries"] == before["nono_cache_entries"] + 3
        assert after["nono_cache_hits_total"] == before["nono_cache_hits_total"] + 3
        assert after["nono_cache_misses_total"] == before["nono_cache_misses_total"] + 3
        registry.organisation("acme", registry.sign_in())
        head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 30\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(registry.url.rpartition(":")[2])), timeout=20) as link:
            link.sendall(head)
            assert link.recv(65536).startswith(b"HTTP/1.1 100 ")
            assert metrics(registry)["nono_requests_in_flight"] == 2
        for i in range(50):  # names of strangers are no labels
            registry.get(f"/api/v1/packages/acme/p{i}/versions")
            registry.request("DELETE", f"/nothing/{i}")
        grown = set(metrics(registry)) - set(after)
        assert len([name for name in grown if "_bucket" not in name]) < 20, grown


def test_both_prefixes_are_the_same_place(registry):
    once, twice = registry.get("/api/v1/registry"), registry.get("/api/v1/api/v1/registry")
    assert once.status == twice.status == 200 and once.json() == twice.json()
    assert registry.get("/registry").status == 404
    assert registry.get("/api/v1/api/v1/api/v1/registry").status == 404


def test_a_client_that_goes_by_the_byte_is_cut_off_and_others_are_not(registry_folder):
    with Registry.start(registry_folder / "data", timeout_seconds=1) as registry:
        port = int(registry.url.rpartition(":")[2])
        head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
        for begin in (b"GET /healthz HTTP/1.1\r\nX-A: ", head):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
                link.sendall(begin)
                sent = 0
                with pytest.raises(OSError):  # each byte in time, the whole never
                    while sent < 600:
                        link.settimeout(0.1)
                        try:
                            if link.recv(65536) == b"":
                                raise ConnectionResetError
                        except TimeoutError:
                            pass
                        link.sendall(b"a")
                        sent += 1
                assert sent < 600
        assert registry.get("/healthz").status == 200


def test_a_body_that_was_refused_does_not_go_on_for_ever(registry):
    port = int(registry.url.rpartition(":")[2])
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        link.sendall(head)
        with pytest.raises(OSError):
            for _ in range(640):  # 40 MiB where 64 KiB are taken
                link.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def test_every_answer_has_the_security_fields(registry):
    for path in ("/api/v1/registry", "/api/v1/nothing", "/api/v1/packages"):
        fields = registry.get(path).headers
        assert fields["X-Content-Type-Options"] == "nosniff"
        assert fields["Content-Security-Policy"].startswith("default-src 'none'")
        assert fields["Referrer-Policy"] == "no-referrer"


def test_failures_are_problem_documents(registry):
    answer = registry.get("/api/v1/packages?limit=9999")
    problem = answer.json()
    assert answer.status == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "invalid" and problem["field"] == "limit" and problem["status"] == 400
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_a_wrong_method_is_told_which_are_right(registry):
    answer = registry.request("DELETE", "/api/v1/packages")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
    brew = registry.request("BREW", "/api/v1/packages")
    assert brew.status == 405 and brew.headers["Allow"] == "GET, HEAD"
    assert registry.request("BREW", "/api/v1/nothing").status == 404  # where no method is right


@pytest.mark.parametrize("path", ["/api/v1/packages/a%00b/c", "/api/v1/packages/%zz/c", "/api/v1/packages/%ff/c",
                                  "/api/v1/packages?q=%00", "/api/v1/packages?q=%"])
def test_malformed_addresses_are_refused(registry, path):
    assert registry.get(path).status == 400


def test_an_encoded_slash_is_no_separator(registry):
    assert registry.get("/api/v1/packages%2fpopular").status == 404
    assert registry.get("/api/v1/packages/a%2fb/c").status == 404


def test_bodies_are_held_to_type_and_size(registry):
    login = "/api/v1/auth/login"
    assert registry.post(login, b"{}", headers={"Content-Type": "text/plain"}).status == 415
    assert registry.post(login, b"{", headers={"Content-Type": "application/json"}).status == 400
    assert registry.post(login).status == 415
    big = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    assert raw(registry, big).startswith(b"HTTP/1.1 413 ")
    chunks = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks += b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(6)) + b"0\r\n\r\n"
    assert raw(registry, chunks).startswith(b"HTTP/1.1 413 ")
    assert registry.request("GET", "/api/v1/packages", body=b"x").status == 400


def test_a_large_body_of_a_stranger_is_not_kept(registry):
    kind, body = multipart([("version", None, b"1.0.0"), ("archive", "a.tar.zst", os.urandom(3_000_000))])
    answer = registry.post("/api/v1/packages/acme/web/versions", body, headers={"Content-Type": kind})
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_many_small_bodies_of_strangers_stop_nobody(registry, world):
    """More than are taken before anybody knows who sends them (EARLY_MAX)."""
    kind, body = multipart([("version", None, b"1.0.0"), ("archive", "a.tar.zst", os.urandom(20_000))])
    head = (f"POST /api/v1/packages/acme/web/versions HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    host, port = registry.url.removeprefix("http://").split(":")
    links = [socket.create_connection((host, int(port)), timeout=10) for _ in range(40)]
    for link in links:
        link.sendall(head + body[:9000])
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files("web", "1.0.0"), key).status_code == 201
    for link in links:
        with link:
            link.sendall(body[9000:])
            assert link.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_stranger_who_waits_to_send_is_told_at_once(registry):
    head = (b"POST /api/v1/packages/acme/web/versions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 90000000\r\n\r\n")
    assert raw(registry, head).startswith(b"HTTP/1.1 401 ")


def test_a_connection_is_kept_over_refusals(registry):
    link = registry.connect()
    for path, status in (("/api/v1/registry", 200), ("/api/v1/nothing", 404), ("/api/v1/packages?limit=x", 400),
                         ("/api/v1/packages", 200), ("/api/v1/packages", 200)):
        assert registry.get(path, connection=link).status == status
    first = link.sock
    assert first is not None
    registry.get("/healthz", connection=link)
    assert link.sock is first


def test_head_and_not_modified(registry):
    whole = registry.get("/api/v1/registry")
    head = registry.request("HEAD", "/api/v1/registry")
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(len(whole.body))
    etag = whole.headers["ETag"]
    for field, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), ('"x"', 200)):
        assert registry.get("/api/v1/registry", headers={"If-None-Match": field}).status == status


@pytest.mark.parametrize("scheme, secure", [("https", True), ("http", False)])
def test_the_cookie_is_for_https_where_people_come_by_https(registry_folder, scheme, secure):
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with Registry.start(registry_folder / "data", listen=place, base_url=f"{scheme}://{place}") as registry:
        registry.url = f"http://{place}"  # as the proxy in front reaches it
        answer = registry.post("/api/v1/auth/login", {"login": "admin", "password": registry.password})
        cookie = answer.headers["Set-Cookie"]
        assert ("; Secure" in cookie) is secure and "; HttpOnly" in cookie and "; SameSite=Lax" in cookie


def test_trusted_proxies_name_the_client(registry_folder):
    with Registry.start(registry_folder / "data", trusted_proxies="127.0.0.0/8", access_log="on") as registry:
        registry.get("/api/v1/registry?a", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 127.0.0.2"})
        host, port = registry.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as link:  # a proxy that adds a line of its own
            link.sendall(b"GET /api/v1/registry?b HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.7\r\nX-Forwarded-For: 203.0.113.10\r\n"
                         b"Connection: close\r\n\r\n")
            while link.recv(65536):
                pass
    assert '"client":"203.0.113.9"' in registry.log() and '"client":"203.0.113.10"' in registry.log()
    assert "6.6.6." not in registry.log()


def test_a_proxy_can_come_by_a_unix_socket(registry_folder):
    where = registry_folder / "http"
    with Registry.start(registry_folder / "data", listen=f"unix:{where}", base_url="https://packs.example.org", trusted_proxies="unix",
                        access_log="on") as registry:
        assert where.stat().st_mode & 0o777 == 0o660
        body = b'{"login":"admin","password":"' + registry.password.encode() + b'"}'
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(60)
            link.connect(str(where))
            link.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
                         b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            answer = b""
            while more := link.recv(65536):
                answer += more
        assert answer.startswith(b"HTTP/1.1 200 ") and b"; Secure" in answer
    assert '"client":"203.0.113.9"' in registry.log()


def test_every_request_has_a_line_of_json_that_names_its_client(registry_folder):
    with Registry.start(registry_folder / "data", access_log="on") as registry:
        for _ in range(20):  # most of them are answered from memory
            assert registry.get("/api/v1/registry").status == 200
        raw(registry, b"GET /\xff\xfe/\xc3( HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw(registry, b"GET /" + b"a" * 6000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    lines = [json.loads(line) for line in (registry.folder / "server.log").read_bytes().decode().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 22 and {line["client"] for line in requests} == {"127.0.0.1"}
    assert all(line["status"] in (200, 400, 404) for line in requests)


def test_stops_when_told_and_starts_again_as_it_was(registry_folder):
    registry = Registry.start(registry_folder / "data")
    session = registry.sign_in()
    registry.organisation("acme", session)
    assert registry.down() == 0
    registry.up()
    assert registry.get("/api/v1/organisations/acme").status == 200
    assert registry.down(signal.SIGINT) == 0
    assert registry.run("fsck").returncode == 0


def test_starts_without_standard_descriptors_and_with_children_ignored(registry_folder):
    """As careless programs start daemons: what is opened must not become standard output, and children are waited for."""
    registry = Registry(registry_folder / "data")
    careless = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.close(0); os.close(1); os.execv(sys.argv[1], sys.argv[1:])"
    registry.command = [sys.executable, "-c", careless, *registry.command]
    with registry.up():
        assert "administrator.untold" in registry.log()  # the first password, which nobody saw
        assert "has the password" in registry.run("admin", "user", "reset", "admin").stdout
        assert registry.down() == 0


def test_what_cannot_be_printed_is_a_failure(registry):
    for words in (["--version"], ["--help"], ["admin", "user", "create", "unseen"], ["fsck"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([registry.command[0], *words], env=registry.environment(), stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        assert done.returncode == 70 and "standard output" in done.stderr, (words, done.stderr)


def test_a_killed_registry_starts_again(registry_folder):
    registry = Registry.start(registry_folder / "data")
    registry.organisation("acme", registry.sign_in())
    for _ in range(3):
        registry.kill()
        registry.up()
        assert registry.get("/api/v1/organisations/acme").status == 200
    registry.down()


def test_a_second_registry_is_refused_the_folder(registry):
    second = Registry(registry.folder, **registry.settings).run("serve")
    assert second.returncode != 0 and "another nono-registry uses" in second.stderr


def test_an_address_that_cannot_be_had_is_named(registry, registry_folder):
    taken = registry.url.removeprefix("http://")
    for setting, address, status, hint in (
            ("listen", taken, 1, "another program listens there; listen in the configuration, or NONO_REGISTRY_LISTEN, names another address"),
            ("admin_listen", taken, 1, "; admin_listen in the configuration, or NONO_REGISTRY_ADMIN_LISTEN, names another"),
            ("listen", "192.0.2.1:80", 2, "no interface of this machine has that address")):
        refused = Registry(registry_folder / "data", **{setting: address}).run("serve")
        assert refused.returncode == status and f"listen on {address}" in refused.stderr and hint in refused.stderr, refused.stderr


def test_requests_that_have_begun_are_finished(registry_folder):
    registry = Registry.start(registry_folder / "data")
    head = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 30\r\n\r\n")
    host, port = registry.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as link:
        link.sendall(head)
        assert link.recv(65536).startswith(b"HTTP/1.1 100 ")
        link.sendall(b'{"login":"x",')
        registry.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # until nobody new is let in
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError:
                break
        link.sendall(b'"password":"yyyy"'.ljust(17))
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 40")
    assert registry.down() == 0


def test_commands_work_beside_a_serving_registry(registry):
    made = registry.run("admin", "user", "create", "ada", "--password-stdin", stdin="a long enough secret\n")
    assert made.returncode == 0, made.stderr
    assert registry.sign_in("ada", "a long enough secret")
    assert registry.run("admin", "organisation", "create", "ada-org", "--owner", "ada").returncode == 0
    assert registry.get("/api/v1/organisations/ada-org").status == 200
    reset = registry.run("admin", "user", "reset", "ada")
    assert reset.returncode == 0 and "has the password" in reset.stdout
    assert registry.post("/api/v1/auth/login", {"login": "ada", "password": "a long enough secret"}).status == 401
    assert registry.run("fsck").returncode == 0
    assert registry.run("migrate").returncode == 0


def test_commands_wait_for_a_registry_that_is_starting(registry_folder):
    registry = Registry.start(registry_folder / "data")
    registry.down()
    with open(registry.folder / "lock", "rb") as lock:  # as a start does, long before its PostgreSQL answers
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen([program(), "admin", "user", "list"], env=registry.environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
            with pytest.raises(subprocess.TimeoutExpired):
                command.wait(timeout=1)
            fcntl.flock(lock, fcntl.LOCK_UN)
            said, failed = command.communicate(timeout=60)
    assert command.returncode == 0 and said.startswith("admin"), failed


def test_wrong_settings_are_refused_by_name(registry_folder):
    config = registry_folder / "registry.toml"
    for text, needle in (("lisen = 'x'", "lisen"), ("listen = 'nowhere'", "nowhere"), ("workers = 'x'", "workers"),
                         ("listen = '127.0.0.1:99999'", "listen: "), ("postgres_bin = '/nope'", "there is no postgres in postgres_bin /nope"),
                         ("trusted_proxies = ['10.0.0.0/99']", "10.0.0.0/99"), ("[tls]\ncert = '/none'", "key")):
        config.write_text(text + "\n")
        registry = Registry(registry_folder / "data")
        registry.settings = {}
        refused = registry.run("serve", "--config", str(config))
        assert refused.returncode == 2 and needle in refused.stderr, refused.stderr
        assert not (registry_folder / "data/postgres").exists(), "what is refused leaves nothing behind"


def test_a_mistyped_variable_is_refused_by_name(registry_folder):
    refused = Registry(registry_folder / "data", lisen="127.0.0.1:0").run("serve")
    assert refused.returncode == 2 and "NONO_REGISTRY_LISEN: unknown" in refused.stderr
    assert "did you mean NONO_REGISTRY_LISTEN?" in refused.stderr and not (registry_folder / "data").exists()


def test_commands_make_no_registry_where_there_is_none(registry_folder):
    registry = Registry(registry_folder / "dta")
    for words in (("fsck",), ("admin", "user", "create", "ada"), ("admin", "organisation", "create", "acme", "--owner", "ada")):
        refused = registry.run(*words)
        assert refused.returncode == 3 and f"there is no registry in {registry.folder}" in refused.stderr, refused.stderr
        assert not registry.folder.exists()
    assert registry.run("migrate").returncode == 0  # as serve does: an administrator can be made before the first start
    assert registry.run("admin", "user", "create", "ada", "--admin").returncode == 0
    assert registry.run("fsck").returncode == 0


def test_help_and_version_need_nothing(registry):
    assert registry.run("--version").stdout.startswith("nono-registry ")
    assert "serve" in registry.run("--help").stdout
    assert registry.run("nonsense").returncode == 2


def test_help_of_a_command_and_advice_for_what_is_none(registry):
    assert registry.run("help", "admin", "user", "create").stdout == registry.run("admin", "user", "create", "--help").stdout
    assert registry.run("serve", "-h").stdout == registry.run("serve", "--help").stdout != ""
    group = registry.run("admin", "--help")
    assert group.returncode == 0 and "admin user create" in group.stdout and "serve" not in group.stdout
    assert registry.run("help", "admin").stdout == registry.run("admin", "-h").stdout == group.stdout
    begun = registry.run("admin", "user")
    assert begun.returncode == 2 and '"admin user" is not a whole command' in begun.stderr
    assert "admin user create" in begun.stderr and "admin organisation" not in begun.stderr
    assert 'did you mean "serve"?' in registry.run("serv").stderr
    meant = registry.run("admin", "organisation", "create", "--ownr", "ada", "acme")
    assert meant.returncode == 2 and "did you mean --owner? See nono-registry admin organisation create --help" in meant.stderr
    assert "did you mean" not in registry.run("serve", "--quite-another").stderr

"""Logging in: device codes, tokens, where they are kept, and giving them up; completion."""
import http.server
import json
import os
import re
import socket
import subprocess
import threading

import pytest
from fixtures_client import client, publisher, registry, registry_folder  # noqa: F401
from fixtures_client import NONO

from tests.support.packs import pack_files
from tests.support.registry import Registry

UNAUTHORIZED = 4


def credentials(user):
    return user.home / ".config/nono/credentials.json"


def test_a_device_is_let_in_by_a_person_with_the_code(client, registry):  # noqa: F811
    waiting = client.start("auth", "login", registry.url, "--no-browser")
    said = ""
    while not re.search(r"code\s+\S+", said):
        line = waiting.stderr.readline()
        assert line, said
        said += line
    code = re.search(r"code\s+(\S+)", said).group(1)
    assert registry.url in said
    answer = registry.post(f"/api/v1/auth/device/{code}", {"decision": "approve"}, headers=registry.sign_in())
    assert answer.status in (200, 204), answer.body
    out, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 0 and "logged in" in out, (out, err)
    accounts = json.loads(client.ok("auth", "status", "--json").stdout)
    assert accounts[0]["account"]["user"]["login"] == "admin" and accounts[0]["token_in"] == "file"


def test_a_device_that_is_denied_is_not_let_in(client, registry):  # noqa: F811
    waiting = client.start("auth", "login", registry.url, "--no-browser")
    said = ""
    while not re.search(r"code\s+\S+", said):
        said += waiting.stderr.readline()
    code = re.search(r"code\s+(\S+)", said).group(1)
    registry.post(f"/api/v1/auth/device/{code}", {"decision": "deny"}, headers=registry.sign_in())
    _, err = waiting.communicate(timeout=120)
    assert waiting.returncode == UNAUTHORIZED and "denied" in err
    assert not credentials(client).exists()


def test_a_login_that_waits_outlives_a_registry_that_is_started_anew(client, registry_folder):  # noqa: F811
    registry = Registry.start(registry_folder / "data")  # noqa: F811
    where = registry.url.removeprefix("http://")
    waiting = client.start("auth", "login", registry.url, "--no-browser")
    said = ""
    while not re.search(r"code\s+\S+", said):
        said += waiting.stderr.readline()
    code = re.search(r"code\s+(\S+)", said).group(1)
    registry.down()
    with socket.create_server(("127.0.0.1", int(where.rpartition(":")[2]))) as nobody:
        nobody.accept()[0].close()  # it asked, and had no answer
    registry.settings["listen"] = where
    with registry.up():
        answer = registry.post(f"/api/v1/auth/device/{code}", {"decision": "approve"}, headers=registry.sign_in())
        assert answer.status in (200, 204), answer.body
        out, err = waiting.communicate(timeout=120)
        assert waiting.returncode == 0 and "logged in" in out, (out, err)


def test_a_code_that_lives_for_ages_is_waited_for(client):  # noqa: F811
    class Forge(http.server.BaseHTTPRequestHandler):
        polls = 0

        def log_message(self, *said):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = 200, {"device_code": "d", "user_code": "BCDF-GHJK", "verification_uri": "/device", "interval": 1,
                                   "expires_in": 2**63 - 1}
            if self.path.endswith("/token"):
                Forge.polls += 1
                status, answer = 400, {"error": "authorization_pending" if Forge.polls < 3 else "access_denied"}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = client.refused(UNAUTHORIZED, "auth", "login", f"http://127.0.0.1:{server.server_port}", "--no-browser")
        server.shutdown()
    assert "denied in the browser" in said and Forge.polls == 3


def test_a_token_is_kept_for_this_user_alone_and_revoked_at_logout(client, registry):  # noqa: F811
    token = registry.token()
    assert token not in client.ok("auth", "login", registry.url, "--token", stdin=token + "\n").stdout
    assert credentials(client).stat().st_mode & 0o777 == 0o600
    assert token in credentials(client).read_text()
    client.ok("auth", "logout", registry.url)
    assert token not in credentials(client).read_text()
    assert registry.get("/api/v1/auth/whoami", token=token).status == 401


def test_logout_gives_up_the_token_that_is_kept_and_leaves_the_variables(client, registry):  # noqa: F811
    kept, other = registry.token(), registry.token()
    client.ok("auth", "login", registry.url, "--token", stdin=kept + "\n")
    assert "NONO_TOKEN" in client.ok("auth", "logout", registry.url, NONO_TOKEN=other).stderr
    assert registry.get("/api/v1/auth/whoami", token=kept).status == 401
    assert registry.get("/api/v1/auth/whoami", token=other).status == 200
    assert "NONO_TOKEN" not in client.ok("auth", "logout", registry.url, NONO_TOKEN=other).stderr  # there is no other
    assert registry.get("/api/v1/auth/whoami", token=other).status == 401


@pytest.mark.parametrize("end", ["\n", "\r", " ", "\r\nX-Other: 1", "x" * 5000])
def test_a_variable_that_holds_no_token_is_not_sent(client, end):  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "NONO_TOKEN holds no token" in client.refused(2, "search", "--registry", url, NONO_TOKEN="nono_" + "1" * 40 + end)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_token_comes_from_a_descriptor_or_the_environment_too(client, registry):  # noqa: F811
    token = registry.token()
    reader, writer = os.pipe()
    os.write(writer, token.encode() + b"\n")
    os.close(writer)
    done = subprocess.run([NONO, "auth", "login", registry.url, "--token-fd", str(reader)], env=client.environment(),
                          pass_fds=[reader], capture_output=True, text=True, check=False)
    os.close(reader)
    assert done.returncode == 0, done.stderr
    client.ok("auth", "login", registry.url, NONO_TOKEN=token)


def test_a_descriptor_that_is_not_open_is_named(client, registry):  # noqa: F811
    assert "--token-fd 99: nothing can be read" in client.refused(2, "auth", "login", registry.url, "--token-fd", "99")
    assert "--passphrase-fd 99: nothing can be read" in client.refused(2, "key", "generate", "k", "--passphrase", "--passphrase-fd", "99")


@pytest.mark.parametrize("token", ["", "nono_not-a-token", "a b"])
def test_what_is_no_token_is_not_kept(client, registry, token):  # noqa: F811
    assert client.run("auth", "login", registry.url, "--token", stdin=token + "\n").returncode != 0
    assert not credentials(client).exists()


def test_a_file_of_tokens_that_others_can_read_is_refused(client, registry):  # noqa: F811
    client.ok("auth", "login", registry.url, "--token", stdin=registry.token() + "\n")
    credentials(client).chmod(0o644)
    assert "chmod 600" in client.refused(UNAUTHORIZED, "search")


def test_http_to_another_machine_needs_to_be_said(client):  # noqa: F811
    assert "--allow-http" in client.refused(UNAUTHORIZED, "search", "--registry", "http://registry.example")
    for url in ("ftp://127.0.0.1", "https://me:word@registry.example", "registry example"):
        client.refused(2, "search", "--registry", url)


@pytest.mark.parametrize("command", [["run"], ["run", "--no-audit"], ["wrap"]])
@pytest.mark.parametrize("before", [False, True])
def test_secrets_that_come_while_a_program_runs_are_not_its_to_read(client, registry, command, before):  # noqa: F811
    if before:
        client.ok("auth", "login", registry.url, "--token", stdin=registry.token() + "\n")
    look = ("echo begun; read line; cat .config/nono/credentials.json .config/nono/keys/* .local/state/nono/*/* 2>/dev/null; "
            "ls .config/nono")
    running = subprocess.Popen([NONO, *command, "--read", client.home, "--workdir", client.home, "--", "sh", "-c", look], text=True,
                               env=client.environment(), cwd=client.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdout.readline() == "begun\n"
    token = registry.token()
    client.ok("auth", "login", registry.url, "--token", stdin=token + "\n")
    client.ok("key", "generate", "release")
    client.ok("run", "--", "true", "what is on record")
    assert token in credentials(client).read_text() and (client.home / ".config/nono/keys/release.pem").exists()
    seen, _ = running.communicate("now\n", timeout=120)
    assert "registries.json" in seen and token not in seen and "PRIVATE KEY" not in seen and "on record" not in seen, seen


def memory_of(pid):
    """All that a process can write to, but for what a sanitizer reserves."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            if "w" in line.split()[1] and last - first < 1 << 32 and "[v" not in line:
                memory.seek(first)
                yield memory.read(last - first)


def test_tokens_of_other_registries_are_not_left_in_memory(client):  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        credentials(client).parent.mkdir(parents=True, exist_ok=True)
        credentials(client).write_text(json.dumps({f"token {url}": "nono_" + "1" * 40, "token https://b.example": "nono_" + "2" * 40}))
        credentials(client).chmod(0o600)
        waiting = client.start("search", "x", "--registry", url)
        try:
            server.settimeout(60)
            with server.accept()[0] as connection:
                assert b"nono_" + b"1" * 40 in connection.recv(4096)
                try:
                    memory = list(memory_of(waiting.pid))
                except PermissionError:
                    pytest.skip("one process may not read another's memory here")
        finally:
            waiting.kill()
            waiting.communicate()
    assert any(b"1" * 40 in part for part in memory)  # the one in use: we do see it
    assert not any(b"2" * 12 in part for part in memory)  # what is freed loses its beginning in any case


def test_completion_comes_from_the_tables_and_knows_packs_and_keys(client, publisher):  # noqa: F811
    for shell in ("bash", "zsh", "fish"):
        assert "__complete" in client.ok("completion", shell).stdout
    client.refused(2, "completion", "csh")

    def words(*typed):
        return [line.split("\t")[0] for line in client.ok("__complete", *typed).stdout.splitlines()]

    assert sorted(words("pu")) == ["publish", "pull"]
    assert words("auth", "lo") == ["login", "logout"]
    assert "--accept-signer" in words("pull", "--acc")
    publisher.publish(pack_files("web", "1.0.0"))
    client.ok("pull", "--yes", publisher.ref("web"))
    assert words("remove", publisher.organisation[:3]) == [publisher.ref("web")]
    two = [{"type": "profile", "path": path, "install_as": path[:-5]} for path in ("policy.json", "other.json")]
    files = pack_files("duo", "1.0.0", artifacts=two)
    publisher.publish({**files, "other.json": files["policy.json"]})
    client.ok("pull", "--yes", publisher.ref("duo"))
    for typed in (publisher.organisation[:-2], publisher.ref("")):
        assert sorted(words("run", "--profile", typed)) == [publisher.ref("duo"), publisher.ref("web")]
    assert "web" in words("run", "--profile", "") and publisher.ref("web") not in words("run", "--profile", "")
    assert words("run", "--profile", "other") == ["other"]
    client.ok("key", "generate", "release")
    assert words("key", "show", "") == words("publish", "--key", "rel") == ["release"]
    path = f"{NONO.parent}:{os.environ['PATH']}"
    for typed in ("nono", "./nono"):  # what stands in a folder is not run for a <Tab>
        (client.home / "nono").write_text("#!/bin/sh\ntouch ran\n")
        (client.home / "nono").chmod(0o755)
        script = f'source <(nono completion bash); COMP_WORDS=({typed} pin ""); COMP_CWORD=2; _nono; echo "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", script], env=client.environment(PATH=path), cwd=client.home, capture_output=True,
                              text=True, check=True)
        assert publisher.ref("web") in done.stdout and not (client.home / "ran").exists()


def test_a_file_of_credentials_that_cannot_be_read_is_named(client, registry):  # noqa: F811
    credentials(client).parent.mkdir(parents=True, exist_ok=True)
    credentials(client).write_text("{\n")
    credentials(client).chmod(0o600)
    done = client.run("auth", "logout", registry.url)
    assert done.returncode == 2 and f"rm {credentials(client)}" in done.stderr, done
    credentials(client).write_text("{}\n")
    assert client.run("auth", "logout", registry.url).returncode != 2


def test_a_host_has_no_case(client, registry):  # noqa: F811
    client.ok("search", "--registry", registry.url.replace("127.0.0.1", "LOCALHOST"), "nothing-of-that-name")

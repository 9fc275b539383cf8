"""A real nono-registry on a free port, with its own PostgreSQL and data folder, for the tests.

    from tests.support.registry import Registry

    with Registry.start(tmp_path) as registry:
        answer = registry.get("/api/v1/registry")
        assert answer.status == 200 and answer.json()["version"]

The program is $NONO_BUILD/bin/nono-registry (build/dev when not set). The fixture `registry` is one
server for the whole session; tests that stop servers or fill them start their own.
"""
import dataclasses
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 120


def program(name="nono-registry"):
    path = ROOT / os.environ.get("NONO_BUILD", "build/dev") / "bin" / name
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return str(path)


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


def multipart(parts, boundary="----nono-test-boundary"):
    """[(name, filename or None, bytes)] as a form; returns (content type, body)."""
    out = b""
    for name, filename, data in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
        out += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", out + f"--{boundary}--\r\n".encode()


def raw(registry, data, until=b"\r\n\r\n"):
    """Bytes as they are, on a connection of their own; what comes back until it is closed or still."""
    host, port = registry.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as link:
        link.sendall(data)
        out = b""
        while until not in out:
            more = link.recv(65536)
            if not more:
                break
            out += more
        return out


class Registry:
    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.settings = {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", "access_log": "off", **settings}
        self.process = None
        self.url = self.password = None
        self.cookie = self.csrf = None
        self.command, self.inherited = [program(), "serve"], ()
        self.ca = None  # a file: then it speaks https

    @classmethod
    def start(cls, folder, **settings):
        return cls(folder, **settings).up()

    # The process

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("NONO_")}
        env["NONO_REGISTRY_DATA_DIR"] = str(self.folder)
        for key, value in self.settings.items():
            name = key.upper().replace(".", "_")
            env[name if name.startswith("NONO_") else f"NONO_REGISTRY_{name}"] = str(value)
        return env

    def up(self, **more):
        """Starts it and waits until it says that it is ready. Its log is the file itself: what it has said is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        env = {**self.environment(), **more}
        with open(self.folder / "server.log", "ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                self.command, env=env, stdout=subprocess.PIPE, stderr=log, cwd="/", pass_fds=self.inherited)
        self._wait_ready(before)
        return self

    def log(self):
        return (self.folder / "server.log").read_text()

    def _wait_ready(self, before):
        end = time.monotonic() + START_SECONDS
        while True:
            over = self.process.poll() is not None
            said = (self.folder / "server.log").read_bytes()[before:]
            ready = re.search(rb'"event":"registry.ready".*"url":"([^"]+)".*\n', said)
            if ready:
                break
            assert not over and time.monotonic() < end, f"the registry does not start: {said.decode()}"
            time.sleep(0.002)
        self.url = ready.group(1).decode()
        admin = re.search(rb'"admin_port":(\d+)', ready.group())
        self.admin_url = f"http://127.0.0.1:{admin.group(1).decode()}" if admin else None
        readable, _, _ = select.select([self.process.stdout], [], [], 0)
        found = re.search(rb"the password ([0-9a-f]{24})", os.read(self.process.stdout.fileno(), 65536) if readable else b"")
        if found:
            self.password = found.group(1).decode()
        self.process.stdout.close()

    def down(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(timeout=START_SECONDS)
        self.process = None
        return status

    def kill(self):
        return self.down(signal.SIGKILL)

    def wait(self):
        """Waits for its own end, as at a crash point."""
        status = self.process.wait(timeout=START_SECONDS)
        self.process = None
        return status

    def run(self, *args, stdin=None):
        """A command over the same data: nono-registry fsck, admin user create ..."""
        return subprocess.run([program(), *args], env=self.environment(), input=stdin, capture_output=True,
                              text=True, check=False, timeout=START_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.down()

    # Requests

    def connect(self, timeout=60):
        parts = urllib.parse.urlsplit(self.url)
        if self.ca:
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout,
                                               context=ssl.create_default_context(cafile=self.ca))
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, token=None, connection=None):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        link = connection or self.connect()
        try:
            link.request(method, path, body=body, headers=headers)
            answer = link.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            if connection is None:
                link.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body=body, **more)

    # People

    def sign_in(self, login="admin", password=None):
        """The headers of a session: its cookie and its CSRF value."""
        answer = self.post("/api/v1/auth/login", {"login": login, "password": password or self.password})
        assert answer.status == 200, answer.body
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return {"Cookie": cookie, "X-Nono-CSRF": answer.json()["csrf"]}

    def token(self, session=None, scopes=("read", "publish", "yank", "org", "account"), name="test"):
        answer = self.post("/api/v1/auth/tokens", {"name": name, "scopes": list(scopes)},
                           headers=session or self.sign_in())
        assert answer.status in (200, 201), answer.body
        return answer.json()["token"]

    def organisation(self, name, session=None):
        answer = self.post("/api/v1/organisations", {"name": name}, headers=session or self.sign_in())
        assert answer.status == 201, answer.body


def make_folder():
    """A folder that PostgreSQL's user can come to, which pytest's own folders of root are not."""
    folder = tempfile.mkdtemp(prefix="nono-registry-")
    os.chmod(folder, 0o755)
    return pathlib.Path(folder)


@pytest.fixture(scope="session")
def registry():
    folder = make_folder()
    try:
        with Registry.start(folder / "data") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def registry_folder():
    """For a test's own server."""
    folder = make_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)

"""A small internet in a network namespace, and nono-proxy between it and the test.

The world's loopback has public, private and metadata addresses, with servers on all of them, and a
DNS of its own. The proxy runs in it; its door is a listening socket of the test's own namespace,
handed down as the supervisor does.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("NONO_BUILD", "build/dev")
PROXY = BUILD / "libexec" / "nono" / "nono-proxy"

PUBLIC, SECOND, PRIVATE, METADATA, PUBLIC6 = (
    "93.184.216.34", "93.184.216.35", "10.0.0.5", "169.254.169.254", "2606:2800:220:1::1")
NAMES = {
    "allowed.example": [PUBLIC],
    "two.example": [SECOND, PUBLIC],
    "six.example": [PUBLIC6],
    "denied.example": [PUBLIC],
    "www.wild.example": [PUBLIC],
    "private.example": [PRIVATE],
    "mixed.example": [PUBLIC, PRIVATE],
    "rebound.example": [METADATA],
    "loop.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "zero.example": ["0.0.0.0"],
    "empty.example": [],
    "dead.example": ["93.184.216.99", PUBLIC],
}
SETUP = """
set -e
ip link set lo up
for a in {v4}; do ip addr add $a/32 dev lo; done
for a in {v6}; do ip addr add $a/128 dev lo nodad; done
echo 1 > /proc/sys/net/ipv6/bindv6only
mount --bind {folder}/resolv.conf /etc/resolv.conf
mount --bind {folder}/hosts /etc/hosts
echo $$
exec sleep infinity
"""


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class World:
    """The namespaces, and commands run inside them."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n{PUBLIC} hosts-file.example\n")
        script = SETUP.format(folder=folder, v4=f"{PUBLIC} {SECOND} {PRIVATE} {METADATA}", v6=PUBLIC6)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.holder = subprocess.Popen(["unshare", *user, "--net", "--mount", "sh", "-c", script],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pid = self.holder.stdout.readline().strip()
        if not pid:
            raise OSError(self.holder.stderr.read())
        enter = ["nsenter", "-t", pid, "-n", "-m"]
        self.enter = enter if os.geteuid() == 0 else [*enter, "-U", "--preserve-credentials"]
        self.questions = []

    def popen(self, *command, **options):
        return subprocess.Popen([*self.enter, *command], **options)

    def serve(self):
        self.key, self.certificate = self.folder / "key.pem", self.folder / "cert.pem"
        alternatives = ",".join([f"DNS:{name}" for name in NAMES] + ["DNS:hosts-file.example", f"IP:{PUBLIC}"])
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test", "-addext", f"subjectAltName={alternatives}", "-keyout", self.key, "-out", self.certificate)
        self.origin = self.popen("python3", ROOT / "tests/support/origin.py", self.certificate, self.key,
                                 json.dumps(NAMES), stdout=subprocess.PIPE, text=True)
        assert self.origin.stdout.readline() == "ready\n"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.origin.stdout:
            self.questions.append(line.split()[1])

    def close(self):
        for process in (getattr(self, "origin", None), self.holder):
            if process:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    try:
        world = World(folder)
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no namespaces here: {error}")
    world.serve()
    yield world
    world.close()


class Proxy:
    """One nono-proxy with its door, as the supervisor would start it."""

    def __init__(self, world, allow, deny=(), limits=()):
        self.world = world
        self.door = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.door.setblocking(False)
        self.port = self.door.getsockname()[1]
        policy = os.memfd_create("policy")
        os.write(policy, json.dumps({"allow_hosts": list(allow), "deny_hosts": list(deny)}).encode())
        os.lseek(policy, 0, os.SEEK_SET)
        self.reader, writer = os.pipe()
        high = [os.dup2(fd, 100 + i, inheritable=True) for i, fd in enumerate((self.door.fileno(), policy, writer))]
        shell = f"{' '.join(limits)} exec env -i {PROXY} 3<&100 4<&101 5>&102 100<&- 101<&- 102>&-"
        self.process = world.popen("bash", "-c", shell, close_fds=True, pass_fds=high)
        for fd in (policy, writer, *high):
            os.close(fd)
        self.lines = os.fdopen(self.reader)
        self.reported = []  # read as it comes, for a full pipe makes the proxy wait
        self.listener = threading.Thread(target=lambda: self.reported.extend(map(json.loads, self.lines)), daemon=True)
        self.listener.start()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, data, until_close=True):
        """Sends bytes, reads all that comes back."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def tunnel(self, authority):
        """A connection behind CONNECT, and the head of the answer."""
        connection = self.connect()
        connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            if not piece:
                break
            head += piece
        return connection, head

    def curl(self, *arguments):
        return subprocess.run(["curl", "-sS", "-m", "20", "-x", f"http://127.0.0.1:{self.port}",
                               "--cacert", self.world.certificate, *arguments],
                              capture_output=True, text=True, env={"PATH": os.environ["PATH"]})

    def events(self):
        """Stops the proxy; all that it reported."""
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(timeout=30) == 0
        self.listener.join()
        self.lines.close()
        self.door.close()
        return self.reported

    def decisions(self):
        return [event for event in self.events() if event["event"] == "decision"]


def read_all(connection):
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


@pytest.fixture
def proxies(world):
    """Starts proxies; what the test leaves running is stopped, and has to end well."""
    started = []

    def start(allow, deny=(), **options):
        started.append(Proxy(world, allow, deny, **options))
        return started[-1]

    yield start
    for proxy in started:
        if not proxy.lines.closed:
            proxy.events()


@pytest.fixture
def proxy(proxies):
    return proxies(["allowed.example", "two.example", "six.example", "*.wild.example", "private.example", "mixed.example",
                    "rebound.example", "loop.example", "mapped.example", "nat64.example", "zero.example", "empty.example",
                    "dead.example", "hosts-file.example", "allowed.example:22", PUBLIC, f"{PRIVATE}:80", "nowhere.example"],
                   ["denied.example"])


def which(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")

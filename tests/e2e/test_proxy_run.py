"""`nono run` with an allow-list of hosts: the proxy is the only way out, by construction."""
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile

import pytest

from fixtures_proxy import BUILD, METADATA, PUBLIC, world  # noqa: F401

NONO = BUILD / "bin" / "nono"
ESCAPES = f"""
import ctypes, json, os, socket, struct

def attempt(call):
    try:
        return "done: %r" % (call(),)
    except OSError as error:
        return error.__class__.__name__ + ": " + os.strerror(error.errno or 0)

def connect(address, port, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
    with socket.socket(family, kind, protocol) as s:
        s.settimeout(5)
        s.connect((address, port))
        return "connected"

def send(address, port, flags=0, kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(5)
        return s.sendto(b"x", flags, (address, port))

FASTOPEN = 0x20000000
print(json.dumps(dict(
    tcp=attempt(lambda: connect("{PUBLIC}", 80)),
    tls=attempt(lambda: connect("{PUBLIC}", 443)),
    metadata=attempt(lambda: connect("{METADATA}", 80)),
    six=attempt(lambda: connect("2606:2800:220:1::1", 80, socket.AF_INET6)),
    mapped=attempt(lambda: connect("::ffff:{PUBLIC}", 80, socket.AF_INET6)),
    mptcp=attempt(lambda: connect("{PUBLIC}", 80, protocol=262)),
    fastopen=attempt(lambda: send("{PUBLIC}", 80, FASTOPEN, socket.SOCK_STREAM)),
    udp=attempt(lambda: send("{PUBLIC}", 53)),
    dns_server=attempt(lambda: connect("127.0.0.1", 53, kind=socket.SOCK_STREAM)),
    loopback=attempt(lambda: connect("127.0.0.1", 80)),
    loopback6=attempt(lambda: connect("::1", 80, socket.AF_INET6)),
    raw=attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) and "open"),
    packet=attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) and "open"),
    vsock=attempt(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) and "open"),
    name=attempt(lambda: socket.getaddrinfo("allowed.example", 80) and "resolved"),
    door=attempt(lambda: connect("127.0.0.1", 3128)),
    interfaces=sorted(name for _, name in socket.if_nameindex()),
)))
"""


class Runner:
    """`nono run` inside the small internet, with a home and a working folder of its own."""

    def __init__(self, world):
        self.world = world
        self.base = tempfile.mkdtemp(dir="/var/tmp")
        self.home, self.work = os.path.join(self.base, "home"), os.path.join(self.base, "work")
        for folder in (self.home, self.work):
            os.mkdir(folder)
        shutil.copy(world.certificate, self.work)
        self.certificate = os.path.join(self.work, "cert.pem")

    def command(self, *arguments, nono=NONO, prefix=()):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.home}
        child = self.world.popen(*prefix, str(nono), *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, cwd=self.work, env=environment)
        out, err = child.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def run(self, *program, allow=("allowed.example",), **more):
        allowed = [word for host in allow for word in ("--allow-domain", host)]
        return self.command("run", *allowed, "--allow", self.work, "--", *program, **more)

    def network_records(self):
        """What the audit record of the last run says of the network."""
        runs = json.loads(self.command("audit", "list", "--json").stdout)
        runs = runs if isinstance(runs, list) else next(value for value in runs.values() if isinstance(value, list))
        shown = self.command("audit", "show", str(runs[0].get("id") or runs[0].get("session_id")), "--json").stdout
        return shown


@pytest.fixture
def runner(world):
    runner = Runner(world)
    yield runner
    shutil.rmtree(runner.base, ignore_errors=True)


def test_an_allowed_host_answers_and_others_are_refused(runner):
    done = runner.run("curl", "-sS", "--cacert", runner.certificate, "http://allowed.example/one", "https://allowed.example/two")
    assert done.returncode == 0, done.stderr
    assert "GET /one" in done.stdout and "GET /two" in done.stdout
    done = runner.run("curl", "-sS", "http://other.example/")
    assert "other.example is not among the allowed hosts" in done.stdout
    done = runner.run("curl", "-sS", "https://other.example/")
    assert done.returncode == 56 and "403" in done.stderr


SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"outside, at %s" % self.server.server_address[0].encode())
server = http.server.HTTPServer(("127.0.0.1", 8391), Handler)
print("ready", flush=True)
server.serve_forever()
"""


@pytest.fixture
def outside(world):
    """A developer's server on the machine's own loopback, of IPv4 as most of them are."""
    server = world.popen("python3", "-c", SERVER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout.readline() == "ready\n"
    yield "localhost:8391"
    server.kill()
    server.wait()


def test_a_server_on_localhost_is_reached_when_it_is_named(runner, outside):
    named = runner.run("curl", "-sS", f"http://{outside}/", allow=(outside,))
    assert (named.returncode, named.stdout) == (0, "outside, at 127.0.0.1"), named.stderr
    assert '"address": "127.0.0.1"' in runner.network_records()
    decided, closed = [event for event in json.loads(runner.network_records())["events"] if event["type"].startswith("network")]
    assert (decided["type"], closed["type"]) == ("network", "network_closed") and decided["data"]["id"] == closed["data"]["id"]
    assert "received_bytes" not in decided["data"] and closed["data"]["received_bytes"] > 0
    # through the door by force: where no rule names localhost, a program would take its own
    for rule, why in (("localhost:8392", "localhost is allowed, but not on port 8391"), ("*:8391", "a loopback address, and no rule names it"),
                      ("127.0.0.1:8391", "localhost is not among the allowed hosts")):
        refused = runner.run("curl", "-sS", "--noproxy", "", "--proxy", "http://127.0.0.1:3128", f"http://{outside}/", allow=(rule,))
        assert why in refused.stdout and "outside, at" not in refused.stdout


def test_a_profile_names_localhost_as_the_command_line_does(runner, outside):
    for port, answer in (("8391", "outside, at 127.0.0.1"), ("8392", None)):
        profile = os.path.join(runner.work, f"own-{port}.toml")
        pathlib.Path(profile).write_text(f'[network]\nallow_hosts = ["LOCALHOST:{port}"]\n')
        done = runner.command("run", "--profile", profile, "--allow", runner.work, "--", "curl", "-sS", f"http://{outside}/")
        assert (done.stdout == answer) if answer else "is allowed, but not on port 8391" in done.stdout, done.stderr


def test_nothing_but_the_door_can_be_reached(runner):
    done = runner.run("python3", "-c", ESCAPES)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("door") == "done: 'connected'"
    assert seen.pop("interfaces") == ["lo"]
    assert {name: text for name, text in seen.items() if text.startswith("done")} == {}


def test_a_second_thread_that_changes_the_address_gains_nothing(runner):
    """Where the supervisor judges a connect, this race wins; here no address leads anywhere."""
    done = runner.run("python3", "-c", f"""
import ctypes, socket, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
def packed(host, port):
    return struct.pack("!HH4s8x", 0, port, socket.inet_aton(host)).replace(b"\\0\\0", struct.pack("=H", 2), 1)
good, bad = packed("127.0.0.1", 3128), packed("{PUBLIC}", 80)
address = ctypes.create_string_buffer(good, 16)
going = True
def flip():
    while going:
        ctypes.memmove(address, bad, 16)
        ctypes.memmove(address, good, 16)
threading.Thread(target=flip, daemon=True).start()
through = 0
for _ in range(2000):
    with socket.socket() as s:
        if libc.connect(s.fileno(), address, 16) == 0 and s.getpeername()[0] != "127.0.0.1":
            through += 1
going = False
print("through", through)
""")
    assert done.stdout == "through 0\n", done.stderr


def test_the_program_has_its_own_loopback(runner):
    done = runner.run("python3", "-c", """
import socket, threading, urllib.request
server = socket.create_server(("127.0.0.1", 8080))
def answer():
    connection = server.accept()[0]
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nmine")
    connection.close()
threading.Thread(target=answer, daemon=True).start()
print(urllib.request.urlopen("http://127.0.0.1:8080/").read().decode())
""")
    assert done.stdout == "mine\n", done.stderr


def test_many_connections_at_once_are_served(runner):
    done = runner.run("python3", "-c", """
import urllib.request
from concurrent.futures import ThreadPoolExecutor
get = lambda i: urllib.request.urlopen(f"http://allowed.example/{i}").status
with ThreadPoolExecutor(50) as pool:
    print(sum(status == 200 for status in pool.map(get, range(400))))
""")
    assert done.stdout == "400\n", done.stderr


def test_a_rule_that_denies_wins(runner):
    done = runner.command("run", "--allow-domain", "*.example", "--deny-domain", "denied.example", "--", "curl", "-sS",
                          "http://denied.example/", "http://allowed.example/x")
    assert "denied by the rule denied.example" in done.stdout and "GET /x" in done.stdout


def test_refusals_are_on_record(runner):
    runner.run("curl", "-sS", "http://other.example/", "http://allowed.example/")
    shown = runner.network_records()
    assert "other.example is not among the allowed hosts" in shown and '"host": "allowed.example"' in shown
    runner.run("openssl", "s_client", "-proxy", "127.0.0.1:3128", "-connect", "allowed.example:443", "-servername", "other.example")
    assert '"category": "tls_name"' in runner.network_records()


def test_refusals_are_told_when_the_run_is_over(runner):
    wanted = [f"http://h{number}.example/" for number in range(10)]
    done = runner.run("curl", "-s", "http://allowed.example:81/", *wanted, *wanted, "http://allowed.example/")
    told = done.stderr.splitlines()
    assert told[0] == "nono run: refused allowed.example:81: allowed.example is allowed, but not on port 81"
    assert told[1:8] == [f"nono run: refused h{number}.example:80: h{number}.example is not among the allowed hosts"
                         for number in range(7)]
    assert told[8] == "nono run: and 6 more"  # three others, twice
    assert "--allow-domain" in told[9] and "nono audit show" in told[9] and len(told) == 10
    assert f"\n    {told[9]}\n" in (pathlib.Path(__file__).parents[2] / "docs/proxy.md").read_text()
    done = runner.run("openssl", "s_client", "-proxy", "127.0.0.1:3128", "-connect", "allowed.example:443", "-servername", "b.example")
    assert "nono run: refused allowed.example:443: " in done.stderr and "nono audit show" not in done.stderr
    done = runner.command("run", "-s", "--allow-domain", "allowed.example", "--", "curl", "-s", *wanted)
    assert "nono run" not in done.stderr
    done = runner.run("curl", "-s", "http://allowed.example/")
    assert "nono run" not in done.stderr


def test_the_proxy_does_not_outlive_the_run(runner):
    marker = f"nono-proxy-of-{os.getpid()}"
    script = f"curl -s http://allowed.example/x > /dev/null; echo {marker}; exec sleep 1000"
    environment = {"PATH": "/usr/bin:/bin", "HOME": runner.home}
    child = runner.world.popen(str(NONO), "run", "--allow-domain", "allowed.example", "--", "sh", "-c", script,
                               stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout.readline() == marker + "\n"
    # nsenter has become nono
    children = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
    proxy = next(pid for pid in map(int, children) if pathlib.Path(f"/proc/{pid}/comm").read_text() == "nono-proxy\n")
    watched = os.pidfd_open(proxy)
    child.kill()
    child.wait()
    assert select.select([watched], [], [], 60)[0]  # its end
    os.close(watched)


def test_someone_without_privileges_can(runner):
    if os.geteuid() != 0:
        pytest.skip("the other tests are that already")
    place = os.path.join(runner.base, "program")
    os.makedirs(os.path.join(place, "libexec/nono"))
    os.mkdir(os.path.join(place, "bin"))
    shutil.copy(NONO, os.path.join(place, "bin/nono"))
    shutil.copy(BUILD / "libexec/nono/nono-proxy", os.path.join(place, "libexec/nono/nono-proxy"))
    for folder, _, _ in os.walk(runner.base):
        os.chmod(folder, 0o755)
    for folder in (runner.home, runner.work):
        os.chown(folder, 65534, 65534)
    done = runner.run("curl", "-sS", "http://allowed.example/x", nono=os.path.join(place, "bin/nono"),
                      prefix=("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"))
    assert done.returncode == 0 and "GET /x" in done.stdout, done.stderr


def test_without_namespaces_it_is_refused_with_the_reason(runner):
    script = f"echo 0 > /proc/sys/user/max_net_namespaces; exec {NONO} run --allow-domain allowed.example -- echo ran"
    done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", script], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": runner.home})
    assert done.returncode != 0 and "ran" not in done.stdout
    assert "network namespaces are switched off" in done.stderr


def test_a_rule_that_cannot_be_read_stops_the_run(runner):
    done = runner.run("echo", "ran", allow=("*.*.example",))
    assert done.returncode == 2 and done.stdout == "" and "*.*.example" in done.stderr

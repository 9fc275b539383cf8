"""CONNECT through nono-proxy: what the first bytes have to show, and that the rest is not looked at."""
import json
import re
import subprocess

import pytest

from fixtures_proxy import PUBLIC, proxies, proxy, which, world  # noqa: F401
from fixtures_proxy import read_all

NGINX = """
pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off; user root;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen {address}:4443 ssl http2; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
            location / {{ return 200 "$server_protocol"; }} }}
}}
"""


def s_client(proxy, authority, *arguments):
    return subprocess.run(["openssl", "s_client", "-proxy", f"127.0.0.1:{proxy.port}", "-connect", authority, *arguments],
                          input="Q\n", capture_output=True, text=True, timeout=30)


def test_https_works_and_is_end_to_end(proxy):
    done = proxy.curl("https://allowed.example/x", "https://www.wild.example/y", "https://six.example/z")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"Host: (\S+)", done.stdout) == ["allowed.example", "www.wild.example", "six.example"]
    ends = [event for event in proxy.events() if event["event"] == "end"]
    # curl may close before it has read the server's goodbye: then the kernel resets the connection, which is a cut
    assert len(ends) == 3 and all(end["bytes_up"] > 300 and end["category"] in ("none", "cut") for end in ends)


@pytest.mark.parametrize("versions", [["-tls1_2"], ["-tls1_3"], []])
def test_every_tls_version_passes(proxy, versions):
    assert "BEGIN CERTIFICATE" in s_client(proxy, "allowed.example:443", "-servername", "allowed.example", *versions).stdout


@pytest.mark.parametrize("name,category", [
    (["-servername", "other.example"], "tls_name"),
    (["-servername", "denied.example"], "tls_name"),
    (["-servername", "allowed.example.other.example"], "tls_name"),
    (["-noservername"], "tls_name"),
    (["-servername", "ALLOWED.example"], "none"),
])
def test_the_greeting_has_to_name_the_host(proxy, name, category):
    done = s_client(proxy, "allowed.example:443", *name)
    assert ("BEGIN CERTIFICATE" in done.stdout) == (category == "none")
    end = proxy.events()[-1]
    assert (end["event"], end["category"], end["allowed"]) == ("end", category, category == "none")
    assert (end["bytes_up"] > 0) == (category == "none")  # the server saw nothing


def test_an_address_is_greeted_without_a_name(proxy):
    assert "BEGIN CERTIFICATE" in s_client(proxy, f"{PUBLIC}:443", "-noservername").stdout
    assert "BEGIN CERTIFICATE" not in s_client(proxy, f"{PUBLIC}:443", "-servername", "allowed.example").stdout


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x03\x01", b"\x15\x03\x01\x00\x02\x02\x28"])
def test_port_443_carries_tls_only(proxy, data):
    connection, head = proxy.tunnel("allowed.example:443")
    assert head.startswith(b"HTTP/1.1 200 ")
    connection.sendall(data)
    assert read_all(connection) == b""
    connection.close()
    assert proxy.events()[-1]["category"] == "tls_expected"


def test_a_greeting_in_small_pieces_and_early_is_read(proxy, world):
    import ssl
    context = ssl.create_default_context(cafile=world.certificate)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="allowed.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    connection = proxy.connect()
    connection.sendall(b"CONNECT allowed.example:443 HTTP/1.1\r\nHost: x\r\n\r\n" + hello[:7])
    for at in range(7, len(hello)):
        connection.sendall(hello[at:at + 1])
    data = b""
    while len(data) < 200:
        data += connection.recv(4096)
    assert data.startswith(b"HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03")
    connection.close()


@pytest.mark.parametrize("authority,begin,passes", [
    ("allowed.example:443", b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03", False), ("allowed.example:22", b"binary", True)])
def test_more_than_any_greeting_comes_with_the_head(proxy, authority, begin, passes):
    early = begin + bytes(512 * 1024)
    connection = proxy.connect()
    connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + early)
    if passes:
        connection.shutdown(1)
    assert (early in read_all(connection)) == passes
    connection.close()
    assert proxy.curl("http://allowed.example/x").returncode == 0  # the proxy goes on


def test_other_ports_are_open_only_when_named_and_carry_what_they_like(proxy):
    connection, head = proxy.tunnel("allowed.example:22")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert connection.recv(100) == b"SSH-2.0-test\r\n"  # the server speaks first
    connection.sendall(b"\x00\x01binary")
    assert connection.recv(100) == b"\x00\x01binary"
    connection.close()
    _, head = proxy.tunnel("www.wild.example:22")
    assert head.startswith(b"HTTP/1.1 403 ")


def test_tls_on_another_port_has_to_name_the_host_too(proxies):
    proxy = proxies(["allowed.example:8443"])
    assert "BEGIN CERTIFICATE" in s_client(proxy, "allowed.example:8443", "-servername", "allowed.example").stdout
    assert "BEGIN CERTIFICATE" not in s_client(proxy, "allowed.example:8443", "-servername", "other.example").stdout


def test_websocket_through_connect_passes(proxy):
    connection, head = proxy.tunnel("allowed.example:80")
    assert head.startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"GET /ws HTTP/1.1\r\nHost: allowed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 101 ")
    for frame in (b"\x81\x05hello", bytes(range(256))):
        connection.sendall(frame)
        assert connection.recv(1000) == frame
    connection.close()


def test_http_2_through_connect_passes(proxies, world):
    if not which("nginx"):
        pytest.skip("no nginx")
    conf = world.folder / "nginx.conf"
    conf.write_text(NGINX.format(folder=world.folder, address=PUBLIC))
    nginx = world.popen(which("nginx"), "-c", str(conf))
    try:
        proxy = proxies(["allowed.example:4443"])
        done = proxy.curl("--http2", "--retry", "20", "--retry-connrefused", "--retry-all-errors", "--retry-delay", "1",
                          "https://allowed.example:4443/")
        assert done.stdout == "HTTP/2.0", done.stderr
    finally:
        nginx.terminate()
        nginx.wait()


def test_large_transfers_pass_both_ways(proxy):
    size = 256 * 1024 * 1024
    done = proxy.curl("-p", "-o", "/dev/null", "-w", "%{size_download}", f"http://allowed.example/big/{size}")
    assert done.stdout == str(size)
    connection, _ = proxy.tunnel("allowed.example:22")
    connection.recv(100)
    sent = bytes(range(256)) * 4096
    connection.settimeout(60)
    import threading
    threading.Thread(target=lambda: (connection.sendall(sent), connection.shutdown(1)), daemon=True).start()
    assert read_all(connection) == sent
    connection.close()
    ends = [event for event in proxy.events() if event["event"] == "end"]
    assert ends[0]["bytes_down"] > size and ends[1]["bytes_up"] == len(sent)


def test_a_tunnel_that_cannot_be_made_says_why(proxies):
    proxy = proxies([f"{PUBLIC}:9"])
    done = s_client(proxy, f"{PUBLIC}:9")
    assert "BEGIN CERTIFICATE" not in done.stdout
    decision = proxy.decisions()[0]
    assert (decision["category"], decision["status"], decision["allowed"]) == ("connect_failed", 502, True)


def test_many_tunnels_at_once_wait_and_are_not_refused(proxy):
    connections = [proxy.tunnel("allowed.example:80") for _ in range(300)]
    assert all(head.startswith(b"HTTP/1.1 200 ") for _, head in connections)
    for connection, _ in connections:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection, _ in connections:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
        connection.close()


def test_without_descriptors_accepting_rests_and_goes_on(proxies):
    proxy = proxies(["allowed.example"], limits=("ulimit -n 40;",))
    waiting = [proxy.connect() for _ in range(60)]  # more than it can have
    for connection in waiting:
        connection.close()
    done = proxy.curl("http://allowed.example/x")
    assert done.returncode == 0 and "GET /x" in done.stdout


def test_the_end_of_the_run_ends_tunnels_and_reports_them(proxy):
    connection, _ = proxy.tunnel("allowed.example:22")
    connection.recv(100)
    end = proxy.events()[-1]
    assert (end["event"], end["category"], end["bytes_down"]) == ("end", "cut", len("SSH-2.0-test\r\n"))
    assert read_all(connection) == b""
    connection.close()


def test_it_is_not_for_people(world):
    from fixtures_proxy import PROXY
    done = subprocess.run([PROXY], capture_output=True, text=True)
    assert done.returncode == 64 and "started by nono" in done.stderr
    assert json.dumps(done.stdout) == '""'

"""What nono-proxy lets through: names, addresses in every notation, ports, and what is looked up."""
import socket

import pytest

from fixtures_proxy import METADATA, PRIVATE, PUBLIC, proxies, proxy, world  # noqa: F401


def get(proxy, authority):
    answer = proxy.ask(f"GET http://{authority}/x HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode())
    return answer.split(b"\r\n")[0].decode()


@pytest.mark.parametrize("authority", [
    "allowed.example", "ALLOWED.example.", "allowed.example:80", "two.example", "six.example", "www.wild.example",
    "hosts-file.example", PUBLIC, PRIVATE])
def test_allowed_hosts_answer_over_plain_http(proxy, authority):
    assert get(proxy, authority) == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("authority,category", [
    ("other.example", "host_not_allowed"),
    ("denied.example", "host_denied"),
    ("wild.example", "host_not_allowed"),
    ("allowed.example.evil.example", "host_not_allowed"),
    ("allowed.example:8080", "port_not_allowed"),
    ("private.example", "none"),  # 10.0.0.5:80 is named
    ("private.example:443", "address_denied"),
    ("mixed.example:443", "address_denied"),
    ("rebound.example", "metadata"),
    ("loop.example", "address_denied"),
    ("mapped.example", "address_denied"),
    ("nat64.example", "metadata"),
    ("zero.example", "address_denied"),
    ("empty.example", "name_unresolved"),
    ("nowhere.example", "name_unresolved"),
    (METADATA, "metadata"),
    ("[::ffff:169.254.169.254]", "metadata"),
    ("[64:ff9b::a9fe:a9fe]", "metadata"),
    ("[fd00:ec2::254]", "metadata"),
    ("metadata.google.internal", "metadata"),
    ("127.0.0.1", "host_not_allowed"),
    ("[::1]", "host_not_allowed"),
])
def test_each_refusal_has_its_category(proxy, authority, category):
    status = get(proxy, authority)
    decision = proxy.decisions()[0]
    assert decision["category"] == category
    assert status.split()[1] == {"none": "200", "name_unresolved": "502"}.get(category, "403")


@pytest.mark.parametrize("authority", [
    "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "0xa9.254.169.254", "169.254.43518", "127.1", "0", "1.2.3.4.5",
    "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]", "[fe80::1%25lo]", "[::0]", "user@allowed.example",
    "allowed.example@other.example", "allowed.example%00.other.example", "allowed.example:0", "allowed.example:99999",
    "allowed..example", "-a.example"])
def test_other_notations_are_no_hosts(proxy, authority):
    assert get(proxy, authority) == "HTTP/1.1 400 Bad Request"


def test_a_host_with_a_nul_is_refused(proxy):
    assert proxy.ask(b"CONNECT other.example\0.allowed.example:443 HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_refused_name_is_never_looked_up_and_an_allowed_one_once(proxies, world):
    proxy = proxies(["www.wild.example"])
    world.questions.clear()
    assert get(proxy, "secret-data.attacker.example") == "HTTP/1.1 403 Forbidden"
    assert get(proxy, "www.wild.example") == "HTTP/1.1 200 OK"
    proxy.events()
    assert world.questions.count("www.wild.example") == 2  # A and AAAA
    assert set(world.questions) == {"www.wild.example"}


def test_no_rule_allows_nothing(proxies):
    proxy = proxies([])
    assert get(proxy, "allowed.example") == "HTTP/1.1 403 Forbidden"
    assert get(proxy, PUBLIC) == "HTTP/1.1 403 Forbidden"


def test_a_star_allows_public_addresses_only(proxies):
    proxy = proxies(["*"])
    assert get(proxy, "allowed.example") == "HTTP/1.1 200 OK"
    for host in ("private.example", "loop.example", "rebound.example", "127.0.0.1", METADATA, PRIVATE, "localhost"):
        assert get(proxy, host) == "HTTP/1.1 403 Forbidden"


@pytest.mark.parametrize("asked", ["localhost", "LOCALHOST."])
def test_localhost_leads_to_the_loopback_whatever_the_system_says(proxies, world, asked):
    proxy = proxies(["localhost"])
    hosts = world.folder / "hosts"
    kept = hosts.read_text()
    hosts.write_text(f"{PRIVATE} localhost\n")
    world.questions.clear()
    try:
        assert get(proxy, asked) == "HTTP/1.1 200 OK"
    finally:
        hosts.write_text(kept)
    assert proxy.decisions()[0]["address"] == "::1"
    assert world.questions == []


@pytest.mark.parametrize("rules,authority,category", [
    (["localhost:8443"], "localhost", "port_not_allowed"),
    (["*.localhost", "*"], "localhost", "address_denied"),
    (["localhost", "loop.example"], "loop.example", "address_denied"),
    (["localhost"], "127.0.0.1", "host_not_allowed"),
    (["localhost"], "foo.localhost", "host_not_allowed"),
    (["localhost"], "localhost", "none"),
])
def test_a_rule_for_localhost_is_for_that_name_and_port(proxies, rules, authority, category):
    proxy = proxies(rules)
    status = get(proxy, authority)
    assert proxy.decisions()[0]["category"] == category
    assert status.split()[1] == ("200" if category == "none" else "403")


def test_a_denied_loopback_address_denies_localhost(proxies):
    proxy = proxies(["localhost"], ["127.0.0.1"])
    assert get(proxy, "localhost") == "HTTP/1.1 403 Forbidden"
    assert proxy.decisions()[0]["category"] == "host_denied"


def test_the_next_address_is_tried_when_one_is_dead(proxy):
    assert get(proxy, "dead.example") == "HTTP/1.1 200 OK"
    assert proxy.decisions()[0]["address"] == PUBLIC


def test_events_say_who_what_how_much_and_how_long(proxy):
    get(proxy, "allowed.example")
    ready, decision, end = proxy.events()
    assert ready["event"] == "ready"
    assert (decision["host"], decision["port"], decision["mode"], decision["method"]) == ("allowed.example", 80, "http", "GET")
    assert decision["allowed"] and decision["rule"] == "allowed.example" and decision["address"] == PUBLIC
    assert end["id"] == decision["id"] and end["status"] == 200
    assert end["bytes_down"] > 0 and end["duration_us"] > 0


def test_nothing_secret_is_reported(proxy):
    proxy.ask(b"GET http://allowed.example/path-secret?query-secret HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
              b"Authorization: Bearer header-secret\r\nCookie: cookie-secret\r\nX-hidden-secret: 1\r\n\r\n")
    proxy.ask(b"SECRET-WORD http://allowed.example/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert "secret" not in str(proxy.events()).lower()


def test_the_proxy_is_told_apart_from_a_server(proxy):
    answer = proxy.ask(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"this is a proxy" in answer


def test_the_program_closing_early_leaves_the_proxy_well(proxy):
    for cut in (b"", b"GET", b"GET http://allowed.example/ HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT allowed.example:443 HTTP/1.1\r\n"):
        connection = proxy.connect()
        connection.sendall(cut)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert get(proxy, "allowed.example") == "HTTP/1.1 200 OK"

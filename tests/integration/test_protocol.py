"""HTTP by the byte: what is no request, what can be read in two ways, and the forms of an address."""
import json
import re
import socket

import pytest

from tests.support.registry import Registry, raw

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
CLOSE = b"Connection: close\r\n\r\n"
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"


def answers(registry, data):
    """Every answer that came until the connection was closed: (status, fields, body)."""
    out, rest = [], raw(registry, data, until=b"nothing")
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        length = 0 if " 304 " in line else int(fields.get("content-length", 0))
        out.append((int(line.split(" ")[1]), fields, rest[:length]))
        rest = rest[length:]
    return out


def assert_refused(registry, data):
    """One answer, which is a problem document and the last of its connection."""
    (status, fields, body), = answers(registry, data)
    problem = json.loads(body)
    assert status == problem["status"] == 400 and problem["code"] == "invalid", body
    assert fields["content-type"] == "application/problem+json" and fields["x-content-type-options"] == "nosniff"
    assert fields["x-request-id"] == problem["request_id"] and fields["connection"] == "close"


@pytest.mark.parametrize("fields", [
    b"Content-Length: 5\r\nContent-Length: 0\r\n", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length : 5\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    b"Host: b\r\n", b"host: a\r\n",
    b"Foo: a\rContent-Length: 5\r\n", b"Foo: a\0b\r\n", b"Foo: \x01\r\n",
    b"Foo: x\r\n y\r\n", b"Content-Lengt: 5\r\n h\r\n",  # which libmicrohttpd takes for Content-Length
    b": x\r\n", b"\0oo: x\r\n",  # where it takes the head to end
    b"Foo: x\n", b"Foo: x\nContent-Length: 5\r\n",
])
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_the_connection_closed(registry, fields):
    assert_refused(registry, GET + fields + b"\r\n" + GET + b"\r\n" + GET + CLOSE)


@pytest.mark.parametrize("value", [b"+5", b"5, 5", b"-2", b"0x2", b"99999999999999999999999"])
def test_a_length_that_is_no_number_closes_the_connection(registry, value):
    out = raw(registry, LOGIN + b"Content-Length: " + value + b"\r\n\r\n{}" + GET + CLOSE, until=b"nothing")
    # libmicrohttpd refuses it by itself, before we are asked, and writes its head twice
    assert len(set(re.findall(rb"HTTP/1\.1 (\d+)", out))) == 1 and re.match(rb"HTTP/1\.1 4(00|13) ", out)
    assert b"\r\nConnection: close\r\n" in out


@pytest.mark.parametrize("line", [
    b"GET  /healthz HTTP/1.1", b"GET /healthz  HTTP/1.1", b"GET /a b HTTP/1.1", b"GET /health\0z HTTP/1.1", b"GET /healthz?a\rb HTTP/1.1",
    b"G(T /healthz HTTP/1.1", b"GET http://a@b/healthz HTTP/1.1", b"GET http:///healthz HTTP/1.1",
])
def test_a_request_line_is_three_words(registry, line):
    assert_refused(registry, line + b"\r\nHost: a\r\n\r\n" + GET + CLOSE)


@pytest.mark.parametrize("host", [b"", b"Host: a b/c\r\n", b"Host: a/b\r\n", b"Host: a@b\r\n", b"Host: a:b\r\n", b"Host: [::1\r\n"])
def test_there_is_a_host(registry, host):
    assert_refused(registry, b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n")


def test_what_is_written_otherwise_and_means_one_thing_is_answered(registry):
    for head in (GET, b"GET /healthz HTTP/1.0\r\n", b"\r\n" + GET, b"GET /healthz HTTP/1.1\r\nhOST:\t[::1]:80 \r\n",
                 b"GET /healthz HTTP/1.1\r\nHost:\r\n", GET + b"Empty:\r\nTabs: \t a\tb \xe4\r\n", GET + b"".join(b"X-%d: a\r\n" % i for i in range(90))):
        (status, _, body), = answers(registry, head + CLOSE)
        assert status == 200 and json.loads(body) == {"status": "ok"}, head


def test_a_head_may_come_in_pieces(registry):
    """Where it lies is looked at: it must not matter how it got there."""
    port = int(registry.url.rpartition(":")[2])
    head = GET + b"".join(b"X-%d: %s\r\n" % (i, b"v" * 900) for i in range(24)) + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(3):  # on one connection, whose memory is used again
            for at in range(0, len(head), 701):
                link.sendall(head[at:at + 701])
            assert link.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_lines_of_a_condition_are_one_list(registry):
    path = b"GET /api/v1/registry HTTP/1.1\r\nHost: a\r\n"
    etag = registry.get("/api/v1/registry").headers["ETag"].encode()
    for _ in range(2):  # the second time it may come from memory
        for name, none, one in ((b"If-None-Match", 200, 304), (b"If-Match", 412, 200)):
            other = name + b': "x"\r\n'
            this = name + b": " + etag + b"\r\n"
            for fields, status in ((other + other, none), (other + this, one), (this + other, one)):
                assert [answer[0] for answer in answers(registry, path + fields + CLOSE)] == [status], fields


def test_requests_behind_each_other_are_answered_in_turn(registry):
    both = answers(registry, GET + b"\r\n" + GET + b"Content-Length: 0\r\n" + CLOSE)
    assert [status for status, _, _ in both] == [200, 200]


def test_an_address_may_name_scheme_and_host(registry):
    plain = registry.get("/api/v1/registry")
    for target in (registry.url + "/api/v1/registry", "HTTPS://other.example:1/api/v1/registry?a=b"):
        answer = registry.get(target)
        assert answer.status == 200 and answer.json() == plain.json(), target
    assert registry.get("http://a/api/v1/packages?limit=x").status == 400
    assert registry.get("http://a/api/v1/nothing").status == 404
    root = registry.get("/").status  # where there are web pages they are there
    assert registry.get("http://a").status == registry.get("http://a?b").status == registry.get("http://a/").status == root
    assert registry.get("ftp://a/api/v1/registry").status == 404


def test_options_of_the_server_are_its_methods(registry):
    answer = registry.request("OPTIONS", "*")
    assert answer.status == 204 and answer.headers["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE"
    assert registry.request("GET", "*").status == 404
    assert registry.request("OPTIONS", "/api/v1/registry").status == 405


def test_what_libmicrohttpd_answers_has_a_line_in_the_log(registry_folder):
    with Registry.start(registry_folder / "data", access_log="on") as registry:
        for data in (LOGIN + b"Content-Length: 0x2\r\n\r\n{}", LOGIN + b"Content-Length: 99999999999999999999999\r\n\r\n",
                     CHUNKED + b"zz\r\n", CHUNKED + b"2;" + b"a" * 100_000, GET + b"A: " + b"a" * 60_000 + b"\r\n\r\n", GET + b"a\r\n\r\n"):
            assert raw(registry, data).startswith(b"HTTP/1.1 ")
        assert registry.get("/healthz").status == 200
    lines = [json.loads(line) for line in (registry.folder / "server.log").read_text().splitlines()]
    requests = [(line["method"], line["status"], line["path"]) for line in lines if line["event"] == "request"]
    login, health = "/api/v1/auth/login", "/healthz"
    # in the order of their ends, which those of several threads have not
    assert sorted(requests) == sorted([("", 400, login), ("", 413, login), ("POST", 400, login), ("POST", 500, login), ("", 431, health),
                                       ("", 400, health), ("GET", 200, health)])
    assert not any(line["event"] == "request.failed" for line in lines)  # none of them is our failure

"""Plain HTTP through nono-proxy: what arrives at the server, what comes back, what is refused."""
import re

import pytest

from fixtures_proxy import proxies, proxy, world  # noqa: F401

HEAD = b"Host: allowed.example\r\n"
LAST = HEAD + b"Connection: close\r\n"


def request(path="/x", fields=LAST, method=b"GET", body=b""):
    return method + b" http://allowed.example" + path.encode() + b" HTTP/1.1\r\n" + fields + b"\r\n" + body


def split(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


def test_the_server_sees_a_head_printed_anew(proxy):
    sent = (b"GET HTTP://Allowed.Example.:80/a/../b?c=d%20e HTTP/1.1\r\nHost: other.example\r\naccept:\t*/* \r\n"
            b"Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nX-Mine: 1\r\n"
            b"Connection: close, X-Mine\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nAuthorization: Bearer t\r\n\r\n")
    _, seen = split(proxy.ask(sent))
    assert seen == (b"GET /a/../b?c=d%20e HTTP/1.1\r\nHost: allowed.example\r\naccept: */*\r\n"
                    b"Authorization: Bearer t\r\nConnection: keep-alive\r\n\r\n")


@pytest.mark.parametrize("target,path", [
    ("http://allowed.example", "/"), ("http://allowed.example?q", "/?q"), ("http://allowed.example/%2e%2e//;x", "/%2e%2e//;x")])
def test_targets_become_paths(proxy, target, path):
    _, seen = split(proxy.ask(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()))
    assert seen.startswith(f"GET {path} HTTP/1.1\r\n".encode())


def test_options_without_a_path_asks_the_server(proxy):
    _, seen = split(proxy.ask(b"OPTIONS http://allowed.example HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    assert seen.startswith(b"OPTIONS * HTTP/1.1\r\n")


def test_bodies_go_up_as_they_are_framed(proxy):
    _, seen = split(proxy.ask(request(fields=LAST + b"Content-Length: 5\r\n", method=b"POST", body=b"hello")))
    assert seen.endswith(b"Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello")
    _, seen = split(proxy.ask(request(fields=LAST + b"transfer-encoding: CHUNKED\r\n", method=b"PUT",
                                      body=b"005;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n")))
    assert seen.endswith(b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n5\r\nhello\r\n0\r\n\r\n")


@pytest.mark.parametrize("path,expected", [
    ("/chunked", b"hello world"), ("/until-close", b"hello until the end"), ("/interim", b"ok"), ("/hop", b"ok"),
    ("/no-content", b"")])
def test_answers_of_every_framing_arrive_whole(proxy, path, expected):
    done = proxy.curl(f"http://allowed.example{path}")
    assert (done.returncode, done.stdout.encode()) == (0, expected)
    end = proxy.events()[-1]
    assert (end["category"], end["bytes_down"]) == ("none", len(expected))


def test_chunks_are_printed_anew_and_trailers_dropped(proxy):
    head, body = split(proxy.ask(request("/chunked")))
    assert "Transfer-Encoding: chunked" in head
    payload = b""
    while not body.startswith(b"0\r\n"):
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        payload, body = payload + body[:length], body[length + 2:]
    assert (payload, body) == (b"hello world", b"0\r\n\r\n")


def test_an_answer_without_a_length_gets_chunks(proxy):
    head, body = split(proxy.ask(request("/until-close")))
    assert "Transfer-Encoding: chunked" in head and body.endswith(b"\r\n0\r\n\r\n")


def test_http_1_0_gets_neither_chunks_nor_interim_answers(proxy):
    head, body = split(proxy.ask(b"GET http://allowed.example/chunked HTTP/1.0\r\n\r\n"))
    assert body == b"hello world" and "Connection: close" in head and "chunked" not in head
    head, body = split(proxy.ask(b"GET http://allowed.example/interim HTTP/1.0\r\n\r\n"))
    assert head.startswith("HTTP/1.1 200 ") and body == b"ok"


def test_interim_answers_come_first(proxy):
    answer = proxy.ask(request("/interim"))
    assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_hop_by_hop_fields_of_the_server_stay_behind(proxy):
    head, _ = split(proxy.ask(request("/hop")))
    assert "X-Yours: 2" in head
    for name in ("X-Mine", "Keep-Alive", "Proxy-Authenticate"):
        assert name not in head


def test_head_has_no_body_and_keeps_its_length(proxy):
    head, body = split(proxy.ask(request(method=b"HEAD")))
    assert re.search(r"Content-Length: [1-9]", head) and body == b""


def test_each_request_of_a_kept_connection_is_judged(proxy):
    with proxy.connect() as connection:
        connection.sendall(request("/1", HEAD) + request("/2", HEAD) +
                           b"GET http://other.example/3 HTTP/1.1\r\nHost: x\r\n\r\n" + request("/4", HEAD))
        data = b""
        while piece := connection.recv(65536):
            data += piece
    assert data.count(b"HTTP/1.1 200 OK") == 2 and data.count(b"HTTP/1.1 403 Forbidden") == 1
    assert b"GET /4" not in data
    assert [event["allowed"] for event in proxy.decisions()] == [True, True, False]


def test_a_kept_connection_goes_to_the_host_of_each_request(proxy):
    done = proxy.curl("http://allowed.example/1", "http://two.example/2", "http://allowed.example/3")
    assert re.findall(r"Host: (\S+)", done.stdout) == ["allowed.example", "two.example", "allowed.example"]
    assert done.returncode == 0


def test_a_server_that_gave_a_kept_connection_up_is_asked_again(proxy):
    with proxy.connect() as connection:
        for path in ("/once", "/once", "/once"):
            connection.sendall(request(path, HEAD))
            data = b""
            while b"keep-alive\r\n\r\n" not in data.split(b"\r\n\r\n", 1)[-1]:
                data += connection.recv(65536)
            assert data.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path,category", [
    ("/both", "bad_response"), ("/bare-lf", "bad_response"), ("/garbage", "bad_response"), ("/switch", "bad_response"),
    ("/nothing", "cut")])
def test_a_server_that_does_not_speak_http_is_answered_for(proxy, path, category):
    assert proxy.ask(request(path)).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    end = proxy.events()[-1]
    assert (end["event"], end["category"], end["status"]) == ("end", category, 502)


@pytest.mark.parametrize("path,status", [("/cut-length", 18), ("/cut-chunk", 18), ("/bad-chunk", 18)])
def test_an_answer_cut_short_looks_like_it(proxy, path, status):
    assert proxy.curl(f"http://allowed.example{path}").returncode == status
    assert proxy.events()[-1]["category"] in ("cut", "bad_response")


def test_an_answer_before_the_body_is_whole_is_passed_on(proxy):
    answer = proxy.ask(request("/early", HEAD + b"Content-Length: 1000000\r\n", b"POST", b"x" * 1000))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_expect_continue_is_passed_both_ways(proxy):
    with proxy.connect() as connection:
        connection.sendall(request("/continue", LAST + b"Content-Length: 5\r\nExpect: 100-continue\r\n", b"POST"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"hello")
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"hello")


def test_large_bodies_stream(proxy):
    size = 64 * 1024 * 1024
    done = proxy.curl("-o", "/dev/null", "-w", "%{size_download}", f"http://allowed.example/big/{size}")
    assert done.stdout == str(size)
    assert proxy.events()[-1]["bytes_down"] == size


@pytest.mark.parametrize("data", [
    b"GET http://allowed.example/ HTTP/1.1\nHost: a\n\n",
    b"GET http://allowed.example/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET http://allowed.example/ HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET http://allowed.example/ HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET http://allowed.example/\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST http://allowed.example/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST http://allowed.example/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    b"CONNECT allowed.example:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
    b"CONNECT allowed.example HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT http://allowed.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET allowed.example:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x05\x01\x00\r\n\r\n",
])
def test_what_is_not_exact_is_refused(proxy, data):
    assert proxy.ask(data).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    events = proxy.events()
    assert [event["category"] for event in events[1:]] == ["bad_request"]


@pytest.mark.parametrize("data,reason", [
    (request(fields=HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), b"WebSocket over plain HTTP"),
    (b"GET https://allowed.example/ HTTP/1.1\r\nHost: a\r\n\r\n", b"CONNECT"),
    (request(method=b"TRACE"), b"TRACE"),
    (request(fields=HEAD + b"Transfer-Encoding: gzip, chunked\r\n"), b"transfer coding"),
])
def test_what_is_not_carried_is_refused_by_name(proxy, data, reason):
    answer = proxy.ask(data)
    assert answer.startswith(b"HTTP/1.1 501 ") and reason in answer


@pytest.mark.parametrize("data", [
    b"GET http://allowed.example/" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    request(fields=HEAD + b"x: y\r\n" * 100),
    request(fields=HEAD + b"x: " + b"y" * 70000 + b"\r\n"),
    b"G" * 70000,
])
def test_heads_are_bounded(proxy, data):
    assert proxy.ask(data).startswith(b"HTTP/1.1 400 ")


def test_chunks_that_are_malformed_end_the_request(proxy):
    answer = proxy.ask(request(fields=HEAD + b"Transfer-Encoding: chunked\r\n", method=b"POST", body=b"0x5\r\nhello\r\n0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert proxy.events()[-1]["category"] == "bad_request"

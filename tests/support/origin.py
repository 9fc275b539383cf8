"""Servers for the proxy's tests, run inside a network namespace of their own.

usage: origin.py CERTIFICATE KEY NAMES_JSON

Plain HTTP on port 80 of every address of the namespace, TLS on 443, a greeting line on 22, DNS on
127.0.0.1:53. Prints "ready" when all of them listen, and "dns NAME" for every question.
The HTTP server answers with the bytes that it was sent, unless the path asks for something else.
"""
import json
import socket
import ssl
import struct
import sys
import threading

ANSWERS = {
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\n",
    "/until-close": b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhello until the end",
    "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/hop": b"HTTP/1.1 200 OK\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nX-Yours: 2\r\n"
            b"Proxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nok",
    "/cut-length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/cut-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
    "/both": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "/bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "/garbage": b"220 mail.example ESMTP\r\n\r\n",
    "/nothing": b"",
    "/switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "/no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
}
CLOSES = {"/until-close", "/cut-length", "/cut-chunk", "/nothing", "/garbage", "/bare-lf", "/once"}


def read_head(stream):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return head
        head += line
    return head


def read_body(head, stream):
    """The body as it stood on the wire."""
    fields = head.lower()
    if b"transfer-encoding: chunked" in fields:
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            body += stream.readline()
        return body
    for line in fields.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return stream.read(int(line.split(b":")[1]))
    return b""


def websocket(stream):
    """Echoes whatever comes, as a server does that has changed its protocol."""
    stream.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    stream.flush()
    while data := stream.read1(4096):
        stream.write(data)
        stream.flush()


def big(stream, size):
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    for _ in range(size // 65536):
        stream.write(b"x" * 65536)
    stream.flush()


def http_serve(connection):
    stream = connection.makefile("rwb")
    while head := read_head(stream):
        path = head.split(b" ")[1].decode().split("?")[0]
        if path == "/ws":
            return websocket(stream)
        if path == "/early":  # answers without reading the body
            stream.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            stream.flush()
            return None
        if path == "/continue":
            stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            stream.flush()
        if path.startswith("/big/"):
            big(stream, int(path[5:]))
            continue
        message = head + read_body(head, stream)
        plain = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(message)
        stream.write(ANSWERS.get(path, plain if head.startswith(b"HEAD ") else plain + message))
        stream.flush()
        if path in CLOSES:
            return None
    return None


def greet(connection):
    connection.sendall(b"SSH-2.0-test\r\n")
    while data := connection.recv(4096):
        connection.sendall(data)


def serve(address, port, handler, context=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=512)

    def one(connection):
        with connection:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                handler(connection)
            except (OSError, ValueError, IndexError):
                pass

    def loop():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def dns_answer(query, names):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += query[at] + 1
    name, kind = b".".join(labels).decode().lower(), struct.unpack("!H", query[at + 1:at + 3])[0]
    print("dns", name, flush=True)
    family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
    found = [socket.inet_pton(family, a) for a in names.get(name, []) if family and (":" in a) == (kind == 28)]
    flags = 0x8180 if name in names else 0x8183
    answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(a)) + a for a in found)
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + query[12:at + 5] + answers


def dns_serve(names):
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 53))

    def loop():
        while True:
            query, sender = listener.recvfrom(512)
            listener.sendto(dns_answer(query, names), sender)

    threading.Thread(target=loop, daemon=True).start()


def main(certificate, key, names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for address in ("0.0.0.0", "::"):
        # "::" alone would take both, but not as two sockets that a test can tell apart
        serve(address, 80, http_serve)
        serve(address, 443, http_serve, context)
        serve(address, 22, greet)
        serve(address, 8443, http_serve, context)
    dns_serve(json.loads(names))
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Between a client and a registry: it writes down what is asked, and can put another bundle in a bundle's place."""
import base64
import contextlib
import http.client
import http.server
import json
import re
import threading
import urllib.parse

BUNDLE = re.compile(r"/packages/([^/]+)/([^/]+)/versions/[^/]+/bundle$")
KEPT = ("content-type", "cache-control", "etag", "content-encoding")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        relay = self.server.relay
        link = http.client.HTTPConnection(relay.host, relay.port, timeout=60)
        try:
            passed = {name: value for name, value in self.headers.items() if name.lower() != "host"}  # http.client has its own
            link.request("GET", self.path, headers=passed)
            answer = link.getresponse()
            body = answer.read()
        finally:
            link.close()
        relay.asked.append((self.path, answer.status, dict(self.headers)))
        bundle = BUNDLE.search(self.path)
        if bundle and relay.sigstore and answer.status == 200:
            payload = base64.b64decode(json.loads(body)["dsseEnvelope"]["payload"])
            body = relay.sigstore.sign(payload, f"{bundle.group(1)}/packs")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() in KEPT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Relay:
    """.asked is (path, status, headers) of every request; .sigstore, when set, signs what is asked for."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.asked, self.sigstore = parts.hostname, parts.port, [], None

    def paths(self):
        return [path for path, _, _ in self.asked]

    @classmethod
    @contextlib.contextmanager
    def start(cls, url):
        relay = cls(url)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.relay = relay
        relay.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

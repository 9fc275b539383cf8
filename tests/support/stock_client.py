"""The original's public client, as far as a registry sees it: strict about what it requires, GET alone.

It puts addresses together by concatenation, escapes nothing but `installed`, compares digests as text, and treats a
missing field as an error. It sends its telemetry headers and expects nothing of them. tests/conformance/original.py holds
this stand-in against the client itself, which goes no further than the bundle of a pack that a key signed.
"""
import datetime
import http.client
import json
import re
import urllib.parse

from tests.support.packs import sha256

HEADERS = {
    "accept": "*/*", "accept-encoding": "gzip", "user-agent": "nono-cli/0.74.0", "X-Nono-Platform": "linux",
    "X-Nono-Arch": "x86_64", "X-Nono-Install-Source": "manual", "X-Nono-CI": "true", "X-Nono-CI-Provider": "generic",
    "X-Nono-UUID": "00000000-0000-4000-8000-000000000000",
}
JSON_MAX, BUNDLE_MAX, ARTIFACT_MAX = 2 << 20, 8 << 20, 64 << 20


class RegistryError(Exception):
    pass


def need(document, **fields):
    """Every field is there and of its type."""
    for name, kind in fields.items():
        if name not in document:
            raise RegistryError(f"missing field {name}")
        value = document[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise RegistryError(f"{name}: {value!r}")
    return document


def optional(document, **fields):
    need({k: v for k, v in document.items() if v is not None and k in fields},
         **{k: v for k, v in fields.items() if document.get(k) is not None})
    return document


class StockClient:
    def __init__(self, registry):
        self.base = registry.rstrip("/")

    def fetch(self, url, limit, reason=None):
        address = url if url.startswith(("http://", "https://")) else self.base + url
        parts = urllib.parse.urlsplit(self.base)
        link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        link.request("GET", address[len(self.base):], headers={**HEADERS, **({"X-Nono-Pull-Reason": reason} if reason else {})})
        answer = link.getresponse()
        assert int(answer.headers.get("Content-Length", 0)) <= limit
        data = answer.read()
        assert "Content-Encoding" not in answer.headers, "it would be unpacked here"
        return answer.status, data

    def json(self, path):
        status, data = self.fetch(path, JSON_MAX)
        if status >= 400:
            raise RegistryError(f"http status: {status}")
        return json.loads(data)

    def search(self, query):
        found = need(self.json(f"/api/v1/packages?q={query}"), packages=list)["packages"]
        for item in found:
            optional(need(item, namespace=str, name=str), description=str, latest_version=str)
        return found

    def status(self, pack, installed):
        answer = self.json(f"/api/v1/packages/{pack}/status?{urllib.parse.urlencode({'installed': installed})}")
        need(answer, schema_version=int)
        return optional(answer, latest=str, installed_status=str, yank_reason=str, advisory=dict)

    def providers(self, profile):
        try:
            found = need(self.json(f"/api/v1/profiles/{profile}/providers"), providers=list)["providers"]
        except RegistryError:
            return []
        for item in found:
            optional(need(item, namespace=str, name=str), description=str, installs_summary=str)
        return found

    def pull_document(self, namespace, name, version):
        path = f"/api/v1/packages/{namespace}/{name}/versions/{version}/pull"
        status, data = self.fetch(path, JSON_MAX, "explicit")
        if status == 410:
            gone = json.loads(data)
            raise RegistryError(f"{namespace}/{name}@{version} has been yanked (reason: {gone.get('yank_reason')})")
        if not 200 <= status < 300:
            raise RegistryError(f"registry returned HTTP {status} for {namespace}/{name}@{version}")
        pull = need(json.loads(data), namespace=str, name=str, version=str, provenance=dict, artifacts=list, bundle_url=str,
                    scan_passed=bool)
        provenance = optional(need(pull["provenance"], signer_identity=str, repository=str, workflow=str, git_ref=str),
                              rekor_log_index=int, signed_at=str)
        if provenance.get("signed_at") is not None:
            assert datetime.datetime.fromisoformat(provenance["signed_at"]).tzinfo, "RFC 3339, with an offset"
        if (pull["namespace"], pull["name"]) != (namespace, name):
            raise RegistryError("another pack")
        return pull

    def pull(self, reference):
        """The files of a pack, each compared with the digest that the document says; who signed is not looked at."""
        pack, _, version = reference.partition("@")
        namespace, name = pack.split("/")
        pull = self.pull_document(namespace, name, version or "latest")
        status, bundle = self.fetch(pull["bundle_url"], BUNDLE_MAX)
        assert status == 200
        bundle = json.loads(bundle.decode())
        assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
        if not pull["artifacts"]:
            raise RegistryError("no artifacts")
        files = {}
        for artifact in pull["artifacts"]:
            need(artifact, filename=str, sha256_digest=str, size_bytes=int, download_url=str)
            path = artifact["filename"]
            assert re.fullmatch(r"[0-9a-f]{64}", artifact["sha256_digest"])
            assert not path.startswith("/") and ".." not in path.split("/") and path not in files
            status, data = self.fetch(artifact["download_url"], ARTIFACT_MAX)
            if status != 200 or sha256(data) != artifact["sha256_digest"]:
                raise RegistryError(f"{path}: {status}")
            files[path] = data
        return pull["version"], files, bundle

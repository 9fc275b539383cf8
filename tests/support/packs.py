"""Packs, keys and signatures for tests, made without any of the project's own code."""
import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PACK = "https://nono.sh/attestation/pack/v1"
MULTI_FILE = "https://nono.sh/attestation/multi-file/v1"
ARCHIVE_TYPE = "application/vnd.nono.pack.v1.tar+zstd"

PROFILE = {
    "extends": "default",
    "meta": {"name": "web", "version": "1.0.0"},
    "filesystem": {"read": ["$HOME/.config/web"], "allow": ["$HOME/.cache/web"]},
    "network": {"allow_domain": ["api.example.org"]},
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Key:
    """A signing key: Ed25519, or ECDSA on P-256."""

    def __init__(self, kind="ed25519"):
        self.private = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
        public = self.private.public_key()
        self.pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        self.id = sha256(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))

    def sign(self, message):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))


def bundle_of(statement, key, hint=None):
    """A Sigstore bundle v0.3 around a statement."""
    payload = json.dumps(statement, separators=(",", ":")).encode()
    signed = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
    return json.dumps({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hint or key.id}, "tlogEntries": [], "timestampVerificationData": {}},
        "dsseEnvelope": {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"sig": base64.b64encode(key.sign(signed)).decode()}],
        },
    }).encode()


def subjects_of(files):
    return [{"name": path, "digest": {"sha256": sha256(data)}} for path, data in sorted(files.items())]


def multi_file_bundle(files, key):
    """What the original's `nono trust sign --multi-subject` makes: it binds the files alone."""
    return bundle_of({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects_of(files),
        "predicateType": MULTI_FILE,
        "predicate": {"version": 1, "signer": {"kind": "keyed", "key_id": key.id}},
    }, key)


def pack_statement(ref, files, archive_sha256, tar_sha256):
    namespace, name, version = ref
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects_of(files) + [{"name": f"{namespace}/{name}@{version}", "digest": {"sha256": archive_sha256}}],
        "predicateType": PACK,
        "predicate": {
            "namespace": namespace, "name": name, "version": version,
            "archive": {"mediaType": ARCHIVE_TYPE, "digest": {"sha256": archive_sha256}},
            "tar": {"digest": {"sha256": tar_sha256}},
        },
    }


def pack_files(name="web", version="1.0.0", **manifest):
    """The files of a small pack, by path."""
    document = {
        "schema_version": 1, "name": name, "version": version, "description": f"Helps {name} agents along.",
        "license": "Apache-2.0", "keywords": ["testing", name],
        "artifacts": [
            {"type": "profile", "path": "policy.json", "install_as": name, "aliases": [f"{name}-agent"]},
            {"type": "plugin", "path": "bin/hook.sh"},
            {"type": "instruction", "path": "skills/review/SKILL.md"},
        ],
    }
    document.update(manifest)
    profile = dict(PROFILE, meta={"name": name, "version": version})
    return {
        "package.json": json.dumps(document, indent=2).encode(),
        "README.md": f"# {name}\n\nA *pack* <script>alert(1)</script> [x](javascript:alert(1)).\n".encode(),
        "policy.json": json.dumps(profile, indent=2).encode(),
        "bin/hook.sh": b"#!/bin/sh\nexit 0\n",
        "skills/review/SKILL.md": b"# How to review\n",
    }

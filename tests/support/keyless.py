"""A private Sigstore in a hundred lines: a certificate authority, a certificate log and a transparency log of one entry.

What the original's client accepts is a bundle with a certificate and log proofs, from the root that is built into it.
`Sigstore.root()` is such a root, and `Sigstore.sign()` makes such bundles of any statement.
"""
import base64
import datetime
import hashlib
import json
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.packs import PAYLOAD_TYPE

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
FULCIO = "1.3.6.1.4.1.57264.1."
ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = ".github/workflows/publish.yml"
REF = "refs/tags/v1"
BEGAN = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def b64(data):
    return base64.b64encode(data).decode()


def der_text(tag, data):
    """A DER string: UTF8String is 0x0c, OCTET STRING 0x04."""
    size = len(data)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)) + data


def compact(document):
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


class LogKey:
    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(serialization.Encoding.DER,
                                                             serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(self.public).digest()

    def sign(self, message):
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))

    def entry(self, url):
        return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": {"keyId": b64(self.id)},
                "publicKey": {"rawBytes": b64(self.public), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                              "validFor": {"start": BEGAN.strftime("%Y-%m-%dT%H:%M:%SZ")}}}


class Sigstore:
    def __init__(self):
        self.authority, self.certificates, self.entries = LogKey(), LogKey(), LogKey()
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"), x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.authority.private.public_key())
            .serial_number(1).not_valid_before(BEGAN).not_valid_after(BEGAN + datetime.timedelta(days=7300))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.authority.private.public_key()), critical=False)
            .sign(self.authority.private, hashes.SHA256()))

    def root(self):
        chain = {"certificates": [{"rawBytes": b64(self.certificate.public_bytes(serialization.Encoding.DER))}]}
        return {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [self.entries.entry("https://log.test")],
                "certificateAuthorities": [{"subject": {"organization": "test", "commonName": "test"}, "uri": "https://ca.test",
                                            "certChain": chain,
                                            "validFor": {"start": BEGAN.strftime("%Y-%m-%dT%H:%M:%SZ")}}],
                "ctlogs": [self.certificates.entry("https://ct.test")], "timestampAuthorities": []}

    def leaf(self, key, repository, now):
        """A certificate for a workflow of a repository, with the extensions that Fulcio gives, and logged."""
        home = f"https://github.com/{repository}"
        identity = f"{home}/{WORKFLOW}@{REF}"
        build = (
            x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(self.certificate.subject)
            .public_key(key.public_key()).serial_number(2).not_valid_before(now).not_valid_after(now + datetime.timedelta(minutes=10))
            .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.private.public_key()), critical=False)
            .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(FULCIO + "1"), ISSUER.encode()), critical=False))
        for number, text in ((8, ISSUER), (9, identity), (12, home), (14, REF), (18, identity)):
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{FULCIO}{number}"), der_text(0x0C, text.encode()))
            build = build.add_extension(extension, critical=False)
        before = build.sign(self.authority.private, hashes.SHA256()).tbs_certificate_bytes
        stamp = struct.pack(">BQ", 0, int(now.timestamp() * 1000))[1:]
        signed = (b"\0\0" + stamp + b"\0\1" + hashlib.sha256(self.authority.public).digest()
                  + len(before).to_bytes(3, "big") + before + b"\0\0")
        signature = self.certificates.sign(signed)
        sct = b"\0" + self.certificates.id + stamp + b"\0\0" + b"\4\3" + struct.pack(">H", len(signature)) + signature
        listed = struct.pack(">HH", len(sct) + 2, len(sct)) + sct
        return build.add_extension(x509.UnrecognizedExtension(SCT_LIST, der_text(0x04, listed)), critical=False).sign(
            self.authority.private, hashes.SHA256())

    def entry(self, payload, signature, certificate, now):
        """The transparency log's only entry, and all that proves it."""
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        body = compact({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": b64(signature), "verifier": b64(pem)}]}})
        at = int(now.timestamp())
        promise = compact({"body": b64(body), "integratedTime": at, "logID": self.entries.id.hex(), "logIndex": 0})
        root = b64(hashlib.sha256(b"\0" + body).digest())
        note = f"log.test - 1\n1\n{root}\n"
        line = f"— log.test {b64(self.entries.id[:4] + self.entries.sign(note.encode()))}"
        return {"logIndex": "0", "logId": {"keyId": b64(self.entries.id)}, "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                "integratedTime": str(at), "inclusionPromise": {"signedEntryTimestamp": b64(self.entries.sign(promise))},
                "inclusionProof": {"logIndex": "0", "rootHash": root, "treeSize": "1", "hashes": [],
                                   "checkpoint": {"envelope": f"{note}\n{line}\n"}},
                "canonicalizedBody": b64(body)}

    def sign(self, payload, repository):
        """A bundle over a statement's bytes, as that repository's workflow would have it."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        certificate = self.leaf(key, repository, now)
        signed = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return json.dumps({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(certificate.public_bytes(serialization.Encoding.DER))},
                "tlogEntries": [self.entry(payload, signature, certificate, now)], "timestampVerificationData": {}},
            "dsseEnvelope": {"payloadType": PAYLOAD_TYPE, "payload": b64(payload), "signatures": [{"sig": b64(signature)}]},
        }).encode()

"""A user with a home and a work folder, and readers of nono's formats that share no code with nono.

The readers follow docs/formats/snapshot.md and docs/formats/audit.md alone: what they accept is what
those pages promise.
"""
import hashlib
import json
import os
import pathlib
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("NONO_BUILD", "build/dev")
NONO = BUILD / "bin" / "nono"


class User:
    def __init__(self, base):
        self.home = base / "home"
        self.work = base / "work"
        self.state = self.home / ".local/state/nono"
        self.home.mkdir()
        self.work.mkdir()

    def start(self, *words, stdin=None, **variables):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8", **variables}
        return subprocess.Popen([NONO, *map(str, words)], env=env, cwd=self.work, stdin=stdin, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def __call__(self, *words, status=0, **variables):
        """Runs nono; its stdout. The exit status must be the expected one."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, err.decode()
        self.err = err.decode()
        return out.decode()

    def json(self, *words, **options):
        return json.loads(self(*words, "--json", **options))

    def put(self, name, text="", mode=0o644):
        file = self.work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def records(self):
        return sorted((self.state / "audit").glob("*.jsonl"))


@pytest.fixture
def user(tmp_path):
    return User(tmp_path)


def fingerprint(folder):
    """Every entry below a folder: kind, permissions, time, content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        st = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(folder))] = (st.st_mode, st.st_mtime_ns, content)
    return found


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pack_objects(store):
    """digest -> bytes of every object in every pack."""
    objects = {}
    for pack in (store / "packs").glob("*.pack"):
        data = pack.read_bytes()
        assert data[:8] == b"nonopack" and data[-8:] == b"nonopend"
        start, count, digest, version = struct.unpack("<QQ32sI", data[-64:-12])
        index = data[start:-64]
        assert version == 1 and len(index) == 56 * count and sha256(index) == digest
        assert pack.name == digest.hex() + ".pack"
        for at in range(0, len(index), 56):
            name, offset, size, encoding = struct.unpack("<32sQQQ", index[at:at + 56])
            objects[name] = data[offset:offset + size]
            assert encoding == 0 and sha256(objects[name]) == name
    return objects


def tree_entries(data):
    magic, version, count = struct.unpack("<8sII", data[:16])
    assert magic == b"nonotree" and version == 1
    at, entries = 16, []
    for _ in range(count):
        kind, _, mode, length, _, _uid, _gid, mtime, size = struct.unpack("<cBHHHIIqQ", data[at:at + 32])
        digest, at = data[at + 32:at + 64], at + 64
        tree = None
        if kind == b"d":
            tree, at = data[at:at + 32], at + 32
        entries.append((kind, mode, size, digest, tree, mtime, data[at:at + length]))
        at += length
    assert at == len(data) and [entry[-1] for entry in entries] == sorted(entry[-1] for entry in entries)
    return entries


def folder_digest(entries):
    text = b"nono.snapshot.folder.v1\n"
    for kind, mode, size, digest, _, _, name in entries:
        text += struct.pack("<cHHQ", kind, mode, len(name), size) + digest + name
    return sha256(text)


def disk_digest(folder):
    """The content digest of a folder on the disk, of files, folders and links."""
    entries = []
    for path in sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name)):
        st, name = path.lstat(), os.fsencode(path.name)
        if path.is_symlink():
            target = os.fsencode(os.readlink(path))
            entries.append((b"l", 0o777, len(target), sha256(target), None, 0, name))
        elif path.is_dir():
            entries.append((b"d", st.st_mode & 0o1777, 0, disk_digest(path), None, 0, name))
        else:
            entries.append((b"f", st.st_mode & 0o1777, st.st_size, sha256(path.read_bytes()), None, 0, name))
    return folder_digest(entries)


def merkle_root(leaves):
    """RFC 6962 section 2.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:]))


def audit_events(file):
    """The events of a closed record; every hash and the root are computed again."""
    previous, hashes, events = "0" * 64, [], []
    for number, line in enumerate(file.read_bytes().splitlines()):
        event = json.loads(line)
        digest = event.pop("hash")
        body, last = line.split(b',"hash":"')
        assert last == digest.encode() + b'"}'
        assert sha256(b"nono.audit.event.v1\n" + body + b"}").hex() == digest
        assert event["prev"] == previous and event["seq"] == number
        events.append(event)
        hashes.append(bytes.fromhex(digest))
        previous = digest
    end = events[-1]
    assert end["type"] == "end" and end["data"]["events"] == len(events) - 1
    assert end["data"]["root"] == merkle_root(hashes[:-1]).hex()
    return events

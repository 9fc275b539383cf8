"""What `nono pull` says that a pack asks for is what its profile comes to on this machine."""
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios

from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import NONO, write_pack

from tests.support.packs import pack_files


def pack_with(profile, version="1.0.0"):
    files = pack_files("web", version)
    manifest = json.loads(files["package.json"])
    manifest["artifacts"].append({"type": "plugin", "path": "bin/other.sh"})
    files.update({"package.json": json.dumps(manifest).encode(), "bin/other.sh": b"#!/bin/sh\n"})
    return {**files, "policy.json": json.dumps(profile).encode()}


def asked(client, ref):  # noqa: F811
    done = client.ok("pull", "--dry-run", "--json", ref)
    (entry,) = json.loads(done.stdout)
    return entry["permissions"], client.ok("pull", "--dry-run", ref).stderr


def test_what_a_profile_says_for_other_systems_hides_nothing(client, publisher):  # noqa: F811
    publisher.publish(pack_with({
        "network": {"allow_domain": [{"domain": "x.example.org", "when": "windows"}, "x.example.org"]},
        "platform_overrides": {
            "linux": {"workdir": {"access": "readwrite"}, "session_hooks": {"before": {"script": "$PACK_DIR/bin/hook.sh"}}},
            "macos": {"network": {"block": True}, "session_hooks": {"before": {"script": "$PACK_DIR/bin/other.sh"}}},
        },
    }))
    permissions, said = asked(client, publisher.ref("web"))
    assert permissions["network"] == "hosts" and permissions["hosts"] == [{"host": "x.example.org"}]
    assert permissions["workdir"] == "readwrite"
    assert [hook["script"] for hook in permissions["hooks"]] == ["$PACK_DIR/bin/hook.sh"]
    assert "x.example.org" in said and "bin/hook.sh outside the sandbox" in said

    client.ok("pull", "--yes", publisher.ref("web"))
    shown = json.loads(client.ok("profile", "show", "--json", publisher.ref("web")).stdout)
    assert shown["network"]["mode"] == permissions["network"]
    assert shown["session_hooks"]["before"]["script"].endswith("bin/hook.sh")


def test_the_registry_shows_the_widest_of_all_systems(client, publisher):  # noqa: F811
    publisher.publish(pack_with({
        "network": {"block": False, "allow_domain": ["x.example.org"]},
        "platform_overrides": {"macos": {"network": {"network_profile": "minimal"}}, "windows": {"network": {"block": True}}},
    }))
    info = json.loads(client.ok("info", "--json", publisher.ref("web")).stdout)
    permissions = info["version"]["permissions"]
    assert permissions["network"] == "hosts"
    assert {"x.example.org"} < {host["host"] for host in permissions["hosts"]}


def test_a_pack_without_the_protections_of_every_profile_is_told(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")
    _, said = asked(client, ref)
    assert "goes without" not in said
    client.ok("pull", "--yes", ref)
    publisher.publish(pack_with({"extends": [], "filesystem": {"read": ["~"]}}, "1.1.0"))
    permissions, said = asked(client, ref)
    assert "deny_credentials" in permissions["unprotected"]
    assert "now: goes without the protections of every profile" in " ".join(said.split())


def test_what_a_program_on_the_path_would_open_is_told_before_it_is_there(client, publisher):  # noqa: F811
    """A program in the sandbox may put one there; which system this is does not change."""
    whens = ["program:none-such", "!program:sh", "linux:none-such", ["macos", "program:none-such"], "linux", "!windows",
             "macos", "!linux", "windows:>=10", ["macos", "windows"]]
    publisher.publish(pack_with({
        "filesystem": {"read": [{"path": f"/r{i}", "when": when} for i, when in enumerate(whens)]},
        "network": {"allow_domain": ["x.example.org", {"domain": "*:443", "when": "program:none-such"}]},
    }))
    permissions, said = asked(client, publisher.ref("web"))
    assert [path["path"] for path in permissions["read"] if path["path"][:2] == "/r"] == [f"/r{i}" for i in range(6)]
    assert "! may connect to any host (*:443) (program:none-such)" in " ".join(said.split())


def test_a_pack_says_nothing_of_scripts_that_are_not_its_own(client, publisher):  # noqa: F811
    folder = write_pack(client.home / "foreign", pack_with({"session_hooks": {"after": {"script": "/usr/bin/true"}}}))
    refused = publisher.client.refused(2, "publish", folder, "--namespace", publisher.organisation, "--key", "release")
    assert "the hook /usr/bin/true is not a file of the pack" in refused
    publisher.publish(pack_with({"session_hooks": {"after": {"script": "$PACK_DIR/bin/other.sh"}}}))
    client.ok("pull", "--yes", publisher.ref("web"))


def test_a_signer_that_was_revoked_since_is_told_everywhere(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    ref = publisher.ref("web")

    def told():
        done = client.ok("pull", "--dry-run", "--json", ref)
        version = json.loads(client.ok("info", "--json", ref).stdout)["version"]
        return (json.loads(done.stdout)[0]["signer_revoked"], "key was revoked" in done.stderr, version["signer"]["revoked"],
                "(revoked)" in client.ok("info", ref).stdout, "(revoked)" in client.ok("versions", ref).stdout)

    assert told() == (False,) * 5
    publisher.client.ok("key", "revoke", "--yes", "release", "--org", publisher.organisation)
    assert told() == (True,) * 5


def test_who_signed_is_wrapped_as_the_rest(client, publisher):  # noqa: F811
    publisher.publish(pack_files("web", "1.0.0"))
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    words = [NONO, "pull", "--dry-run", publisher.ref("web")]
    process = subprocess.Popen(words, env=client.environment(TERM="dumb"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=secondary)
    os.close(secondary)
    said = b""
    try:
        while more := os.read(primary, 65536):
            said += more
    except OSError:
        pass  # the other end is closed
    os.close(primary)
    assert process.wait() == 0
    lines = [line.rpartition("\x1b[K")[2] for line in said.decode().split("\r\n")]
    at = next(number for number, line in enumerate(lines) if line.startswith("signed by key:"))
    assert lines[at + 1].startswith(" " * len("signed by ") + "of ") and max(map(len, lines)) <= 90

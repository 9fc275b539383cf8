"""`nono pack`: what an author does before anything is published, and who else accepts what comes of it."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from fixtures_state import NONO, ROOT
from fixtures_state import user  # noqa: F401

EXAMPLE = ROOT / "examples/packs/secure-coding"
SHARED = ROOT.parent / "shared/packs"
JUDGE = ROOT / "tests/conformance/sigstore-js"
KINDS = ["ecdsa-p256", "ed25519"]


def copy(source, target):
    shutil.copytree(source, target)
    for path in [target, *target.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    return target


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def signed(user, kind):  # noqa: F811
    user("pack", "build", "-o", "p.tar.zst", EXAMPLE)
    user("key", "generate", "--type", kind, kind)
    (user.work / "k.pub").write_text(user("key", "show", kind))
    told = json.loads(user("pack", "sign", "--json", "--namespace", "acme", "--key", kind, "p.tar.zst"))
    assert told["bundle"] == "p.tar.zst.sigstore.json" and told["digest"] == f"sha256:{digest(user.work / 'p.tar.zst')}"
    assert (told["namespace"], told["name"], told["version"]) == ("acme", "secure-coding", "1.0.0")
    assert told["key_id"] == json.loads(user("key", "show", kind, "--json"))["id"]
    return user.work / "p.tar.zst.sigstore.json"


def test_what_init_makes_lints_and_builds(user):  # noqa: F811
    user("pack", "init", "mine")
    assert user.json("pack", "lint", "mine")["findings"] == []
    built = user.json("pack", "build", "mine")
    assert built["digest"] == "sha256:" + digest(user.work / built["path"])
    shown = user.json("pack", "inspect", built["path"])
    assert shown["digest"] == built["digest"] and shown["name"] == "mine"
    assert user.json("pack", "inspect", "mine") == shown


def test_what_is_built_goes_where_the_name_leads(user):  # noqa: F811
    """A link is followed, a pipe is written to: neither becomes a file."""
    user("pack", "init", "mine")
    (user.work / "real").write_text("before")
    (user.work / "link").symlink_to("real")
    user("pack", "build", "-o", "link", "mine")
    assert (user.work / "link").is_symlink() and digest(user.work / "real") == user.json("pack", "inspect", "link")["digest"][7:]
    os.mkfifo(user.work / "pipe")
    reader = subprocess.Popen(["cat", user.work / "pipe"], stdout=subprocess.PIPE)
    user("pack", "build", "-o", "pipe", "mine")
    assert reader.communicate(timeout=60)[0] == (user.work / "real").read_bytes()
    assert (user.work / "pipe").is_fifo()
    user("key", "generate", "release")
    (user.work / "keys").write_text("mine\n")
    with open(user.work / "keys", "a") as kept:  # what is open already is no file to be replaced
        subprocess.run([NONO, "key", "show", "release", "-o", "/dev/stdout"], cwd=user.work, env={"HOME": str(user.home)}, stdout=kept, check=True)
        kept.write("more\n")
    lines = (user.work / "keys").read_text().splitlines()
    assert lines[0] == "mine" and lines[-1] == "more" and "-----BEGIN PUBLIC KEY-----" in lines
    user("pack", "build", "-o", "-", "mine", status=2)
    assert not (user.work / "-").exists()


def test_init_writes_nothing_over(user):  # noqa: F811
    (user.work / "mine").mkdir()
    (user.work / "mine/README.md").write_text("mine")
    user("pack", "init", "mine", status=1)
    assert [path.name for path in (user.work / "mine").iterdir()] == ["README.md"]
    user("pack", "init", "--name", "../x", "other", status=2)


def test_the_example_has_nothing_to_find(user):  # noqa: F811
    assert user.json("pack", "lint", "--strict", EXAMPLE) == {"errors": 0, "warnings": 0, "findings": []}


@pytest.mark.parametrize("name", ["claude", "codex", "opencode"])
def test_packs_of_others_lint_and_build(user, name):  # noqa: F811
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    assert user.json("pack", "lint", SHARED / name)["errors"] == 0
    user("pack", "build", "-o", "p.tar.zst", SHARED / name)
    files = {file["path"]: file for file in user.json("pack", "inspect", "p.tar.zst")["files"]}
    for path, file in files.items():
        assert file["digest"] == "sha256:" + digest(SHARED / name / path)
        assert (file["mode"] == "0755") == os.access(SHARED / name / path, os.X_OK), path


def test_nothing_around_a_folder_changes_its_archive(user, tmp_path):  # noqa: F811
    first = user.json("pack", "build", "-o", "a", EXAMPLE)
    folder = copy(EXAMPLE, tmp_path / "elsewhere")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():  # another order, other times, other modes that mean the same
            text, mode = path.read_bytes(), path.stat().st_mode
            path.unlink()
            path.write_bytes(text)
            path.chmod(0o700 if mode & 0o100 else 0o600)
            os.utime(path, (1, 1))
    (folder / "not-named").write_text("x")
    before = os.umask(0o077)
    second = user.json("pack", "build", "-o", "b", folder, LC_ALL="C", TZ="Asia/Tokyo")
    os.umask(before)
    assert (user.work / "a").read_bytes() == (user.work / "b").read_bytes()
    assert first["tar_digest"] == second["tar_digest"]
    tar = subprocess.run(["zstd", "-dc", user.work / "a"], capture_output=True, check=True).stdout
    assert "sha256:" + hashlib.sha256(tar).hexdigest() == first["tar_digest"]


def break_manifest(folder, change):
    path = folder / "package.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, indent=1))


FAULTS = {
    "a file is gone": lambda f: (f / "AGENTS.md").unlink(),
    "a hook cannot be started": lambda f: (f / "bin/no-secrets.sh").chmod(0o644),
    "a profile that is none": lambda f: (f / "profile.toml").write_text("[filesystem]\nraed = []\n"),
    "no version": lambda f: break_manifest(f, lambda m: m.pop("version")),
    "a version with v": lambda f: break_manifest(f, lambda m: m.update(version="v1.0.0")),
    "wiring into the shell": lambda f: break_manifest(f, lambda m: m["wiring"][0].update(link="$HOME/.bashrc")),
    "wiring to the outside": lambda f: break_manifest(f, lambda m: m["wiring"][0].update(target="/etc")),
    "wiring with dots": lambda f: break_manifest(f, lambda m: m["wiring"][0].update(link="$HOME/.claude/../x")),
    "a symbolic link": lambda f: ((f / "AGENTS.md").unlink(), (f / "AGENTS.md").symlink_to("/etc/passwd")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found_and_nothing_is_built(user, tmp_path, fault):  # noqa: F811
    folder = copy(EXAMPLE, tmp_path / "pack")
    FAULTS[fault](folder)
    report = user.json("pack", "lint", folder, status=1)
    assert report["errors"] >= 1 and report["findings"][0]["severity"] == "error"
    user("pack", "build", "-o", "p", folder, status=2)
    assert not (user.work / "p").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_holds_for_its_pack_alone(user, kind):  # noqa: F811
    bundle = signed(user, kind)
    check = ["pack", "verify", "--key", "k.pub", "--json"]
    verdict = json.loads(user(*check, "--namespace", "acme", "p.tar.zst"))
    assert verdict["binds_identity"] and verdict["binds_archive"] and verdict["notes"] == []
    user(*check, "--namespace", "evil", "p.tar.zst", status=5)
    user("key", "generate", "other")
    (user.work / "other.pub").write_text(user("key", "show", "other"))
    user("pack", "verify", "--key", "other.pub", "--namespace", "acme", "p.tar.zst", status=5)
    user("pack", "init", "mine")
    user("pack", "build", "-o", "q.tar.zst", "mine")
    user(*check, "--namespace", "acme", "-b", bundle, "q.tar.zst", status=5)


@pytest.mark.parametrize("kind", KINDS)
def test_sigstores_own_verifier_accepts_it(user, kind):  # noqa: F811
    if not (JUDGE / "node_modules").is_dir():
        pytest.skip("npm ci in tests/conformance/sigstore-js has not been run")
    bundle = signed(user, kind)
    judge = ["node", JUDGE / "verify.mjs", bundle, user.work / "k.pub"]
    assert subprocess.run(judge, capture_output=True).returncode == 0
    envelope = json.loads(bundle.read_text())
    payload = envelope["dsseEnvelope"]["payload"]
    envelope["dsseEnvelope"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    bundle.write_text(json.dumps(envelope))
    assert subprocess.run(judge, capture_output=True).returncode != 0


@pytest.mark.parametrize("path", [".env", "conf/.env.local", ".git/config", "a/.ssh/id"])
def test_what_tools_keep_secrets_in_is_not_packed(user, path):  # noqa: F811
    """Whoever wrote the manifest: an agent can name what it may not read."""
    folder = copy(EXAMPLE, user.work / "mine")
    for name, status in ((path, 2), ("conf/env.example", 0)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("API_KEY=topsecret\n")
        manifest = json.loads((EXAMPLE / "package.json").read_text())
        manifest["artifacts"].append({"type": "plugin", "path": name})
        (folder / "package.json").write_text(json.dumps(manifest))
        user("pack", "lint", folder, status=1 if status else 0)
        user("pack", "build", "-o", "p", folder, status=status)
        assert (user.work / "p").exists() == (status == 0)
        (folder / name).unlink()

"""`nono snapshot`, as a user types it, and its format as docs/formats/snapshot.md describes it."""
import hashlib
import json
import os
import signal
import subprocess

import pytest
from fixtures_state import NONO, canonical, disk_digest, fingerprint, folder_digest, pack_objects, tree_entries
from fixtures_state import user  # noqa: F401


@pytest.fixture
def project(user):  # noqa: F811
    user.put("README.md", "read me\n")
    user.put("src/main.c", "int main(void) { return 0; }\n")
    user.put("src/run.sh", "#!/bin/sh\n", 0o755)
    (user.work / "src/latest").symlink_to("main.c")
    (user.work / "empty").mkdir()
    user.put(".git/HEAD", "ref: refs/heads/main\n")
    return user


def agent(user):  # noqa: F811
    """What a program in the folder might do."""
    user.put("README.md", "rewritten")
    user.put("new/deep/file", "new")
    (user.work / "src/latest").unlink()
    (user.work / "src/main.c").unlink()
    (user.work / "empty").rmdir()
    user.put("empty", "a file now")
    (user.work / "src/run.sh").chmod(0o644)
    user.put(".git/HEAD", "ref: refs/heads/other\n")


def test_the_article_s_way_there_and_back(project):
    before = fingerprint(project.work)
    project("snapshot", "create", "pre-refactor", "--tag", "baseline")
    project("run", "-s", "--allow", ".", "--snapshot", "pre-refactor", "--", "sh", "-c",
            "echo changed > README.md; rm src/main.c; mkdir extra; echo x > extra/x")
    assert "is kept" in project.err
    assert fingerprint(project.work) != before
    out = project("snapshot", "restore", "pre-refactor")
    assert "verified" in out
    assert fingerprint(project.work) == before


def test_run_takes_the_snapshot_before_the_program_starts(project):
    before = fingerprint(project.work)
    project("run", "-s", "--allow", ".", "--snapshot", "first", "--", "sh", "-c", "echo changed > README.md")
    assert project.json("snapshot", "diff", "first")[0]["path"] == "README.md"
    project("snapshot", "restore", "first")
    assert fingerprint(project.work) == before


@pytest.mark.parametrize("silent", [[], ["-s"]])
def test_run_tells_what_its_snapshot_leaves_out(project, silent):
    os.mkfifo(project.work / "pipe")
    project("run", *silent, "--allow", ".", "--snapshot", "first", "--", "true")
    assert "pipe: a device, fifo or socket: only its name is kept" in project.err
    project("run", *silent, "--allow", ".", "--snapshot", "first", "--", "true")
    assert "pipe" not in project.err


DENIED = '[filesystem]\nwrite = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env", "$WORKDIR/.aws/credentials"]\n'


def test_placeholders_of_a_run_are_no_part_of_its_snapshot(project):
    profile = project.home / "denied.toml"
    profile.write_text(DENIED)
    before = fingerprint(project.work)
    project("run", "-s", "--profile", profile, "--snapshot", "first", "--", "sh", "-c", "echo changed > README.md")
    project("snapshot", "restore", "first")
    assert fingerprint(project.work) == before


def test_a_restore_during_a_run_does_not_lift_its_denies(project):
    profile = project.home / "denied.toml"
    profile.write_text(DENIED)
    project("snapshot", "create", "a")
    script = "echo ready; read line; echo secret > .env; echo secret > .aws/credentials; :"
    with project.start("run", "-s", "--profile", profile, "--", "sh", "-c", script, stdin=subprocess.PIPE) as run:
        assert run.stdout.readline() == b"ready\n"
        project.put("README.md", "changed")
        project("snapshot", "create", "b")
        project("snapshot", "restore", "a")
        assert (project.work / ".env").exists() and (project.work / ".aws/credentials").exists()
        out, err = run.communicate(b"go\n")
        assert b".env" in err and b".aws/credentials" in err
    assert (project.work / "README.md").read_text() == "read me\n"
    assert not (project.work / ".env").exists() and not (project.work / ".aws").exists()
    assert [change["path"] for change in project.json("snapshot", "diff", "a", "b")] == [".aws", "README.md"]


def test_everything_comes_back_and_the_program_can_tell(project):
    before = fingerprint(project.work)
    project("snapshot", "create", "a")
    agent(project)
    changes = {change["path"]: change["change"] for change in project.json("snapshot", "diff")}
    assert changes == {
        "README.md": "content", "new": "added", "new/deep": "added", "new/deep/file": "added", "src/latest": "removed",
        "src/main.c": "removed", "empty": "kind", "src/run.sh": "facts", ".git/HEAD": "content"}
    changed = fingerprint(project.work)
    project("snapshot", "restore", "a", "--dry-run")
    assert fingerprint(project.work) == changed
    project("snapshot", "restore", "a")
    assert fingerprint(project.work) == before
    assert project.json("snapshot", "diff", "--all") == []


def test_the_store_is_what_its_format_says(project):
    made = project.json("snapshot", "create", "a")
    project.put("README.md", "more")
    project("snapshot", "create", "b")
    project("snapshot", "prune")
    store = project.state / "snapshots"
    assert (store / "format").read_text() == "nono snapshot store 1\n"
    folder = store / "folders" / hashlib.sha256(str(project.work).encode()).hexdigest()[:32]
    assert (folder / "folder").read_text() == str(project.work)

    objects = pack_objects(store)
    record = json.loads((folder / "a.json").read_text())
    check = record.pop("check")
    assert hashlib.sha256(canonical(record)).hexdigest() == check

    def digest(tree):
        entries = tree_entries(objects[tree])
        for kind, _, _, content, below, _, _ in entries:
            assert kind != b"d" or digest(below) == content
            assert kind not in (b"f", b"l") or content in objects
        return folder_digest(entries)

    assert digest(bytes.fromhex(record["tree"])).hex() == record["root"] == made["root"]
    project("snapshot", "restore", "a")
    assert disk_digest(project.work).hex() == record["root"]


def test_contents_are_stored_once(project):
    project.put("large", "x" * 5_000_000)
    first = project.json("snapshot", "create", "a")
    project.put("copy", "x" * 5_000_000)
    second = project.json("snapshot", "create", "b")
    assert first["bytes_added"] > 5_000_000 and second["bytes_added"] < 10_000
    project("snapshot", "delete", "a")
    assert project.json("snapshot", "verify")[0]["valid"]


def test_nono_s_own_folders_are_never_part_of_it(project):
    home = project.home
    (home / "notes").write_text("mine")
    project("run", "-s", "--", "true")
    project("snapshot", "create", "home", "--path", home)
    tracked = list(project.state.rglob("*"))
    (home / "notes").write_text("changed")
    project("snapshot", "restore", "home", "--path", home)
    assert (home / "notes").read_text() == "mine"
    assert set(tracked) <= set(project.state.rglob("*"))
    project("audit", "verify", "--all")
    project("snapshot", "create", "own", "--path", project.state, status=2)


def test_damage_is_named_and_not_restored(project):
    project("snapshot", "create", "a")
    pack = next((project.state / "snapshots/packs").glob("*.pack"))
    data = bytearray(pack.read_bytes())
    at = data.index(b"read me\n")
    data[at] ^= 1
    pack.write_bytes(data)
    verdict = project.json("snapshot", "verify", "a", status=5)[0]
    assert not verdict["valid"] and verdict["faults"][0].startswith("README.md: ")
    project.put("README.md", "changed")
    project.put("src/main.c", "changed")
    before = fingerprint(project.work)
    assert project("snapshot", "restore", "a", status=5) == ""  # what was not done is not told as done
    assert "`nono snapshot diff -a a`" in project.err  # a time may be what stopped it
    assert fingerprint(project.work) == before


@pytest.mark.parametrize("point", ["snapshot.journal", "snapshot.staged:2", "snapshot.applying", "snapshot.put:2",
                                   "snapshot.removed", "snapshot.swapped", "snapshot.applied"])
def test_a_killed_restore_is_completed_by_the_next(project, point):
    before = fingerprint(project.work)
    project("snapshot", "create", "a")
    agent(project)
    project("snapshot", "restore", "a", status=-signal.SIGKILL, NONO_CRASH_AT=point)
    for name, one, other in [("README.md", "rewritten", "read me\n"), (".git/HEAD", "ref: refs/heads/other\n", "ref: refs/heads/main\n")]:
        assert (project.work / name).read_text() in (one, other)
    if point not in ("snapshot.journal", "snapshot.staged:2"):
        project("snapshot", "create", "b", status=1)
        assert "interrupted" in project.err
    project("snapshot", "restore", "a")
    assert fingerprint(project.work) == before
    project("snapshot", "create", "b")


def test_the_snapshot_of_an_interrupted_restore_stays(project):
    project("snapshot", "create", "a")
    project("snapshot", "create", "b")
    agent(project)
    project("snapshot", "restore", "a", status=-signal.SIGKILL, NONO_CRASH_AT="snapshot.put:2")
    project("snapshot", "delete", "a", status=1)
    assert "nono snapshot restore a" in project.err
    pruned = project.json("snapshot", "prune", "--keep", 0)
    assert pruned["snapshots_deleted"] == 1 and "a is kept: " in pruned["notes"][0]
    assert [entry["name"] for entry in project.json("snapshot", "list")] == ["a"]
    project("snapshot", "restore", "a")
    assert project.json("snapshot", "diff", "a", "--all") == []
    project("snapshot", "delete", "a")


@pytest.mark.parametrize("way_out", ["delete", "older"])
def test_an_interrupted_restore_can_be_given_up(project, way_out):
    """By force; or an earlier version deleted the snapshot."""
    project("snapshot", "create", "a")
    agent(project)
    project("snapshot", "restore", "a", status=-signal.SIGKILL, NONO_CRASH_AT="snapshot.put:2")
    half = {name: facts for name, facts in fingerprint(project.work).items() if not name.startswith(".nono-restore-")}
    project("snapshot", "create", "b", status=1)
    if way_out == "delete":
        project("snapshot", "delete", "--force", "a")
    else:
        next((project.state / "snapshots/folders").glob("*/a.json")).unlink()
    project("snapshot", "create", "b")
    assert fingerprint(project.work) == half
    assert project.json("snapshot", "diff", "b") == []
    project("snapshot", "restore", "b")


def test_a_huge_file_of_holes_is_not_read(project):
    before = fingerprint(project.work)
    project("snapshot", "create", "a")
    os.truncate(project.put("huge"), 1 << 40)
    os.truncate(project.work / "README.md", 1 << 40)
    assert {change["path"] for change in project.json("snapshot", "diff", "a")} == {"huge", "README.md"}
    project("snapshot", "restore", "a")
    assert fingerprint(project.work) == before


def test_excluded_is_left_alone(project):
    project.put("node_modules/m/index.js", "m")
    project("snapshot", "create", "a", "-x", "node_modules", "-x", "src/**")
    project.put("node_modules/m/index.js", "changed")
    project.put("src/main.c", "changed")
    project.put("README.md", "changed")
    project("snapshot", "restore", "a")
    assert (project.work / "node_modules/m/index.js").read_text() == "changed"
    assert (project.work / "src/main.c").read_text() == "changed"
    assert (project.work / "README.md").read_text() == "read me\n"


def test_list_show_and_prune_by_policy(project):
    for name in ("one", "two", "three"):
        project.put("README.md", name)
        project("snapshot", "create", name, "--tag", "odd" if name != "two" else "even")
    assert [entry["name"] for entry in project.json("snapshot", "list")] == ["one", "two", "three"]
    assert [entry["name"] for entry in project.json("snapshot", "list", "--tag", "even")] == ["two"]
    assert project.json("snapshot", "show")["name"] == "three"
    pruned = project.json("snapshot", "prune", "--keep", 2)
    assert pruned["snapshots_deleted"] == 1 and pruned["bytes_freed"] > 0
    assert [entry["name"] for entry in project.json("snapshot", "list", "--all")] == ["two", "three"]
    project("snapshot", "restore", "one", status=3)
    project("snapshot", "restore", "two")
    assert (project.work / "README.md").read_text() == "two"


def test_a_folder_within_sees_the_snapshots_around_it_and_deletes_none(project):
    project("snapshot", "create", "outer")
    within = ("--path", "src")
    assert [entry["name"] for entry in project.json("snapshot", "list", *within)] == ["outer"]
    assert str(project.work) in project("snapshot", "list", *within)
    assert str(project.work) not in project("snapshot", "list")
    assert project.json("snapshot", "verify", *within)[0]["valid"]
    project("snapshot", "delete", "outer", *within, status=3)
    assert f"one of {project.work}" in project.err
    assert project.json("snapshot", "prune", "--keep", 0, *within)["snapshots_deleted"] == 0
    project("snapshot", "create", "inner", *within)
    assert [entry["name"] for entry in project.json("snapshot", "list", *within)] == ["outer", "inner"]
    assert [entry["name"] for entry in project.json("snapshot", "list")] == ["outer"]
    project("snapshot", "delete", "outer", "--path", project.work)


def test_who_looks_makes_nothing(project):
    assert project.json("snapshot", "list") == project.json("snapshot", "list", "--all") == []
    project("snapshot", "show", status=3)
    project("snapshot", "diff", "a", status=3)
    project("snapshot", "restore", "a", status=3)
    assert project.json("snapshot", "verify", "--all") == []
    assert list(project.home.iterdir()) == []


@pytest.mark.parametrize("option", ["--keep", "--older-than"])
def test_a_number_below_nothing_is_refused(project, option):
    project("snapshot", "create", "a")
    project("snapshot", "prune", option, "-1", status=2)
    assert len(project.json("snapshot", "list")) == 1


def test_names_cannot_harm_a_terminal(project):
    project("snapshot", "create", "a")
    (project.work / "evil\x1b[2J\n").write_text("x")
    os.close(os.open(os.fsencode(project.work) + b"/\xff\xfe", os.O_CREAT | os.O_WRONLY))
    out = project("snapshot", "diff")
    assert "\x1b" not in out and "evil\\x1b[2J\\x0a" in out and "\\xff\\xfe" in out
    assert any("\\xff" in change["path"] for change in project.json("snapshot", "diff"))
    project("snapshot", "restore", "a")
    assert sorted(os.listdir(project.work)) == [".git", "README.md", "empty", "src"]


def test_json_tells_one_name_from_another(project):
    project("snapshot", "create", "a")
    names = {b"a\nb", b"a\\x0ab", "b\u009b\u202e\x7f\u00e9".encode(), b"c\xff", b"c\\xff", b"c\\xff\xff"}
    for name in names:
        os.close(os.open(os.fsencode(project.work) + b"/" + name, os.O_CREAT | os.O_WRONLY))
    os.mkfifo(project.work / "p\n")
    text = project("snapshot", "diff", "a", "--json")
    assert not {"\x7f", "\u009b", "\u202e"} & set(text) and "\u00e9" in text
    changes = [change for change in json.loads(text) if change["is"] == "f"]
    told = {bytes.fromhex(change["path_hex"]) if "path_hex" in change else change["path"].encode() for change in changes}
    assert told == names and len(changes) == len(names)
    assert [change["path"] for change in changes if "path_hex" in change] == ["c\\xff\\xff", "c\\xff"]
    assert project.json("snapshot", "create", "b")["notes"] == ["p\n: a device, fifo or socket: only its name is kept"]


@pytest.mark.parametrize("path", ["README.md", "README.md/within", "src/latest"])
def test_a_file_is_no_folder_to_keep(project, path):
    project("snapshot", "create", "a", "--path", "src")
    project("snapshot", "create", "b", "--path", path, status=2)
    assert "is not a folder" in project.err
    project("snapshot", "list", "--path", path, status=2)
    project("snapshot", "create", "b", "--path", "nowhere", status=3)


def test_a_full_disk_is_a_fault_of_the_machine(project, tmp_path):
    """A file system of its own for the store, too small for what is new in the folder."""
    small = tmp_path / "small"
    small.mkdir()
    (project.work / "large").write_bytes(os.urandom(3 << 20))
    script = f"mount -t tmpfs -o size=4m tmpfs {small} && {NONO} snapshot create a && " \
             f"cp large larger && echo more >> larger && {NONO} snapshot create b; echo status=$?; {NONO} snapshot verify"
    env = {**os.environ, "HOME": str(project.home), "XDG_STATE_HOME": str(small)}
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], env=env, text=True, cwd=project.work,
                          capture_output=True, check=False, timeout=300)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mount namespace here: " + done.stderr)
    assert "status=70\n" in done.stdout and "No space left" in done.stderr, (done.stdout, done.stderr)
    assert "a: whole" in done.stdout and "\nb: " not in done.stdout, done.stdout

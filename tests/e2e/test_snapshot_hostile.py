"""`nono snapshot` against a program that prepares the folder, or what is around it, while nono works."""
import contextlib
import fcntl
import os
import re
import subprocess
import time

import pytest
from fixtures_state import NONO, fingerprint
from fixtures_state import user  # noqa: F401


@contextlib.contextmanager
def waiting(user, *words):  # noqa: F811
    """nono, found to wait for the lock of the folder's snapshots, which is free when the block ends."""
    lock = next((user.state / "snapshots/folders").glob("*/lock"))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = user.start("snapshot", *words)
        descriptors = f"/proc/{process.pid}/fd"
        while process.poll() is None:
            links = []
            for name in os.listdir(descriptors):
                with contextlib.suppress(FileNotFoundError):
                    links.append(os.readlink(f"{descriptors}/{name}"))
            if str(lock) in links:
                break
            time.sleep(0.01)
        yield process


@pytest.fixture
def project(user):  # noqa: F811
    """A folder with a snapshot, and beside the folder above it another that is no business of it."""
    user.put("above/folder/f", "of the snapshot")
    user.put("outside/folder/thesis", "of years")
    user.folder = user.work / "above/folder"
    user("snapshot", "create", "a", "--path", user.folder)
    user.put("above/folder/f", "changed")
    return user


def swap(user):  # noqa: F811
    (user.work / "above").rename(user.work / "aside")
    (user.work / "above").symlink_to("outside")


@pytest.mark.parametrize("words", [["restore", "a"], ["restore", "a", "--dry-run"], ["create", "b"]])
def test_a_link_put_above_the_folder_while_nono_waits_is_not_gone_through(project, words):
    before = fingerprint(project.work / "outside")
    with waiting(project, *words, "--path", project.folder) as process:
        swap(project)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and b"leads through a link that was not there before" in err, (out, err)
    assert fingerprint(project.work / "outside") == before
    (project.work / "above").unlink()
    (project.work / "aside").rename(project.work / "above")
    assert [entry["name"] for entry in project.json("snapshot", "list", "--path", project.folder)] == ["a"]
    with waiting(project, *words, "--path", project.folder) as process:
        pass
    assert process.wait(timeout=120) == 0, process.communicate()


def in_own_mounts(user, script):  # noqa: F811
    """The script's output and what it was told, in a mount namespace; it runs in the work folder, and nono by its name."""
    env = {"PATH": f"{NONO.parent}:{os.environ['PATH']}", "HOME": str(user.home), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-ec", script], env=env, text=True, cwd=user.work,
                          capture_output=True, check=False, timeout=300)
    if re.search(r"^(unshare|mount): ", done.stderr, re.MULTILINE):
        pytest.skip("no mount namespace here: " + done.stderr)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout, done.stderr


# A folder with a mount in it goes to the bottom of a nest that is deeper than any snapshot.
NEST = """
    nono snapshot create a
    mkdir -p with/mount with/more
    mount -t tmpfs tmpfs with/mount
    echo mine > with/mount/file
    rm -f WHERE
    mkdir WHERE
    (cd WHERE; for i in $(seq 260); do mkdir d; cd -P d; done; mv "$TOP/with" .)
    nono snapshot restore a
    mounted=$(find . -name mount -prune)
    (cd "$mounted" && cat file)
    find . -name more
    umount "$mounted"
    nono snapshot restore a
    find . -mindepth 1
"""


@pytest.mark.parametrize("where", ["new", "f"])
def test_what_is_mounted_far_below_is_left(user, where):  # noqa: F811
    """In a folder that is new, or in one in the place of a file of the snapshot."""
    user.put("f", "of the snapshot")
    out, err = in_own_mounts(user, NEST.replace("WHERE", where).replace("$TOP", str(user.work)))
    assert "kept, for another file system is mounted in it" in err and "\nmine\n" in out, (out, err)
    assert "/more\n" not in out and out.endswith("\n./f\n"), out


def test_a_file_that_is_mounted_is_left(user):  # noqa: F811
    user.put("f", "of the snapshot")
    out, _ = in_own_mounts(user, """
        nono snapshot create a
        echo changed > f
        echo new > new
        mount --bind new new
        nono snapshot restore a
        cat f new
        umount new
        nono snapshot restore a
        find . -mindepth 1
    """)
    assert "\nof the snapshotnew\n" in out and out.endswith("\n./f\n"), out


def test_a_mount_moved_into_what_a_killed_restore_left_is_left(user):  # noqa: F811
    user.put("f", "of the snapshot")
    out, err = in_own_mounts(user, """
        nono snapshot create a
        echo changed > f
        NONO_CRASH_AT=snapshot.staged:1 nono snapshot restore a || true
        mkdir -p with/mount
        mount -t tmpfs tmpfs with/mount
        echo mine > with/mount/file
        mv with .nono-restore-*/
        nono snapshot restore a
        cat .nono-restore-*/with/mount/file f
        umount .nono-restore-*/with/mount
        nono snapshot restore a
        find . -mindepth 1
    """)
    assert "kept, for there is something in it that is left alone" in err and "\nmine\nof the snapshot" in out, (out, err)
    assert out.endswith("\n./f\n"), out


def test_want_of_room_for_folders_is_found_before_anything_is_changed(user):  # noqa: F811
    """A file system with few inodes: what is new in the folder leaves room for the contents, and not for the folders."""
    out, _ = in_own_mounts(user, """
        mount -t tmpfs -o nr_inodes=100 tmpfs .
        cd -P "$PWD"
        for i in $(seq 20); do mkdir d$i; done
        echo old > f
        nono snapshot create a
        rmdir d*
        echo new > f
        mkdir filler
        i=0; while mkdir filler/$i 2>/dev/null; do i=$((i + 1)); done
        for i in $(seq 10); do rmdir filler/$i; done
        status=0; nono snapshot restore a || status=$?
        echo "status=$status"
        cat f; ls -A
        rmdir filler/*
        nono snapshot restore a
        cat f; ls -A | wc -l
    """)
    assert "status=70\nnew\nf\nfiller\n" in out, out
    assert out.endswith("old\n21\n"), out

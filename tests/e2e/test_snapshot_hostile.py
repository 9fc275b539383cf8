"""`nono snapshot` against a program that prepares the folder, or what is around it, while nono works."""
import contextlib
import fcntl
import os
import time

import pytest
from fixtures_state import fingerprint
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

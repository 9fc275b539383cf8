#!/usr/bin/env python3
"""Times snapshots of a folder of many files under nono and its peers, interleaved, and prints a Markdown table.

usage: snapshot.py [--bin build/release/bin] [--files 5000] [--rounds 5]

first: into an empty store. again: nothing changed. restore: 500 files changed, 100 removed and 100 added; the
outcome is compared with what was there. Peers that are not installed are left out and named. "walk" and "read" are what no
tool can be faster than: looking at every file, and reading and hashing it. Works in a folder of its own, removed at the end.
"""
import argparse
import hashlib
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time


def tree_make(root, count):
    rand = random.Random(7)
    folders = [root]
    for number in range(count // 16):
        folders.append(rand.choice(folders[:200]) / f"d{number}")
        folders[-1].mkdir()
    for number in range(count):
        size = int(rand.expovariate(1 / 8200))
        (rand.choice(folders) / f"f{number}.txt").write_bytes(rand.randbytes(size // 2) + b"x" * (size - size // 2))


def tree_change(root, seed):
    rand = random.Random(seed)
    files = sorted(path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    chosen = rand.sample(files, min(600, len(files) // 4))
    for path in chosen[len(chosen) // 6:]:
        path.write_bytes(path.read_bytes() + b"changed")
    for number, path in enumerate(chosen[:len(chosen) // 6]):
        path.unlink()
        (path.parent / f"added{number}").write_bytes(b"x" * 1000)


def tree_digest(root):
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(root).parts:
            total.update(str(path.relative_to(root)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def walk(root):
    for folder, _, names in os.walk(root):
        for name in names:
            os.lstat(os.path.join(folder, name))


class Nono:
    name = "nono snapshot"

    def __init__(self, binary, base):
        self.binary, self.state, self.count = str(binary), base / "state", 0

    def run(self, work, *words):
        subprocess.run([self.binary, "snapshot", *words], cwd=work, check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "XDG_STATE_HOME": str(self.state)})

    def create(self, work):
        self.count += 1
        self.run(work, "create", f"s{self.count}")

    def restore(self, work):
        self.run(work, "restore", f"s{self.count}")


class Git:
    name = "git add -A, write-tree"

    def __init__(self, _binary, base):
        self.folder = base / "git"
        self.tree = None

    def git(self, work, *words):
        done = subprocess.run(["git", *words], cwd=work, check=True, capture_output=True, text=True,
                              env={**os.environ, "GIT_DIR": str(self.folder), "GIT_WORK_TREE": str(work)})
        return done.stdout.strip()

    def create(self, work):
        if not self.folder.exists():
            self.git(work, "init", "-q")
        self.git(work, "add", "-A")
        self.tree = self.git(work, "write-tree")

    def restore(self, work):
        self.git(work, "add", "-A") # so that what came since is known, and removed
        self.git(work, "read-tree", "-u", "--reset", self.tree)


class Copy:
    name = "cp -a --reflink=auto"

    def __init__(self, _binary, base):
        self.folder = base / "copy"

    def create(self, work):
        shutil.rmtree(self.folder, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", work, self.folder], check=True)

    def restore(self, work):
        shutil.rmtree(work)
        subprocess.run(["cp", "-a", "--reflink=auto", self.folder, work], check=True)


class Restic:
    name = "restic"
    program = "restic"

    def __init__(self, _binary, base):
        self.folder, self.env = base / "restic", {**os.environ, "RESTIC_PASSWORD": "x", "RESTIC_CACHE_DIR": str(base / "cache")}

    def restic(self, work, *words):
        subprocess.run(["restic", "-q", "-r", self.folder, *words], cwd=work, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def create(self, work):
        if not self.folder.exists():
            self.restic(work, "init")
        self.restic(work, "backup", ".")

    def restore(self, work):
        shutil.rmtree(work)
        work.mkdir()
        self.restic(work, "restore", "latest", "--target", work)


class Borg:
    name = "borg"
    program = "borg"

    def __init__(self, _binary, base):
        self.folder, self.count = base / "borg", 0
        self.env = {**os.environ, "BORG_BASE_DIR": str(base / "borgbase"), "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def borg(self, work, *words):
        subprocess.run(["borg", *words], cwd=work, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def create(self, work):
        if not self.folder.exists():
            self.borg(work, "init", "-e", "none", str(self.folder))
        self.count += 1
        self.borg(work, "create", f"{self.folder}::s{self.count}", ".")

    def restore(self, work):
        shutil.rmtree(work)
        work.mkdir()
        self.borg(work, "extract", f"{self.folder}::s{self.count}")


def timed(action, *words):
    os.sync() # what others left to be written is not this one's cost
    start = time.perf_counter()
    action(*words)
    return (time.perf_counter() - start) * 1000


def one_round(kind, binary, base, files, seed):
    """first, again, restore in ms, and whether the restore was exact."""
    work = base / "work"
    work.mkdir()
    tree_make(work, files)
    time.sleep(2.1) # older than the coarsest clock of a file system, as a folder that is worked in is
    tool, wanted = kind(binary, base), tree_digest(work)
    times = [timed(tool.create, work), timed(tool.create, work)]
    tree_change(work, seed)
    times.append(timed(tool.restore, work))
    return times, tree_digest(work) == wanted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kinds = [kind for kind in (Nono, Git, Copy, Restic, Borg) if shutil.which(getattr(kind, "program", "sh"))]
    results = {kind: ([], [], []) for kind in kinds}
    exact = {kind: True for kind in kinds}
    for number in range(options.rounds):
        for kind in kinds:
            with tempfile.TemporaryDirectory() as base:
                times, same = one_round(kind, options.bin.resolve() / "nono", pathlib.Path(base), options.files, number)
            exact[kind] &= same
            for column, value in zip(results[kind], times):
                column.append(value)
    with tempfile.TemporaryDirectory() as base:
        tree_make(pathlib.Path(base), options.files)
        floor = [timed(walk, base), timed(tree_digest, pathlib.Path(base))]

    print(f"{options.files} files, {options.rounds} interleaved rounds, median ms\n")
    print("| tool | first | again | restore | restored exactly |\n| --- | ---: | ---: | ---: | ---: |")
    for kind in kinds:
        cells = " | ".join(f"{statistics.median(column):.0f}" for column in results[kind])
        print(f"| {kind.name} | {cells} | {'yes' if exact[kind] else 'NO'} |")
    print(f"| floor: walk, read and hash (Python) | {floor[1]:.0f} | {floor[0]:.0f} | - | - |")
    for kind in (Restic, Borg):
        if kind not in kinds:
            print(f"\nnot installed: {kind.name}")


if __name__ == "__main__":
    main()

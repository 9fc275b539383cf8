#!/usr/bin/env python3
"""Times the start of /bin/true under nono and its peers, interleaved, and prints a Markdown table.

usage: startup.py [--bin build/release/bin] [--rounds 200]

Peers that are not installed are left out and named. Everything runs in a folder of its own that is
removed at the end, but for the home folder; the two C programs beside this file are compiled there.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
PROGRAM = "/bin/true"
# Records of runs stay there, as they do where people work: ext4 looks at each file that was removed in the last minutes before
# it makes a new one, so that a table whose records are thrown away slows down `nono run` in the next.
HOME = HERE.parent.parent / "build" / "bench" / "startup-home"
# What a start may take over bare, as multiples of its limit: docs/performance.md has where they come from.
AIMS = (("nono wrap", "raw Landlock, 12 rules", 1.3), ("nono run", "raw, fork, wait, record on disk", 1.35))


def compile_c(name, folder, *flags, compiler="gcc"):
    """A program as an installation leaves it: written in one go, which the page cache shows."""
    out = folder / f"{name}.{compiler}.linked"
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", *flags, "-o", out, HERE / f"{name}.c"], check=True)
    return str(shutil.copy(out, folder / f"{name}.{compiler}"))


def install(programs, folder):
    """The launcher and its helpers, copied as a package would."""
    shutil.copytree(programs, folder / "installed" / "bin")
    shutil.copytree(programs.parent / "libexec", folder / "installed" / "libexec")
    return str(folder / "installed" / "bin" / "nono")


def commands(nono, raw, musl, folder):
    """Label and words of each; None for what is not installed. musl is the raw program linked as the launcher is."""
    bwrap, firejail, landrun = (shutil.which(name) for name in ("bwrap", "firejail", "landrun"))
    rules = ["--read", "/usr", "--read", "/etc/ssl"]
    return {
        "bare exec": [PROGRAM],
        "raw Landlock, 12 rules": [raw, PROGRAM],
        "the same, with musl": musl and [musl, PROGRAM],
        "nono wrap": [nono, "wrap", "-s", "--", PROGRAM],
        "raw, fork, wait, record on disk": [raw, "--record", str(folder / "record"), PROGRAM],
        "that, with musl": musl and [musl, "--record", str(folder / "record"), PROGRAM],
        "nono run --no-audit": [nono, "run", "-s", "--no-audit", "--", PROGRAM],
        "nono run": [nono, "run", "-s", "--", PROGRAM],
        "nono run, a path denied in a grant": [nono, "run", "-s", *rules, "--profile", str(folder / "deny.toml"), "--", PROGRAM],
        "nono run, named hosts": [nono, "run", "-s", "--allow-domain", "example.org", "--", PROGRAM],
        "bubblewrap": bwrap and [bwrap, "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-pid", PROGRAM],
        "landrun": landrun and [landrun, "--best-effort", "--rox", "/usr", "--ro", "/etc/ssl", PROGRAM],
        "firejail": firejail and [firejail, "--quiet", "--noprofile", PROGRAM],
    }


def medians_of(lines):
    return [float(line.split("\t")[1]) if line != "failed" else 0.0 for line in lines]


def aims(labels, lines):
    """What is aimed at, beside what was measured."""
    medians = dict(zip(labels, medians_of(lines)))
    bare = medians["bare exec"]
    for label, limit, aim in AIMS:
        yield f"{label}, over bare: {(medians[label] - bare) / (medians[limit] - bare):.2f} × {limit} (aim: {aim})"


def table(labels, lines):
    """The last columns: the whole, and what comes on top of a bare exec, as multiples of the raw program's."""
    medians = medians_of(lines)
    bare, raw = medians[:2]
    yield "| launcher | min µs | median µs | p95 µs | over bare µs | whole, × raw | over bare, × raw |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for label, line, median in zip(labels, lines, medians):
        if line == "failed":
            yield f"| {label} | failed | | | | | |"
            continue
        low, _, high = (float(word) for word in line.split("\t"))
        over = median - bare
        yield (f"| {label} | {low:.0f} | {median:.0f} | {high:.0f} | {over:.0f} "
               f"| {median / raw:.2f} | {over / (raw - bare):.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--rounds", default=200, type=int)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="nono-bench-") as name:
        folder = pathlib.Path(name)
        (folder / "work" / "hidden").mkdir(parents=True)
        (folder / "deny.toml").write_text('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/hidden"]\n')
        raw = compile_c("startup_raw", folder, "-static")
        musl = shutil.which("musl-gcc") and compile_c("startup_raw", folder, "-static", compiler="musl-gcc")
        rounds = compile_c("startup_rounds", folder)
        every = commands(install(args.bin.resolve(), folder), raw, musl, folder)
        present = {label: words for label, words in every.items() if words}
        HOME.mkdir(parents=True, exist_ok=True)
        home = {**os.environ, "HOME": str(HOME)}
        home = {key: value for key, value in home.items() if not key.startswith("XDG_")}
        done = subprocess.run(
            [rounds, str(args.rounds)], input="\n".join("\t".join(words) for words in present.values()) + "\n",
            cwd=folder / "work", env=home, text=True, capture_output=True, check=True)
    lines = done.stdout.strip().split("\n")
    print("\n".join([*table(present, lines), "", *aims(present, lines)]))
    for label in every.keys() - present.keys():
        print(f"\n{label}: not installed")


if __name__ == "__main__":
    main()

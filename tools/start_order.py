#!/usr/bin/env python3
"""Writes client/start.order: the functions that a start runs, in the order of their first calls.

usage: start_order.py [LAUNCHER]      (build/release/bin/nono; needs gdb, and a launcher with its symbols)

A trap is written over the first byte of each function, and taken away when it is first met. What cmake/Start.cmake makes of
the order saves page faults, no more: a name that is missing or gone does no harm.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORDER = ROOT / "client" / "start.order"
HEAD = "# The functions that a start runs, in the order of their first calls: written by tools/start_order.py.\n"
STARTS = ("wrap -s -- /bin/true", "run -s -- /bin/true")
SUFFIX = re.compile(r"\.(constprop|lto_priv|part|isra|cold)\b.*")
TRAP = b"\xcc"


def functions(launcher):
    """Address to names, of the symbols that have a size."""
    found = {}
    for line in subprocess.run(["nm", "-n", "-S", launcher], check=True, capture_output=True, text=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tT":
            found.setdefault(int(words[0], 16), []).append(words[3])
    return found


def trace(launcher, arguments):
    """Inside gdb: prints the names as they are met."""
    import gdb  # pylint: disable=import-error,import-outside-toplevel

    for setting in ("pagination off", "confirm off", "follow-fork-mode parent", "detach-on-fork on"):
        gdb.execute(f"set {setting}")
    gdb.execute(f"starti {arguments} > /dev/null 2>&1", to_string=True)
    process = gdb.selected_inferior()
    maps = pathlib.Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8").splitlines()
    base = min(int(line.split("-")[0], 16) for line in maps if launcher in line)
    names = {base + address: found for address, found in functions(launcher).items()}
    first = {address: bytes(process.read_memory(address, 1)) for address in names}
    for address in first:
        process.write_memory(address, TRAP)
    while True:
        try:
            gdb.execute("continue", to_string=True)
            address = int(gdb.parse_and_eval("$pc")) - 1
        except gdb.error:  # it has ended, or is another program by now
            return
        if address not in first:
            return
        process.write_memory(address, first.pop(address))
        gdb.execute(f"set $pc = {address}")
        print("met", *names[address])


def met(launcher, arguments):
    with tempfile.TemporaryDirectory() as home:
        script = pathlib.Path(home) / "trace.py"
        script.write_text(f"import sys\nsys.path.insert(0, {str(ROOT / 'tools')!r})\nimport start_order\n"
                          f"start_order.trace({launcher!r}, {arguments!r})\n", encoding="utf-8")
        done = subprocess.run(["gdb", "-q", "-batch", "-x", script, launcher], check=False, capture_output=True, text=True,
                              cwd=home, env={"HOME": home, "PATH": os.environ["PATH"]})
    return [SUFFIX.sub("", name) for line in done.stdout.splitlines() if line.startswith("met ") for name in line.split()[1:]]


def main():
    launcher = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin" / "nono").resolve())
    order = ["nono_start"] + [name for arguments in STARTS for name in met(launcher, arguments)]
    if "main" not in order:
        sys.exit("start_order: gdb followed no start")
    ORDER.write_text(HEAD + "\n".join(dict.fromkeys(order)) + "\n", encoding="utf-8")
    print(f"{ORDER.relative_to(ROOT)}: {len(set(order))} functions")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Holds files to 500 lines, and functions to 60 lines and a complexity of 15 (pmccabe's count).

usage: check_size.py SOURCE_DIR
"""
import pathlib
import subprocess
import sys

FILE_LINES, FUNCTION_LINES, COMPLEXITY = 500, 60, 15
SUFFIXES = {".c", ".h", ".py", ".ts", ".tsx", ".css", ".sql", ".cmake", ".sh"}


def tracked(source):
    listing = ["git", "-C", str(source), "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\n")
    return [source / name for name in names if name and (source / name).is_file()]


def main(source):
    bad = []
    files = tracked(source)
    for file in files:
        if file.suffix in SUFFIXES or file.name == "dev":
            lines = file.read_bytes().count(b"\n")
            if lines > FILE_LINES:
                bad.append(f"{file.relative_to(source)}: {lines} lines, over {FILE_LINES}")

    code = [str(file) for file in files if file.suffix == ".c"]
    counted = subprocess.run(["pmccabe", *code], check=True, capture_output=True, text=True).stdout if code else ""
    functions = [row.split("\t") for row in counted.split("\n") if row]
    for row in functions:
        complexity, lines, place, name = int(row[0]), int(row[4]), row[5], row[6] if len(row) > 6 else ""
        if complexity > COMPLEXITY:
            bad.append(f"{place} {name}: complexity {complexity}, over {COMPLEXITY}")
        if lines > FUNCTION_LINES:
            bad.append(f"{place} {name}: {lines} lines, over {FUNCTION_LINES}")
    print("\n".join(bad) if bad else f"{len(files)} files and {len(functions)} functions keep their size")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))

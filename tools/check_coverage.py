#!/usr/bin/env python3
"""Holds line coverage to its floor, folder by folder, and prints the table.

usage: check_coverage.py GCOVR_JSON_SUMMARY
"""
import collections
import json
import sys

# Line coverage in per cent that each folder must have. Nothing is excluded by file.
FLOORS = {"lib": 90, "registry/domain": 90, "sandbox/policy": 90}


def folder_of(name):
    return name.rsplit("/", 1)[0]


def within(folder, prefix):
    return folder == prefix or folder.startswith(prefix + "/")


def main(path):
    lines = collections.defaultdict(lambda: [0, 0])
    for file in json.load(open(path, encoding="utf-8"))["files"]:
        counts = lines[folder_of(file["filename"])]
        counts[0] += file["line_covered"]
        counts[1] += file["line_total"]

    failed = False
    for folder, (covered, total) in sorted(lines.items()):
        percent = 100 * covered / total if total else 100
        floor = next((need for prefix, need in FLOORS.items() if within(folder, prefix)), None)
        low = floor is not None and percent < floor
        failed |= low
        print(f"{folder:24} {covered:6}/{total:<6} {percent:6.1f} %{f'  under its floor of {floor} %' if low else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

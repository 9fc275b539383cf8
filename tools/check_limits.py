#!/usr/bin/env python3
"""Holds docs/limits.md to lib/base/limits.h. With --write it writes the page.

usage: check_limits.py SOURCE_DIR [--write]
"""
import pathlib
import re
import sys

HEAD = """# Limits

What comes from outside has a ceiling, and is refused above it in a sentence that names it. The table is that of
`lib/base/limits.h`; a test holds the two together. Limits of one protocol or format stand with its module and in its page.
"""
SECTION = re.compile(r"/\* ([A-Z][\w ]+?)(?: \(.*)? \*/")
LIMIT = re.compile(r"#define (LIMIT_\w+)\s+(.+?)\s*(?:/\* (.*) \*/)?$")


def page(header):
    out = HEAD
    for line in header.split("\n"):
        if section := SECTION.match(line):
            out += f"\n## {section.group(1)}\n\n| limit | value | of |\n|---|---|---|\n"
        if limit := LIMIT.match(line):
            value = limit.group(2).strip("()").replace(" * MIB", " MiB").replace(" * KIB", " KiB")
            out += f"| `{limit.group(1)}` | {value} | {limit.group(3) or ''} |\n"
    return out


def main(source, write):
    wanted, target = page((source / "lib/base/limits.h").read_text()), source / "docs/limits.md"
    if write:
        target.write_text(wanted)
    if not target.exists() or target.read_text() != wanted:
        print("docs/limits.md is not what lib/base/limits.h says: run tools/check_limits.py . --write")
        return 1
    print("docs/limits.md is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--write" in sys.argv[2:]))

#!/usr/bin/env python3
"""Holds every #include to the layers that CMakeLists.txt declares, and every call to the banned list.

usage: check_layers.py SOURCE_DIR LAYERS_FILE

A module may include itself, the modules it USES, and the system headers that OWNERS does not
give to another module.
"""
import pathlib
import re
import sys

# Third-party headers and the only modules that may include them.
OWNERS = {
    "jansson.h": {"lib/json"},
    "yaml.h": {"lib/yaml"},
    "curl/": {"lib/http"},
    "archive": {"lib/pack"},
    "zstd": {"lib/pack"},
    "utf8proc.h": {"lib/pack"},
    "openssl/sha.h": {"lib/digest"},
    "openssl/": {"lib/crypto", "sandbox/proxy"},
    "event2/": {"sandbox/proxy"},
    "libpq-fe.h": {"registry/db"},
    "microhttpd.h": {"registry/http"},
    "gnutls/": {"registry/http"},
    "argon2.h": {"registry/auth"},
    "cmark.h": {"registry/api"},
    "popt.h": {"client/ui", "client/cmd", "client/cmd/pkg", "registry/cmd"},
    "dlfcn.h": {"client/secret"},
    "linux/landlock.h": {"sandbox/linux"},
    "linux/seccomp.h": {"sandbox/linux"},
    "seccomp.h": {"sandbox/linux"},
}
# Calls that have a safer form (docs/contributing names each one's).
BANNED = (
    "strcpy strcat sprintf vsprintf gets atoi atol strtok system popen mktemp tmpnam tempnam alloca setjmp "
    "longjmp getenv rand srand localtime gmtime ctime asctime access strncpy strncat sscanf"
).split()
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"', re.S)


def code_only(text):
    """The text with comments and strings blanked, line by line as it was."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def owner_of(header):
    return next((owner for prefix, owner in OWNERS.items() if header.startswith(prefix)), None)


def include_faults(name, text, module, allowed, layers):
    for bracket, header in INCLUDE.findall(text):
        if bracket == "<":
            owner = owner_of(header)
            if owner and module not in owner:
                yield f"{name}: <{header}> belongs to {', '.join(sorted(owner))}"
            continue
        target = max((m for m in layers if header.startswith(m + "/")), key=len, default=None)
        if target and target not in allowed:
            yield f"{name}: {module} does not use {target} ({header})"


def banned_faults(name, text):
    for number, line in enumerate(code_only(text).split("\n"), 1):
        for call in CALL.findall(line):
            yield f"{name}:{number}: {call}() is banned"


def main(source, layers_file):
    layers = {}
    for line in pathlib.Path(layers_file).read_text().split("\n"):
        if line.strip():
            module, _, uses = line.partition(":")
            layers[module] = set(uses.split()) | {module}

    bad = []
    for module, allowed in layers.items():
        for file in sorted((source / module).glob("*.[ch]")):
            name, text = file.relative_to(source), file.read_text()
            bad += include_faults(name, text, module, allowed, layers)
            bad += banned_faults(name, text)
    print("\n".join(bad) if bad else f"{len(layers)} modules keep their layers")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))

#!/usr/bin/env python3
"""Holds schema/profile.schema.json, the examples beside it and `nono profile validate` to each other.

usage: profile_schema.py SOURCE_DIR NONO
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import jsonschema
import yaml


def document(file):
    if file.suffix == ".toml":
        return tomllib.loads(file.read_text())
    return yaml.safe_load(file.read_text())


def schema_keys(schema):
    """Every key that the schema knows, as the table of keys writes them."""
    for name, value in schema["$defs"]["profile"]["properties"].items():
        sections = [value, *value.get("oneOf", [])]
        inner = [key for section in sections for key in section.get("properties", {})]
        whole = name in ("groups", "workdir", "platform_overrides")
        yield from [name] if whole or not inner else [f"{name}.{key}" for key in inner]


def table_keys(source):
    text = (source / "lib/profile/keys.c").read_text()
    table = text[text.index("static const struct profile_key keys[]") : text.index("static const struct profile_key *key_find")]
    return set(re.findall(r'(?:\{ |\()"([$\w.]+)"', table))


def accepted(nono, file, home):
    env = {"PATH": os.environ["PATH"], "HOME": home}
    return subprocess.run([nono, "profile", "validate", file], env=env, capture_output=True, text=True, check=False)


def main(source, nono):
    schema = json.loads((source / "schema/profile.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = [f"key: {key}" for key in set(schema_keys(schema)) ^ table_keys(source)]
    files = sorted((source / "schema/examples/profile").glob("*/*"))
    with tempfile.TemporaryDirectory() as home:
        for file in files:
            good = file.parent.name == "good"
            if validator.is_valid(document(file)) != good:
                bad.append(f"{file.name}: the schema disagrees")
            run = accepted(nono, file, home)
            if (run.returncode == 0) != good or (not good and f"{file.name}:" not in run.stderr):
                bad.append(f"{file.name}: nono says {run.returncode}: {run.stderr.strip()}")
    print("\n".join(bad) if bad else f"{len(files)} examples, {len(table_keys(source))} keys agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))

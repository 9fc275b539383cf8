"""The original's client, as far as its packages folder sees it: it lists, pins and removes.

It reads the lock file strictly, and writes back what it knows of it and nothing else: our keys are gone after that. It undoes
wiring by the records alone, so files and folders that wiring made or rewrote stay in some form.
"""
import hashlib
import json
import os
import pathlib
import shutil

import yaml

ARTIFACT_TYPES = ("profile", "instruction", "trust_policy", "groups", "plugin")
# Of every kind of record: what it must have, and what it may.
RECORDS = {
    "symlink": (("link",), ()),
    "write_file": (("dest", "sha256"), ()),
    "json_merge": (("file", "leaves"), ("created_parents",)),
    "json_array_append": (("file", "path", "key_field", "entries"), ()),
    "toml_block": (("file", "marker_id"), ()),
    "yaml_merge": (("file", "leaves"), ("created_parents",)),
}
PROVENANCE = {"signer_identity": str, "repository": str, "workflow": str, "ref": str, "rekor_log_index": int, "signed_at": str}


def _some(document, keys):
    return {key: document[key] for key in keys if document.get(key) is not None}


def _record(record):
    must, may = RECORDS[record["type"]]
    kept = {"type": record["type"], **{key: record[key] for key in must}, **_some(record, may)}
    if "leaves" in kept:
        kept["leaves"] = [{"path": [str(key) for key in leaf["path"]], "installed_value": leaf["installed_value"],
                           **_some(leaf, ("prior_value",))} for leaf in kept["leaves"]]
    if "entries" in kept:
        kept["entries"] = [{"key": entry["key"], "installed": entry["installed"], **_some(entry, ("prior",))}
                           for entry in kept["entries"]]
    return kept


def _pack(pack):
    provenance = pack.get("provenance")
    if provenance is not None:
        for key, kind in PROVENANCE.items():
            assert isinstance(provenance[key], kind), f"provenance: {key}"
        provenance = {key: provenance[key] for key in PROVENANCE}
    artifacts = {path: {"sha256": item["sha256"], "type": item["type"]} for path, item in pack.get("artifacts", {}).items()}
    assert all(item["type"] in ARTIFACT_TYPES for item in artifacts.values())
    return {"version": pack["version"], "installed_at": pack["installed_at"], "pinned": pack.get("pinned", False),
            "provenance": provenance, "artifacts": artifacts,
            "wiring_record": [_record(item) for item in pack.get("wiring_record", [])]}


class StockStore:
    def __init__(self, packages):
        self.packages = pathlib.Path(packages)
        self.path = self.packages / "lockfile.json"

    def read(self):
        document = json.loads(self.path.read_text())
        return {"lockfile_version": int(document["lockfile_version"]), "registry": document.get("registry", ""),
                "packages": {key: _pack(pack) for key, pack in sorted(document.get("packages", {}).items())}}

    def _write(self, document):
        self.path.with_suffix(".json.tmp").write_text(json.dumps(document, indent=2))
        os.replace(self.path.with_suffix(".json.tmp"), self.path)

    def pin(self, key, pinned=True):
        document = self.read()
        document["packages"][key]["pinned"] = pinned
        self._write(document)

    def remove(self, key):
        document = self.read()
        for record in reversed(document["packages"].pop(key)["wiring_record"]):
            UNDO[record["type"]](record)
        shutil.rmtree(self.packages / key)
        if not any((self.packages / key).parent.iterdir()):
            (self.packages / key).parent.rmdir()
        self._write(document)


def _undo_link(record):
    if os.path.islink(record["link"]):
        os.unlink(record["link"])


def _undo_file(record):
    path = pathlib.Path(record["dest"])
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]:
        path.unlink()


def _undo_leaves(tree, record):
    for leaf in record["leaves"]:
        *parents, last = leaf["path"]
        at = tree
        for key in parents:
            at = at.get(key, {})
        if at.get(last) == leaf["installed_value"]:
            if "prior_value" in leaf:
                at[last] = leaf["prior_value"]
            else:
                del at[last]
    for parents in sorted(record.get("created_parents", []), key=len, reverse=True):
        *above, last = parents
        at = tree
        for key in above:
            at = at.get(key, {})
        if at.get(last) == {}:
            del at[last]


def _edited(record, read, write, undo):
    path = pathlib.Path(record["file"])
    if path.exists():
        tree = read(path.read_text()) or {}
        undo(tree, record)
        path.write_text(write(tree))


def _undo_entries(tree, record):
    *parents, last = record["path"].split(".")
    for key in parents:
        tree = tree[key]
    for entry in record["entries"]:
        if entry["installed"] in tree[last]:
            at = tree[last].index(entry["installed"])
            tree[last][at:at + 1] = [entry["prior"]] if "prior" in entry else []


def _undo_json(record, undo):
    _edited(record, json.loads, lambda tree: json.dumps(tree, indent=2) + "\n", undo)


def _undo_block(record):
    path = pathlib.Path(record["file"])
    if path.exists():
        before, found, rest = path.read_text().partition(f"# >>> nono:{record['marker_id']} >>>\n")
        _, ended, after = rest.partition(f"# <<< nono:{record['marker_id']} <<<\n")
        assert found and ended, "the block is not as the original marks it"
        path.write_text(before + after)


UNDO = {
    "symlink": _undo_link,
    "write_file": _undo_file,
    "json_merge": lambda record: _undo_json(record, _undo_leaves),
    "json_array_append": lambda record: _undo_json(record, _undo_entries),
    "toml_block": _undo_block,
    "yaml_merge": lambda record: _edited(record, yaml.safe_load, yaml.safe_dump, _undo_leaves),
}

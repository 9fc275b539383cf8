"""A pack that wires in every way, and a home with files of its own where it does."""
import json
import pathlib

from tests.support.packs import pack_files

SETTINGS = b'{\n  // mine\n  "model": "opus",   "keep": [1,2],\n}\n'
CONFIG = b'# mine\nmodel = "o3"\n\n[profiles.a]\nx = 1\n'
WIRING = [
    {"type": "write_file", "source": "bin/hook.sh", "dest": "$HOME/.codex/bin/hook.sh"},
    {"type": "symlink", "link": "$HOME/.claude/plugins/web", "target": "$PACK_DIR"},
    {"type": "json_merge", "file": "$HOME/.claude/settings.json", "patch": "wiring/settings.json"},
    {"type": "toml_block", "file": "$HOME/.codex/config.toml", "marker_id": "web", "content": "wiring/block.toml",
     "position": "top"},
    {"type": "json_array_append", "file": "$HOME/.claude/hooks.json", "path": "hooks.list", "key_field": "id",
     "patch_entries": "wiring/entries.json"},
    {"type": "yaml_merge", "file": "$HOME/.hermes/config.yaml", "patch": "wiring/patch.yaml"},
]


def wiring_pack(wiring, extra, name="web", version="1.0.0"):
    """A pack of these directives, and of the files (path -> bytes) that they read."""
    files = pack_files(name, version, wiring=wiring)
    manifest = json.loads(files["package.json"])
    manifest["artifacts"] += [{"type": "plugin", "path": path} for path in extra]
    return {**files, **extra, "package.json": json.dumps(manifest).encode()}


def wired(version):
    """A pack that wires in all six ways, each version otherwise."""
    extra = {
        "wiring/settings.json": json.dumps({"enabled": {"web": version}, "keep": [3]}).encode(),
        "wiring/block.toml": f'web = "{version}"\n\n[web_table]\nhome = "$HOME"\n'.encode(),
        "wiring/entries.json": json.dumps([{"id": "web", "version": version}]).encode(),
        "wiring/patch.yaml": f"web:\n  version: '{version}'\n".encode(),
    }
    return wiring_pack(WIRING, extra, version=version)


def furnish(home):
    """A home with files of its own in the way."""
    home = pathlib.Path(home)
    for path, data in ((".claude/settings.json", SETTINGS), (".codex/config.toml", CONFIG),
                       (".hermes/config.yaml", b"# mine\na: 1\n")):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(data)

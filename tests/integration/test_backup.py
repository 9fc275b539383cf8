"""Backup and restore, by the very lines of the operator's page."""
import os
import pathlib
import re
import subprocess

from tests.support import packs
from tests.support.api import Api, World
from tests.support.registry import Registry

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/registry/operating.md").read_text()


def commands(heading):
    """The lines that are typed below a heading of the page, without those that start and stop the registry."""
    block = PAGE[PAGE.index(f"**{heading}**"):]
    lines = re.findall(r"^ {4}(.*?)(?: {2,}#.*)?$", block[:block.index("\n\n", block.index("\n    "))], re.MULTILINE)
    return [line for line in lines if line.startswith(("pg_dump", "psql", "cp "))]


def type_in(lines, registry, folder):
    for line in lines:
        line = line.replace("DATA_DIR", str(registry.folder)).replace("BLOB_DIR", str(registry.folder / "blobs"))
        done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)


def test_what_was_backed_up_twice_is_restored_whole(registry_folder):
    desk = registry_folder / "desk"
    desk.mkdir()
    backup, restore = commands("Backup"), commands("Restore")
    assert [line.split()[0] for line in backup + restore] == ["pg_dump", "cp", "cp", "psql"]
    with Registry.start(registry_folder / "old") as old:
        owner, organisation, key = World(old.url, "admin", old.password).publisher()
        for version in ("1.0.0", "1.1.0"):
            assert owner.publish(organisation, packs.pack_files(version=version), key, version=version).status_code == 201
            type_in(backup, old, desk)
        archives = {version: owner.get(f"/packages/{organisation}/web/versions/{version}/archive").content for version in ("1.0.0", "1.1.0")}

    new = Registry(registry_folder / "new")
    assert new.run("migrate").returncode == 0
    copy, data = restore
    type_in([copy], new, desk)
    for path in (new.folder / "blobs").rglob("*"):
        os.chown(path, new.folder.stat().st_uid, new.folder.stat().st_gid)
    with new.up():
        type_in([data], new, desk)
    checked = new.run("fsck")
    assert checked.returncode == 0 and checked.stdout.startswith("2 versions") and " 0 orphans" in checked.stdout, checked.stdout
    with new.up():
        for version, archive in archives.items():
            assert Api(new.url).get(f"/packages/{organisation}/web/versions/{version}/archive").content == archive

"""Blobs that the disk has lost or changed come back when their bytes are published again, and no others do."""
import pathlib
import re
import shutil

import pytest
import requests

from tests.support import packs
from tests.support.api import Api, World
from tests.support.registry import Registry, make_folder

BATCH = pathlib.Path(__file__).resolve().parents[2] / "registry/blob/batch.c"
POINTS = re.findall(r'crash_point\("([a-z_.]+)"\)', BATCH.read_text())
SHARED = {"README.md": b"# The same in every pack of these tests\n"}


@pytest.fixture(scope="module")
def house():
    """A registry, a caller who may publish, an organisation and its key."""
    folder = make_folder()
    server = Registry.start(folder / "data")
    owner, organisation, key = World(server.url, "admin", server.password).publisher()
    yield server, owner.token("read", "publish"), organisation, key
    if server.process:
        server.down()
    shutil.rmtree(folder, ignore_errors=True)


def blob(server, digest):
    return server.folder / "blobs" / "sha256" / digest[:2] / digest


def rot(path):
    """One byte, in place: whoever has the file open reads it too."""
    path.chmod(0o600)
    with open(path, "r+b") as file:
        byte = file.read(1)[0]
        file.seek(0)
        file.write(bytes([byte ^ 1]))


def files_of(name):
    return {**packs.pack_files(name), **SHARED}


def publish(house, name):
    _, caller, organisation, key = house
    return caller.publish(organisation, files_of(name), key, name=name).status_code


def artifact(api, organisation, name, path="README.md"):
    answer = api.get(f"/packages/{organisation}/{name}/versions/1.0.0/artifacts/{path}")
    return answer.content if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize("damage", [rot, pathlib.Path.unlink], ids=["rotten", "lost"])
def test_the_same_bytes_put_back_what_the_disk_lost(house, damage):
    server, caller, organisation, key = house
    name = f"mended-{damage.__name__}"
    assert publish(house, name) == 201
    base = f"/packages/{organisation}/{name}/versions/1.0.0"
    archive, bundle = caller.get(f"{base}/archive").content, caller.get(f"{base}/bundle").content
    for data in (archive, bundle, files_of(name)["policy.json"]):
        damage(blob(server, packs.sha256(data)))
    checked = server.run("fsck")
    assert checked.returncode == 1 and checked.stdout.count(f"; it is of {organisation}/{name}@1.0.0\n") == 3, checked.stdout
    assert "publish again" in checked.stderr

    other = caller.publish(organisation, {**files_of(name), "README.md": b"# Other\n"}, key, name=name)
    assert other.status_code == 409 and server.run("fsck").returncode == 1
    before = len(server.log())
    assert publish(house, name) == 200
    assert '"event":"blobs.mended","count":3' in server.log()[before:]
    checked = server.run("fsck")
    assert checked.returncode == 0 and "publish again" not in checked.stderr, checked.stdout
    assert caller.get(f"{base}/archive").content == archive and caller.get(f"{base}/bundle").content == bundle
    before = len(server.log())
    assert publish(house, name) == 200 and "blobs.mended" not in server.log()[before:]


def test_no_node_keeps_the_bytes_that_were_wrong(house):
    server, _, organisation, _ = house
    assert publish(house, "kept-a") == publish(house, "kept-b") == 201
    address = {"database_url": f"host={server.folder}/socket user=nono dbname=nono", "blob_dir": server.folder / "blobs", "workers": 1}
    with Registry.start(server.folder.parent / "other", **address) as other:
        nodes = [Api(server.url), Api(other.url)]
        rot(blob(server, packs.sha256(SHARED["README.md"])))
        for node in nodes * 2:  # the second time from memory
            assert artifact(node, organisation, "kept-a") not in (SHARED["README.md"], 500)
        assert publish(house, "kept-b") == 200  # another pack that has it
        assert artifact(nodes[0], organisation, "kept-a") == SHARED["README.md"]
        for _ in range(200):  # the other node hears of it
            if artifact(nodes[1], organisation, "kept-a") == SHARED["README.md"]:
                break
        else:
            pytest.fail("the other node still has what was wrong")


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_it_mends(house, point):
    """The blobs are as they were, or right; and the next publish, or a start, makes them right."""
    server, caller, organisation, key = house
    name = f"killed-{point.replace('.', '-')}"
    assert publish(house, name) == 201
    files = {path: data for path, data in files_of(name).items() if path in ("policy.json", "package.json", "README.md")}
    server.down()
    for data in files.values():
        rot(blob(server, packs.sha256(data)))
    wrong = {digest: blob(server, digest).read_bytes() for digest in map(packs.sha256, files.values())}
    server.up(NONO_CRASH_AT=point)
    caller.base = server.url + "/api/v1"
    with pytest.raises(requests.RequestException):
        publish(house, name)
    assert server.wait() == -9
    for data in files.values():
        assert blob(server, packs.sha256(data)).read_bytes() in (data, wrong[packs.sha256(data)])
    server.up()
    caller.base = server.url + "/api/v1"
    assert publish(house, name) == 200
    checked = server.run("fsck")
    assert checked.returncode == 0, checked.stdout
    assert {path: artifact(caller, organisation, name, path) for path in files} == files
    assert not [path for path in (server.folder / "blobs/tmp").iterdir() if path.name in wrong]

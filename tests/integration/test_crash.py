"""A publish that is killed anywhere leaves nothing, or the whole version."""
import pathlib
import re
import threading

import pytest
import requests

from tests.support import packs
from tests.support.api import Api, World
from tests.support.registry import Registry

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "registry/domain/publish.c", ROOT / "registry/blob/batch.c", ROOT / "registry/db/pipeline.c"]
POINTS = [point for source in SOURCES for point in re.findall(r'crash_point\("([a-z_.]+)"\)', source.read_text())]
LOAD = 3  # publishers at once


@pytest.fixture(scope="module")
def house(tmp_path_factory, request):
    """A registry that is killed and started again over the same data, with someone who may publish."""
    from tests.support.registry import make_folder
    server = Registry.start(make_folder() / "data")
    world = World(server.url, "admin", server.password)
    owner, organisation, key = world.publisher()
    token = owner.token("read", "publish").http.headers["Authorization"].removeprefix("Bearer ")
    server.down()
    yield server, token, organisation, key
    if server.process:
        server.down()


def publish(url, token, organisation, key, name):
    try:
        answer = Api(url, token).publish(organisation, packs.pack_files(name), key, name=name)
        return answer.status_code
    except requests.RequestException:
        return None  # it was killed


def load(server, token, organisation, key, names):
    """All the packs at once, from as many connections; name -> status, None when it never answered."""
    statuses = {}

    def one(name):
        statuses[name] = publish(server.url, token, organisation, key, name)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def whole(api, organisation, name):
    """Whether a pack is there; when it is, all of it is."""
    base = f"/packages/{organisation}/{name}"
    if api.get(base).status_code == 404:
        assert api.get(f"{base}/versions/1.0.0/pull").status_code == 404
        return False
    pull = api.get(f"{base}/versions/latest/pull").json()
    files = packs.pack_files(name)
    assert {a["filename"]: a["sha256_digest"] for a in pull["artifacts"]} == {p: packs.sha256(d) for p, d in files.items()}
    for artifact in pull["artifacts"]:
        assert api.get(artifact["download_url"].removeprefix("/api/v1")).content == files[artifact["filename"]]
    archive = api.get(f"{base}/versions/1.0.0/archive").content
    assert f"sha256:{packs.sha256(archive)}" == pull["archive"]["digest"]
    assert api.get(f"{base}/versions/1.0.0/bundle").status_code == 200
    return True


def test_there_are_enough_points_and_each_is_named_once():
    assert len(POINTS) >= 10 and len(POINTS) == len(set(POINTS))


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(house, point):
    server, token, organisation, key = house
    names = [f"{re.sub('[_.]', '-', point)}-{i}" for i in range(LOAD)]
    server.up(NONO_CRASH_AT=f"{point}:2")  # the second to come there, so that others are on their way
    statuses = load(server, token, organisation, key, names)
    assert server.wait() == -9
    assert None in statuses.values()

    checked = server.run("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    server.up()
    api = Api(server.url, token)
    there = {name: whole(api, organisation, name) for name in names}
    for name, status in statuses.items():
        assert there[name] or status != 201, f"{name} was acknowledged and is gone"
    if point == "publish.committed":
        assert any(there[name] and statuses[name] is None for name in names)

    again = load(server, token, organisation, key, names)  # and what was cut off can be sent again
    assert {name: status in ((200,) if there[name] else (201,)) for name, status in again.items()} == dict.fromkeys(names, True)
    assert all(whole(api, organisation, name) for name in names)
    assert server.down() == 0
    checked = server.run("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_power_goes_right_after_a_publish(house):
    """The files of the blobs may be cut short then: they were never synced, but the journal was."""
    server, token, organisation, key = house
    name = "power-cut"
    server.up()
    assert publish(server.url, token, organisation, key, name) == 201
    assert server.kill() == -9
    blobs, journal = server.folder / "blobs" / "sha256", server.folder / "blobs" / "journal"
    (segment,) = journal.iterdir()
    unsynced = [data for data in packs.pack_files(name).values() if packs.sha256(data).encode() in segment.read_bytes()]
    assert unsynced
    for data in unsynced:
        digest = packs.sha256(data)
        path = blobs / digest[:2] / digest
        path.chmod(0o600)
        path.write_bytes(data[:1])

    checked = server.run("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    server.up()
    assert whole(Api(server.url, token), organisation, name)
    assert server.down() == 0
    assert not list(journal.iterdir()), "a clean end needs no journal"

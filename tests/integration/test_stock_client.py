"""What the original's clients do against us: they neither know nor mind that it is another registry."""
import base64
import json

import pytest

from tests.support import packs
from tests.support.stock_client import RegistryError, StockClient


@pytest.fixture(scope="module", params=["", "/api/v1"], ids=["base", "base with the prefix"])
def shop(request, world):
    owner, organisation, key = world.publisher()
    for version in ("0.9.0", "1.0.0"):
        files = packs.pack_files(version=version)
        assert owner.publish(organisation, files, key, version=version).status_code == 201
    return StockClient(world.base + request.param), owner, organisation


def test_pulls_the_newest_and_an_exact_version(shop):
    client, _, organisation = shop
    version, files, bundle = client.pull(f"{organisation}/web")
    assert version == "1.0.0" and files == packs.pack_files()
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    assert {s["name"]: s["digest"]["sha256"] for s in statement["subject"]} == {p: packs.sha256(d) for p, d in files.items()}
    assert client.pull(f"{organisation}/web@0.9.0")[0] == "0.9.0"


def test_searches_without_escaping(shop):
    client, _, organisation = shop
    assert (organisation, "web") in [(p["namespace"], p["name"]) for p in client.search(f"{organisation}/")]
    assert client.search("nothing-is-called-this") == []
    assert client.search(f"{organisation}/&b=c") and client.search(f"{organisation}/+helps")


def test_learns_what_is_outdated(shop):
    client, _, organisation = shop
    assert client.status(f"{organisation}/web", "0.9.0") == {"schema_version": 1, "latest": "1.0.0", "installed_status": "outdated"}
    assert client.status(f"{organisation}/web", "1.0.0")["installed_status"] == "current"
    assert client.status(f"{organisation}/web", "v1 +odd&")["installed_status"] == "unknown"
    with pytest.raises(RegistryError, match="404"):
        client.status(f"{organisation}/absent", "1.0.0")


def test_finds_who_brings_a_profile(shop):
    client, _, organisation = shop
    assert (organisation, "web") in [(p["namespace"], p["name"]) for p in client.providers("web-agent")]
    assert client.providers("no-such-profile") == [] == client.providers("../x") == client.providers("a%zz")


def test_is_stopped_by_a_yank(shop):
    client, owner, organisation = shop
    owner.post(f"/packages/{organisation}/web/versions/0.9.0/yank", {"reason": "leaks"})
    with pytest.raises(RegistryError, match=r"has been yanked \(reason: leaks\)"):
        client.pull(f"{organisation}/web@0.9.0")
    assert client.status(f"{organisation}/web", "0.9.0")["installed_status"] == "yanked"
    assert client.pull(f"{organisation}/web")[0] == "1.0.0"


def test_is_told_what_is_not_there(shop):
    client, _, organisation = shop
    for reference in (f"{organisation}/web@7.7.7", f"{organisation}/absent", "nobody/web"):
        with pytest.raises(RegistryError, match="HTTP 404"):
            client.pull(reference)

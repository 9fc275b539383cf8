"""What a pack's names mean when others have the same, and that the consent shows all that a pack gets."""
import json

from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import Publisher

INVALID = 2
CLOSED = {"network": {"block": True}}


def pack(name, profiles, groups=None, version="1.0.0", aliases=()):
    """The files of a pack of profiles by name, and of groups that begin with t_."""
    artifacts = [{"type": "profile", "path": f"{i}.json", "install_as": each, "aliases": list(aliases) if i == 0 else []}
                 for i, each in enumerate(profiles)]
    files = {f"{i}.json": json.dumps(each).encode() for i, each in enumerate(profiles.values())}
    if groups:
        artifacts.append({"type": "groups", "path": "g.json", "prefix": "t_"})
        files["g.json"] = json.dumps(groups).encode()
    manifest = {"schema_version": 1, "name": name, "version": version, "artifacts": artifacts}
    return {"package.json": json.dumps(manifest).encode(), **files}


def readers(path):
    return {"filesystem": {"allow": [path]}, **CLOSED}


def shown(user, ref):
    return user.ok("pull", "--yes", ref).stderr


def grants(user, profile):
    return {item["path"] for item in json.loads(user.ok("profile", "show", "--json", profile).stdout)["filesystem"]["allow"]}


def test_another_pack_changes_neither_bases_nor_groups(client, publisher, registry, tmp_path):  # noqa: F811
    """The other's organisation comes first in the lock file."""
    other = Publisher(registry, tmp_path / "other", f"a{publisher.organisation}")
    publisher.publish(pack("web", {"web": {"extends": "base", "groups": ["t_x"], **CLOSED}, "base": readers("$HOME/base")},
                           {"t_x": {"allow": {"read": ["$HOME/group"]}}}))
    other.publish(pack("evil", {"evil": CLOSED, "base": readers("$HOME/evil")}, {"t_x": {"allow": {"read": ["$HOME/evil"]}}}))
    client.ok("pull", "--yes", publisher.ref("web"))
    before = grants(client, publisher.ref("web"))
    assert {f"{client.home}/base", f"{client.home}/group"} <= before
    mine = client.home / "mine.json"
    mine.write_text(json.dumps({"groups": ["t_x"], **CLOSED}))
    assert f"{client.home}/group" in grants(client, mine)
    for name in ("t_x", publisher.ref("web") + "/t_x"):
        assert "  $HOME/group" in client.ok("profile", "groups", name).stdout
    client.refused(3, "profile", "groups", publisher.ref("web") + "/t_y")

    said = shown(client, other.ref("evil"))
    assert "$HOME/evil" in said
    assert grants(client, publisher.ref("web")) == before == grants(client, "web")
    said = client.refused(INVALID, "profile", "show", mine)
    assert f"write {other.ref('evil')}/t_x or {publisher.ref('web')}/t_x" in said
    assert publisher.ref("web") in client.refused(INVALID, "profile", "show", "base")
    mine.write_text(json.dumps({"groups": [publisher.ref("web") + "/t_x"], **CLOSED}))
    assert f"{client.home}/group" in grants(client, mine)


def test_no_pack_brings_the_base_of_all_others(publisher):  # noqa: F811
    for files in (pack("evil", {"default": readers("$HOME")}), pack("evil", {"evil": readers("$HOME")}, aliases=["default"])):
        try:
            publisher.publish(files)
        except AssertionError as error:
            assert 'no pack\'s profile can be called "default"' in str(error)
        else:
            raise AssertionError("published")


def test_a_name_of_a_built_in_profile_is_told_and_is_no_base(client, publisher):  # noqa: F811
    publisher.publish(pack("web", {"web": readers("$HOME/web")}, aliases=["node-dev"]))
    mine = client.home / "mine.json"
    mine.write_text(json.dumps({"extends": "node-dev"}))
    assert "--profile node-dev is its profile then" in shown(client, publisher.ref("web"))
    assert f"{client.home}/web" in grants(client, "node-dev")
    assert f"{client.home}/web" not in grants(client, mine)


def test_only_profiles_have_names(client, publisher):  # noqa: F811
    """One that another artifact has would be told to nobody, and be another profile at a run than in the consent."""
    files = pack("web", {"web": {"extends": "x", **CLOSED}, "safe": readers("$HOME/safe"), "danger": readers("$HOME/danger")})
    manifest = json.loads(files["package.json"])
    manifest["artifacts"][1]["aliases"] = ["x"]
    manifest["artifacts"].insert(0, {"type": "plugin", "path": "p.txt", "install_as": "danger", "aliases": ["node-dev", "x"]})
    publisher.publish({**files, "p.txt": b"", "package.json": json.dumps(manifest).encode()})
    assert "--profile node-dev" not in shown(client, publisher.ref("web"))
    for name in ("node-dev", "x", "web"):
        assert f"{client.home}/danger" not in grants(client, name), name
    assert f"{client.home}/safe" in grants(client, "x") & grants(client, "web")
    listed = json.loads(client.ok("profile", "list", "--json").stdout)
    assert [item["name"] for item in listed if item.get("pack")].count("x") == 1


def test_the_consent_shows_every_profile(client, publisher):  # noqa: F811
    quiet = {f"q{i}": CLOSED for i in range(65)}
    publisher.publish(pack("many", {**quiet, "many": readers("$HOME/last")}))
    assert "$HOME/last" in shown(client, publisher.ref("many"))


def test_the_consent_shows_the_widest_working_folder(client, publisher):  # noqa: F811
    publisher.publish(pack("web", {"web": CLOSED}))
    assert "the folder it is started in" not in shown(client, publisher.ref("web"))
    more = {"more": {"workdir": {"access": "readwrite"}, **CLOSED}}
    publisher.publish(pack("web", {"web": CLOSED, **more}, version="1.1.0"))
    assert "+ now: may read and change the folder it is started in" in shown(client, publisher.ref("web"))


def test_a_pack_may_name_its_own_groups_and_shows_those_it_offers(client, publisher, registry):  # noqa: F811
    publisher.publish(pack("web", {"web": {"groups": ["t_mine"], **CLOSED}},
                           {"t_mine": {"allow": {"read": ["$HOME/mine"]}}, "t_yours": {"allow": {"readwrite": ["$HOME/yours"]}}}))
    said = shown(client, publisher.ref("web"))
    assert "$HOME/mine" in said and "may read and change $HOME/yours" in said
    assert f"{client.home}/mine" in grants(client, "web")
    assert f"{client.home}/yours" not in grants(client, "web")
    served = registry.get(f"/api/v1/packages/{publisher.ref('web')}/versions/1.0.0/permissions").json()
    assert "$HOME/yours" in json.dumps(served)

"""Requests that meet: what one takes away, another that is under way does not use or bring back."""
import concurrent.futures

import pytest

from tests.support import packs
from tests.support.api import PASSWORD, Api
from tests.support.database import AUDIT, Database

NEW = "another long password"


@pytest.fixture(scope="module")
def database(registry):
    return Database(registry)


def statuses(answers):
    return [answer.status_code for answer in answers]


def is_done(ended):
    """Of a request, or of a command at the machine."""
    return ended.status_code in (200, 204) if hasattr(ended, "status_code") else ended.returncode == 0


# Roles

class House:
    """An organisation with a pack, two owners besides its first, and a reader."""

    def __init__(self, world):
        self.founder, self.name, self.key = world.publisher()
        for version in ("1.0.0", "1.1.0"):
            assert self.founder.publish(self.name, packs.pack_files(version=version), self.key, version=version).status_code == 201
        self.owner, self.other, self.reader, self.friend = (world.person() for _ in range(4))
        for person, role in ((self.owner, "owner"), (self.other, "owner"), (self.reader, "reader")):
            assert self.give(self.founder, person, role).status_code == 200

    def give(self, who, person, role):
        return who.call("PUT", f"/organisations/{self.name}/members/{person.name}", json={"role": role})

    def remove(self, who, person):
        return who.call("DELETE", f"/organisations/{self.name}/members/{person.name}")

    def version(self, who, verb, **body):
        return who.post(f"/packages/{self.name}/web/versions/1.1.0/{verb}", body or None)


ACTS = {  # by an owner: what is audited, the status when they may, and the act
    "come back": ("member.set", 200, lambda h, who: h.give(who, who, "owner")),
    "bring a friend": ("member.set", 200, lambda h, who: h.give(who, h.friend, "owner")),
    "remove a member": ("member.remove", 204, lambda h, who: h.remove(who, h.reader)),
    "leave a key": ("key.add", 201, lambda h, who: who.post(f"/organisations/{h.name}/keys", {"name": "k", "public_key": packs.Key().pem})),
    "revoke a key": ("key.revoke", 204, lambda h, who: who.call("DELETE", f"/organisations/{h.name}/keys/{h.key.id}")),
    "show what is private": ("package.change", 200, lambda h, who: who.call("PATCH", f"/packages/{h.name}/web", json={"visibility": "public"})),
    "yank": ("version.yank", 200, lambda h, who: h.version(who, "yank", reason="spite")),
    "take a yank back": ("version.unyank", 200, lambda h, who: h.version(who, "unyank")),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_is_removed_does_nothing_more(world, database, act):
    house, (action, allowed, does) = House(world), ACTS[act]
    answers = database.in_turn(AUDIT, lambda: house.remove(house.founder, house.owner), lambda: does(house, house.owner))
    assert statuses(answers) == [204, 403], answers[1].text
    assert "needs the role" in answers[1].json()["detail"]
    last = world.admin.get("/audit?limit=1").json()["events"][0]
    assert last["action"] == "member.remove" and last["detail"]["login"] == house.owner.name
    members = house.founder.get(f"/organisations/{house.name}/members").json()["members"]
    assert {m["login"] for m in members} == {house.founder.name, house.other.name, house.reader.name}

    answers = database.in_turn(AUDIT, lambda: house.give(house.founder, house.friend, "reader"), lambda: does(house, house.other))
    assert statuses(answers) == [200, allowed], answers[1].text  # who stays
    last = world.admin.get("/audit?limit=1").json()["events"][0]
    assert last["action"] == action and last["actor"] == house.other.name


def test_everyone_may_leave_while_others_come(world, database):
    house = House(world)
    answers = database.in_turn(AUDIT, lambda: house.give(house.founder, house.friend, "reader"), lambda: house.remove(house.reader, house.reader))
    assert statuses(answers) == [200, 204]


def test_of_two_owners_who_remove_each_other_one_stays(world, database):
    house = House(world)
    answers = database.in_turn(AUDIT, lambda: house.remove(house.owner, house.other), lambda: house.remove(house.other, house.owner))
    assert statuses(answers) == [204, 403]


def test_a_publish_does_not_wait_for_a_role(world, database):
    house = House(world)
    lock = f"SELECT FROM organisation WHERE name = '{house.name}' FOR NO KEY UPDATE"  # as organisation_lock.sql
    with database.held(lock):
        for name, version in (("web", "1.2.0"), ("new", "1.0.0")):
            made = house.founder.publish(house.name, packs.pack_files(name, version=version), house.key, name=name, version=version)
            assert made.status_code == 201, made.text


def test_a_publish_that_takes_its_time_keeps_no_other_request_with_its_token_waiting(world, registry, database):
    """Whose use is noted, once in a minute, in a row that the publish counts on."""
    house = House(world)
    publisher = Api(registry.url, token_of(house.founder, "ci", "publish", "read")["token"])
    files = packs.pack_files("web", version="1.2.0")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with database.held(package_lock(house)):
            made = pool.submit(publisher.publish, house.name, files, house.key, name="web", version="1.2.0")
            while not database.waiting():
                assert not made.done(), made.result().text
            database.run("UPDATE token SET last_used_at = now() - interval '5 minutes'")
            used = publisher.get("/auth/whoami")
            assert used.status_code == 200 and not made.done()
    assert made.result().status_code == 201, made.result().text


# What is latest

def latest(world, house):
    reader, path = world.nobody(), f"/packages/{house.name}/web"
    pulled = reader.get(f"{path}/versions/latest/pull")
    assert pulled.status_code == 200, pulled.text
    assert reader.get(path).json()["latest_version"] == pulled.json()["version"]
    return pulled.json()["version"]


def package_lock(house):
    return (f"SELECT FROM package p JOIN organisation o ON o.id = p.organisation_id WHERE o.name = '{house.name}' "
            "FOR NO KEY UPDATE OF p")


def test_latest_is_right_after_yanks_at_once(world, database):
    house = House(world)
    assert house.founder.publish(house.name, packs.pack_files(version="1.2.0"), house.key, version="1.2.0").status_code == 201
    path = f"/packages/{house.name}/web/versions"
    for verb, body, expected in (("yank", {"reason": "bad"}, "1.0.0"), ("unyank", None, "1.2.0")):
        answers = database.in_turn(package_lock(house), lambda v=verb, b=body: house.owner.post(f"{path}/1.2.0/{v}", b),
                                   lambda v=verb, b=body: house.other.post(f"{path}/1.1.0/{v}", b))
        assert statuses(answers) == [200, 200]
        assert latest(world, house) == expected


@pytest.mark.parametrize("yank_first", [True, False])
def test_latest_is_right_after_a_yank_during_a_publish(world, database, yank_first):
    house = House(world)
    acts = [lambda: house.version(house.owner, "yank", reason="bad"),
            lambda: house.founder.publish(house.name, packs.pack_files(version="2.0.0"), house.key, version="2.0.0")]
    answers = database.in_turn(AUDIT, *(acts if yank_first else acts[::-1]))
    assert sorted(statuses(answers)) == [200, 201]
    assert latest(world, house) == "2.0.0"


# Tokens

def token_of(maker, name, *scopes):
    made = maker.post("/auth/tokens", {"name": name, "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return made.json()


def count(database, person):
    return int(database.run("SELECT count(*) FROM token t JOIN account a ON a.id = t.account_id "
                            f"WHERE a.login = '{person.name}' AND t.revoked_at IS NULL"))


ENDS = {  # of a token; of all of an account's
    "revoked": lambda registry, person, parent: person.call("DELETE", f"/auth/tokens/{parent['id']}"),
    "logged out": lambda registry, person, parent: Api(registry.url, parent["token"]).post("/auth/logout"),
    "revoked with a password":
        lambda registry, person, parent: person.post("/auth/password", {"current": PASSWORD, "new": NEW, "revoke_tokens": True}),
    "revoked at the machine":
        lambda registry, person, parent: registry.run("admin", "user", "reset", person.name, "--revoke-tokens", "--password-stdin", stdin=NEW),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_token_that_is_being_made_ends_with_its_maker(world, registry, database, end):
    person = world.person()
    parent = token_of(person, "parent", "account", "read")
    child, ended = database.in_turn(
        AUDIT, lambda: Api(registry.url, parent["token"]).post("/auth/tokens", {"name": "child", "scopes": ["account"]}),
        lambda: ENDS[end](registry, person, parent))
    assert child.status_code == 201 and is_done(ended)
    assert count(database, person) == 0
    for token in (parent, child.json()):
        assert Api(registry.url, token["token"]).get("/auth/whoami").status_code == 401


@pytest.mark.parametrize("end", ENDS)
def test_a_token_that_is_being_revoked_makes_no_other(world, registry, database, end):
    person = world.person()
    parent = token_of(person, "parent", "account", "read")
    ended, child = database.in_turn(
        AUDIT, lambda: ENDS[end](registry, person, parent),
        lambda: Api(registry.url, parent["token"]).post("/auth/tokens", {"name": "child", "scopes": ["account"]}))
    assert is_done(ended)
    assert child.status_code == 401 and "has ended just now" in child.json()["detail"]
    assert count(database, person) == 0


def test_a_token_that_is_being_made_outlives_another(world, registry, database):
    person = world.person()
    parent, other = (token_of(person, name, "account") for name in ("parent", "other"))
    child, ended = database.in_turn(
        AUDIT, lambda: Api(registry.url, parent["token"]).post("/auth/tokens", {"name": "child", "scopes": ["account"]}),
        lambda: ENDS["revoked"](registry, person, other))
    assert statuses([child, ended]) == [201, 204]
    assert [Api(registry.url, t["token"]).get("/auth/whoami").status_code for t in (parent, child.json(), other)] == [200, 200, 401]


def signed_in(world, person):
    other = world.nobody()
    assert other.login(person.name).status_code == 200
    return other


BEARERS = {  # of what lets an account in; what ends it, and what the other is told
    "session": (lambda world, person: signed_in(world, person), "session has ended just now",
                lambda registry, person: person.post("/auth/password", {"current": PASSWORD, "new": NEW})),
    "token": (lambda world, person: person.token("account", name="parent"), "token has ended just now",
              lambda registry, person: registry.run("admin", "user", "reset", person.name, "--revoke-tokens", "--password-stdin", stdin=NEW)),
    "account": (lambda world, person: person.token("account", name="parent"), "disabled just now",
                lambda registry, person: registry.run("admin", "user", "disable", person.name)),
}


@pytest.mark.parametrize("bearer", BEARERS)
def test_what_has_ended_revokes_no_token(world, registry, database, bearer):
    enters, said, ends = BEARERS[bearer]
    person = world.person()
    first, second = (token_of(person, name, "read") for name in ("first", "second"))
    one = enters(world, person)
    assert one.call("DELETE", f"/auth/tokens/{first['id']}").status_code == 204
    ended, late = database.in_turn(AUDIT, lambda: ends(registry, person), lambda: one.call("DELETE", f"/auth/tokens/{second['id']}"))
    assert is_done(ended) and late.status_code == 401 and said in late.json()["detail"], late.text
    events = world.admin.get("/audit?limit=3").json()["events"]
    assert second["id"] not in [event["subject"] for event in events if event["action"] == "token.revoke"]


def test_a_token_that_is_being_revoked_gives_no_role(world, registry, database):
    house = House(world)
    parent = token_of(house.owner, "parent", "org")
    api = Api(registry.url, parent["token"])
    assert house.give(api, house.reader, "owner").status_code == 200
    ended, given = database.in_turn(AUDIT, lambda: ENDS["revoked"](registry, house.owner, parent), lambda: house.give(api, house.friend, "owner"))
    assert statuses([ended, given]) == [204, 401]
    assert house.friend.get(f"/organisations/{house.name}/members").status_code == 403


# Accounts

def test_an_account_that_is_being_disabled_makes_nothing(world, registry, database):
    person, other, names = world.person(is_admin=True), world.person(is_admin=True), [world.unique("made") for _ in range(2)]
    token = Api(registry.url, token_of(person, "parent", "account")["token"])
    acts = [lambda: token.post("/auth/tokens", {"name": "child", "scopes": ["account"]}),
            lambda: token.post("/accounts", {"login": names[0], "password": PASSWORD, "is_admin": True}),
            lambda: other.post("/accounts", {"login": names[1], "password": PASSWORD})]
    disabled, *answers = database.in_turn(AUDIT, lambda: registry.run("admin", "user", "disable", person.name), *acts)
    assert disabled.returncode == 0 and statuses(answers) == [401, 401, 201]
    assert all("disabled just now" in answer.json()["detail"] for answer in answers[:2])
    assert [world.nobody().login(name).status_code for name in names] == [401, 200]
    assert count(database, person) == 1
    assert registry.run("admin", "user", "enable", person.name).returncode == 0
    assert acts[0]().status_code == 201

"""Accounts, sessions, tokens, organisations: who may come in, and what they may do there."""
import hashlib
import json
import re
import zlib

import pytest

from tests.support import packs
from tests.support.api import PASSWORD, Api

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_sign_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(world):
    person = world.person()
    answer = person.login(person.name)
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"nono_session=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Lax; Max-Age=\d+$", cookie)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["user"] == {"login": person.name, "display_name": person.name, "is_admin": False}


def test_a_wrong_password_and_an_unknown_login_are_the_same_answer(world):
    person = world.person()
    wrong = world.nobody().login(person.name, "not the password at all")
    unknown = world.nobody().login("nobody-of-that-name", "not the password at all")
    assert wrong.status_code == unknown.status_code == 401
    drop = {"request_id"}
    assert {k: v for k, v in wrong.json().items() if k not in drop} == {k: v for k, v in unknown.json().items() if k not in drop}


def test_logins_are_known_in_any_case(world):
    person = world.person("MixedCase")
    assert world.nobody().login(person.name.upper()).json()["user"]["login"] == person.name


def test_sign_in_is_limited_for_each_account(world):
    person, other = world.person(), world.person()
    statuses = [world.nobody().login(person.name, "wrong wrong wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = world.nobody().login(person.name.upper())  # even with the right password, however it is spelt
    assert refused.status_code == 429 and "try again in" in refused.json()["hint"]
    assert "Retry-After" in refused.headers
    assert world.nobody().login(other.name).status_code == 200


def test_a_token_neither_outlives_nor_survives_the_one_that_it_was_made_with(world):
    person = world.person()
    parent = person.token("account", "read", expires_in_days=1)
    until = person.get("/auth/tokens").json()["tokens"][0]["expires_at"]
    child = parent.post("/auth/tokens", {"name": "child", "scopes": ["account"]}).json()
    assert child["expires_at"] == until
    longer = parent.post("/auth/tokens", {"name": "longer", "scopes": ["read"], "expires_in_days": 100}).json()
    assert longer["expires_at"] == until
    grandchild = Api(world.base, child["token"]).post("/auth/tokens", {"name": "grandchild", "scopes": ["account"]}).json()
    apart = person.token("read")
    for text in (child["token"], grandchild["token"]):
        assert Api(world.base, text).get("/auth/whoami").status_code == 200
    parent_id = next(t["id"] for t in person.get("/auth/tokens").json()["tokens"] if t["scopes"] == ["account", "read"] or
                     t["scopes"] == ["read", "account"])
    assert person.call("DELETE", f"/auth/tokens/{parent_id}").status_code == 204
    for text in (child["token"], grandchild["token"], longer["token"]):
        assert Api(world.base, text).get("/auth/whoami").status_code == 401
    assert apart.get("/auth/whoami").status_code == 200


def test_a_session_ends_at_logout(world):
    person = world.person()
    cookie = dict(person.http.cookies)
    assert person.get("/auth/whoami").status_code == 200
    assert person.post("/auth/logout").status_code == 204
    again = world.nobody()
    again.http.cookies.update(cookie)
    assert again.get("/auth/whoami").status_code == 401


@pytest.mark.parametrize("value", [None, "", "0" * 64])
def test_a_cookie_alone_changes_nothing(world, value):
    person = world.person()
    del person.http.headers["X-Nono-CSRF"]
    headers = {} if value is None else {"X-Nono-CSRF": value}
    answer = person.post("/organisations", {"name": world.unique("forged")}, headers=headers)
    assert answer.status_code == 403 and "X-Nono-CSRF" in answer.json()["detail"]
    assert person.get("/auth/whoami").status_code == 200  # reading needs none


def test_a_new_password_ends_the_other_sessions(world):
    person, elsewhere = world.person(), world.nobody()
    elsewhere.login(person.name)
    body = {"current": PASSWORD, "new": "another long password"}
    assert person.post("/auth/password", {**body, "current": "wrong wrong wrong"}).json()["field"] == "current"
    assert person.post("/auth/password", {**body, "new": "short"}).json()["field"] == "new"
    assert person.post("/auth/password", body).json() == {"sessions_ended": 1, "devices_denied": 0, "tokens_revoked": 0, "tokens_left": 0}
    assert person.get("/auth/whoami").status_code == 200
    assert elsewhere.get("/auth/whoami").status_code == 401
    assert world.nobody().login(person.name).status_code == 401
    assert world.nobody().login(person.name, body["new"]).status_code == 200


@pytest.mark.parametrize("more, left", [({}, 2), ({"revoke_tokens": False}, 2), ({"revoke_tokens": True}, 0)])
def test_tokens_stay_with_a_new_password_unless_they_are_to_go(world, more, left):
    person, stranger = world.person(), world.person().token("read")
    tokens = [person.token("read"), person.token("read", "account")]
    answer = person.post("/auth/password", {"current": PASSWORD, "new": "another long password", **more}).json()
    assert (answer["tokens_left"], answer["tokens_revoked"]) == (left, 2 - left)
    assert ("revoke_tokens" in answer["hint"] and "DELETE" in answer["hint"]) if left else "hint" not in answer
    assert [token.get("/auth/whoami").status_code for token in tokens] == [200 if left else 401] * 2
    assert stranger.get("/auth/whoami").status_code == person.get("/auth/whoami").status_code == 200
    event = world.admin.get("/audit?limit=1").json()["events"][0]
    assert event["action"] == "account.password" and event["actor"] == person.name and event["ip"] == "127.0.0.1"
    assert event["detail"] == ({} if left else {"tokens_revoked": 2})


def test_a_new_password_takes_back_a_device_login_that_is_not_finished(world):
    person, codes = world.person(), []
    for decision in ("approve", None):
        code = world.nobody().call("POST", "/auth/device/code", data={"client_id": "nono"}).json()
        codes.append(code["device_code"])
        if decision:
            assert person.post(f"/auth/device/{code['user_code']}", {"decision": decision}).status_code == 204
    assert person.post("/auth/password", {"current": PASSWORD, "new": "another long password"}).json()["devices_denied"] == 1
    polled = [world.nobody().call("POST", "/auth/device/token", data={
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code, "client_id": "nono"}) for code in codes]
    assert [answer.json()["error"] for answer in polled] == ["access_denied", "authorization_pending"]


def test_an_administrator_at_the_machine_is_told_of_tokens(world, registry):
    person = world.person()
    token = person.token("read")
    told = registry.run("admin", "user", "reset", person.name, "--password-stdin", stdin="another long password\n")
    assert told.returncode == 0 and "still count: 1" in told.stdout and token.get("/auth/whoami").status_code == 200
    assert person.get("/auth/whoami").status_code == 401
    told = registry.run("admin", "user", "reset", person.name, "--revoke-tokens")
    assert told.returncode == 0 and "tokens revoked: 1" in told.stdout and token.get("/auth/whoami").status_code == 401


def test_an_administrator_at_the_machine_gives_and_takes_roles(world, registry):
    owner, person = world.person("owner"), world.person()
    organisation = world.organisation(owner)

    def run(*words):
        return registry.run("admin", "organisation", "member", organisation, *words)

    given = run(person.name, "--role", "publisher")
    assert given.returncode == 0 and given.stdout == f"{person.name} is publisher of {organisation}\n", given.stderr
    assert owner.get(f"/organisations/{organisation}/members/{person.name}").json()["role"] == "publisher"
    event = world.admin.get("/audit?limit=1").json()["events"][0]
    assert (event["actor"], event["action"], event["subject"]) == ("system", "member.set", organisation)
    assert event["detail"] == {"login": person.name, "role": "publisher"}

    for words in ((owner.name, "--remove"), (owner.name, "--role", "reader")):  # the last one stays
        kept = run(*words)
        assert kept.returncode == 1 and f"{organisation} would be left without an owner" in kept.stderr
        assert "make someone else an owner first" in kept.stderr
    assert run(person.name, "--role", "owner").returncode == 0
    gone = run(owner.name, "--remove")
    assert gone.returncode == 0 and gone.stdout == f"{owner.name} is no member of {organisation} any more\n"
    assert owner.get(f"/organisations/{organisation}/members").status_code == 403
    assert world.admin.get("/audit?limit=1").json()["events"][0]["action"] == "member.remove"


def test_an_organisation_that_is_made_at_the_machine_was_made_by_nobody_else(world, registry):
    person, name = world.person(), world.unique("made")
    assert registry.run("admin", "organisation", "create", name, "--owner", person.name).returncode == 0
    event = world.admin.get("/audit?limit=1").json()["events"][0]
    assert (event["actor"], event["action"], event["subject"]) == ("system", "organisation.add", name)
    assert event["detail"] == {"owner": person.name}
    assert person.get(f"/organisations/{name}/members/{person.name}").json()["role"] == "owner"
    own = world.organisation(person)
    event = world.admin.get("/audit?limit=1").json()["events"][0]
    assert (event["actor"], event["action"], event["subject"], event["detail"]) == (person.name, "organisation.add", own, {})


def test_nobody_who_is_disabled_becomes_an_owner(world, registry):
    person, owner, name = world.person(), world.person("owner"), world.unique("made")
    organisation = world.organisation(owner)
    acts = (("create", name, "--owner", person.name), ("member", organisation, person.name, "--role", "owner"))

    def put(role):
        return owner.call("PUT", f"/organisations/{organisation}/members/{person.name}", json={"role": role})

    assert registry.run("admin", "user", "disable", person.name).returncode == 0
    for act in acts:
        refused = registry.run("admin", "organisation", *act)
        assert refused.returncode == 1 and f"{person.name} is disabled" in refused.stderr, refused.stderr
    refused = put("owner")
    assert refused.status_code == 409 and f"{person.name} is disabled" in refused.json()["detail"], refused.text
    assert world.nobody().get(f"/organisations/{name}").status_code == 404
    assert owner.get(f"/organisations/{organisation}/members/{person.name}").status_code == 404
    assert registry.run("admin", "organisation", "member", organisation, person.name, "--role", "reader").returncode == 0
    assert registry.run("admin", "user", "enable", person.name).returncode == 0
    assert [registry.run("admin", "organisation", *act).returncode for act in acts] == [0, 0]
    assert put("reader").status_code == 200 and put("owner").status_code == 200


@pytest.mark.parametrize("words, status, said", [
    (["NOBODY", "--role", "reader"], 3, "no account is called NOBODY"),
    (["PERSON", "--remove"], 3, "PERSON is no member of ORG"),
    (["PERSON", "--role", "king"], 2, "--role: expected reader, publisher, maintainer or owner"),
    (["PERSON"], 2, "--role or --remove is missing"),
    (["PERSON", "--role", "reader", "--remove"], 2, "--role and --remove cannot both be"),
    (["--role", "reader"], 2, "expected 2 arguments"),
])
def test_a_role_that_cannot_be_given_at_the_machine_is_refused(world, registry, words, status, said):
    person = world.person()
    organisation = world.organisation(world.person("owner"))
    names = {"PERSON": person.name, "ORG": organisation}
    refused = registry.run("admin", "organisation", "member", organisation, *(names.get(word, word) for word in words))
    for name, value in names.items():
        said = said.replace(name, value)
    assert refused.returncode == status and said in refused.stderr, refused.stderr
    assert person.get(f"/organisations/{organisation}/members").status_code == 403
    other = registry.run("admin", "organisation", "member", "no-such-one", person.name, "--role", "reader")
    assert other.returncode == 3 and "no organisation is called no-such-one" in other.stderr


def test_people_and_roles_are_listed_at_the_machine(world, registry):
    owner, person, boss = world.person("owner"), world.person(), world.person("boss", is_admin=True)
    organisation = world.organisation(owner)
    assert owner.call("PUT", f"/organisations/{organisation}/members/{person.name}", json={"role": "reader"}).status_code == 200
    assert registry.run("admin", "user", "disable", person.name).returncode == 0
    users = [line.split() for line in registry.run("admin", "user", "list").stdout.splitlines()]
    assert [owner.name] in users and [person.name, "disabled"] in users and [boss.name, "administrator"] in users
    roles = [line.split() for line in registry.run("admin", "organisation", "list").stdout.splitlines()]
    assert [line for line in roles if line[0] == organisation] == [[organisation, "owner", owner.name], [organisation, "reader", person.name]]
    assert registry.run("admin", "user", "list", "more").returncode == 2


def test_tokens_have_a_prefix_and_a_checksum(world):
    answer = world.person().post("/auth/tokens", {"name": "ci", "scopes": ["read"], "expires_in_days": 7})
    token = answer.json()["token"]
    assert re.fullmatch(r"nono_[0-9A-Za-z]{42}", token)
    crc, check = zlib.crc32(token[:-6].encode()), ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        check = DIGITS[digit] + check
    assert token.endswith(check)
    assert answer.json()["expires_at"] > answer.json()["created_at"]


def test_a_token_is_shown_once_and_does_what_its_scopes_say(world):
    person = world.person()
    reader = person.token("read", name="laptop")
    listed = person.get("/auth/tokens").json()["tokens"]
    assert [t["name"] for t in listed] == ["laptop"] and "token" not in listed[0]
    assert reader.get("/auth/whoami").json()["token"]["scopes"] == ["read"]
    refused = reader.post("/organisations", {"name": world.unique("org")})
    assert refused.status_code == 403 and "scope org" in refused.json()["detail"]
    assert reader.get("/auth/tokens").status_code == 403
    assert reader.post("/auth/password", {"current": PASSWORD, "new": "x" * 20}).status_code == 403


def test_a_token_gives_no_more_than_it_has(world):
    keeper = world.person().token("account", "read")
    assert keeper.post("/auth/tokens", {"name": "part", "scopes": ["read"]}).status_code == 201
    refused = keeper.post("/auth/tokens", {"name": "more", "scopes": ["publish"]})
    assert refused.status_code == 403 and refused.json()["field"] == "scopes"


@pytest.mark.parametrize("body, field", [
    ({"name": "", "scopes": ["read"]}, "name"),
    ({"name": "x", "scopes": []}, "scopes"),
    ({"name": "x", "scopes": ["root"]}, "scopes"),
    ({"name": "x", "scopes": ["read", "read"]}, "scopes"),
    ({"name": "x", "scopes": ["read"], "expires_in_days": 99999}, "expires_in_days"),
    ({"name": "x", "scopes": ["read"], "extra": 1}, "extra"),
    ({"scopes": ["read"]}, "name"),
])
def test_what_no_token_can_be_is_refused_by_field(world, body, field):
    answer = world.admin.post("/auth/tokens", body)
    assert answer.status_code == 400 and answer.json()["field"] == field


def test_a_revoked_token_counts_for_nothing(world):
    person = world.person()
    token = person.token("read")
    listed = person.get("/auth/tokens").json()["tokens"][0]
    assert world.person().call("DELETE", f"/auth/tokens/{listed['id']}").status_code == 404  # someone else's
    assert person.call("DELETE", f"/auth/tokens/{listed['id']}").status_code == 204
    assert token.get("/auth/whoami").status_code == 401
    assert token.get("/packages").status_code == 401  # not quietly nobody
    assert person.call("DELETE", f"/auth/tokens/{listed['id']}").status_code == 404


def test_logout_with_a_token_revokes_it(world):
    token = world.person().token("read")
    assert token.post("/auth/logout").status_code == 204
    assert token.get("/auth/whoami").status_code == 401


@pytest.mark.parametrize("header", ["Bearer nono_x", "Bearer ", "Basic YTpi", "nono_x"])
def test_credentials_that_prove_nothing_are_refused(world, header):
    answer = world.nobody().get("/packages", headers={"Authorization": header})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_accounts_are_made_by_administrators(world):
    assert world.person().post("/accounts", {"login": "x", "password": PASSWORD}).status_code == 403
    person = world.person("taken")
    taken = world.admin.post("/accounts", {"login": person.name.upper(), "password": PASSWORD})
    assert taken.status_code == 409 and taken.json()["field"] == "login"
    for login, password, field in (("-x", PASSWORD, "login"), ("a b", PASSWORD, "login"), ("ok", "short", "password"),
                                   ("longenoughlogin", "LongEnoughLogin", "password")):
        refused = world.admin.post("/accounts", {"login": login, "password": password})
        assert refused.status_code == 400 and refused.json()["field"] == field
    assert person.name in [a["login"] for a in world.admin.get("/accounts").json()["accounts"]]
    assert person.get("/accounts").status_code == 403


def test_a_name_belongs_to_one_organisation(world):
    person = world.person()
    name = world.organisation(person, "Acme-Tools")
    for other in (name, name.lower(), name.replace("-", "_"), name.replace("-", ".")):
        answer = world.person().post("/organisations", {"name": other})
        assert answer.status_code == 409 and answer.json()["field"] == "name"
    assert person.get(f"/organisations/{name}").json()["members_count"] == 1
    assert "members_count" not in world.nobody().get(f"/organisations/{name}").json()
    assert world.nobody().get(f"/organisations/{name.lower()}").status_code == 404


@pytest.mark.parametrize("name", ["admin", "API", "latest", "well_known", "wired.json", "a.JSON"])
def test_reserved_names_are_nobodys(world, name):
    answer = world.person().post("/organisations", {"name": name})
    assert answer.status_code == 400 and "reserved" in answer.json()["detail"]


def test_owners_give_roles_and_an_owner_stays(world):
    owner, member, stranger = world.person(), world.person(), world.person()
    name = world.organisation(owner)
    path = f"/organisations/{name}/members"
    assert stranger.get(path).status_code == 403
    assert member.call("PUT", f"{path}/{member.name}", json={"role": "owner"}).status_code == 403
    made = owner.call("PUT", f"{path}/{member.name}", json={"role": "reader"})
    assert made.json() == {"login": member.name, "display_name": member.name, "role": "reader"}
    assert [m["role"] for m in member.get(path).json()["members"]] == ["owner", "reader"]
    last = owner.call("PUT", f"{path}/{owner.name}", json={"role": "reader"})
    assert last.status_code == 409 and "owner" in last.json()["detail"]
    assert owner.call("DELETE", f"{path}/{owner.name}").status_code == 409
    assert member.call("DELETE", f"{path}/{owner.name}").status_code == 403
    assert owner.call("PUT", f"{path}/{member.name}", json={"role": "owner"}).status_code == 200
    assert owner.call("DELETE", f"{path}/{owner.name}").status_code == 204  # handed over
    assert owner.get(path).status_code == 403
    assert member.call("PUT", f"{path}/nobody-here", json={"role": "reader"}).status_code == 404
    assert member.call("PUT", f"{path}/{owner.name}", json={"role": "king"}).json()["field"] == "role"


def test_keys_are_registered_and_revoked_by_owners(world):
    owner, organisation, key = world.publisher()
    path = f"/organisations/{organisation}/keys"
    listed = world.nobody().get(path).json()["keys"]
    assert [(k["key_id"], k["algorithm"]) for k in listed] == [(key.id, "ed25519")]
    again = owner.post(path, {"name": "again", "public_key": key.pem})
    assert again.status_code == 409 and again.json()["field"] == "public_key"
    assert again.json()["detail"] == 'this key is registered already, as "release key"' and "hint" not in again.json()
    p256 = packs.Key("p256")
    assert owner.post(path, {"name": "hardware", "public_key": p256.pem}).json()["algorithm"] == "ecdsa-p256"
    assert owner.post(path, {"name": "bad", "public_key": "no key"}).json()["field"] == "public_key"
    assert world.person().call("DELETE", f"{path}/{key.id}").status_code == 403
    assert owner.call("DELETE", f"{path}/{key.id}").status_code == 204
    assert owner.call("DELETE", f"{path}/{key.id}").status_code == 404
    assert "revoked_at" in world.nobody().get(path).json()["keys"][0]
    again = owner.post(path, {"name": "again", "public_key": key.pem})
    assert again.status_code == 409 and again.json()["detail"] == 'this key was registered, as "release key", and is revoked'
    assert again.json()["hint"] == "what is revoked signs nothing again: register another key"


def test_a_revoked_key_is_told_at_once(world):
    owner, organisation, key = world.publisher()
    assert owner.publish(organisation, packs.pack_files(), key).status_code == 201
    pull, reader = f"/packages/{organisation}/web/versions/1.0.0/pull", world.nobody()
    for _ in range(2):  # the second time from memory
        assert reader.get(pull).json()["signer"]["revoked"] is False
    assert owner.call("DELETE", f"/organisations/{organisation}/keys/{key.id}").status_code == 204
    assert reader.get(pull).json()["signer"]["revoked"] is True


def test_every_act_is_in_the_audit_trail(world):
    owner, organisation, key = world.publisher()
    assert owner.get("/audit").status_code == 403
    page = world.admin.get("/audit?limit=2").json()
    assert [e["action"] for e in page["events"]] == ["key.add", "organisation.add"]
    assert page["events"][0]["detail"] == {"key_id": key.id}
    older = world.admin.get(f"/audit?limit=1&cursor={page['next_cursor']}").json()["events"][0]
    assert older["number"] == page["events"][1]["number"] - 1


def test_both_prefixes_reach_everything(world):
    twice = Api(world.base, prefix="/api/v1/api/v1")
    assert twice.get("/packages").json() == world.nobody().get("/packages").json()


def jsonb_text(value):
    """As PostgreSQL prints jsonb."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {jsonb_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def test_the_chain_can_be_checked_by_anyone(world):
    owner, _, _ = world.publisher()
    owner.token("read", name="caf\u00e9 \"quoted\"")
    events, query = [], {"limit": 100}
    while True:
        page = world.admin.get("/audit", params=query).json()
        events += page["events"]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    events.reverse()
    before = hashlib.sha256(b"nono audit v1").digest()
    assert [e["number"] for e in events] == list(range(1, len(events) + 1))
    for event in events:
        text = jsonb_text([event[key] for key in ("number", "at", "actor", "action", "subject", "detail", "ip")])
        before = hashlib.sha256(before + text.encode()).digest()
        assert event["hash"] == before.hex(), event

"""Device login, RFC 8628."""
import re

import pytest

from tests.support.api import Api
from tests.support.registry import Registry

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def begin(world, **fields):
    answer = world.nobody().call("POST", "/auth/device/code", data={"client_id": "nono"} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def poll(world, codes):
    return world.nobody().call("POST", "/auth/device/token", data={
        "grant_type": GRANT, "device_code": codes["device_code"], "client_id": "nono"})


@pytest.mark.parametrize("listen, absolute", [("127.0.0.1:0", True), ("0.0.0.0:0", False), ("[::]:0", False)])
def test_a_link_does_not_send_people_to_their_own_machine(registry_folder, listen, absolute):
    with Registry.start(registry_folder / "data", listen=listen) as registry:
        base, api = registry.url if absolute else "", Api(registry.url)
        codes = api.call("POST", "/auth/device/code", data={"client_id": "nono"}).json()
        assert codes["verification_uri"] == f"{base}/device"
        assert codes["verification_uri_complete"] == f"{base}/device?code={codes['user_code']}"
        assert api.get("/registry").json()["base_url"] == base


def test_a_person_lets_a_device_in_once(world):
    codes, person = begin(world, scope="read publish"), world.person()
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", codes["user_code"])
    assert codes["verification_uri_complete"].endswith(f"/device?code={codes['user_code']}")
    assert codes["interval"] == 5 and 0 < codes["expires_in"] <= 1800
    assert poll(world, codes).json()["error"] == "authorization_pending"

    typed = codes["user_code"].lower().replace("-", " ")  # as people type it
    asked = person.get(f"/auth/device/{typed}").json()
    assert asked["client"] == "nono" and asked["scopes"] == ["read", "publish"]
    assert person.post(f"/auth/device/{typed}", {"decision": "approve"}).status_code == 204
    assert person.get(f"/auth/device/{typed}").status_code == 404  # decided

    early = poll(world, codes)
    assert early.status_code == 400 and early.json()["error"] == "slow_down"


def test_an_approved_device_receives_a_token_that_works(world):
    codes, person = begin(world, scope="read"), world.person()
    assert person.post(f"/auth/device/{codes['user_code']}", {"decision": "approve"}).status_code == 204
    granted = poll(world, codes)
    assert granted.status_code == 200 and granted.headers["Cache-Control"] == "no-store"
    body = granted.json()
    assert body["token_type"] == "Bearer" and body["scope"] == "read" and body["expires_in"] > 0
    who = Api(world.base, body["access_token"]).get("/auth/whoami").json()
    assert who["user"]["login"] == person.name and who["token"]["name"] == "nono"
    assert poll(world, codes).json()["error"] == "expired_token"  # once


def test_a_denied_device_is_told(world):
    codes, person = begin(world), world.person()
    assert person.post(f"/auth/device/{codes['user_code']}", {"decision": "deny"}).status_code == 204
    assert poll(world, codes).json()["error"] == "access_denied"


def test_only_a_session_decides(world):
    codes = begin(world)
    assert world.nobody().get(f"/auth/device/{codes['user_code']}").status_code == 401
    token = world.person().token("read", "publish", "yank", "org", "account")
    assert token.get(f"/auth/device/{codes['user_code']}").status_code == 403
    assert token.post(f"/auth/device/{codes['user_code']}", {"decision": "approve"}).status_code == 403


@pytest.mark.parametrize("fields, error", [
    ({"grant_type": "password", "device_code": "0" * 64}, "unsupported_grant_type"),
    ({"device_code": "0" * 64}, "invalid_request"),
    ({"grant_type": GRANT}, "invalid_request"),
    ({"grant_type": GRANT, "device_code": "short"}, "invalid_request"),
    ({"grant_type": GRANT, "device_code": "0" * 64}, "expired_token"),
])
def test_failures_are_those_of_oauth(world, fields, error):
    answer = world.nobody().call("POST", "/auth/device/token", data=fields)
    assert answer.status_code == 400 and answer.json()["error"] == error


def test_a_device_asks_for_scopes_that_exist(world):
    answer = world.nobody().call("POST", "/auth/device/code", data={"client_id": "nono", "scope": "read root"})
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_scope"
    assert world.nobody().call("POST", "/auth/device/code", data={"scope": "read"}).json()["error"] == "invalid_request"


def test_a_device_is_not_called_what_would_be_read_as_another(world):
    for name in ("nono \u202egnol ytterp", "nono\u2066x", "nono\u2028on your laptop"):
        answer = world.nobody().call("POST", "/auth/device/code", data={"client_id": name})
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_request"
    assert begin(world, client_id="\u05e0\u05d5\u05e0\u05d5 on caf\u00e9")["user_code"]


def test_guessing_codes_is_limited(world):
    person = world.person()
    answers = [person.get("/auth/device/BBBB-BBBB") for _ in range(21)]
    assert {answer.status_code for answer in answers} == {404, 429}
    assert int(answers[-1].headers["Retry-After"]) > 600  # most of the quarter of an hour, not five seconds


def test_what_a_page_only_shows_guesses_no_code(world):
    person, codes = world.person(), begin(world)
    for headers in ({"Sec-Fetch-Dest": "image"}, {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "Cross-Site", "Sec-Fetch-Dest": "empty"}):
        answers = [person.get("/auth/device/BBBB-BBBB", headers=headers) for _ in range(25)]
        assert {(a.status_code, a.headers["Content-Type"]) for a in answers} == {(403, "application/problem+json")}
        refused = person.post(f"/auth/device/{codes['user_code']}", {"decision": "approve"}, headers=headers)
        assert refused.status_code == 403
    script = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
    assert person.get(f"/auth/device/{codes['user_code']}", headers=script).json()["client"] == "nono"
    assert person.post(f"/auth/device/{codes['user_code']}", {"decision": "approve"}, headers=script).status_code == 204


def test_no_other_sites_page_begins_a_device_login(world):
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        answer = world.nobody().call("POST", "/auth/device/code", data={"client_id": "nono"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == status, answer.text

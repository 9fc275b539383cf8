"""schema/openapi.yaml and the registry are the same contract: by the route table, and by what it answers."""
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from tests.support import packs

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load((ROOT / "schema/openapi.yaml").read_text())
METHODS = {"get", "put", "post", "patch", "delete"}


def route_table():
    """(method, path) -> (access, scope) of registry/api/routes.c, with its macros spelt out."""
    text = (ROOT / "registry/api/routes.c").read_text()
    macros = {name: value for name, value in re.findall(r"#define (PACKAGE|VERSION|ORG) +(.*)", text)}
    rows = re.findall(r"\{ (GET|PUT|POST|PATCH|DELETE), +(.+?), +ACCESS_(\w+), +(NULL|\"\w+\"),", text)

    def spell(path):
        for name in ("VERSION", "PACKAGE", "ORG"):
            path = re.sub(rf"\b{name}\b", lambda _: macros[name], path)
        return "".join(re.findall(r'"([^"]*)"', path)).replace("...}", "}")

    return {(method.lower(), spell(path)): (access, scope.strip('"')) for method, path, access, scope in rows}


def operations():
    return {(method, path): operation for path, item in DOCUMENT["paths"].items()
            for method, operation in item.items() if method in METHODS}


def test_every_route_is_described_and_every_description_is_routed():
    assert set(route_table()) == set(operations())
    assert len(route_table()) > 40


def test_who_may_come_in_is_said_as_the_table_says_it():
    kinds = {"ANYONE": (set(), {"token", "session"}), "ACCOUNT": ({"token", "session"},),
             "ADMIN": ({"token", "session"},), "SESSION": ({"session"},)}
    for key, (access, scope) in route_table().items():
        operation = operations()[key]
        named = {name for need in operation.get("security", []) for name in need if name != "csrf"}
        assert named in kinds[access], f"{key} {access} {named}"
        assert operation.get("x-scope", "NULL") == scope, key


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for operation in operations().values()]
    assert len(names) == len(set(names))


def test_the_document_is_served(registry):
    answer = registry.get("/api/v1/openapi.yaml")
    assert answer.status == 200 and answer.body == (ROOT / "schema/openapi.yaml").read_bytes()
    assert registry.request("HEAD", "/api/v1/openapi.yaml").headers["Content-Length"] == str(len(answer.body))


def schemathesis(url, *arguments):
    program = pathlib.Path(sys.executable).with_name("st")
    command = [program, "--config-file", str(ROOT / "tests/integration/schemathesis.toml"), "run",
               str(ROOT / "schema/openapi.yaml"), "--url", url + "/api/v1", "--phases", "examples,coverage,fuzzing",
               "--seed", "1", "--max-examples", os.environ.get("NONO_SCHEMATHESIS_EXAMPLES", "12"), "--warnings", "off",
               "--continue-on-failure", "--no-color", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=550,
                          cwd=os.environ.get("TMPDIR", "/tmp"))
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def filled(world):
    """With a pack in it, so that not everything is absent."""
    owner, organisation, key = world.publisher()
    published = owner.publish(organisation, packs.pack_files(), key)
    assert published.status_code == 201, published.text
    return world


def test_schemathesis_finds_nothing_with_a_token(filled):
    token = filled.admin.token("read", "publish", "yank", "org", "account", name="schemathesis")
    out = schemathesis(filled.base, "-H", f"Authorization: {token.http.headers['Authorization']}",
                       "--exclude-operation-id", "logout")
    assert "No issues found" in out, out[-2000:]


def test_schemathesis_finds_nothing_in_a_session(filled):
    cookie = "; ".join(f"{c.name}={c.value}" for c in filled.admin.http.cookies)
    schemathesis(filled.base, "-H", f"Cookie: {cookie}", "-H", f"X-Nono-CSRF: {filled.admin.http.headers['X-Nono-CSRF']}",
                 "--include-operation-id", "deviceRequest", "--include-operation-id", "deviceDecide",
                 "--include-operation-id", "whoami", "--include-operation-id", "tokensList",
                 "--exclude-checks", "negative_data_rejection,ignored_auth")

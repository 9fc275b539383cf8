"""schema/package.schema.json and nono agree on what a manifest is."""
import json
import shutil

import jsonschema
import pytest
from fixtures_state import ROOT
from fixtures_state import user  # noqa: F401

SCHEMA = json.loads((ROOT / "schema/package.schema.json").read_text())
EXAMPLES = ROOT / "schema/examples/package"


def cases(kind):
    return sorted((EXAMPLES / kind).glob("*.json"), key=lambda path: path.name)


def lint(user, path):  # noqa: F811
    folder = user.work / "pack"
    folder.mkdir()
    shutil.copy(path, folder / "package.json")
    return json.loads(user("pack", "lint", "--json", folder, status=1))["findings"]


def is_missing_file(finding):
    return finding["message"].endswith("is not there") or "version: missing" in finding["message"]


def is_of_manifest(finding):
    words = ("is not installed", "variable")
    return finding["severity"] == "error" and not is_missing_file(finding) and not any(
        word in finding["message"] for word in words)


@pytest.mark.parametrize("path", cases("good"), ids=lambda path: path.stem)
def test_good_manifests_are_taken_by_both(user, path):  # noqa: F811
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))
    assert [finding for finding in lint(user, path) if is_of_manifest(finding)] == []


@pytest.mark.parametrize("path", cases("bad"), ids=lambda path: path.stem)
def test_bad_manifests_are_refused_by_both(user, path):  # noqa: F811
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))
    assert [finding for finding in lint(user, path) if is_of_manifest(finding)] != []


def test_the_example_pack_is_good():
    manifest = json.loads((ROOT / "examples/packs/secure-coding/package.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(manifest)

"""`nono profile`, and schema/profile.schema.json held to the client and to the examples beside it."""
import json
import os
import pathlib
import re
import subprocess
import tomllib

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
NONO = ROOT / os.environ.get("NONO_BUILD", "build/dev") / "bin" / "nono"
EXAMPLES = sorted((ROOT / "schema/examples/profile").glob("*/*"))
SCHEMA = json.loads((ROOT / "schema/profile.schema.json").read_text())


@pytest.fixture
def nono(tmp_path):
    """Runs `nono profile ...` with a home of its own; the result of subprocess.run."""
    home = tmp_path / "home"
    (home / ".config/nono/profiles").mkdir(parents=True)

    def run(*words, cwd=tmp_path):
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        return subprocess.run([NONO, "profile", *words], env=env, cwd=cwd, capture_output=True, text=True, check=False)

    run.profiles = home / ".config/nono/profiles"
    run.home = home
    return run


def document(file):
    return tomllib.loads(file.read_text()) if file.suffix == ".toml" else yaml.safe_load(file.read_text())


def schema_keys():
    """Every key that the schema knows, as lib/profile/keys.c writes them."""
    for name, value in SCHEMA["$defs"]["profile"]["properties"].items():
        inner = [key for part in [value, *value.get("oneOf", [])] for key in part.get("properties", {})]
        whole = name in ("groups", "workdir", "platform_overrides")
        yield from [name] if whole or not inner else [f"{name}.{key}" for key in inner]


def test_the_schema_is_one_and_has_every_key_of_the_table():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    text = (ROOT / "lib/profile/keys.c").read_text()
    table = text[text.index("profile_key keys[]"):text.index("*key_find(")]
    assert set(schema_keys()) == set(re.findall(r'(?:\{ |\()"([$\w.]+)"', table))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_schema_and_client_agree_on_the_examples(nono, file):
    good = file.parent.name == "good"
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(document(file)) == good
    run = nono("validate", file)
    assert run.returncode == (0 if good else 2), run.stderr
    assert good or re.search(rf"{file.name}:\d+:\d+: ", run.stderr)


def test_list_has_the_promised_built_in_profiles(nono):
    names = {entry["name"]: entry for entry in json.loads(nono("list", "--json").stdout)}
    promised = ("default claude-code codex opencode openclaw swival linux-host-compat mise-dev python-dev node-dev bun-dev "
                "go-dev java-dev rust-dev").split()
    assert set(promised) <= set(names)
    assert all(names[name]["description"] for name in promised)


def test_a_users_file_hides_the_built_in_one(nono):
    (nono.profiles / "codex.toml").write_text("description = 'mine'\n")
    entries = [entry for entry in json.loads(nono("list", "--json").stdout) if entry["name"] == "codex"]
    assert [(entry["place"], entry["hidden"]) for entry in entries] == [("user", False), ("built-in", True)]
    assert json.loads(nono("show", "codex", "--json").stdout)["description"] == "mine"


def test_a_description_is_not_inherited(nono):
    (nono.profiles / "wide.toml").write_text('network = {allow_hosts = ["a.example"]}\n')
    entry = next(entry for entry in json.loads(nono("list", "--json").stdout) if entry["name"] == "wide")
    assert not entry.get("description")
    assert "no network" not in nono("show", "wide").stdout.splitlines()[0]


def test_show_prints_the_resolved_model(nono):
    (nono.profiles / "agent.yaml").write_text("filesystem: {write: [~/x]}\nnetwork: {allow_hosts: [a.example]}\n")
    model = json.loads(nono("show", "agent", "--json").stdout)
    assert model["network"]["mode"] == "hosts"
    grant = next(item for item in model["filesystem"]["allow"] if item["path"] == f"{nono.home}/x")
    assert grant["access"] == ["read", "write", "execute"] and grant["at"].endswith("agent.yaml:1:22")
    text = nono("show", "agent").stdout
    assert "rwx-" in text and "may connect to a.example" in text
    assert "* may connect to a.example" in nono("show", "--words", "agent").stdout
    assert json.loads(nono("show", "--words", "--json", "agent").stdout)["hosts"] == [{"host": "a.example"}]


def test_validate_reports_and_sets_its_status(nono):
    good = ROOT / "schema/examples/profile/good/article.toml"
    report = json.loads(nono("validate", "--json", good).stdout)
    assert report["valid"] and len(report["unsupported"]) == 5
    assert nono("validate", good).returncode == 0
    assert nono("validate", "--strict", good).returncode == 2
    bad = ROOT / "schema/examples/profile/bad/unknown_key.toml"
    run = nono("validate", "--json", bad)
    error = json.loads(run.stdout)["error"]
    assert run.returncode == 2 and error["field"] == "filesystem.raed" and "read" in error["hint"]
    assert nono("validate", "none-such").returncode == 3
    assert nono("validate").returncode == 2


def test_use_is_kept_listed_and_taken_back(nono):
    assert "`nono run -- claude` now uses profile claude-code" in nono("use", "claude-code").stdout
    chosen = [entry for entry in json.loads(nono("list", "--json").stdout) if entry.get("default_for")]
    assert [(entry["name"], entry["default_for"]) for entry in chosen] == [("claude-code", "claude")]
    (nono.profiles / "plain.toml").write_text("")
    refused = nono("use", "plain")
    assert refused.returncode == 2 and "--for PROGRAM" in refused.stderr
    assert nono("use", "plain", "--for", "claude").returncode == 0
    assert tomllib.loads((nono.home / ".config/nono/agents.toml").read_text()) == {"profiles": {"claude": "plain"}}
    for words in (["--clear", "claude"], ["--clear"], ["--clear", "plain", "--for", "claude"]):
        refused = nono("use", *words)
        assert refused.returncode == 2 and "nono profile use --clear --for " in refused.stderr
    assert nono("use", "--clear", "--for", "claude").returncode == 0
    assert tomllib.loads((nono.home / ".config/nono/agents.toml").read_text()) == {"profiles": {}}
    assert nono("use", "none-such").returncode == 3
    assert json.loads(nono("use", "plain", "--for", "claude", "--json").stdout) == {"program": "claude", "profile": "plain"}
    assert json.loads(nono("use", "--clear", "--for", "claude", "--json").stdout) == {"program": "claude", "profile": None}


def test_groups_are_listed_and_shown(nono):
    groups = {group["name"]: group for group in json.loads(nono("groups", "--json").stdout)}
    assert groups["deny_credentials"]["required"] and "codex_macos" not in groups
    assert "codex_macos" in nono("groups", "--all-platforms").stdout
    assert "~/.ssh" in json.loads(nono("groups", "--json", "deny_credentials").stdout)["deny"]["access"]
    assert "~/.ssh" in nono("groups", "deny_credentials").stdout
    missing = nono("groups", "deny_credential")
    assert missing.returncode == 3 and "deny_credentials" in missing.stderr


def test_diff_puts_what_widens_first(nono):
    (nono.profiles / "old.toml").write_text("filesystem.read = ['/a']\n")
    (nono.profiles / "new.toml").write_text("network.allow_hosts = ['a.example']\n")
    assert nono("diff", "old", "new").stdout.split("\n") == [
        "+ now: may connect to a.example", "+ no longer: has no network", "- no longer: may read /a", ""]
    changes = json.loads(nono("diff", "--json", "old", "new").stdout)
    assert [change["widened"] for change in changes] == [True, True, False]


def test_a_file_that_is_used_is_kept_with_its_whole_path(nono):
    """By its name alone, whatever folder one stands in would have the say."""
    (nono.home / "mine.toml").write_text('description = "mine"\n')
    done = nono("use", "mine.toml", "--for", "cat", cwd=nono.home)
    assert done.returncode == 0 and str(nono.home / "mine.toml") in done.stdout
    chosen = nono.home / ".config/nono/agents.toml"
    assert tomllib.loads(chosen.read_text()) == {"profiles": {"cat": str((nono.home / "mine.toml").resolve())}}


def test_a_file_without_a_profiles_ending_is_said_to_be_one(nono):
    (nono.home / "mine").write_text("[filesystem]\n")
    for name in ("./mine", "./"):
        done = nono("validate", name, cwd=nono.home)
        assert done.returncode == 2 and "is no profile" in done.stderr and ".toml" in done.stderr
    done = nono("validate", "./none", cwd=nono.home)
    assert done.returncode == 3 and "there is no profile" in done.stderr

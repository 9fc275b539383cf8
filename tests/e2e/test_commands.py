"""The command line itself: help, mistakes, completion, and output that cannot be written."""
import json
import re
import subprocess

import pytest

from fixtures_client import NONO, client, publisher  # noqa: F401
from fixtures_sandbox import sandbox  # noqa: F401
from tests.support.registry import registry, registry_folder  # noqa: F401


@pytest.mark.parametrize("command", [["run"], ["auth", "login"], ["snapshot", "create"], ["pull"]])
def test_help_of_a_command_is_its_own_help(sandbox, command):
    asked = sandbox.nono("help", *command)
    assert asked.returncode == 0 and asked.stdout == sandbox.nono(*command, "--help").stdout
    assert "Usage: nono " + " ".join(command) in asked.stdout


def test_help_starts_no_program(sandbox):
    for words in (["run", "touch", "made"], ["wrap", "--", "touch", "made"]):
        asked = sandbox.nono("help", *words)
        assert asked.returncode == 0 and f"Usage: nono {words[0]}" in asked.stdout
        assert not (sandbox.work / "made").exists()


def test_a_value_that_is_no_number_is_told_with_its_option(sandbox):
    for words in (["why", "--port", "x", "a.example"], ["search", "-n", "x"], ["why", "--port=x", "a.example"]):
        assert f"{' '.join(words[1:3]) if words[1][-1] != 'x' else words[1]}: invalid numeric" in sandbox.nono(*words).stderr


def test_help_of_what_is_no_command_is_a_mistake(sandbox):
    asked = sandbox.nono("help", "snapsot")
    assert asked.returncode == 2 and 'did you mean "snapshot"' in asked.stderr
    assert sandbox.nono("help").returncode == 0


@pytest.mark.parametrize("words,near", [
    (["run", "--profle", "x", "--", "true"], "--profile"),  # an option that several commands share
    (["pull", "--jsn", "acme/web"], "--json"),
])
def test_an_unknown_option_gets_a_suggestion(sandbox, words, near):
    refused = sandbox.nono(*words)
    assert refused.returncode == 2
    assert f"did you mean {near}?" in refused.stderr and f"nono {words[0]} --help" in refused.stderr


def test_who_leaves_out_an_operand_is_told_the_usage(sandbox):
    assert "usage: nono remove PACK..." in sandbox.nono("remove").stderr
    assert "usage: nono run [--] PROGRAM" in sandbox.nono("run").stderr
    assert "usage" not in sandbox.nono("remove", "not-a-reference").stderr


@pytest.mark.parametrize("code,command,rest", [
    ("not_found", "profile show", "no-such-profile"),
    ("not_found", "snapshot restore", "no-such-snapshot"),
    ("not_found", "audit show", "no-such-run"),
    ("not_found", "pack lint", "no-such-folder"),
    ("not_found", "key show", "no-such-key"),
    ("invalid", "info", "not-a-reference"),
    ("invalid", "search", "--no-such-option"),
    ("unavailable", "search", "word"),
    ("unavailable", "yank", "acme/web@1.0.0 --reason broken"),
])
def test_a_failure_is_json_for_who_asked_for_json(sandbox, code, command, rest):
    sandbox.environment["NONO_REGISTRY"] = "http://127.0.0.1:1"
    plain = sandbox.nono(*command.split(), *rest.split())
    failed = sandbox.nono(*command.split(), "--json", *rest.split())
    fault = json.loads(failed.stdout)["error"]
    message, said, again = (re.sub(r"after \d+ ms", "at once", text)  # curl's
                            for text in (fault["message"], plain.stderr, failed.stderr))
    assert fault["code"] == code and message in said and fault.get("hint", "") in said
    assert again == said and plain.stdout == "" and failed.returncode == plain.returncode
    behind = json.loads(sandbox.nono(*command.split(), *rest.split(), "--json").stdout)["error"]
    assert behind["code"] == code and behind.get("hint") == fault.get("hint")


def test_a_result_that_is_no_success_is_the_one_document(client, publisher):  # noqa: F811
    """What came of each pack is on stdout already: no other document follows."""
    asked = client.run("pull", "--json", "--yes", publisher.organisation + "/no-such-pack")
    assert asked.returncode == 3 and json.loads(asked.stdout)[0]["error"]["code"] == "not_found"
    shown = client.run("info", "--json", publisher.organisation + "/no-such-pack")
    assert json.loads(shown.stdout)["error"]["code"] == "not_found"


def test_output_that_cannot_be_written_is_a_failure(sandbox):
    def to(path, *words):
        with open(path, "w") as out:
            return subprocess.run([NONO, *words], env=sandbox.environment, stdout=out, stderr=subprocess.PIPE,
                                  text=True, check=False, timeout=60)

    for words in (["profile", "list"], ["profile", "list", "--help"], ["list", "-h"], ["run", "--usage"], ["profile", "help"]):
        lost = to("/dev/full", *words)
        assert lost.returncode == 70 and "standard output: No space left" in lost.stderr, words
        assert to("/dev/null", *words).returncode == 0
    for words, usual in ((["why", "/"], 1), (["audit", "show", "--json", "no-such-run"], 3)):  # nor is it a "no"
        lost = to("/dev/full", *words)
        assert lost.returncode == 70 and "write to standard output" in lost.stderr, words
        assert to("/dev/null", *words).returncode == usual


def test_a_closed_output_is_not_taken_by_a_file(sandbox):
    """`>&-`: the first file that is opened would be standard output, and get what is printed."""
    words = [NONO, "profile", "use", "claude-code"]
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], env=sandbox.environment, capture_output=True,
                            text=True, check=False, timeout=60)
    assert closed.returncode == 70 and "standard output" in closed.stderr
    chosen = (sandbox.home / ".config/nono/agents.toml").read_text()
    assert "now uses" not in chosen and '"claude" = "claude-code"' in chosen


def offered(run, *words):
    return [line.split("\t")[0] for line in run("__complete", *words).stdout.splitlines()]


def test_completion_offers_options_profiles_groups_snapshots_and_runs(sandbox):
    sandbox.nono("snapshot", "create", "before")
    sandbox.nono("run", "--", "true")
    assert "--profile" in offered(sandbox.nono, "run", "--pro")
    assert "--no-audit" in offered(sandbox.nono, "run", "--")
    assert offered(sandbox.nono, "run", "--profile", "claude") == ["claude-code"]
    assert offered(sandbox.nono, "run", "-p", "claude") == ["claude-code"]
    assert offered(sandbox.nono, "run", "--profile", "=", "claude") == ["claude-code"]  # bash parts --profile=claude
    assert "default" in offered(sandbox.nono, "why", "--profile", "=")
    assert offered(sandbox.nono, "run", "--profile=claude") == ["--profile=claude-code"]  # as zsh and fish have it
    assert offered(sandbox.nono, "why", "--op=r") == ["--op=read", "--op=readwrite"]
    assert offered(sandbox.nono, "run", "--no-audit=") == [] and offered(sandbox.nono, "run", "--none=c") == []
    assert offered(sandbox.nono, "profile", "groups", "git") == ["git_config"]
    assert offered(sandbox.nono, "snapshot", "restore", "") == ["before"]
    assert len(offered(sandbox.nono, "audit", "show", "")) == 1
    assert offered(sandbox.nono, "help", "snap") == ["snapshot"]
    assert offered(sandbox.nono, "run", "--profile", "x", "--", "claude") == []  # another program's words
    assert offered(sandbox.nono, "run", "ls", "--") == []
    assert "--allow" in offered(sandbox.nono, "run", "--profile", "x", "--al")
    assert "--allow" in offered(sandbox.nono, "run", "--profile", "=", "x", "--al")
    assert offered(sandbox.nono, "profile", "diff", "default", "claude") == ["claude-code"]
    assert offered(sandbox.nono, "why", "--op", "r") == ["read", "readwrite"]
    assert offered(sandbox.nono, "publish", "--visibility", "p") == ["public", "private"]
    assert offered(sandbox.nono, "completion", "z") == ["zsh"]


def test_a_registry_may_be_named_by_its_host(client, publisher):  # noqa: F811
    host = publisher.registry.url.removeprefix("http://")
    client.ok("auth", "login", host, "--token", stdin=publisher.token + "\n")
    assert publisher.registry.url in client.ok("auth", "status").stdout
    assert f"no registry at http://{host}/elsewhere" in client.refused(3, "auth", "login", f"{host}/elsewhere")
    said = client.refused(69, "search", NONO_REGISTRY="registry.invalid")
    assert "https://registry.invalid/" in said


def test_what_a_pack_asks_for_is_said_once_for_many_names(client, publisher):  # noqa: F811
    profile = (b'[filesystem]\nread = ["~/one", "~/two", "/usr"]\n[network]\n'
               b'allow_hosts = ["a.example", "b.example"]\n')
    publisher.publish({
        "package.json": b'{"schema_version":1,"name":"folded","version":"1.0.0","artifacts":['
                        b'{"type":"profile","path":"p.toml","install_as":"folded"}]}',
        "p.toml": profile, "README.md": b"# folded\n"})
    for said in (client.ok("info", publisher.ref("folded")).stdout,
                 client.ok("pull", "--yes", publisher.ref("folded")).stderr):
        lines = said.splitlines()
        assert "  - may connect to a.example, b.example" in lines
        assert "  - may read ~/one, ~/two" in lines and "  - may read /usr" in lines  # another risk
    assert client.ok("list").stdout.splitlines()[0] == client.ok("list").stdout.splitlines()[0].rstrip()


def test_a_program_that_the_sandbox_keeps_from_starting_is_explained(sandbox):
    program = sandbox.home / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    refused = sandbox.nono("run", "--", str(program))
    assert refused.returncode == 127 and f"nono why --profile default --op execute {program}" in refused.stderr
    assert sandbox.nono("run", "--read", str(sandbox.home), "--", str(program)).returncode == 0
    program.write_text("#!/no/such/interpreter\n")
    headless = sandbox.nono("run", "--read", str(sandbox.home), "--", str(program))
    assert headless.returncode == 127 and "its interpreter /no/such/interpreter is not there" in headless.stderr
    absent = sandbox.nono("run", "--", str(program) + "x")
    assert absent.returncode == 127 and "No such file" in absent.stderr


def test_a_profile_that_opens_ipc_is_no_weakness_of_the_kernel(sandbox):
    profile = sandbox.profile('[security]\nipc_mode = "full"\n')
    assert "this kernel does not hold" not in sandbox.nono("run", "--profile", profile, "--", "true").stderr


@pytest.mark.parametrize("typed,meant", [
    ("install", "pull"), ("instal", "pull"), ("uninstall", "remove"), ("login", "auth login"), ("upgrade", "update"),
    ("ls", "list"), ("pul", "pull"), ("updat", "update"),
])
def test_a_word_of_other_tools_leads_to_the_command(sandbox, typed, meant):
    refused = sandbox.nono(typed, "x")
    assert refused.returncode == 2
    assert refused.stderr == f'nono: there is no command "{typed}"\n  did you mean "{meant}"? See nono --help\n'


def test_what_is_like_no_command_leads_to_the_help(sandbox):
    assert sandbox.nono("zzzzzzzz").stderr == 'nono: there is no command "zzzzzzzz"\n  see nono --help\n'
    assert sandbox.nono("auth", "zzzzzzzz").stderr == 'nono auth: there is no command "zzzzzzzz"\n  see nono auth --help\n'
    assert '  did you mean "login"? See nono auth --help\n' in sandbox.nono("auth", "logn").stderr

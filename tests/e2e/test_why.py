"""nono why: the same answers as the kernel's, with reasons that programs can read."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from fixtures_sandbox import NONO, sandbox  # noqa: F401


def test_a_path_is_allowed_by_the_grant_that_covers_it(sandbox):
    answer = sandbox.why("--path", "file", "--op", "readwrite", "--allow", ".")
    assert answer["status"] == "allowed" and answer["reason"] == "granted_path"
    assert answer["granted_path"] == str(sandbox.work) and answer["source"] == "--allow"
    assert answer["access"] == "read+write+execute"


def test_grants_unite(sandbox):
    answer = sandbox.why("--path", ".", "--op", "readwrite", "--read", "..", "--write", ".")
    assert (answer["status"], answer["reason"]) == ("allowed", "granted_path_union")


@pytest.mark.parametrize("words,reason,flag", [
    (["/etc/shadow"], "path_not_granted", "--read-file /etc/shadow"),
    (["/usr/bin", "--op", "write"], "insufficient_access", "--write /usr/bin"),
])
def test_a_refusal_says_why_and_what_would_allow_it(sandbox, words, reason, flag):
    answer = sandbox.why(*words)
    assert (answer["status"], answer["reason"], answer["suggested_flag"]) == ("denied", reason, flag)


def test_a_deny_wins_and_no_flag_is_suggested(sandbox):
    profile = sandbox.profile('[filesystem]\nread = ["$WORKDIR"]\ndeny = ["$WORKDIR/.env"]\n')
    (sandbox.work / ".env").write_text("x")
    answer = sandbox.why(".env", "--profile", profile)
    assert answer["reason"] == "filesystem_deny" and "suggested_flag" not in answer
    assert sandbox.sh("cat .env", "--profile", profile).returncode != 0


def test_the_text_says_what_would_allow_it_too(sandbox):
    assert sandbox.nono("why", "/etc/shadow").stdout == (
        "denied: path /etc/shadow: no grant covers it; --read-file /etc/shadow would allow it\n")
    assert "; --allow-domain a.example would allow it" in sandbox.nono("why", "a.example", "--allow-domain", "b.example").stdout


def test_for_what_is_not_there_a_folder_that_is_is_suggested(sandbox):
    (sandbox.work / "src").mkdir()
    assert sandbox.why("src/new/file")["suggested_flag"] == f"--read {sandbox.work}/src"
    assert sandbox.why("src/new", "--op", "write")["suggested_flag"] == f"--write {sandbox.work}/src"
    assert "suggested_flag" not in sandbox.why("/nowhere/file")


def test_what_a_group_denies_is_told_with_what_lifts_it(sandbox):
    """`--read ~/.ssh` alone opens nothing; without a word one would look for the fault in the program."""
    keys = sandbox.home / ".ssh"
    keys.mkdir()
    (keys / "id").write_text("key")
    lift = ["--bypass-protection", str(keys)]
    said = sandbox.nono("why", str(keys / "id"), "--read", str(keys)).stdout
    assert f"denies {keys}; {' '.join(lift)}, beside a grant, would allow it" in said
    assert sandbox.why(str(keys / "id"))["suggested_flag"] == " ".join(lift)
    assert sandbox.why(str(keys / "id"), "--read", str(keys), *lift)["status"] == "allowed"
    for verb in ("run", "wrap"):
        flags = ("--read-file", str(keys / "id"), "--read", str(sandbox.home))
        said = sandbox.nono(verb, *flags, "--", "true").stderr
        assert said.count("--bypass-protection") == 1 and f"{' '.join(lift)} would lift that" in said
        assert "bypass" not in sandbox.nono(verb, "-s", *flags, "--", "true").stderr
        assert "bypass" not in sandbox.nono(verb, "--read", str(keys), *lift, "--", "true").stderr


@pytest.mark.parametrize("words,reason", [
    (["example.org"], "network_blocked"),
    (["example.org", "--allow-net"], "network_allowed"),
    (["api.example.org", "--allow-domain", "*.example.org"], "proxy_allowed"),
    (["example.org", "--allow-domain", "*.example.org"], "proxy_filtered"),
    (["example.org", "--allow-domain", "example.org", "--deny-domain", "example.org"], "proxy_filtered"),
    (["--host", "example.org", "--port", "22", "--allow-domain", "example.org"], "proxy_filtered"),
    (["169.254.169.254", "--allow-domain", "*"], "proxy_filtered"),
])
def test_hosts_are_judged_by_the_proxys_rules(sandbox, words, reason):
    assert sandbox.why(*words)["reason"] == reason


def test_a_host_that_passes_and_one_that_no_flag_helps_are_told_as_such(sandbox):
    passed = sandbox.why("example.org", "--allow-domain", "example.org")
    assert passed["details"] == "example.org is among the allowed hosts"
    assert "suggested_flag" not in sandbox.why("169.254.169.254", "--allow-domain", "example.org")
    assert sandbox.why("example.net", "--allow-domain", "example.org")["suggested_flag"] == "--allow-domain example.net"
    other = sandbox.why("example.org:8443", "--allow-domain", "example.org")
    assert other["suggested_flag"] == "--allow-domain example.org:8443"


@pytest.mark.parametrize("words,said", [
    (["Makefil", "--allow", "."], "allowed: path Makefil: "),
    (["src"], "denied: path src: "),
    (["https://me@example.org/a?b", "--allow-net"], "allowed: host example.org, port 443: "),
    (["http://example.org:81", "--allow-net"], "allowed: host example.org, port 81: "),
    (["--host", "http://x/"], "denied: host x, port 80: "),
    (["::1", "--allow-net"], "allowed: host ::1, port 443: "),
    (["example.org"], "denied: host example.org, port 443: "),
    (["--scope", "signal"], "denied: scope signal: "),
])
def test_the_answer_names_what_was_judged(sandbox, words, said):
    assert said in sandbox.nono("why", *words).stdout


def test_two_ports_are_two_questions(sandbox):
    refused = sandbox.nono("why", "https://example.org:8443/", "--port", "22")
    assert refused.returncode == 2 and "--port 22" in refused.stderr
    assert "expected host:port" in sandbox.nono("why", "ssh://example.org").stderr
    assert sandbox.why("ssh://example.org", "--port", "22")["port"] == 22


def test_where_a_name_leads_is_left_open(sandbox):
    """The proxy refuses a name that leads to the loopback, whatever rule names the name; but for localhost."""
    flags = ["dev.localhost:8391", "--allow-domain", "dev.localhost:8391"]
    assert sandbox.nono("why", *flags).stdout.startswith("allowed, if its address is public, or a rule names it: ")
    assert sandbox.why(*flags)["condition"] == "its address is public, or a rule names it"
    named = sandbox.why("localhost:8391", "--allow-domain", "localhost:8391")
    assert named["status"] == "allowed" and "condition" not in named
    starred = sandbox.why("localhost:8391", "--allow-domain", "*:8391")
    assert starred["status"] == "denied" and "a loopback address, and no rule names it" in starred["details"]
    assert "condition" not in sandbox.why("127.0.0.1:8391", "--allow-domain", "127.0.0.1:8391")
    assert "condition" not in sandbox.why("example.org", "--allow-net")
    assert sandbox.why("10.0.0.1", "--allow-domain", "*")["status"] == "denied"


@pytest.fixture
def script(sandbox):
    """One that may be run, by an interpreter that may not."""
    interpreter = sandbox.home / "opt/shell"
    interpreter.parent.mkdir()
    shutil.copy("/bin/sh", interpreter)
    for name, runs in (("outer", sandbox.work / "inner"), ("inner", interpreter), ("plain", "/bin/sh"), ("nowhere", "/nowhere/sh")):
        (sandbox.work / name).write_text(f"#!{runs}\necho ran\n")
        (sandbox.work / name).chmod(0o755)
    return str(interpreter)


@pytest.mark.parametrize("name", ["inner", "outer"])
def test_the_interpreter_that_is_missing_is_named_with_what_grants_it(sandbox, script, name):
    flags = ["--op", "execute", "--allow", "."]
    answer = sandbox.why(f"./{name}", *flags)
    assert answer["status"] == "denied" and answer["interpreter"] == script
    assert answer["details"] == f"its interpreter {script}: no grant covers it"
    assert answer["suggested_flag"] == f"--read-file {script}"
    assert sandbox.why(f"./{name}", *flags, "--read-file", script)["status"] == "allowed"
    assert f"{script}: no grant covers it; --read-file {script} would allow it" in sandbox.nono("why", f"./{name}", *flags).stdout


def test_a_script_may_be_read_whatever_runs_it(sandbox, script):
    answer = sandbox.why("./inner", "--allow", ".")
    assert answer["status"] == "allowed" and answer["note"] == f"its interpreter {script}: no grant covers it"
    assert sandbox.nono("why", "./inner", "--allow", ".").returncode == 0
    for name in ("plain", "nowhere"):  # of what is not there no grant would help
        for op in ("read", "execute"):
            answer = sandbox.why(f"./{name}", "--op", op, "--allow", ".")
            assert answer["status"] == "allowed" and "interpreter" not in answer


def test_an_interpreter_that_is_denied_names_who_denies_it(sandbox, script):
    folder = sandbox.home / ".ssh"
    folder.mkdir()
    shutil.copy("/bin/sh", folder / "sh")
    (sandbox.work / "inner").write_text(f"#!{folder}/sh\n")
    answer = sandbox.why("./inner", "--op", "execute", "--allow", ".")
    assert answer["status"] == "denied" and f"its interpreter {folder}/sh: group deny_credentials denies {folder}" == answer["details"]
    assert answer["suggested_flag"] == f"--bypass-protection {folder}"


def test_a_run_that_failed_on_an_interpreter_says_so(sandbox, script):
    refused = sandbox.nono("run", "-s", "--allow", ".", "--", "./outer")
    assert f"its interpreter {script}: no grant covers it; --read-file {script} would allow it" in refused.stderr
    assert refused.stdout == "" and refused.returncode == 127
    assert sandbox.nono("run", "-s", "--allow", ".", "--read-file", script, "--", "./inner").stdout == "ran\n"
    # what the sandbox refuses first is the script itself
    refused = sandbox.nono("run", "-s", "--", "./outer")
    assert "nono why --profile default --op execute ./outer" in refused.stderr and "interpreter" not in refused.stderr


def test_scopes_are_told(sandbox):
    answer = sandbox.why("--scope", "signal")
    assert answer["status"] == "scope" and answer["enforced"] == (answer["state"] == "enforced")


def test_the_exit_status_is_the_answer(sandbox):
    assert sandbox.nono("why", "/usr/bin").returncode == 0
    assert sandbox.nono("why", "/etc/shadow").returncode == 1
    assert sandbox.nono("why").returncode == 2
    assert sandbox.nono("why", "--command", "git").returncode == 6


def test_the_version_says_what_the_kernel_can_hold(sandbox):
    answer = json.loads(sandbox.nono("--version", "--json").stdout)
    assert answer["landlock_abi"] >= 1 and isinstance(answer["user_namespaces"], bool)
    assert f"Landlock ABI {answer['landlock_abi']}" in sandbox.nono("--version").stdout


def test_a_relative_path_is_the_programs(sandbox):
    other = sandbox.home / "other"
    other.mkdir()
    (other / "here").write_text("x")
    words = ["--workdir", str(other), "--read", str(other)]
    assert sandbox.nono("run", "-s", *words, "--", "cat", "./here").stdout == "x"
    assert sandbox.nono("why", *words, "./here").returncode == 0
    assert sandbox.nono("why", "--read", str(other), "./here").returncode == 1


def test_no_flag_adds_to_the_programs_that_a_profile_lists(sandbox):
    profile = sandbox.profile('[filesystem]\nexecute = ["/usr/bin/true"]\n')
    answer = sandbox.why("/usr/bin/ls", "--op", "execute", "--profile", profile)
    assert answer["status"] == "denied" and "suggested_flag" not in answer
    assert sandbox.why("/etc/shadow", "--profile", profile)["suggested_flag"] == "--read-file /etc/shadow"


def test_hosts_cannot_be_denied_of_an_open_network(sandbox):
    """They would be reached all the same: nothing is between."""
    for words in (["why", "--allow-net", "--deny-domain", "evil.example", "evil.example"],
                  ["run", "--allow-net", "--deny-domain", "evil.example", "--", "true"],
                  ["run", "--profile", sandbox.profile('[network]\nopen = true\ndeny_hosts = ["evil.example"]\n'), "--", "true"],
                  ["run", "--profile", sandbox.profile('{"network": {"deny_domain": ["evil.example"]}}', "j.json"), "--", "true"]):
        refused = sandbox.nono(*words)
        assert refused.returncode == 6 and "open" in refused.stderr, (words, refused)
    assert sandbox.nono("run", "-s", "--allow-net", "--", "true").returncode == 0
    assert sandbox.nono("why", "--allow-domain", "*.example", "--deny-domain", "evil.example", "evil.example").returncode == 1
    assert sandbox.nono("run", "--allow-net", "--allow-domain", "a.example", "--", "true").returncode == 2


def test_what_lies_behind_somebody_elses_closed_door_is_not_there(sandbox):
    """A pack that protects /root started for root alone, and why had no answer about it."""
    closed, drop = pathlib.Path("/root"), []
    if os.geteuid() == 0:
        closed, drop = sandbox.home / "others", ["setpriv", "--bounding-set=-all"]
        closed.mkdir(mode=0o700)
        os.chown(closed, 65534, 65534)
    elif not closed.is_dir() or os.access(closed, os.X_OK):
        pytest.skip("no folder here is closed")

    def nono(*words):
        return subprocess.run([*drop, NONO, *words], env=sandbox.environment, cwd=sandbox.work, capture_output=True, text=True)

    inside = f'"{closed}/secret/key"'
    for rule in ("deny", "read"):
        profile = sandbox.profile(f"[filesystem]\n{rule} = [{inside}]\n")
        for flags in ([], ["--read", "/"]):
            answer = nono("run", "-s", "--profile", profile, *flags, "--", "echo", "ran")
            assert answer.stdout == "ran\n", (rule, flags, answer)
    answer = nono("why", "--json", f"{closed}/secret/key")
    assert answer.returncode == 1 and json.loads(answer.stdout)["reason"] == "path_not_granted", answer
    assert "suggested_flag" not in answer.stdout
    answer = nono("run", "--read", f"{closed}/secret", "--", "true")
    assert answer.returncode == 4 and "may not be searched" in answer.stderr

"""`nono audit` on records of real runs, and their format as docs/formats/audit.md describes it."""
import hashlib
import json
import os
import re
import signal
import time

from fixtures_state import audit_events
from fixtures_state import user  # noqa: F401


def run(user, *words, status=0):  # noqa: F811
    user("run", "-s", *words, status=status)
    return user.records()[-1]


def test_a_record_says_what_ran_and_how_it_ended(user):  # noqa: F811
    record = run(user, "--", "sh", "-c", "exit 7", status=7)
    start, *_, end = audit_events(record)
    assert start["type"] == "start"
    assert start["data"]["command"] == ["sh", "-c", "exit 7"]
    assert start["data"]["session"] == record.stem
    assert start["data"]["enforced"]["files"]
    assert end["data"]["status"] == 7
    assert os.stat(record).st_mode & 0o777 == 0o600 and os.stat(record.parent).st_mode & 0o777 == 0o700
    assert "closed; " in user("audit", "verify")


def test_a_record_says_that_the_program_never_ran(user):  # noqa: F811
    """Its own status can be 127 too."""
    user.put("script", "#!/nonexistent\n", 0o755)
    start, told, end = audit_events(run(user, "--allow", ".", "--", "./script", status=127))
    assert start["type"] == "start" and end["data"]["status"] == 127
    assert told["type"] == "not_started" and told["data"]["reason"].endswith("script: No such file or directory")
    user.put("script", "#!/bin/sh\nexit 127\n", 0o755)
    assert [event["type"] for event in audit_events(run(user, "--allow", ".", "--", "./script", status=127))] == ["start", "end"]


def without_places(value):
    """As the policy's digest is made: docs/formats/audit.md."""
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in ("from", "at")}
    return [without_places(item) for item in value] if isinstance(value, list) else value


def digest(model):
    text = json.dumps(without_places(model), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_policy_on_record_is_the_one_that_is_shown(user, tmp_path):  # noqa: F811
    recorded = audit_events(run(user, "--", "true"))[0]["data"]["policy"]
    assert recorded == digest(user.json("profile", "show", "default"))
    profile = tmp_path / "é.toml"
    profile.write_text('[filesystem]\nread = ["/usr/share"]\ndeny = ["/usr/share/doc"]\n')
    own = audit_events(run(user, "--profile", profile, "--", "true"))[0]["data"]["policy"]
    assert own == digest(user.json("profile", "show", str(profile))) != recorded
    profile.write_text('# moved\n\n[filesystem]\ndeny = ["/usr/share/doc"]\nread = ["/usr/share"]\n')
    assert audit_events(run(user, "--profile", profile, "--", "true"))[0]["data"]["policy"] == own


def test_runs_that_the_original_recorded_beside_ours_are_left_to_it(user):  # noqa: F811
    record = run(user, "--", "true")
    other = record.parent / ("f" * 16)
    other.mkdir()
    (other / "session.json").write_text("{}")
    (other / "audit-events.ndjson").write_text("")
    assert [item["id"] for item in user.json("audit", "list")] == [record.stem]
    user("audit", "verify", "--all")
    assert record.stem in user("audit", "show")
    user("audit", "show", other.name, status=3)


def test_a_signal_is_the_end(user):  # noqa: F811
    record = run(user, "--", "sh", "-c", "kill -TERM $$", status=128 + signal.SIGTERM)
    assert audit_events(record)[-1]["data"]["signal"] == signal.SIGTERM


def test_secrets_of_the_command_line_are_not_recorded(user):  # noqa: F811
    run(user, "--", "true", "--api-key", "hunter2", "https://u:hunter3@h/?token=hunter4", "GH_TOKEN=hunter5",
        "-H", "Authorization: Bearer hunter6")
    assert "hunter" not in user("audit", "show") + user("audit", "list")


def test_a_script_is_recorded_without_its_secrets_and_with_its_commands(user):  # noqa: F811
    script = "PGPASSWORD='hunter 2' true; true -u me:hunter3 -H'Authorization: Bearer hunter4' && exit 7"
    run(user, "--", "sh", "-c", script, "PGPASSWORD=hunter5", "-HCookie: hunter6", status=7)
    assert audit_events(user.records()[-1])[0]["data"]["command"] == [
        "sh", "-c", "PGPASSWORD=[REDACTED] true; true -u me:[REDACTED] -H'Authorization: [REDACTED]' && exit 7",
        "PGPASSWORD=[REDACTED]", "-HCookie: [REDACTED]"]


def test_the_password_of_a_client_of_mysql_is_not_recorded(user):  # noqa: F811
    run(user, "--", "sh", "-c", "mysql -phunter2 db; mkdir -pv /nowhere/kept; exit 7", status=7)
    assert audit_events(user.records()[-1])[0]["data"]["command"][2] == "mysql -p[REDACTED] db; mkdir -pv /nowhere/kept; exit 7"


def test_tampering_is_found_at_its_line(user):  # noqa: F811
    record = run(user, "--", "true")
    text = record.read_text()
    lines = text.splitlines(keepends=True)
    for number in range(1, len(lines) + 1):
        changed = [line.replace("2026-", "2025-", 1).replace("20", "21", 1) if at == number else line
                   for at, line in enumerate(lines, 1)]
        record.write_text("".join(changed))
        verdict = user.json("audit", "verify", status=5)[0]
        assert verdict["state"] == "broken" and verdict["line"] == number
    record.write_text("".join(lines[1:]))
    assert user.json("audit", "verify", status=5)[0]["line"] == 1
    record.write_text(lines[0])
    assert user.json("audit", "verify")[0]["state"] == "not closed"
    record.write_text(text)
    user("audit", "verify", "--all")


def wait_for(condition):
    """Until something is so; a test that waits in vain is ended by its own limit."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_supervisor_leaves_a_valid_chain(user):  # noqa: F811
    process = user.start("run", "-s", "--", "sleep", "1000")
    wait_for(lambda: user.records() and b'"start"' in user.records()[0].read_bytes())
    assert user.json("audit", "list")[0]["state"] == "running"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    verdict = user.json("audit", "verify")[0]
    assert verdict["valid"] and verdict["state"] == "not closed" and verdict["events"] >= 1
    run(user, "--", "true")
    assert [entry["state"] for entry in user.json("audit", "list")] == ["closed", "not closed"]


def test_list_filters(user):  # noqa: F811
    for word in ("one", "two", "three"):
        run(user, "--", "true", word)
    assert [entry["command"][1] for entry in user.json("audit", "list")] == ["three", "two", "one"]
    assert [entry["command"][1] for entry in user.json("audit", "list", "--recent", 2)] == ["three", "two"]
    assert len(user.json("audit", "list", "--command", "tw")) == 1
    assert len(user.json("audit", "list", "--today")) == 3
    assert user.json("audit", "list", "--until", "2001-01-01") == []
    assert user.json("audit", "list", "--profile", "other") == []
    user("audit", "list", "--since", "yesterday", status=2)
    for number in ("0", "-1"):
        user("audit", "list", "--recent", number, status=2)


def test_a_run_is_listed_by_the_name_it_was_given(user):  # noqa: F811
    run(user, "--name", "nightly", "--", "true", "word")
    run(user, "--", "true")
    assert "[nightly] true word" in user("audit", "list")
    assert [entry.get("name") for entry in user.json("audit", "list")] == [None, "nightly"]


def test_list_and_verify_count_the_same_events(user):  # noqa: F811
    record = run(user, "--", "true")
    lines = len(record.read_text().splitlines())
    assert user.json("audit", "list")[0]["events"] == user.json("audit", "verify")[0]["events"] == lines


def test_the_example_of_an_id_is_one(user):  # noqa: F811
    record = run(user, "--", "true")
    example = re.search(r"nono audit show (\S+) --json", user("audit", "show", "--help")).group(1)
    assert len(example) == len(record.stem) and int(example, 16)


def test_no_record_is_said_so(user):  # noqa: F811
    assert user.json("audit", "list") == []
    user("audit", "show", status=3)
    user("audit", "verify", "0123456789abcdef", status=3)


def test_names_cannot_harm_a_terminal(user):  # noqa: F811
    run(user, "--", "true", "\x1b[2J\x07\u202e")
    assert "\x1b" not in user("audit", "list") and "\x07" not in user("audit", "show")
    assert audit_events(user.records()[-1])[0]["data"]["command"][1] == "\x1b[2J\x07\u202e"

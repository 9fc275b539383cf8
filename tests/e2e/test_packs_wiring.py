"""What a pack has put into files of the user comes out again, and nothing else does."""
import json

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401

from tests.support.stock_store import StockStore
from tests.support.wired_pack import wiring_pack

SETTINGS = ".claude/settings.json"


def merge(patch, file=SETTINGS):
    return {"type": "json_merge", "file": f"$HOME/{file}", "patch": patch}


def write(source, file=SETTINGS):
    return {"type": "write_file", "source": source, "dest": f"$HOME/{file}"}


P, Q = b'{"a": 1}\n', b'{"b": 2}\n'


def test_who_may_read_a_file_is_not_changed_by_updates_and_removals(client, publisher):  # noqa: F811
    """An agent, or its user, closes a file that a token has come into."""
    made, block = ".claude/made.json", {"type": "toml_block", "file": "$HOME/.codex/config.toml", "marker_id": "m", "content": "b.toml"}
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wiring_pack([merge("p.json"), merge("q.json", made), block], {"p.json": P, "q.json": Q, "b.toml": b"b = 1\n"},
                                      version=version))
    (client.home / SETTINGS).parent.mkdir()
    (client.home / SETTINGS).write_bytes(b"{}")
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    files = [client.home / name for name in (SETTINGS, made, ".codex/config.toml")]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o644
        file.chmod(0o600)
    client.ok("pull", "--yes", publisher.ref("web"))
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
    client.ok("remove", publisher.ref("web"))
    assert [file.exists() for file in files] == [True, False, False]
    assert files[0].read_bytes() == b"{}" and files[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [b'{"z":1}', b'{ // mine\n  "z": 1,   "a": [1,2] }\n', None], ids=["bare", "comments", "none"])
def test_two_merges_into_one_file_are_undone_to_the_last_byte(client, publisher, before):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wiring_pack([merge("p.json"), merge("q.json")], {"p.json": P, "q.json": Q}, version=version))
    if before:
        (client.home / SETTINGS).parent.mkdir()
        (client.home / SETTINGS).write_bytes(before)
    tree = client.tree()
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    client.ok("update", "--yes")
    assert client.tree() != tree
    assert "stays" not in client.ok("remove", publisher.ref("web")).stderr
    assert client.tree() == tree


def test_a_file_that_a_pack_wrote_and_merged_into_goes(client, publisher):  # noqa: F811
    publisher.publish(wiring_pack([write("p.json"), merge("q.json"), merge("p.json")], {"p.json": P, "q.json": Q}))
    tree = client.tree()
    client.ok("pull", "--yes", publisher.ref("web"))
    assert "stays" not in client.ok("remove", publisher.ref("web")).stderr
    assert client.tree() == tree

    client.ok("pull", "--yes", publisher.ref("web"))  # but not when it is the user's by now
    (client.home / SETTINGS).write_text('{"a": 1, "b": 2, "mine": 3}')
    assert f"{SETTINGS} was changed, and stays" in client.ok("remove", publisher.ref("web")).stderr
    assert '"mine": 3' in (client.home / SETTINGS).read_text()


def test_what_one_pack_put_in_does_not_come_back_with_the_last_pack(client, publisher):  # noqa: F811
    """The original installs without remembering what a file was: what it is then is no state to go back to."""
    publisher.publish(wiring_pack([merge("p.json")], {"p.json": P}))
    publisher.publish(wiring_pack([merge("q.json")], {"q.json": Q}, name="other"))
    (client.home / SETTINGS).parent.mkdir()
    (client.home / SETTINGS).write_text('{"z":1}')
    for again in ((), ("pull", "--yes", "--force", publisher.ref("web"))):
        client.ok("pull", "--yes", publisher.ref("web"), publisher.ref("other"))
        (client.packages / "wired.json").unlink()
        if again:
            client.ok(*again)
        client.ok("remove", publisher.ref("web"))
        client.ok("remove", publisher.ref("other"))
        assert (client.home / SETTINGS).read_text() == '{\n  "z": 1\n}\n'


DEEP, ENTRIES, YAML = b'{"a": {"b": 1, "l": ["x"]}}', b'[{"id": "web", "v": 1}]', b"web:\n  on: 1\n"
APPEND = {"type": "json_array_append", "file": "$HOME/.claude/hooks.json", "path": "hooks.list", "key_field": "id",
          "patch_entries": "e.json"}
TREES = [merge("p.json"), APPEND, {"type": "yaml_merge", "file": "$HOME/.hermes/config.yaml", "patch": "p.yaml"}]


def pull_trees(client, publisher):  # noqa: F811
    for version in ("1.0.0", "1.1.0"):
        publisher.publish(wiring_pack(TREES, {"p.json": DEEP, "e.json": ENTRIES, "p.yaml": YAML}, version=version))
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))


def test_values_that_the_user_changed_stay_and_are_named(client, publisher):  # noqa: F811
    pull_trees(client, publisher)
    mine = {SETTINGS: '{"z":1, "a":{"b":5,"l":["x","y"]}} // mine\n',
            ".claude/hooks.json": '{"hooks":{"list":[{"id":"web","v":2}]}}',
            ".hermes/config.yaml": "web: {on: 2} # mine\n"}
    for path, text in mine.items():
        (client.home / path).write_text(text)
    said = client.run("pull", "--dry-run", publisher.ref("web")).stderr
    kept = "a.b, a.l was changed, and stays unless the new version sets it"
    assert kept in " ".join(said.split())
    (entry,) = json.loads(client.ok("pull", "--dry-run", "--json", publisher.ref("web")).stdout)
    assert len(entry["notes"]) == 3 and f"{client.home / SETTINGS}: {kept}" in entry["notes"]
    said = client.ok("remove", publisher.ref("web")).stderr
    for path, what in ((SETTINGS, "a.b, a.l"), (".claude/hooks.json", "hooks.list.web"), (".hermes/config.yaml", "web.on")):
        assert f"{client.home / path}: {what} was changed, and stays\n" in said
        assert (client.home / path).read_text() == mine[path], "nothing was taken out: not a comment is lost"


def test_what_the_user_only_added_is_not_called_changed(client, publisher):  # noqa: F811
    pull_trees(client, publisher)
    (client.home / SETTINGS).write_text('{"z": 1, "a": {"b": 1, "c": 2}}')
    assert "stays" not in client.ok("remove", publisher.ref("web")).stderr
    assert (client.home / SETTINGS).read_text() == '{\n  "z": 1,\n  "a": {\n    "c": 2\n  }\n}\n'


@pytest.mark.parametrize("what", ["link", "folder", "list", "gone"])
def test_what_came_in_place_of_a_merged_file_stays_and_is_named(client, publisher, what):  # noqa: F811
    pull_trees(client, publisher)
    path = client.home / SETTINGS
    path.unlink()
    if what == "link":
        path.symlink_to("elsewhere")
    elif what == "folder":
        path.mkdir()
    elif what == "list":
        path.write_text("[1]")
    left = client.tree().get(SETTINGS)
    said = client.ok("remove", publisher.ref("web")).stderr
    assert (f"{path} was changed, and stays\n" in said) == (what != "gone")
    assert client.tree().get(SETTINGS) == left


def test_by_force_what_can_be_undone_is(client, publisher):  # noqa: F811
    publisher.publish(wiring_pack([merge("p.json", ".claude/in/p.json"), merge("q.json", ".codex/q.json")],
                                  {"p.json": P, "q.json": Q}))
    client.ok("pull", "--yes", publisher.ref("web"))
    inner = client.home / ".claude/in"
    inner.rename(client.home / "moved")
    inner.symlink_to(client.home / "moved")
    assert "leads through a symbolic link" in client.run("remove", publisher.ref("web")).stderr
    assert (client.home / ".codex/q.json").exists()
    assert "not undone: " in client.ok("remove", "--force", publisher.ref("web")).stderr
    assert not (client.home / ".codex").exists() and json.loads((client.home / "moved/p.json").read_text()) == {"a": 1}


CONFIG = ".codex/config.toml"
BLOCK = [{"type": "toml_block", "file": f"$HOME/{CONFIG}", "marker_id": "m1", "content": "b.toml"}]


def pull_block(client, publisher):  # noqa: F811
    """The file, with its block in it."""
    for version, text in (("1.0.0", b"[nono]\nk = 1"), ("1.1.0", b"[nono]\nk = 3\n")):
        publisher.publish(wiring_pack(BLOCK, {"b.toml": text}, version=version))
    config = client.home / CONFIG
    config.parent.mkdir()
    config.write_text("a = 1\n")
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    assert config.read_text() == "a = 1\n\n# >>> nono:m1 >>>\n[nono]\nk = 1\n# <<< nono:m1 <<<\n"
    return config


@pytest.mark.parametrize("line", ['k = 1\nmine = "my own line"\n', "k = 2\n", "k = 1 # mine\n", ""])
def test_a_block_that_the_user_changed_stays_and_is_named(client, publisher, line):  # noqa: F811
    config = pull_block(client, publisher)
    config.write_text(config.read_text().replace("k = 1\n", line))
    mine = config.read_text()
    said = client.ok("remove", publisher.ref("web")).stderr
    assert f'{config}: the block "m1" was changed, and stays\n' in said and config.read_text() == mine

    said = client.refused(1, "pull", "--yes", publisher.ref("web"))
    assert f'{config}: a block "m1" is there already' in said and config.read_text() == mine
    config.write_text("a = 1\n")
    client.ok("pull", "--yes", publisher.ref("web"))
    client.ok("remove", publisher.ref("web"))
    assert config.read_text() == "a = 1\n"


def test_an_update_does_not_replace_a_block_that_the_user_changed(client, publisher):  # noqa: F811
    config = pull_block(client, publisher)
    ours = config.read_text()
    mine = ours.replace("k = 1", "k = 2")
    config.write_text(mine)
    said = client.run("update", "--yes")
    assert said.returncode != 0 and 'a block "m1" is there already' in said.stderr and config.read_text() == mine
    assert json.loads(client.ok("list", "--json").stdout)["packages"][publisher.ref("web")]["version"] == "1.0.0"
    config.write_text(ours)
    client.ok("update", "--yes")
    assert config.read_text() == ours.replace("k = 1", "k = 3")


def test_info_tells_what_a_pack_will_do_outside_its_folder(client, publisher):  # noqa: F811
    only = {**write("note.md", ".claude/skills/note.md"), "when": ["macos", "linux:debian"]}
    publisher.publish(wiring_pack([merge("p.json"), only], {"p.json": P, "note.md": b"note\n"}))
    said = client.ok("info", publisher.ref("web")).stdout
    assert said.endswith("outside its own folder it will:\n"
                         f"  - merge $HOME/{SETTINGS}\n"
                         "  - write $HOME/.claude/skills/note.md (macos or linux:debian)\n")
    wiring = json.loads(client.ok("info", "--json", publisher.ref("web")).stdout)["version"]["wiring"]
    assert [line["act"] for line in wiring] == ["merge", "write"]
    publisher.publish(wiring_pack([], {}, version="1.1.0"))
    assert "outside its own folder" not in client.ok("info", publisher.ref("web")).stdout


def test_an_update_tells_what_it_takes_away(client, publisher):  # noqa: F811
    note = ".claude/skills/note.md"
    old = [merge("p.json"), write("note.md", note), write("both.md", ".claude/skills/both.md")]
    files = {"p.json": P, "note.md": b"note\n", "both.md": b"both\n"}
    publisher.publish(wiring_pack(old, files))
    publisher.publish(wiring_pack([old[2]], {"both.md": b"both, too\n"}, version="1.1.0"))
    (client.home / SETTINGS).parent.mkdir()
    (client.home / SETTINGS).write_text('{"z": 1}')
    first = client.ok("pull", "--yes", publisher.ref("web", "1.0.0")).stderr
    assert "remove ~" not in first and "clean ~" not in first
    said = client.ok("update", "--dry-run").stderr
    assert f"- remove ~/{note}\n" in said and f"- clean ~/{SETTINGS} of what the installed version wrote\n" in said
    assert said.count("both.md") == 1 and (client.home / note).exists()
    done = json.loads(client.ok("update", "--yes", "--json").stdout)
    lines = {(line["act"], line["path"]) for line in done[0]["wiring"]}
    assert lines == {("write", f"{client.home}/.claude/skills/both.md"), ("remove", f"{client.home}/{note}"),
                     ("clean", f"{client.home}/{SETTINGS}")}
    assert not (client.home / note).exists() and (client.home / SETTINGS).read_text() == '{"z": 1}'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_block_that_nobody_changed_goes_from_among_what_is_new(client, publisher, end):  # noqa: F811
    config = pull_block(client, publisher)
    config.write_bytes(config.read_bytes().replace(b"a = 1\n", f"a = 7{end}".encode()) + f"[x]{end}y = 1{end}".encode())
    assert "block" not in client.ok("remove", publisher.ref("web")).stderr
    assert config.read_bytes() == f"a = 7{end}[x]{end}y = 1{end}".encode()


@pytest.mark.parametrize("changed", [True, False])
def test_a_block_of_which_the_original_forgot_the_digest_goes_and_is_named(client, publisher, changed):  # noqa: F811
    config = pull_block(client, publisher)
    StockStore(client.packages).pin(publisher.ref("web"))
    if changed:
        config.write_text(config.read_text().replace("k = 1", "k = 2"))
    said = client.ok("remove", publisher.ref("web")).stderr
    assert (f'{config}: the block "m1" is taken out as it stands' in said) == changed
    assert config.read_text() == "a = 1\n"


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("before", [b"", b" \n", b"\t\r\n \n", MARK, MARK + b'{"z":1} // mine\r\n'],
                         ids=["empty", "line", "blank", "mark", "marked"])
def test_a_file_without_content_or_with_a_byte_order_mark_is_merged_into(client, publisher, before):  # noqa: F811
    publisher.publish(wiring_pack(TREES, {"p.json": DEEP, "e.json": ENTRIES, "p.yaml": YAML}))
    paths = [client.home / path for path in (SETTINGS, ".claude/hooks.json", ".hermes/config.yaml")]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(before.replace(b'{"z":1} //', b"z: 1\r\ny: 2 #") if path.suffix == ".yaml" else before)
    tree = client.tree()
    client.ok("pull", "--yes", publisher.ref("web"))
    mark = before[:3] if before.startswith(MARK) else b""
    assert all(path.read_bytes().startswith(mark) for path in paths)
    merged = json.loads(paths[0].read_bytes()[len(mark):])
    assert merged.pop("a") == json.loads(DEEP)["a"] and merged in ({}, {"z": 1})
    client.ok("remove", publisher.ref("web"))
    assert client.tree() == tree


def test_a_byte_order_mark_stays_in_a_file_that_goes_on(client, publisher):  # noqa: F811
    publisher.publish(wiring_pack([merge("p.json")], {"p.json": P}))
    settings = client.home / SETTINGS
    settings.parent.mkdir()
    settings.write_bytes(MARK + b"{}")
    client.ok("pull", "--yes", publisher.ref("web"))
    settings.write_bytes(settings.read_bytes().replace(b"{\n", b'{"mine":1,'))
    client.ok("remove", publisher.ref("web"))
    assert settings.read_bytes() == MARK + b'{\n  "mine": 1\n}\n'


def test_consent_names_the_place_that_a_linked_folder_is(client, publisher, tmp_path):  # noqa: F811
    publisher.publish(wiring_pack([merge("p.json"), write("q.json", ".codex/q.json")], {"p.json": P, "q.json": Q}))
    outside = tmp_path / "outside"
    outside.mkdir()
    (client.home / ".claude").symlink_to(outside)
    ref = publisher.ref("web")
    said = " ".join(client.ok("pull", "--dry-run", ref).stderr.split())
    assert f"merge ~/.claude/settings.json, which is {outside}/settings.json, sets a" in said
    assert "write ~/.codex/q.json" in said and said.count("which is") == 1
    (entry,) = json.loads(client.ok("pull", "--dry-run", "--json", ref).stdout)
    assert [line.get("real") for line in entry["wiring"]] == [f"{outside}/settings.json", None]
    client.ok("pull", "--yes", ref)
    assert json.loads((outside / "settings.json").read_text()) == {"a": 1}
    client.ok("remove", ref)
    assert list(outside.iterdir()) == [] and (client.home / ".claude").is_symlink()

    (outside / "inner").symlink_to(tmp_path)
    publisher.publish(wiring_pack([merge("p.json", ".claude/inner/x.json")], {"p.json": P}, version="1.1.0"))
    assert "leads through a symbolic link" in client.run("pull", "--yes", ref).stderr
    assert not (tmp_path / "x.json").exists()


def test_a_home_that_is_a_link_is_no_other_place(client, publisher, tmp_path):  # noqa: F811
    publisher.publish(wiring_pack([merge("p.json")], {"p.json": P}))
    (client.home / ".claude").mkdir()
    home = tmp_path / "linked"
    home.symlink_to(client.home)
    for env in ({}, {"HOME": str(home)}):
        said = client.ok("pull", "--dry-run", publisher.ref("web"), **env).stderr
        assert "merge ~/.claude/settings.json sets a" in said and "which is" not in said

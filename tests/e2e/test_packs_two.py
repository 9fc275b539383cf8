"""Two packs that wire the same place: what one of them takes out is its own, and only that."""
import json
import os

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401

from tests.support.wired_pack import wiring_pack

SETTINGS, HOOKS, CONFIG, LINK = ".claude/settings.json", ".claude/hooks.json", ".codex/config.toml", ".claude/skills/guard"
HERMES = ".hermes/config.yaml"
GUARD = [
    {"type": "json_merge", "file": f"$HOME/{SETTINGS}", "patch": "m.json"},
    {"type": "json_array_append", "file": f"$HOME/{HOOKS}", "path": "hooks", "key_field": "id", "patch_entries": "e.json"},
    {"type": "toml_block", "file": f"$HOME/{CONFIG}", "marker_id": "guard", "content": "b.toml"},
    {"type": "yaml_merge", "file": f"$HOME/{HERMES}", "patch": "p.yaml"},
    {"type": "symlink", "link": f"$HOME/{LINK}", "target": "$PACK_DIR"},
]
SAYS = {"m.json": b'{"disable": "yes", "permissions": {"deny": ["Read(./.env)"]}}', "e.json": b'[{"id": "guard", "command": "x"}]',
        "b.toml": b'sandbox_mode = "read-only"\n', "p.yaml": b"mode: 0755\n"}
FILES = (SETTINGS, HOOKS, CONFIG, HERMES)


def guards(publisher):  # noqa: F811
    """Two packs that do the same; the first has a version that does nothing."""
    for name in ("one", "two"):
        publisher.publish(wiring_pack(GUARD, SAYS, name=name))
    publisher.publish(wiring_pack([], {}, name="one", version="1.1.0"))
    return publisher.ref("one", "1.0.0"), publisher.ref("two")


def texts(client):  # noqa: F811
    return {path: (client.home / path).read_text() for path in FILES}


def add_mine(client):  # noqa: F811
    """The files are the user's too by now: they do not come back from wired.json as they were."""
    for path in (SETTINGS, HOOKS):
        said = json.loads((client.home / path).read_text())
        (client.home / path).write_text(json.dumps({**said, "mine": 1}))
    (client.home / CONFIG).write_text((client.home / CONFIG).read_text() + "# mine\n")
    (client.home / HERMES).write_text((client.home / HERMES).read_text() + "mine: 1\n")


@pytest.mark.parametrize("gone", ["one", "two"])
@pytest.mark.parametrize("mine", [True, False])
def test_what_another_pack_put_there_too_stays_until_that_goes(client, publisher, gone, mine):  # noqa: F811
    one, two = guards(publisher)
    before = client.tree()
    client.ok("pull", "--yes", one, two)
    if mine:
        add_mine(client)
    wired = texts(client)
    left = "two" if gone == "one" else "one"
    assert "stays" not in client.ok("remove", publisher.ref(gone)).stderr
    assert texts(client) == wired
    assert os.readlink(client.home / LINK) == str(client.packages / publisher.ref(left))
    client.ok("verify")
    assert "stays" not in client.ok("remove", publisher.ref(left)).stderr
    assert not os.path.lexists(client.home / LINK)
    if not mine:
        assert client.tree() == before
        return
    for path in (SETTINGS, HOOKS):
        assert json.loads((client.home / path).read_text()) == {"mine": 1}
    assert (client.home / CONFIG).read_text() == "# mine\n" and (client.home / HERMES).read_text() == "mine: 1\n"


def test_an_update_that_wires_no_more_leaves_what_another_pack_wired(client, publisher):  # noqa: F811
    one, two = guards(publisher)
    client.ok("pull", "--yes", one, two)
    wired = texts(client)
    client.ok("update", "--yes")
    assert texts(client) == wired and (client.home / LINK).exists()
    client.ok("remove", two)
    assert not any((client.home / path).exists() for path in (*FILES, LINK))


def test_the_same_wiring_of_one_pack_alone_goes(client, publisher):  # noqa: F811
    one, _ = guards(publisher)
    before = client.tree()
    client.ok("pull", "--yes", one)
    client.ok("remove", publisher.ref("one"))
    assert client.tree() == before


def values(publisher):  # noqa: F811
    """Three packs that set the same key and entry, each otherwise."""
    for name, k in (("one", True), ("two", False), ("three", True)):
        extra = {"m.json": json.dumps({"a": {"k": k}}).encode(), "e.json": json.dumps([{"id": "x", "of": name}]).encode()}
        publisher.publish(wiring_pack(GUARD[:2], extra, name=name))
    return [publisher.ref(name) for name in ("one", "two", "three")]


@pytest.mark.parametrize("before", [None, False])
@pytest.mark.parametrize("order", ["012", "021", "102", "120", "201", "210"])
def test_no_value_of_a_pack_that_is_gone_comes_back(client, publisher, before, order):  # noqa: F811
    refs = values(publisher)
    (client.home / ".claude").mkdir()
    mine = {"z": 1} if before is None else {"z": 1, "a": {"k": before}}
    for path in (SETTINGS, HOOKS):
        (client.home / path).write_text(json.dumps(mine))
    for ref in refs:
        client.ok("pull", "--yes", ref)
    (client.home / SETTINGS).write_text((client.home / SETTINGS).read_text().replace('"z": 1', '"z": 2'))
    (client.home / HOOKS).write_text((client.home / HOOKS).read_text().replace('"z": 1', '"z": 2'))
    left = [0, 1, 2]
    for number in map(int, order):
        assert "stays" not in client.ok("remove", refs[number]).stderr
        left.remove(number)
        now, hooks = (json.loads((client.home / path).read_text()) for path in (SETTINGS, HOOKS))
        if left:
            top = left[-1]
            assert now["a"]["k"] == (True, False, True)[top] and hooks["hooks"] == [{"id": "x", "of": ("one", "two", "three")[top]}]
    assert now == {**mine, "z": 2} and hooks == {**mine, "z": 2}


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_a_value_of_yaml_comes_back_as_it_was_written(client, publisher, order):  # noqa: F811
    for name, text in (("one", b"mode: 1\nlist: 1\n"), ("two", b"mode: 2\n")):
        publisher.publish(wiring_pack([GUARD[3]], {"p.yaml": text}, name=name))
    config = client.home / HERMES
    config.parent.mkdir()
    config.write_text("mode: 0755\nlist: no\n")
    client.ok("pull", "--yes", publisher.ref("one"), publisher.ref("two"))
    config.write_text(config.read_text() + "mine: 1\n")
    for name in order:
        client.ok("remove", publisher.ref(name))
    assert config.read_text() == "mode: 0755\nlist: no\nmine: 1\n"


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
@pytest.mark.parametrize("before", ["mine", None])
def test_a_link_leads_back_to_what_it_was_and_never_to_a_pack_that_is_gone(client, publisher, order, before):  # noqa: F811
    link = client.home / LINK
    for name in ("one", "two"):
        publisher.publish(wiring_pack(GUARD[4:], {}, name=name))
    link.parent.mkdir(parents=True)
    if before:
        link.symlink_to(before)
    client.ok("pull", "--yes", publisher.ref("one"))
    client.ok("pull", "--yes", publisher.ref("two"))
    assert "stays" not in client.ok("remove", publisher.ref(order[0])).stderr
    assert os.readlink(link) == str(client.packages / publisher.ref(order[1]))
    assert "stays" not in client.ok("remove", publisher.ref(order[1])).stderr
    assert (os.readlink(link) if os.path.lexists(link) else None) == before


FAST = b'[profiles.fast]\nmodel = "o4-mini"\n'
MINE = 'model = "o3"\n\n[profiles.safe]\nmodel = "o3"\n'


def pull_fast(client, publisher):  # noqa: F811
    block = [{"type": "toml_block", "file": f"$HOME/{CONFIG}", "marker_id": "fast", "content": "b.toml"}]
    publisher.publish(wiring_pack(block, {"b.toml": FAST}))
    publisher.publish(wiring_pack(block, {"b.toml": FAST.replace(b"o4", b"o5")}, version="1.1.0"))
    config = client.home / CONFIG
    config.parent.mkdir()
    config.write_text(MINE)
    client.ok("pull", "--yes", publisher.ref("web", "1.0.0"))
    return config


def test_a_line_of_a_blocks_table_does_not_become_one_of_another(client, publisher):  # noqa: F811
    config = pull_fast(client, publisher)
    mine = config.read_text() + 'sandbox_mode = "danger-full-access"\n'
    config.write_text(mine)
    said = client.run("update", "--yes")
    assert said.returncode != 0 and 'a block "fast" is there already' in said.stderr and config.read_text() == mine
    said = client.ok("remove", publisher.ref("web")).stderr
    assert f'{config}: the block "fast", or what was written below it, was changed, and stays\n' in said
    assert config.read_text() == mine


@pytest.mark.parametrize("more", [b"# mine\n", b'[projects."/work"]\ntrust_level = "trusted"\n', b"# mine\n\0\n[x]\ny = 1\n"],
                         ids=["comment", "table", "nul"])
def test_what_stands_behind_a_block_stays_to_the_last_byte(client, publisher, more):  # noqa: F811
    config = pull_fast(client, publisher)
    config.write_bytes(config.read_bytes() + more)
    assert "block" not in client.ok("remove", publisher.ref("web")).stderr
    assert config.read_bytes() == MINE.encode() + more

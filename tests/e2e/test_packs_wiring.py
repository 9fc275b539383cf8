"""What a pack has put into files of the user comes out again, and nothing else does."""
import pytest
from fixtures_client import client, publisher, registry  # noqa: F401

from tests.support.wired_pack import wiring_pack

SETTINGS = ".claude/settings.json"


def merge(patch, file=SETTINGS):
    return {"type": "json_merge", "file": f"$HOME/{file}", "patch": patch}


def write(source, file=SETTINGS):
    return {"type": "write_file", "source": source, "dest": f"$HOME/{file}"}


P, Q = b'{"a": 1}\n', b'{"b": 2}\n'


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

"""`nono snapshot` on a store of which a part is damaged: the rest of it goes on, and nothing whole is lost."""
import os

import pytest
from fixtures_state import fingerprint
from fixtures_state import user  # noqa: F401


class Store:
    """Two folders with a snapshot each, in a pack each."""

    def __init__(self, user):  # noqa: F811
        self.user = user
        self.packs = user.state / "snapshots/packs"
        user.put("q1/f", "one")
        self("q1", "create", "a")
        self.pack = self.pack_names()[0]
        user.put("q2/g", "two")
        self("q2", "create", "b")

    def __call__(self, folder, verb, *words, **options):
        return self.user("snapshot", verb, *words, "--path", self.user.work / folder, **options)

    def json(self, folder, verb, *words, **options):
        return self.user.json("snapshot", verb, *words, "--path", self.user.work / folder, **options)

    def pack_names(self):
        return sorted(pack.name for pack in self.packs.glob("*.pack"))

    @property
    def err(self):
        return self.user.err


@pytest.fixture
def store(user):  # noqa: F811
    return Store(user)


@pytest.fixture
def cut(store):
    os.truncate(store.packs / store.pack, 20)
    return store


def test_snapshots_that_need_nothing_of_it_go_on(cut):
    before = fingerprint(cut.user.work / "q2")
    cut.user.put("q2/g", "changed")
    assert [change["path"] for change in cut.json("q2", "diff", "b")] == ["g"]
    cut("q2", "restore", "b")
    assert fingerprint(cut.user.work / "q2") == before
    assert cut.json("q2", "verify", "b")[0]["valid"]
    cut("q2", "create", "c")
    cut.user("run", "-s", "--allow", ".", "--workdir", cut.user.work / "q2", "--snapshot", "z", "--", "true")


def test_a_snapshot_that_needs_it_names_the_pack_and_a_way_out(cut):
    cut.user.put("q1/f", "changed")
    before = fingerprint(cut.user.work / "q1")
    for words in [("restore", "a"), ("diff", "a")]:
        cut("q1", *words, status=5)
        assert f"pack {cut.pack[:12]} of the store is damaged: cut short" in cut.err and "nono snapshot verify --all" in cut.err
    assert fingerprint(cut.user.work / "q1") == before


def test_verify_names_the_snapshot_and_the_pack(cut):
    verdicts = cut.json("q2", "verify", "--all", status=5)
    assert [(verdict.get("name"), verdict["valid"]) for verdict in verdicts] == [("a", False), ("b", True), (None, False)]
    assert cut.pack[:12] in verdicts[0]["faults"][0]
    assert verdicts[2] == {"pack": cut.pack, "valid": False, "faults": ["cut short"]}
    assert f"pack {cut.pack}: cut short" in (cut("q2", "verify", "--all", status=5), cut.err)[1]
    assert not cut.json("q1", "verify", "a", status=5)[0]["valid"]


def test_what_was_in_it_is_stored_again(cut):
    cut("q1", "create", "again")
    assert [verdict["valid"] for verdict in cut.json("q1", "verify")] == [True, True]
    cut.user.put("q1/f", "changed")
    cut("q1", "restore", "a")
    assert (cut.user.work / "q1/f").read_text() == "one"


def test_prune_drops_it_when_no_snapshot_needs_it(cut):
    kept = cut("q1", "prune"), cut.err
    assert "nothing is freed" in kept[1] and cut.pack in cut.pack_names()
    cut("q1", "delete", "a")
    assert "removed, for no snapshot needs it" in cut.err and cut.pack not in cut.pack_names()
    cut("q2", "verify", "--all")
    assert cut("q2", "prune") and cut.err == ""


def test_prune_keeps_it_while_a_content_is_missing(store):
    store.user.put("q1/h", "more")
    store("q1", "create", "c")  # its tree is in another pack than the content of f
    os.truncate(store.packs / store.pack, 20)
    store("q1", "delete", "a")
    assert store.err.count(f"pack {store.pack[:12]}: cut short; kept") == 1 and store.pack in store.pack_names()
    assert store.json("q1", "verify", "c", status=5)[0]["faults"][0].startswith("f: object ")
    store.user.put("q1/i", "even more")
    store("q1", "create", "d")
    assert store.json("q1", "verify", "c")[0]["valid"]  # f is there again
    assert "removed" in store.json("q1", "prune")["notes"][0] and store.pack not in store.pack_names()
    assert [verdict["valid"] for verdict in store.json("q1", "verify", "--all")] == [True, True, True]


def test_a_delete_that_is_done_is_no_failure(store):
    """A pack of a newer version stops what frees, not what is forgotten."""
    pack = bytearray((store.packs / store.pack).read_bytes())
    pack[-16] = 2
    (store.packs / store.pack).write_bytes(pack)
    store("q2", "prune", status=6)
    store("q2", "delete", "b")
    assert "not freed yet" in store.err and "newer version" in store.err
    assert store.json("q2", "list") == []
    store("q2", "delete", "b", status=3)

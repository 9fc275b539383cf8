"""`nono snapshot` on a store of which a part is damaged: the rest of it goes on, and nothing whole is lost."""
import os
import signal

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


@pytest.fixture
def unread(store):
    store("q1", "create", "a2")
    store("q2", "create", "b2")
    os.truncate(next((store.user.state / "snapshots/folders").glob("*/b2.json")), 30)
    return store


def test_list_shows_the_others_and_tells_of_it(unread):
    for words in [(), ("--all",)]:
        out = unread("q2", "list", *words, status=5)
        assert "b2" not in out and "b " in out and ("a2" in out) == (words == ("--all",))
        assert f"{unread.user.work}/q2: snapshot b2: b2.json:1:30: " in unread.err
        told = unread.json("q2", "list", *words, status=5)[-1]
        assert (told["name"], told["folder"], told["error"]["code"]) == ("b2", f"{unread.user.work}/q2", "untrusted")
    assert [entry["name"] for entry in unread.json("q1", "list")] == ["a", "a2"]


def test_verify_names_it(unread):
    for words in [(), ("--all",)]:
        verdicts = {verdict["name"]: verdict for verdict in unread.json("q2", "verify", *words, status=5)}
        assert verdicts["b"]["valid"] and not verdicts["b2"]["valid"] and "b2.json:1:30" in verdicts["b2"]["faults"][0]
    unread("q2", "verify", "b2", status=5)
    unread("q2", "verify", "b")
    unread("q1", "verify")


def test_the_newest_is_not_guessed(unread):
    for verb in ("diff", "show"):
        unread("q2", verb, status=5)
        assert "which is the newest cannot be told" in unread.err and "nono snapshot delete b2" in unread.err
        unread("q2", verb, "b")
        unread("q1", verb)
    unread("q2", "create", "b2", status=5)
    unread("q2", "create", "b3")


def test_prune_frees_nothing_that_it_may_need(unread):
    unread.user.put("q2/only", "of b2 alone, for all that nono can tell")
    unread("q2", "create", "b3")
    packs = unread.pack_names()
    pruned = unread.json("q2", "prune", "--keep", 1)  # b goes, b3 is the newest that can be read, b2 stays
    assert pruned["snapshots_deleted"] == 1 and pruned["bytes_freed"] == 0
    assert f"{unread.user.work}/q2: snapshot b2: " in pruned["notes"][0] and "nothing is freed" in pruned["notes"][0]
    assert unread.pack_names() == packs
    assert [entry["name"] for entry in unread.json("q2", "list", status=5)] == ["b3", "b2"]

    unread("q2", "delete", "b2")
    assert "nothing is freed" not in unread.err and unread.pack_names() != packs
    assert [verdict["valid"] for verdict in unread.json("q2", "verify", "--all")] == [True, True, True]
    unread("q2", "delete", "b2", status=3)


def test_a_file_that_is_no_record_is_none(store):
    next((store.user.state / "snapshots/folders").glob("*/b.json")).with_name("b (copy).json").write_text("x")
    assert [entry["name"] for entry in store.json("q2", "list")] == ["b"]
    assert store.json("q2", "prune")["notes"] == []


@pytest.fixture
def half(store):
    """A restore that was killed in the middle, and a disk that lost the end of its journal."""
    store.user.put("q1/more", "of a")
    store("q1", "create", "a2")
    store.user.put("q1/f", "changed")
    store.user.put("q1/more", "changed")
    store("q1", "restore", "a2", status=-signal.SIGKILL, NONO_CRASH_AT="snapshot.put:1")
    store.journal = next((store.user.state / "snapshots/folders").glob("*/journal"))
    os.truncate(store.journal, 20)
    return store


def kept(store):
    return [path.stat().st_size for path in store.journal.parent.glob("journal-damaged-*")]


def test_a_damaged_journal_of_a_restore_names_the_ways_out(half):
    before = fingerprint(half.user.work / "q1")
    for words in [("create", "b"), ("delete", "a")]:
        half("q1", *words, status=5)
        assert "the journal of an interrupted restore is damaged: " in half.err
        assert "nono snapshot restore NAME" in half.err and "nono snapshot delete --force NAME" in half.err
    half.user("run", "-s", "--allow", ".", "--workdir", half.user.work / "q1", "--snapshot", "z", "--", "true", status=5)
    assert "nono snapshot restore NAME" in half.err
    pruned = half.json("q1", "prune", "--keep", 0, "--all")
    assert pruned["snapshots_deleted"] == 1  # of the other folder
    assert all("is kept: the journal of an interrupted restore is damaged" in note for note in pruned["notes"])
    assert fingerprint(half.user.work / "q1") == before and kept(half) == [] and half.journal.exists()


@pytest.mark.parametrize("crash", [None, "snapshot.journal", "snapshot.applying", "snapshot.put:1"])
def test_a_restore_completes_one_whose_journal_is_damaged(half, crash):
    if crash:
        half("q1", "restore", "a2", status=-signal.SIGKILL, NONO_CRASH_AT=crash)
        half("q1", "create", "b", status=1)  # the journal is whole again, and says so
        assert "a restore of a2 was interrupted" in half.err
    half("q1", "restore", "a2")
    assert crash or "damaged, kept as journal-damaged-" in half.err
    assert [(half.user.work / "q1" / name).read_text() for name in ("f", "more")] == ["one", "of a"]
    assert sorted(os.listdir(half.user.work / "q1")) == ["f", "more"]
    assert kept(half) == [20] and not half.journal.exists()
    half("q1", "create", "b")


def test_a_damaged_journal_goes_with_a_delete_by_force(half):
    before = fingerprint(half.user.work / "q1")
    half("q1", "delete", "--force", "nowhere", status=3)
    assert half.journal.exists()
    half("q1", "delete", "--force", "a")
    assert kept(half) == [20] and not half.journal.exists()
    assert fingerprint(half.user.work / "q1") == before
    half("q1", "create", "b")
    half("q1", "verify", "a2")

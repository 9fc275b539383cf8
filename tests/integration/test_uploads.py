"""Bodies that come slowly: what let them in may end meanwhile, and the room that they hold is shared."""
import contextlib
import os
import socket
import subprocess
import threading
import time

import pytest

from tests.support import packs
from tests.support.registry import multipart

MIB = 1024 * 1024


def sql(registry, statement):
    done = subprocess.run(["psql", "-h", str(registry.folder / "socket"), "-U", "nono", "-d", "nono", "-XAtqc", statement],
                          check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def credentials(caller):
    """The header lines of a token, or of a session."""
    sent = {**caller.http.headers, "Cookie": "; ".join(f"{c.name}={c.value}" for c in caller.http.cookies)}
    names = ("Authorization", "X-Nono-CSRF") + (("Cookie",) if sent["Cookie"] else ())
    return "".join(f"{name}: {sent[name]}\r\n" for name in names if name in sent)


@contextlib.contextmanager
def upload_begun(registry, caller, organisation, name, kind, length):
    """A connection whose request was let in: the registry has said that it waits for the body."""
    host, port = registry.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as link:
        link.sendall((f"POST /api/v1/packages/{organisation}/{name}/versions HTTP/1.1\r\nHost: x\r\n{credentials(caller)}"
                      f"Expect: 100-continue\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").encode())
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            said += link.recv(1)
        assert said.startswith(b"HTTP/1.1 100 "), said
        yield link


def status_of(link):
    head = b""
    while b"\r\n" not in head:
        more = link.recv(65536)
        assert more, head
        head += more
    return int(head.split()[1])


def form_of(key, name):
    """A pack that is no other's, as a form; and the digest of a file of it."""
    files = {**packs.pack_files(name), "bin/hook.sh": b"#!/bin/sh\n# " + os.urandom(150_000).hex().encode()}
    parts = [("version", None, b"1.0.0"), ("bundle", ".nono-trust.bundle", packs.multi_file_bundle(files, key))]
    return *multipart(parts + [("artifact", path, data) for path, data in files.items()]), packs.sha256(files["bin/hook.sh"])


@pytest.fixture
def house(world):
    return world.publisher()


@pytest.fixture
def member(world, house):
    """Someone who may publish in the house."""
    owner, organisation, _ = house
    person = world.person("member")
    join(owner, organisation, person, "publisher")
    return person


def join(owner, organisation, person, role):
    made = owner.call("PUT", f"/organisations/{organisation}/members/{person.name}", json={"role": role})
    assert made.status_code == 200, made.text


def revoke(member, caller):
    assert member.call("DELETE", f"/auth/tokens/{caller.get('/auth/whoami').json()['token']['id']}").status_code == 204


ENDS = {
    "nothing": (201, True, lambda registry, house, member, caller: None),
    "another token": (201, True, lambda registry, house, member, caller: revoke(member, member.token("read", "publish"))),
    "promotion": (201, True, lambda registry, house, member, caller: join(house[0], house[1], member, "maintainer")),
    "token revoked": (401, True, lambda registry, house, member, caller: revoke(member, caller)),
    "token expired": (401, True, lambda registry, house, member, caller: sql(
        registry, f"UPDATE token SET created_at = now() - interval '1 day', expires_at = now() WHERE account_id = (SELECT id FROM account WHERE login = '{member.name}')")),
    "session": (201, False, lambda registry, house, member, caller: None),
    "session ended": (401, False, lambda registry, house, member, caller: member.post("/auth/logout").raise_for_status()),
    "account disabled": (401, True, lambda registry, house, member, caller: registry.run("admin", "user", "disable", member.name).check_returncode()),
    "demotion": (403, True, lambda registry, house, member, caller: join(house[0], house[1], member, "reader")),
    "removal": (403, True, lambda registry, house, member, caller: house[0].call(
        "DELETE", f"/organisations/{house[1]}/members/{member.name}").raise_for_status()),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_upload_ends_as_one_who_may_do_so_then(registry, world, house, member, end):
    owner, organisation, key = house
    expected, by_token, act = ENDS[end]
    caller = member.token("read", "publish") if by_token else member
    name = world.unique("slow")
    kind, body, file = form_of(key, name)
    with upload_begun(registry, caller, organisation, name, kind, len(body)) as link:
        link.sendall(body[:-100])
        act(registry, house, member, caller)
        link.sendall(body[-100:])
        assert status_of(link) == expected
    there = expected == 201
    assert (owner.get(f"/packages/{organisation}/{name}").status_code == 200) == there
    assert (sql(registry, f"SELECT count(*) FROM blob WHERE digest = '{file}'") == "1") == there
    assert (registry.folder / "blobs" / "sha256" / file[:2] / file).exists() == there
    assert (sql(registry, f"SELECT count(*) FROM audit_event WHERE subject = '{organisation}/{name}@1.0.0'") == "1") == there


def waiting(registry):
    return int(sql(registry, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


def test_a_revocation_comes_after_the_publish_that_it_meets(registry, world, house, member):
    """The publish is stopped in the middle of its transaction, at its pack, which somebody else holds."""
    owner, organisation, key = house
    assert owner.publish(organisation, packs.pack_files("met"), key, name="met").status_code == 201
    token = member.token("read", "publish")
    answers = []
    holder = subprocess.Popen(["psql", "-h", str(registry.folder / "socket"), "-U", "nono", "-d", "nono", "-XAtq"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        holder.stdin.write("BEGIN; SELECT name FROM package WHERE name = 'met' FOR UPDATE;\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "met\n"
        threads = [threading.Thread(target=lambda: answers.append(token.publish(
                       organisation, packs.pack_files("met", "1.1.0"), key, name="met", version="1.1.0").status_code)),
                   threading.Thread(target=lambda: (revoke(member, token), answers.append("revoked")))]
        token.get("/auth/whoami")  # and its use is written down, for a minute
        for count, thread in enumerate(threads, 1):
            thread.start()
            while waiting(registry) < count and thread.is_alive():
                time.sleep(0.01)
        assert answers == []
        holder.stdin.write("COMMIT;\n")
        holder.stdin.close()
        for thread in threads:
            thread.join()
    assert sorted(answers, key=str) == [201, "revoked"]
    assert token.get("/auth/whoami").status_code == 401


def test_one_account_holds_a_part_of_the_room_for_uploads_and_not_all_of_it(registry, world, house):
    """Five large uploads are more than a quarter of what all may hold (ROOM_ACCOUNT_MAX); one that is refused leaves its part."""
    crowd, organisation, _ = world.publisher()
    head, tail = b'--b\r\nContent-Disposition: form-data; name="artifact"; filename="a"\r\n\r\n', b"\r\n--b--\r\n"
    size, chunk = 240 * MIB, bytes(MIB)
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(upload_begun(registry, crowd, organisation, "p", "multipart/form-data; boundary=b",
                                                  len(head) + size + len(tail))) for _ in range(5)]
        for link in links:
            link.sendall(head)
            for _ in range(size // MIB):
                link.sendall(chunk)
        owner, organisation, key = house
        name = world.unique("beside")
        kind, body, _ = form_of(key, name)
        with upload_begun(registry, owner, organisation, name, kind, len(body)) as link:
            link.sendall(body)
            assert status_of(link) == 201
        for link in links:
            link.sendall(tail)
        assert sorted(status_of(link) for link in links) == [400, 400, 400, 400, 429]

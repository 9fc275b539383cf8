"""A registry on a database of somebody else's: what it does when that is away, does not answer, or can only be read."""
import contextlib
import itertools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from tests.support.registry import Registry, make_folder

PORT_FILE = ".s.PGSQL.5432"


class Strait:
    """Stands before PostgreSQL's socket in a folder of its own; while it is shut, nothing comes through, and nobody is told."""

    def __init__(self, folder, beyond):
        self.folder, self.beyond = folder, str(pathlib.Path(beyond) / PORT_FILE)
        self.open = threading.Event()
        self.open.set()
        self.links = []
        folder.mkdir()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / PORT_FILE))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(self.beyond)
                self.links += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                self.open.wait()
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def close(self):
        self.open.set()
        self.listener.close()
        for link in self.links:
            link.close()


class Postgres:
    """A cluster that a registry made for itself, run without one, and with room for several."""

    def __init__(self, folder):
        self.names = itertools.count()
        self.folder = folder / "socket"
        data = folder / "postgres"
        owner = data.stat()
        programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
        who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        self.process = subprocess.Popen(
            [programs, "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "max_connections=100"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **who)
        while self.psql("SELECT 1").returncode:
            assert self.process.poll() is None

    def psql(self, sql):
        return subprocess.run(["psql", "-h", self.folder, "-U", "nono", "-d", "postgres", "-XAtqc", sql], check=False, capture_output=True,
                              text=True)

    def run(self, sql):
        done = self.psql(sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def make(self):
        name = f"other{next(self.names)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def end_connections(self, name):
        self.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'")


@pytest.fixture(scope="module")
def postgres():
    folder = make_folder()
    assert Registry(folder / "data").run("migrate").returncode == 0
    server = Postgres(folder / "data")
    yield server
    server.process.send_signal(signal.SIGINT)
    server.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def guest(folder, postgres, name, sockets=None, **settings):
    url = f"host={sockets or postgres.folder} user=nono dbname={name}"
    return Registry(folder / "data", database_url=url, **settings)


def test_nobody_pays_for_a_database_that_was_started_anew(postgres, registry_folder):
    name = postgres.make()
    with guest(registry_folder, postgres, name, workers=2).up() as registry:
        session = registry.sign_in()
        assert postgres.run(f"SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = '{name}'") == "nono-registry"
        for turn in range(3):
            postgres.end_connections(name)
            answers = [registry.get(f"/api/v1/packages?q={turn}-{i}").status for i in range(6)]
            answers += [registry.get("/api/v1/auth/whoami", headers=session).status for _ in range(4)]
            assert set(answers) == {200}
        assert registry.get("/readyz").status == 200
        assert registry.down() == 0


def test_a_database_that_can_only_be_read_is_said_to_be_unavailable(postgres, registry_folder):
    name = postgres.make()
    with guest(registry_folder, postgres, name).up() as registry:
        session = registry.sign_in()
        for only, ready, made in (("on", 503, 503), ("off", 200, 201)):
            postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = {only}")
            postgres.end_connections(name)
            assert registry.get("/readyz").status == ready
            assert registry.get("/api/v1/packages").status == 200
            answer = registry.post("/api/v1/organisations", {"name": "acme"}, headers=session)
            assert answer.status == made, answer.body


def test_a_start_that_gets_no_answer_ends_when_it_is_told_to(postgres, registry_folder):
    strait = Strait(registry_folder / "strait", postgres.folder)
    strait.open.clear()
    registry = guest(registry_folder, postgres, postgres.make(), strait.folder)
    registry.settings["database_url"] += " connect_timeout=0"
    process = subprocess.Popen(registry.command, env=registry.environment(), stderr=subprocess.PIPE, text=True)
    while not strait.links:
        pass  # until it waits
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 0 and "registry.start_ended" in said
    strait.close()


def test_a_statement_that_is_not_answered_does_not_keep_a_registry_from_ending(postgres, registry_folder):
    strait = Strait(registry_folder / "strait", postgres.folder)
    registry = guest(registry_folder, postgres, postgres.make(), strait.folder, drain_seconds=1).up()
    registry.process.send_signal(signal.SIGHUP)
    while "reload.done" not in registry.log():
        pass  # until its start is over: it looks at its statements after it is ready
    strait.open.clear()
    waiting = socket.create_connection(("127.0.0.1", int(registry.url.rpartition(":")[2])), timeout=100)
    waiting.sendall(b"GET /api/v1/packages?q=x HTTP/1.1\r\nHost: x\r\n\r\n")
    inside = Registry(registry.folder)
    inside.url = registry.admin_url
    while b"\nnono_workers_busy 1\n" not in inside.get("/metrics").body:
        pass  # until it waits
    assert registry.down() == 69, registry.log()
    assert "registry.cut_off" in registry.log()
    waiting.close()
    strait.close()


def test_commands_make_no_registry_in_a_database_that_has_none(postgres, registry_folder):
    registry = guest(registry_folder, postgres, postgres.make())
    for words in (["fsck"], ["admin", "user", "create", "ada"], ["admin", "organisation", "create", "acme", "--owner", "ada"]):
        refused = registry.run(*words)
        assert refused.returncode == 3 and "there is no registry in this database yet" in refused.stderr, refused.stderr
    assert registry.run("migrate").returncode == 0
    assert registry.run("admin", "user", "create", "ada").returncode == 0


@pytest.mark.parametrize("url", [
    "postgresql://nono:se@cret@127.0.0.1:1/nono", "postgresql://nono:1/cret@127.0.0.1/nono", "postgresqlx://nono:cret@127.0.0.1/nono",
    "postgresql://nono:a%cret@127.0.0.1/nono", "host=127.0.0.1 password=a cret",
])
def test_a_password_in_a_wrong_address_is_not_told(registry_folder, url):
    for verb in ("serve", "migrate", "fsck"):
        refused = Registry(registry_folder / "data", database_url=url).run(verb)
        assert refused.returncode == 2 and "database_url" in refused.stderr, refused.stderr
        assert "cret" not in refused.stdout + refused.stderr
    config = registry_folder / "registry.toml"
    config.write_text(f'listen = "127.0.0.1:0"\ndatabase_url = "{url}"\n')
    refused = Registry(registry_folder / "data").run("fsck", "--config", str(config))
    assert refused.returncode == 2 and "cret" not in refused.stdout + refused.stderr


def test_a_password_in_a_right_address_is_not_told_when_nobody_answers(registry_folder):
    refused = Registry(registry_folder / "data", database_url="postgresql://nono:se%40cret@127.0.0.1:1/nono").run("serve")
    assert refused.returncode == 69 and "127.0.0.1" in refused.stderr and "cret" not in refused.stderr

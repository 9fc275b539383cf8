"""`nono key`, and where secrets are kept: the desktop keyring when there is one, else files for this user alone."""
import json
import os
import pty
import re
import signal
import subprocess
import termios
import threading
import time

import pytest
from fixtures_client import client, publisher, registry  # noqa: F401
from fixtures_client import NONO, tree, write_pack
from fixtures_keyring import keyring, session  # noqa: F401

from tests.support.packs import pack_files

INVALID, NOT_FOUND, DENIED, UNSUPPORTED, UNAVAILABLE, CONFLICT = 2, 3, 4, 6, 69, 1
PASSPHRASE = "correct horse"


def openssl(*args, **more):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **more).stdout


def private_key(folder, *options, passphrase=None, name="k.pem"):
    """PKCS#8 as OpenSSL writes it."""
    file = folder / name
    openssl("genpkey", *options, "-out", file, *(["-aes-256-cbc", "-pass", f"pass:{passphrase}"] if passphrase else []))
    return file


P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def public_of(file, passphrase=""):
    return openssl("pkey", "-in", file, "-pubout", "-passin", f"pass:{passphrase}").decode()


def with_passphrase(user, *args, passphrase=PASSPHRASE, **variables):
    """nono with a passphrase on a descriptor."""
    reader, writer = os.pipe()
    os.write(writer, passphrase.encode() + b"\n")
    os.close(writer)
    done = subprocess.run([NONO, *map(str, args), "--passphrase-fd", str(reader)], pass_fds=[reader], text=True,
                          env=user.environment(**variables), capture_output=True, check=False, cwd=user.home)
    os.close(reader)
    return done


def everything(user):
    """All bytes of all files of the home."""
    return b"".join(value[-1] for value in tree(user.home).values() if value[0] == "file")


def keys(user, **variables):
    return {key["name"]: key for key in json.loads(user.ok("key", "list", "--json", **variables).stdout)}


# Keys in files


@pytest.mark.parametrize("kind", [("-algorithm", "ed25519"), P256])
@pytest.mark.parametrize("how", ["file", "standard input"])
def test_a_key_of_another_program_is_imported(client, tmp_path, kind, how):  # noqa: F811
    file = private_key(tmp_path, *kind)
    if how == "file":
        said = client.ok("key", "import", "release", file)
        assert str(file) in said.stderr  # which still has it
    else:
        said = client.ok("key", "import", "release", "--json", stdin=file.read_text())
        assert json.loads(said.stdout)["kept_in"] == "file"
    kept = client.home / ".config/nono/keys/release.pem"
    assert kept.stat().st_mode & 0o777 == 0o600 and public_of(kept) == public_of(file)
    assert client.ok("key", "show", "release").stdout == public_of(file)
    assert (client.home / ".config/nono/keys/release.pub").read_text() == public_of(file)


def test_an_encrypted_key_stays_encrypted_in_a_file_and_signs_with_its_passphrase(client, publisher, tmp_path):  # noqa: F811
    file = private_key(tmp_path, *P256, passphrase=PASSPHRASE)
    assert with_passphrase(client, "key", "import", "release", file, passphrase="wrong").returncode == DENIED
    assert "--passphrase-fd" in client.refused(DENIED, "key", "import", "release", file)
    assert keys(client) == {}
    done = with_passphrase(client, "key", "import", "release", file)
    assert done.returncode == 0 and PASSPHRASE not in done.stdout + done.stderr, done.stderr
    kept = client.home / ".config/nono/keys/release.pem"
    assert "BEGIN ENCRYPTED PRIVATE KEY" in kept.read_text() and public_of(kept, PASSPHRASE) == public_of(file, PASSPHRASE)
    assert PASSPHRASE.encode() not in everything(client)
    assert keys(client)["release"]["encrypted"] is True
    assert client.ok("key", "show", "release").stdout == public_of(file, PASSPHRASE)  # without the passphrase
    client.ok("pack", "init", "mine")
    client.ok("pack", "build", "-o", "p.tar.zst", "mine")
    sign = ("pack", "sign", "--namespace", "acme", "p.tar.zst")
    assert "no terminal" in client.refused(DENIED, *sign)
    assert with_passphrase(client, *sign).returncode == 0
    client.ok("key", "show", "release", "--output", "k.pub")
    client.ok("pack", "verify", "--namespace", "acme", "--key", "k.pub", "p.tar.zst")


def test_a_key_is_made_under_a_passphrase(client):  # noqa: F811
    assert with_passphrase(client, "key", "generate", "a").returncode == 0
    assert "ENCRYPTED" in (client.home / ".config/nono/keys/a.pem").read_text()
    assert with_passphrase(client, "key", "generate", "b", passphrase="").returncode == INVALID
    assert list(keys(client)) == ["a"]


def test_a_passphrase_is_typed_twice_and_not_shown(client):  # noqa: F811
    master, slave = pty.openpty()
    making = subprocess.Popen([NONO, "key", "generate", "a", "--passphrase"], env=client.environment(), stdin=slave, stdout=slave,
                              stderr=subprocess.PIPE)
    os.close(slave)
    patience = threading.Timer(60, making.kill)
    patience.start()
    asked = b""
    for prompt in (b"new passphrase: ", b"once more: "):
        while not asked.endswith(prompt):
            more = making.stderr.read1()
            assert more, asked
            asked += more
        os.write(master, PASSPHRASE.encode() + b"\n")
    rest = making.stderr.read()
    patience.cancel()
    assert making.wait(timeout=60) == 0, rest
    shown = os.read(master, 65536)
    os.close(master)
    assert PASSPHRASE.encode() not in shown + asked + rest
    client.ok("pack", "init", "mine")
    assert with_passphrase(client, "pack", "sign", "--namespace", "acme", "mine").returncode == 0


def echoes(terminal, wanted):
    """Waits until a terminal shows what is typed, or until it does not."""
    end = time.monotonic() + 60
    while bool(termios.tcgetattr(terminal)[3] & termios.ECHO) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO) == wanted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_shows_again_what_is_typed_when_a_prompt_is_left(client, number):  # noqa: F811
    master, slave = pty.openpty()
    asking = subprocess.Popen([NONO, "key", "generate", "a", "--passphrase"], env=client.environment(), stdin=slave,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
                              preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))  # behind a script's `&` some are ignored
    assert echoes(slave, False)
    asking.send_signal(signal.SIGTSTP)
    assert os.waitid(os.P_PID, asking.pid, os.WSTOPPED).si_status == signal.SIGTSTP
    assert echoes(slave, True)
    asking.send_signal(signal.SIGCONT)
    assert echoes(slave, False)
    asking.send_signal(number)
    assert asking.wait(timeout=60) == -number
    assert echoes(slave, True)
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("options,said", [
    (("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "rsaEncryption"),
    (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"), "secp384r1"),
    (("-algorithm", "X25519"), "X25519"),
])
def test_keys_of_other_kinds_are_refused_by_name(client, tmp_path, options, said):  # noqa: F811
    assert said in client.refused(UNSUPPORTED, "key", "import", "release", private_key(tmp_path, *options))
    assert keys(client) == {} and not (client.home / ".config/nono/keys/release.pub").exists()


def test_what_is_no_pkcs8_is_refused_by_name(client, tmp_path):  # noqa: F811
    file = tmp_path / "k.pem"
    file.write_bytes(openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    said = client.refused(INVALID, "key", "import", "release", file)
    assert "EC PRIVATE KEY" in said and "openssl pkcs8 -topk8" in said
    file.write_text(public_of(private_key(tmp_path, *P256, name="other.pem")))
    assert "public key" in client.refused(INVALID, "key", "import", "release", file)
    file.write_text("")
    assert "empty" in client.refused(INVALID, "key", "import", "release", file)
    client.refused(NOT_FOUND, "key", "import", "release", tmp_path / "nothing.pem")
    for name in ("../x", "a/b", "a b", ""):
        client.refused(INVALID, "key", "import", name, private_key(tmp_path, *P256))
    assert keys(client) == {}


def test_a_name_and_a_key_are_taken_once(client, tmp_path):  # noqa: F811
    file = private_key(tmp_path, *P256)
    client.ok("key", "import", "a", file)
    before = tree(client.home)
    assert "nono key remove a" in client.refused(CONFLICT, "key", "import", "a", private_key(tmp_path, *P256, name="o.pem"))
    assert "nono key remove a" in client.refused(CONFLICT, "key", "generate", "a")
    assert "is here already: a" in client.refused(CONFLICT, "key", "import", "b", file)
    assert tree(client.home) == before


def test_keys_are_listed_and_removed(client):  # noqa: F811
    ids = {name: client.ok("key", "generate", name).stdout.strip() for name in ("one", "two")}
    lines = client.ok("key", "list").stdout.splitlines()
    assert [re.split(r"  +", line) for line in lines] == [[n, "ed25519", "file", ids[n]] for n in ("one", "two")]
    assert "--yes" in client.refused(DENIED, "key", "remove", "one")
    assert json.loads(client.ok("key", "remove", "--yes", "--json", "one").stdout) == {"removed": "one", "id": ids["one"]}
    assert list(keys(client)) == ["two"]
    assert [p.name for p in sorted((client.home / ".config/nono/keys").iterdir())] == ["two.pem", "two.pub"]
    client.refused(NOT_FOUND, "key", "remove", "--yes", "one")
    client.refused(INVALID, "key", "remove", "--yes", "./keys/two.pem")


def test_a_key_that_others_can_read_is_refused_but_can_be_removed(client):  # noqa: F811
    client.ok("key", "generate", "a")
    (client.home / ".config/nono/keys/a.pem").chmod(0o640)
    assert "chmod 600" in client.refused(DENIED, "key", "show", "a")
    assert "can be read by others" in keys(client)["a"]["problem"]
    client.ok("key", "remove", "--yes", "a")
    assert keys(client) == {}


def test_a_key_without_its_public_half_is_still_one(client, tmp_path):  # noqa: F811
    folder = client.home / ".config/nono/keys"
    folder.mkdir(parents=True)
    file = private_key(folder, *P256, name="old.pem", passphrase=PASSPHRASE)
    assert "id" not in keys(client)["old"]
    done = with_passphrase(client, "key", "show", "old")
    assert done.returncode == 0 and done.stdout == public_of(file, PASSPHRASE)


def test_halves_that_do_not_belong_together_sign_nothing(client):  # noqa: F811
    for name in ("a", "b"):
        assert with_passphrase(client, "key", "generate", name).returncode == 0
    folder = client.home / ".config/nono/keys"
    (folder / "a.pub").write_bytes((folder / "b.pub").read_bytes())
    client.ok("pack", "init", "mine")
    done = with_passphrase(client, "pack", "sign", "--namespace", "acme", "--key", "a", "mine")
    assert done.returncode == 5 and "does not belong" in done.stderr


def test_a_removed_key_is_revoked_by_its_id(publisher):  # noqa: F811
    user, org = publisher.client, publisher.organisation
    publisher.add_key("old")
    publisher.publish(pack_files("web", "1.0.0"), key="old")
    said = user.ok("key", "remove", "--yes", "old").stderr
    key_id = re.search("nono key revoke ([0-9a-f]{64}) ", said).group(1)
    assert "--yes" in user.refused(DENIED, "key", "revoke", key_id, "--org", org)
    user.ok("key", "revoke", "--yes", key_id, "--org", org)
    user.refused(NOT_FOUND, "key", "revoke", "--yes", key_id, "--org", org)
    publisher.publish(pack_files("web", "1.1.0"))  # another key still signs
    told = json.loads(user.ok("key", "revoke", "--yes", "--json", "release", "--org", org).stdout)
    assert told["organisation"] == org and told["registry"] == publisher.registry.url and len(told["revoked"]) == 64
    folder = write_pack(user.home / "more", pack_files("web", "1.2.0"))
    assert "revoked" in user.refused(5, "publish", folder, "--namespace", org)


# The keyring


def test_a_key_lives_in_the_keyring_and_signs(publisher, keyring, tmp_path):  # noqa: F811
    user, here = publisher.client, keyring.variables
    file = private_key(tmp_path, *P256)
    said = user.ok("key", "import", "desk", file, **here)
    assert "keyring" in said.stderr and keyring.count() == 1
    assert keys(user, **here)["desk"]["kept_in"] == "keyring"
    assert not (user.home / ".config/nono/keys/desk.pem").exists()
    secret = b"".join(file.read_bytes().split(b"\n")[1:-2])
    assert secret not in everything(user).replace(b"\n", b"")
    user.ok("key", "register", "desk", "--org", publisher.organisation, **here)
    folder = user.home / "pack"
    write_pack(folder, pack_files("web", "1.0.0"))
    done = user.ok("publish", folder, "--namespace", publisher.organisation, "--key", "desk", **here)
    assert secret.decode() not in done.stdout + done.stderr
    user.ok("pack", "build", "-o", "p.tar.zst", folder)
    user.ok("pack", "sign", "--namespace", "acme", "--key", "desk", "p.tar.zst", **here)
    (user.home / "k.pub").write_text(public_of(file))
    user.ok("pack", "verify", "--namespace", "acme", "--key", "k.pub", "p.tar.zst")
    user.ok("key", "remove", "--yes", "desk", **here)
    assert keyring.count() == 0 and "desk" not in keys(user, **here)


def test_a_made_key_goes_to_the_keyring_unless_a_file_is_wanted(client, keyring):  # noqa: F811
    here = keyring.variables
    client.ok("key", "generate", "a", **here)
    client.ok("key", "generate", "b", "--file", **here)
    assert with_passphrase(client, "key", "generate", "c", **here).returncode == 0
    found = keys(client, **here)
    assert [found[name]["kept_in"] for name in "abc"] == ["keyring", "file", "file"] and keyring.count() == 1


def test_an_encrypted_key_is_under_the_lock_of_the_keyring(client, keyring, tmp_path):  # noqa: F811
    file = private_key(tmp_path, "-algorithm", "ed25519", passphrase=PASSPHRASE)
    assert with_passphrase(client, "key", "import", "a", file, **keyring.variables).returncode == 0
    client.ok("pack", "init", "mine")
    client.ok("pack", "sign", "--namespace", "acme", "mine", "-o", "s.json", **keyring.variables)


def test_a_session_without_the_keyring_says_where_the_key_is(client, keyring):  # noqa: F811
    client.ok("key", "generate", "a", **keyring.variables)
    client.ok("pack", "init", "mine")
    said = client.refused(UNAVAILABLE, "pack", "sign", "--namespace", "acme", "mine")
    assert "no session bus" in said and "kept in the desktop keyring" in said
    client.refused(UNAVAILABLE, "key", "remove", "--yes", "a")
    assert "BEGIN PUBLIC KEY" in client.ok("key", "show", "a").stdout
    keyring.lock()
    here = {**keyring.variables, "ASAN_OPTIONS": "detect_leaks=0"}  # GLib frees what was found in a loop that we do not run
    assert "locked" in client.refused(UNAVAILABLE, "pack", "sign", "--namespace", "acme", "mine", **here)
    assert "locked" in client.refused(UNAVAILABLE, "key", "remove", "--yes", "a", **here)
    assert list(keys(client)) == ["a"]


def test_a_key_that_the_keyring_has_lost_is_said_to_be(client, keyring):  # noqa: F811
    client.ok("key", "generate", "a", **keyring.variables)
    keyring.clear()
    client.ok("pack", "init", "mine")
    client.refused(NOT_FOUND, "pack", "sign", "--namespace", "acme", "mine", **keyring.variables)
    client.ok("key", "remove", "--yes", "a", **keyring.variables)


# Tokens


def credentials(user):
    return user.home / ".config/nono/credentials.json"


def login(user, registry, **variables):  # noqa: F811
    token = registry.token()
    done = user.ok("auth", "login", registry.url, "--token", stdin=token + "\n", **variables)
    assert token not in done.stdout + done.stderr
    return token


def place(user, **variables):
    return json.loads(user.ok("auth", "status", "--json", **variables).stdout)[0]["token_in"]


def test_a_token_is_kept_found_and_forgotten_in_the_keyring(client, registry, keyring):  # noqa: F811
    here = keyring.variables
    token = login(client, registry, **here)
    assert keyring.count() == 1 and not credentials(client).exists()
    assert token.encode() not in everything(client) and token.encode() not in b"".join(
        path.read_bytes() for path in keyring.folder.rglob("*.keyring"))
    assert place(client, **here) == "keyring"
    elsewhere = client.run("auth", "status")
    assert elsewhere.returncode == DENIED and "in a keyring that this session cannot read" in elsewhere.stdout
    client.ok("auth", "logout", registry.url, **here)
    assert keyring.count() == 0 and registry.get("/api/v1/auth/whoami", token=token).status == 401


def test_the_bus_is_found_in_the_runtime_folder_too(client, registry, keyring):  # noqa: F811
    login(client, registry, XDG_RUNTIME_DIR=str(keyring.folder))
    assert keyring.count() == 1 and not credentials(client).exists()


def test_a_second_login_replaces_the_token(client, registry, keyring):  # noqa: F811
    login(client, registry, **keyring.variables)
    login(client, registry, **keyring.variables)
    assert keyring.count() == 1 and place(client, **keyring.variables) == "keyring"


def test_a_bus_without_a_keyring_is_no_keyring(client, registry, session):  # noqa: F811
    token = login(client, registry, **session.variables)
    assert credentials(client).stat().st_mode & 0o777 == 0o600 and token in credentials(client).read_text()
    assert place(client, **session.variables) == "file"
    assert json.loads(client.ok("key", "generate", "a", "--json", **session.variables).stdout)["kept_in"] == "file"


def test_a_bus_that_is_gone_is_no_keyring(client, registry, tmp_path):  # noqa: F811
    login(client, registry, DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/nothing")
    assert credentials(client).exists()


def test_a_locked_keyring_that_nobody_unlocks_is_no_keyring(client, registry, keyring):  # noqa: F811
    keyring.lock()
    login(client, registry, **keyring.variables)
    assert credentials(client).exists() and place(client, **keyring.variables) == "file"


def test_a_token_of_a_file_moves_to_the_keyring_at_the_next_login(client, registry, keyring):  # noqa: F811
    old = login(client, registry)
    assert place(client, **keyring.variables) == "file"  # still found
    login(client, registry, **keyring.variables)
    assert place(client, **keyring.variables) == "keyring" and old not in credentials(client).read_text()


def test_keeping_a_secret_starts_no_other_program(client, registry, keyring):  # noqa: F811
    """So that no secret can be in the words of one."""
    login(client, registry, **keyring.variables, PATH="/nonexistent")
    assert keyring.count() == 1

"""The registry over HTTPS: who is believed, what is refused at the start, and what SIGHUP changes."""
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading

import pytest
from fixtures_client import NONO, Client, Publisher

from tests.support.certificates import Authority, openssl
from tests.support.packs import pack_files
from tests.support.registry import Registry, program, registry_folder  # noqa: F401

UNTRUSTED = 5


@pytest.fixture
def authority(registry_folder):  # noqa: F811
    return Authority(registry_folder / "ca")


class Manager:
    """The service manager's end of sd_notify(3)."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.socket.settimeout(120)

    def hears(self):
        return self.socket.recv(4096).decode().split("\n")


def secure(folder, files, **settings):
    registry = Registry(folder / "data", **{"tls.cert": files[0], "tls.key": files[1]}, **settings)
    registry.ca = folder / "ca" / "ca.pem"
    return registry


def serial(registry):
    """Of the certificate that a new connection is shown; it must hold."""
    link = registry.connect()
    link.connect()
    with link.sock as secured:
        return int(secured.getpeercert()["serialNumber"], 16)


@pytest.mark.parametrize("days, host, advice", [((-3, -1), "127.0.0.1", "clock"), ((1, 3), "127.0.0.1", "clock"), ((-1, 1), "127.0.0.2", "")])
def test_what_is_wrong_with_a_certificate_is_told_with_what_would_help(authority, tmp_path, days, host, advice):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(days=days))
    with socket.create_server((host, 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    with contextlib.suppress(ssl.SSLError):
                        context.wrap_socket(listener.accept()[0], server_side=True).close()

        threading.Thread(target=serve, daemon=True).start()
        user = Client(tmp_path / "user", f"https://{host}:{listener.getsockname()[1]}")
        said = user.refused(UNTRUSTED, "search", SSL_CERT_FILE=str(authority.cert))
        assert "certificate" in said and advice in said and "SSL_CERT_FILE" not in said, said


def test_a_watchdog_hears_that_a_registry_lives(registry_folder):  # noqa: F811
    manager = Manager(registry_folder / "notify")
    registry = Registry(registry_folder / "data")
    with registry.up(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="100000"):
        assert [manager.hears() for _ in range(4)] == [["READY=1"], *[["WATCHDOG=1"]] * 3]
    while (last := manager.hears()) == ["WATCHDOG=1"]:
        pass
    assert last == ["STOPPING=1"]
    with registry.up(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="100000", WATCHDOG_PID="1"):  # another's
        assert manager.hears() == ["READY=1"]
    assert manager.hears() == ["STOPPING=1"]


def test_a_client_that_knows_the_authority_publishes_and_pulls(registry_folder, authority, tmp_path, monkeypatch):  # noqa: F811
    with secure(registry_folder, authority.issue()).up() as registry:
        assert registry.url.startswith("https://127.0.0.1:")
        assert registry.sign_in()["Cookie"]
        user = Client(tmp_path / "stranger", registry.url)
        said = user.refused(UNTRUSTED, "search")
        assert "certificate" in said and "SSL_CERT_FILE" in said
        other = Authority(tmp_path / "other")
        assert "certificate" in user.refused(UNTRUSTED, "search", SSL_CERT_FILE=str(other.cert))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.cert))
        publisher = Publisher(registry, tmp_path / "publisher", "acme")
        publisher.publish(pack_files("web", "1.0.0"))
        user.ok("pull", "--yes", publisher.ref("web"))
        assert (user.packages / "acme/web/package.json").exists()


def roots(folder, cert):
    """What /etc/ssl/certs is on a system that believes in this one authority."""
    folder.mkdir()
    name = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", cert], check=True, capture_output=True, text=True).stdout.strip()
    for file in (f"{name}.0", "ca-certificates.crt"):
        shutil.copy(cert, folder / file)
    return folder


def test_named_authorities_are_believed_in_place_of_the_systems(registry_folder, authority, tmp_path):  # noqa: F811
    apart = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    system, other = roots(tmp_path / "system", authority.cert), Authority(tmp_path / "other", "another authority")
    others = roots(tmp_path / "others", other.cert)
    script = 'mount --bind "$1" /etc/ssl/certs && exec "$2" search'
    with secure(registry_folder, authority.issue()).up() as registry:
        user = Client(tmp_path / "user", registry.url)
        for status, (file, folder) in ((0, ("", "")), (0, ("", system)), (UNTRUSTED, (other.cert, "")), (UNTRUSTED, ("", others)),
                                       (UNTRUSTED, (other.cert, others)), (0, (authority.cert, others))):
            env = user.environment(SSL_CERT_FILE=str(file), SSL_CERT_DIR=str(folder))
            done = subprocess.run([*apart, "sh", "-c", script, "sh", system, NONO], env=env, capture_output=True, text=True, check=False)
            assert done.returncode == status, (file, folder, done.stderr)


def test_a_connection_is_kept_over_what_is_not_modified(registry_folder, authority):  # noqa: F811
    with secure(registry_folder, authority.issue()).up() as registry:
        link = registry.connect()
        whole = registry.get("/api/v1/registry", connection=link)
        first, etag = link.sock, whole.headers["ETag"]
        for field, status in ((etag, 304), ('"x"', 200), (etag, 304), (etag, 304)):
            answer = registry.get("/api/v1/registry", headers={"If-None-Match": field}, connection=link)
            assert answer.status == status and answer.headers["Content-Length"] == str(len(whole.body))
        assert link.sock is first is not None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_of_tls_are_refused(registry_folder, authority):  # noqa: F811
    with secure(registry_folder, authority.issue()).up() as registry:
        port = int(registry.url.rsplit(":", 1)[1])
        for version, spoken in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.create_default_context(cafile=registry.ca)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
                try:
                    with context.wrap_socket(link, server_hostname="127.0.0.1") as secured:
                        assert spoken, secured.version()
                except (ssl.SSLError, ConnectionError):
                    assert not spoken, version


def plain_text(files):
    files[0].write_text("no certificate\n")


def no_key(files):
    files[1].write_text("no key\n")


def key_of_another(files):
    openssl("genpkey", "-algorithm", "ed25519", "-out", files[1])


def encrypted_key(files):
    openssl("pkcs8", "-topk8", "-in", files[1], "-out", files[1].with_suffix(".enc"), "-passout", "pass:word")
    files[1].write_bytes(files[1].with_suffix(".enc").read_bytes())


def endless_chain(files):
    files[0].write_bytes(files[0].read_bytes() * 17)


WRONG = [  # what is done to the files, which of them is named, and what is said of it
    (plain_text, 0, "no certificate in PEM"), (lambda files: files[0].unlink(), 0, "No such file"),
    (endless_chain, 0, "over 16 certificates"), (no_key, 1, "no private key in PEM"),
    (lambda files: files[1].unlink(), 1, "No such file"), (key_of_another, 1, "does not belong to the certificate in"),
    (encrypted_key, 1, "encrypted"),
]


@pytest.mark.parametrize("spoil,named,said", WRONG)
def test_files_that_cannot_serve_are_refused_at_the_start(registry_folder, authority, spoil, named, said):  # noqa: F811
    files = authority.issue()
    spoil(files)
    done = secure(registry_folder, files).run("serve")
    assert done.returncode in (2, 3), done.stderr
    assert said in done.stderr and str(files[named]) in done.stderr and ("tls.cert", "tls.key")[named] in done.stderr


@pytest.mark.parametrize("days,said", [((-3, -1), "has expired"), ((1, 3), "is not valid before")])
def test_a_certificate_is_refused_outside_its_days(registry_folder, authority, days, said):  # noqa: F811
    files = authority.issue(days=days)
    done = secure(registry_folder, files).run("serve")
    assert done.returncode == 2 and said in done.stderr and str(files[0]) in done.stderr


def test_sighup_takes_a_new_certificate_and_keeps_the_old_when_it_cannot(registry_folder, authority):  # noqa: F811
    manager = Manager(registry_folder / "notify")
    registry = secure(registry_folder, authority.issue())

    def told():
        registry.process.send_signal(signal.SIGHUP)
        first = manager.hears()
        assert first[0] == "RELOADING=1" and first[1].startswith("MONOTONIC_USEC=")
        assert manager.hears() == ["READY=1"]

    with registry.up(NOTIFY_SOCKET=manager.path):
        assert manager.hears() == ["READY=1"]
        kept = registry.connect()
        assert registry.get("/healthz", connection=kept).status == 200
        first = serial(registry)
        told()  # nothing new
        assert serial(registry) == first and '"event":"reload.done","tls":"as before"' in registry.log()
        files = authority.issue()
        told()
        second = serial(registry)
        assert second == first + 1 and '"tls":"new"' in registry.log()
        assert registry.get("/healthz", connection=kept).status == 200  # a connection from before
        no_key(files)
        told()
        assert serial(registry) == second
        assert "reload.failed" in registry.log() and str(files[1]) in registry.log()
        authority.issue()
        told()
        assert serial(registry) == second + 1


def test_sighup_takes_the_log_level_from_the_file_and_refuses_a_wrong_one(registry_folder):  # noqa: F811
    manager = Manager(registry_folder / "notify")
    config = registry_folder / "registry.toml"
    config.write_text('access_log = "on"\n')
    registry = Registry(registry_folder / "data")
    del registry.settings["access_log"]
    registry.command += ["--config", str(config)]
    with registry.up(NOTIFY_SOCKET=manager.path):
        manager.hears()
        for text, seen in (('log_level = "warn"', False), ('log_level = "loud"', False), ('log_level = "info"', True),
                           ('[tls]\ncert = "/c"\nkey = "/k"', True), ('trusted_proxies = ["nowhere"]', True)):
            config.write_text(text + "\n")
            registry.process.send_signal(signal.SIGHUP)
            assert manager.hears()[0] == "RELOADING=1" and manager.hears() == ["READY=1"]
            path = f"/api/v1/registry?{text.encode().hex()}"
            link = registry.connect()
            assert registry.get(path, connection=link).status == 200
            registry.get("/healthz", connection=link)  # the line of the request before it is written by now
            assert (path in registry.log()) == seen, text
        assert "loud" in registry.log() and "by a restart alone" in registry.log()
        assert "trusted_proxies" in registry.log()  # the next start would refuse it


def test_the_service_managers_socket_goes_before_listen_and_outlives_the_registry(registry_folder):  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        registry = Registry(registry_folder / "data")
        start = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); "
                 "os.execv(sys.argv[2], sys.argv[2:])")
        registry.inherited = (listener.fileno(),)
        registry.command = [sys.executable, "-c", start, str(listener.fileno()), program(), "serve"]
        with registry.up():
            assert registry.url == f"http://127.0.0.1:{port}"
            assert registry.get("/healthz").status == 200
        waiting = registry.connect()
        waiting.request("GET", "/healthz")  # to nobody yet
        with registry.up():
            assert waiting.getresponse().status == 200

"""Registries that cannot be reached: what is said, and what leads on."""
import http.server
import subprocess
import threading

import pytest
from fixtures_client import Client, NONO

UNAVAILABLE = 69


@pytest.fixture
def alone(tmp_path):
    """Nobody's registry is chosen."""
    return Client(tmp_path / "home", "")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_dead_proxy_is_told_as_one(alone, variable):
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "https://nosuch.invalid", **{variable: "http://127.0.0.1:1"})
    assert "127.0.0.1 port 1" in said and f"\n  that is the proxy of {variable}; NO_PROXY names hosts" in said


def test_a_proxy_without_an_address_is_told_as_one(alone):
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "http://nosuch.invalid", "--allow-http", http_proxy="http://proxy.invalid:1")
    assert "that is the proxy of http_proxy;" in said


@pytest.mark.parametrize("url", ["http://me:ses ame@127.0.0.1:1", "http://me:ses/ame@127.0.0.1:1", "http://me:sesame@127.0.0.1:70000",
                                 "kind://me:sesame@127.0.0.1:1"])
def test_the_password_of_a_proxy_that_cannot_be_read_is_not_told(alone, url):
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "https://nosuch.invalid", https_proxy=url)
    assert "the proxy of https_proxy;" in said and "ses" not in said, said


def test_the_password_of_a_registrys_address_is_not_told(alone):
    for url in ("https://me:sesame@nosuch.invalid", "https://me:ses ame@nosuch.invalid", "me:sesame@nosuch.invalid"):
        done = alone.run("auth", "status", "--json", NONO_REGISTRY=url)
        assert done.returncode == 2 and "@nosuch.invalid" in done.stderr and "ses" not in done.stderr + done.stdout, done


@pytest.mark.parametrize("more", [{"NO_PROXY": "nosuch.invalid", "HTTPS_PROXY": "http://127.0.0.1:1"}, {"HTTP_PROXY": "http://127.0.0.1:1"}])
def test_what_goes_past_the_proxy_does_not_name_it(alone, more):
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "https://nosuch.invalid", **more)
    assert "nosuch.invalid" in said and "that is the proxy" not in said
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "http://127.0.0.1:1", http_proxy="http://127.0.0.1:2", ALL_PROXY="http://127.0.0.1:2")
    assert "127.0.0.1 port 1" in said and "that is the proxy" not in said
    said = alone.refused(UNAVAILABLE, "search", "x", "-r", "http://[::1]:1", http_proxy="http://127.0.0.1:2")
    assert "::1 port 1" in said and "that is the proxy" not in said


def test_https_to_what_speaks_http_is_told(alone):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"127.0.0.1:{server.server_port}"
        said = alone.refused(UNAVAILABLE, "search", "x", "-r", f"https://{where}")
        server.shutdown()
    assert f"\n  it does not speak TLS there; perhaps http://{where} ?\n" in said


def offline(client, *words, **more):
    """In a network without anything, so that no name has an address and nobody is asked."""
    done = subprocess.run(["unshare", "--net", "--map-root-user", NONO, *words], env=client.environment(**more), text=True,
                          capture_output=True, check=False)
    if "unshare:" in done.stderr:
        pytest.skip("no network namespaces here")
    assert done.returncode == UNAVAILABLE, done
    return done.stderr


def test_who_chose_no_registry_is_told_how(alone):
    chosen = "\n  no registry was chosen: name one by --registry, behind auth login, in NONO_REGISTRY or in config.toml\n"
    for words in (("search", "x"), ("pull", "--yes", "acme/web"), ("auth", "login")):
        assert chosen in offline(alone, *words), words
    assert chosen not in offline(alone, "search", "x", "-r", "https://registry.nono.sh")
    assert chosen not in offline(alone, "search", "x", NONO_REGISTRY="https://registry.nono.sh")

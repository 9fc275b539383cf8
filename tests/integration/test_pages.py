"""The web pages as the registry serves them: files, encodings, and the addresses that have a page."""
import os
import pathlib
import re

from tests.support.registry import Registry

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_pages_are_served_with_their_own_policy(registry_folder):
    web = registry_folder / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>t</title>")
    (web / "assets" / "a-1.js").write_text("1")
    (web / "assets" / "a-1.js.gz").write_bytes(b"packed")
    (web / "secret").symlink_to("/etc/hostname")
    with Registry.start(registry_folder / "data", web_dir=web) as registry:
        for path in ("/", "/packages/acme/web/v/1.0.0", "/device?code=x", "/login"):
            answer = registry.get(path)
            assert answer.status == 200 and answer.body.startswith(b"<!doctype"), path
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
        asset = registry.get("/assets/a-1.js")
        assert asset.body == b"1" and "immutable" in asset.headers["Cache-Control"]
        assert asset.headers["Content-Type"].startswith("text/javascript")
        packed = registry.get("/assets/a-1.js", headers={"Accept-Encoding": "gzip, br"})
        assert packed.body == b"packed" and packed.headers["Content-Encoding"] == "gzip"
        for answer in (asset, packed):
            assert "Accept-Encoding" in answer.headers["Vary"]
        for field, body in (("gzip;q=0.5", b"packed"), ("gzip; q=0", b"1"), ("gzip;q=0.0, *;q=0.1", b"1"), ("xgzip", b"1"), ("*", b"packed"),
                            ("identity, gzip;q=0.5", b"1")):
            assert registry.get("/assets/a-1.js", headers={"Accept-Encoding": field}).body == body, field
        for path in ("/secret", "/nothing.js", "/assets/../../data/lock", "/..%2fdata%2flock", "/assets/", "//login", "//packages/a/b"):
            assert registry.get(path).status == 404, path


def test_a_page_of_another_release_is_known_by_its_content(registry_folder):
    """Packages and images give all files one time: the next release's page is as old, and as long."""
    page = registry_folder / "web" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html><script src=/assets/a-1.js></script>")
    os.utime(page, (1, 1))
    with Registry.start(registry_folder / "data", web_dir=page.parent) as registry:
        first = registry.get("/")
        assert registry.get("/login", headers={"If-None-Match": first.headers["ETag"]}).status == 304
        page.write_text("<!doctype html><script src=/assets/a-2.js></script>")
        os.utime(page, (1, 1))
        second = registry.get("/", headers={"If-None-Match": first.headers["ETag"]})
        assert second.status == 200 and b"a-2.js" in second.body
        assert registry.request("HEAD", "/").headers["ETag"] == second.headers["ETag"] != first.headers["ETag"]


def test_the_page_has_the_registrys_name(registry_folder):
    """From the first byte on: the policy lets no script into the page, and a name that comes later would be seen to change."""
    page = registry_folder / "web" / "index.html"
    page.parent.mkdir()
    page.write_text((ROOT / "web/index.html").read_text())
    page.with_suffix(".html.gz").write_bytes(b"packed")
    packed = {"Accept-Encoding": "gzip"}
    with Registry.start(registry_folder / "data", web_dir=page.parent, name="Acme & <b>Sons</title>") as registry:
        for path in ("/", "/login", "/index.html"):
            answer = registry.get(path, headers=packed)
            assert b"<title>Acme &amp; &lt;b>Sons&lt;/title></title>\n" in answer.body and b"nono registry" not in answer.body, path
            assert answer.body.endswith(b"</html>\n") and "Content-Encoding" not in answer.headers, path
        assert registry.get("/api/v1/registry").json()["name"] == "Acme & <b>Sons</title>"
        page.write_text("<!doctype html><title>Ours</title>")  # a page of the operator's own
        assert registry.get("/").body == page.read_bytes()
    with Registry.start(registry_folder / "data", web_dir=page.parent) as registry:  # without a name it is as it was built
        assert registry.get("/").body == page.read_bytes() and registry.get("/", headers=packed).body == b"packed"


def listed(path, pattern):
    """The quoted words of a list in a source."""
    return re.findall(r'"([^"]*)"', re.search(pattern, (ROOT / path).read_text(), re.S)[1])


def test_addresses_with_a_page_are_those_of_the_application(registry_folder):
    addresses = listed("registry/http/pages.c", r"applications\[\] = \{(.*?)\};")
    assert addresses == listed("web/src/addresses.ts", r"const addresses = \[(.*?)\]") and len(addresses) == len(set(addresses)) > 10
    used = set(re.findall(r'parts\[0\] === "(\w+)"', (ROOT / "web/src/main.tsx").read_text()))
    assert used | {"", "packages"} == {address.split("/")[0] for address in addresses}  # packs are what is left
    page = registry_folder / "web" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html><title>t</title>")
    people = {"Accept": "text/html"}
    with Registry.start(registry_folder / "data", web_dir=page.parent) as registry:
        for address in addresses:
            for path in (address.replace("*", "a"), address.replace("*", "%c3%a4.1+b"), address + "/"):
                answer = registry.get("/" + path.lstrip("/"), headers=people)
                assert answer.status == 200 and answer.body == page.read_bytes(), path
        for path in ("search", "about", "publish", "tokens", "packages", "packages/a", "packages/nope/nope/what/ever", "packages/a/b/v", "loginn",
                     "log", "organisations", "organisations/a/b", "account/x", "device/a", "login/x", "packages/a/b/versions/1.0.0", "*"):
            for_people = registry.get("/" + path, headers=people)
            assert for_people.status == 404 and for_people.body == page.read_bytes(), path  # which says so
            for_programs = registry.get("/" + path)
            assert for_programs.status == 404 and for_programs.json()["code"] == "not_found", path

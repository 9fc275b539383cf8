"""Debian's Chromium against a real registry that has one pack in it."""
import os
import pathlib
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.support import packs
from tests.support.api import World
from tests.support.registry import Registry, make_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 780}}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
RUN_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))"


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    assert path, "there is no chromium: ./dev setup installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def world(shop):
    """Its people, organisations and keys."""
    return shop.world


@pytest.fixture
def page(chromium, shop):
    """A page of a reader who has not signed in. What the page complains of in its console fails the test."""
    context = chromium.new_context(base_url=shop.url, viewport=SIZES["wide"], locale="en-GB", reduced_motion="reduce")
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.complaints = complaints
    yield tab
    context.close()
    # A 401 of whoami before sign-in, and the statuses that a test provokes, are no fault of the page.
    faults = [text for text in complaints if "Failed to load resource" not in text]
    assert not faults, faults


@pytest.fixture
def axe():
    return (ROOT / "web/node_modules/axe-core/axe.min.js").read_text()


@pytest.fixture(scope="session")
def screenshots():
    folder = pathlib.Path(os.environ.get("NONO_SCREENSHOTS", ROOT / "build/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shop():
    """A registry with the web pages, an organisation and one public pack, whose README tries to run script."""
    folder = make_folder()
    with Registry.start(folder, web_dir=ROOT / "web/dist") as registry:
        registry.world = world = World(registry.url, "admin", registry.password)
        owner = world.person("maker")
        namespace = world.organisation(owner, "acme")
        key = world.key(owner, namespace)
        files = packs.pack_files("web")
        files["README.md"] += b"\n<script>window.stolen = 1</script> <img src=x onerror=\"window.stolen = 1\">\n"
        answer = owner.publish(namespace, files, key, name="web", visibility="public")
        assert answer.status_code == 201, answer.text
        wide = b" | ".join([b"a-heading-of-its-own"] * 8)
        table = b"| " + wide + b" |\n|" + b"---|" * 8 + b"\n| " + wide + b" |\n"
        readme = table + b"\n```\n" + b"command " * 40 + b"\n```\n\n> quoted\n"
        answer = owner.publish(namespace, packs.pack_files("tabular") | {"README.md": readme}, key, name="tabular")
        assert answer.status_code == 201, answer.text
        registry.namespace, registry.pack_name, registry.version = namespace, "web", "1.0.0"
        registry.reference, registry.manifest = f"{namespace}/web", files["package.json"]
        registry.plain_words, registry.readme_words, registry.signer_words = "api.example.org", "pack", "release key"
        yield registry
    shutil.rmtree(folder, ignore_errors=True)

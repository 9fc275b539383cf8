"""A pack's page: what one wants to know before one installs it."""
from playwright.sync_api import expect

from tests.browser.conftest import RUN_AXE, SIZES
from tests.support import packs
from tests.support.wired_pack import WIRING, wired, wiring_pack


def test_pack_page_says_what_is_done_outside_its_folder(page, world, shop, axe, screenshots):
    owner, namespace, key = world.publisher()
    skills = [{"type": "symlink", "link": f"$HOME/.claude/skills/{n}", "target": "$PACK_DIR/skills"} for n in range(15)]
    mac = {"type": "write_file", "source": "bin/hook.sh", "dest": "$HOME/.claude/hooks/a.sh", "when": ["macos", "!wsl2"]}
    twice = [WIRING[2], {**WIRING[2], "patch": "wiring/entries.json"}]
    extra = {path: data for path, data in wired("1.0.0").items() if path.startswith("wiring/")}
    extra["wiring/entries.json"] = b"{}"
    files = wiring_pack([*skills, *twice, WIRING[3], mac], extra)
    assert owner.publish(namespace, files, key).status_code == 201
    page.goto(f"/packages/{namespace}/web")
    section = page.get_by_role("region", name="Outside its own folder")
    expect(section.get_by_role("listitem")).to_have_count(4)
    links, merge, block, write = (section.get_by_role("listitem").nth(n) for n in range(4))
    expect(links).to_contain_text("link $HOME/.claude/skills/0 $HOME/.claude/skills/1 ")
    expect(links.get_by_text("$HOME/.claude/skills/14")).to_be_hidden()
    links.get_by_text("and 3 more").click()
    expect(links.get_by_text("$HOME/.claude/skills/14")).to_be_visible()
    expect(merge).to_have_text("merge into $HOME/.claude/settings.json")
    expect(block).to_have_text("put a block into $HOME/.codex/config.toml")
    expect(write).to_have_text("if macos or not wsl2, write $HOME/.claude/hooks/a.sh")
    for width, scheme in ((width, scheme) for width in SIZES for scheme in ("light", "dark")):
        page.set_viewport_size(SIZES[width])
        page.emulate_media(color_scheme=scheme)
        page.evaluate(axe)
        assert page.evaluate(RUN_AXE) == [] and page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.screenshot(path=screenshots / f"wired-{width}-{scheme}.png", full_page=True)
    page.goto(f"/packages/{shop.reference}")
    expect(page.get_by_role("region", name="Outside its own folder")).to_contain_text("changes nothing there")


def test_a_yanked_version_offers_no_command_that_is_refused(page, world):
    owner, namespace, key = world.publisher()
    for version in ("1.0.0", "1.1.0"):
        assert owner.publish(namespace, packs.pack_files(version=version), key, version=version).status_code == 201
    copy = page.get_by_role("button", name="Copy: nono pull")
    page.goto(f"/packages/{namespace}/web/v/1.0.0")
    expect(copy).to_have_accessible_name(f"Copy: nono pull {namespace}/web@1.0.0")
    assert owner.post(f"/packages/{namespace}/web/versions/1.0.0/yank", {"reason": "broken"}).status_code == 200
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This version was yanked. broken")
    expect(copy).to_have_count(0)
    page.get_by_role("alert").get_by_role("link", name="1.1.0").click()
    expect(copy).to_have_accessible_name(f"Copy: nono pull {namespace}/web")
    assert owner.post(f"/packages/{namespace}/web/versions/1.1.0/yank", {"reason": "too"}).status_code == 200
    page.goto(f"/packages/{namespace}/web/v/1.1.0")  # nothing is left to lead to
    expect(page.get_by_role("alert")).to_contain_text("This version was yanked. too")
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(0)


def test_images_of_a_readme_are_drawn_and_run_nothing(page, world, shop):
    owner, namespace, key = world.publisher()
    artifacts = [{"type": "plugin", "path": "docs/plan.svg"}, {"type": "profile", "path": "policy.json", "install_as": "drawn"}]
    files = packs.pack_files("drawn", artifacts=artifacts)
    files = {path: files[path] for path in ("package.json", "policy.json")}
    files["docs/plan.svg"] = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>top.stolen = 1</script><rect width="40" height="30"/></svg>'
    files["README.md"] = b"![plan](docs/plan.svg)\n\n[it](docs/plan.svg)\n"
    answer = owner.publish(namespace, files, key, name="drawn", visibility="public")
    assert answer.status_code == 201, answer.text
    page.goto(f"/packages/{namespace}/drawn")
    image = page.get_by_role("img", name="plan")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    with page.expect_download():  # by itself it is a page of this registry's to nobody
        page.get_by_role("link", name="it", exact=True).click()
    path = f"/api/v1/packages/{namespace}/drawn/versions/1.0.0/artifacts/docs/plan.svg"
    for _ in range(2):  # also out of memory
        headers = shop.get(path).headers
        assert headers["Content-Disposition"] == "attachment" and headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.evaluate("window.stolen") is None

"""The pages as people use them: by mouse, by keyboard, wide and narrow, light and dark."""
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, RUN_AXE, SIZES
from tests.support import packs
from tests.support.api import PASSWORD, Api, World
from tests.support.registry import Registry, make_folder


def sign_in(page, shop, path="/login"):
    page.goto(path)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(shop.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_search_finds_a_pack_and_leads_to_its_page(page, shop):
    page.goto("/")
    page.get_by_role("main").get_by_role("searchbox").fill(shop.pack_name)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=shop.reference).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.pack_name)
    expect(page.get_by_text(f"nono pull {shop.reference}")).to_be_visible()


def test_the_pages_show_the_registrys_name(chromium, axe, screenshots):
    name, folder = "Acme & Sons <packs>", make_folder()
    with Registry.start(folder, web_dir=ROOT / "web/dist", name=name) as registry:
        for width, size in SIZES.items():
            page = chromium.new_page(base_url=registry.url, viewport=size)
            page.goto("/")
            expect(page.get_by_role("banner").get_by_role("link", name=name, exact=True)).to_be_visible()
            expect(page).to_have_title(name)
            page.get_by_role("link", name="Sign in").click()
            expect(page).to_have_title(f"Sign in · {name}")
            page.evaluate(axe)
            assert page.evaluate(RUN_AXE) == []
            page.screenshot(path=screenshots / f"named-{width}.png")
            page.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_search_for_nothing_known_says_so(page):
    page.goto("/?q=nothing-has-this-word")
    expect(page.get_by_text("No pack has all the words")).to_be_visible()


def test_pack_page_says_in_plain_words_what_it_may_touch(page, shop):
    page.goto(f"/packages/{shop.reference}")
    section = page.get_by_role("region", name="What it may touch")
    expect(section.get_by_role("listitem").first).to_be_visible()
    expect(section).to_contain_text(shop.plain_words)


def test_pack_page_shows_readme_versions_files_and_signer(page, shop):
    page.goto(f"/packages/{shop.reference}")
    expect(page.locator(".readme")).to_contain_text(shop.readme_words)
    expect(page.get_by_label("About this version")).to_contain_text(shop.signer_words)
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("cell", name=shop.version).first).to_be_visible()
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("link", name="package.json")).to_be_visible()


def test_a_file_is_served_byte_for_byte(page, shop):
    page.goto(f"/packages/{shop.reference}/files")
    href = page.get_by_role("link", name="package.json").get_attribute("href")
    assert page.request.get(href).body() == shop.manifest


def test_readme_cannot_run_script(page, shop):
    page.goto(f"/packages/{shop.reference}")
    expect(page.locator(".readme")).to_be_visible()
    assert page.locator(".readme script").count() == 0
    assert page.evaluate("window.stolen") is None


def test_a_table_in_a_readme_is_a_table_and_its_links_lead_to_files(page, world, shop):
    owner, namespace, key = world.publisher()
    files = packs.pack_files("tabular")
    files["README.md"] = (b"# Tabular\n\n| Name | Count |\n|:-----|------:|\n| [hook](bin/hook.sh) | 1 |\n| `a \\| b` | **2** |\n\n"
                          b"![badge](https://elsewhere.example/badge.svg)\n")
    assert owner.publish(namespace, files, key, name="tabular").status_code == 201
    page.goto(f"/packages/{namespace}/tabular")
    table = page.locator(".readme").get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["Name", "Count"])
    expect(table.get_by_role("cell")).to_have_text(["hook", "1", "a | b", "2"])
    with page.expect_download() as download:
        table.get_by_role("link", name="hook").click()
    assert download.value.url == f"{shop.url}/api/v1/packages/{namespace}/tabular/versions/1.0.0/artifacts/bin/hook.sh"
    expect(page.locator(".readme").get_by_role("link", name="badge")).to_be_visible()  # not loaded: it would tell who reads


@pytest.mark.parametrize("width", [1280, 360])
def test_a_readme_stays_in_its_frame(page, world, width):
    owner, namespace, key = world.publisher()
    files = packs.pack_files("deep")
    lists = "".join("  " * depth + "- deeper\n" for depth in range(40))
    files["README.md"] = f"# Deep\n\n{lists}\n{'>' * 50} quoted\n\n{'w' * 500}\n".encode()
    assert owner.publish(namespace, files, key, name="deep").status_code == 201
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/packages/{namespace}/deep")
    expect(page.locator(".readme")).to_contain_text("quoted")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    frame, quoted = page.locator(".readme").bounding_box(), page.locator(".readme blockquote").first.bounding_box()
    assert quoted["x"] >= frame["x"] and page.evaluate("getComputedStyle(document.querySelector('.readme')).overflowX") == "auto"


def test_a_revoked_signer_is_shown_as_one(page, world):
    owner, namespace, key = world.publisher()
    assert owner.publish(namespace, packs.pack_files(), key).status_code == 201
    page.goto(f"/packages/{namespace}/web")
    facts = page.get_by_label("About this version")
    expect(facts).to_contain_text("release key")
    expect(facts).to_contain_text("for its files, not for its name and version")  # the form of this test's signature
    expect(facts).not_to_contain_text("revoked")
    assert owner.call("DELETE", f"/organisations/{namespace}/keys/{key.id}").status_code == 204
    page.reload()
    expect(facts).to_contain_text("revoked")


def test_what_turns_text_around_is_shown_and_not_obeyed(page, world):
    owner, namespace, key = world.publisher()
    files = packs.pack_files("turned", homepage="https://elsewhere.example/\u202emoc.elpmaxe")
    assert owner.publish(namespace, files, key, name="turned").status_code == 201
    page.goto(f"/packages/{namespace}/turned")
    expect(page.get_by_label("About this version")).to_contain_text(r"elsewhere.example/\u202emoc.elpmaxe")


def test_a_version_or_part_that_a_pack_has_not_is_said(page, shop):
    page.goto(f"/packages/{shop.reference}/v/9.9.9")
    expect(page.get_by_role("alert")).to_contain_text("This pack has no version 9.9.9.")
    page.get_by_role("link", name=shop.version, exact=True).click()  # the ones that it has are there
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.version)
    for rest in ("nothing", "v/1.0.0/nothing", "files/more"):
        page.goto(f"/packages/{shop.reference}/{rest}")
        expect(page.get_by_role("alert")).to_contain_text("There is nothing here")


def test_unknown_pack_is_not_found(page):
    page.goto("/packages/nobody/nothing")
    expect(page.get_by_role("alert")).to_contain_text("There is nothing here")


def test_an_address_that_is_none_has_a_page(page, shop):
    answer = page.goto("/nowhere")
    assert answer.status == 404
    expect(page.get_by_role("alert")).to_contain_text("There is nothing here")
    expect(page).to_have_title("Not found · nono registry")
    assert shop.get("/nowhere").json()["code"] == "not_found"  # to a program


def test_permissions_of_one_kind_stand_in_one_line(page, shop):
    answer = shop.get(f"/api/v1/packages/{shop.reference}/versions/{shop.version}/permissions").json()
    lines = [line["text"] for line in answer["words"]]
    names = {line.removeprefix("may read ") for line in lines if line.startswith(("may read /", "may read ~", "may read $"))}
    page.goto(f"/packages/{shop.reference}")
    section = page.get_by_role("region", name="What it may touch")
    expect(section.get_by_role("listitem").first).to_be_visible()
    shown = section.locator("code").all_text_contents()
    assert names and names <= set(shown)
    assert section.get_by_role("listitem").count() < len(lines)


def test_a_list_that_is_longer_than_a_page_goes_on(page, shop):
    world = World(shop.url, "admin", shop.password)
    owner = world.person("lister")
    namespace = world.organisation(owner, "lists")
    key = world.key(owner, namespace)
    for minor in range(21):
        version = f"1.{minor}.0"
        answer = owner.publish(namespace, packs.pack_files("many", version), key, name="many", version=version, visibility="public")
        assert answer.status_code == 201, answer.text
    page.goto(f"/packages/{namespace}/many/versions")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(21)
    expect(page.get_by_role("link", name="1.0.0", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_wrong_password_is_refused_in_words(page):
    page.goto("/login")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_sign_in_makes_a_token_once_and_revokes_it(page, shop):
    sign_in(page, shop, "/login?next=/account/tokens")
    page.get_by_label("Name", exact=True).fill("browser test")
    page.get_by_label("Publish versions").check()
    page.get_by_role("button", name="Make token").click()
    shown = page.get_by_role("status").locator("code")
    expect(shown).to_contain_text("nono_")
    token = shown.inner_text()
    assert shop.get("/api/v1/auth/whoami", token=token).status == 200
    page.reload()
    expect(page.get_by_role("cell", name="browser test", exact=True)).to_be_visible()
    assert token not in page.content()
    page.get_by_role("button", name="Revoke browser test").click()
    expect(page.get_by_role("cell", name="browser test", exact=True)).to_have_count(0)
    assert shop.get("/api/v1/auth/whoami", token=token).status == 401


def test_a_password_is_changed_and_an_organisation_made_on_the_account_page(page, shop):
    person = World(shop.url, "admin", shop.password).person("dora")
    page.goto("/login?next=/account")
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another long password")
    page.get_by_label("New password again").fill("something else entirely")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("not typed the same twice")
    assert Api(shop.url).login(person.name, PASSWORD).status_code == 200
    page.get_by_label("New password again").fill("another long password")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("is changed")
    expect(page.get_by_role("status")).to_contain_text("There are no tokens")
    again = Api(shop.url)
    assert again.login(person.name, "another long password").status_code == 200
    assert Api(shop.url).login(person.name, PASSWORD).status_code == 401

    token = again.token("read")
    for current, new, revoke, said in (("another long password", PASSWORD, False, "One token still works"),
                                       (PASSWORD, "another long password", True, "One token is revoked")):
        page.get_by_label("Current password").fill(current)
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password again").fill(new)
        page.get_by_label("Revoke all my tokens too").set_checked(revoke)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("status")).to_contain_text(said)
        assert token.get("/auth/whoami").status_code == (401 if revoke else 200)

    page.get_by_label("Name").fill("doras-packs")
    page.get_by_role("button", name="Make organisation").click()
    expect(page.get_by_role("heading", level=1, name="doras-packs")).to_be_visible()
    assert shop.get("/api/v1/organisations/doras-packs").status == 200


def test_a_device_code_that_nobody_waits_with_is_said(page, shop):
    sign_in(page, shop, "/login?next=/device%3Fcode%3DBCDF-GHJK")
    expect(page.get_by_role("alert")).to_contain_text("No device waits with the code BCDF-GHJK")
    expect(page.get_by_label("Code")).to_be_visible()


def test_sign_in_goes_only_to_pages_of_this_registry(page, shop):
    sign_in(page, shop, "/login?next=//elsewhere.example/")
    assert page.url.rstrip("/") == shop.url.rstrip("/")


def test_sign_out_ends_the_session(page, shop):
    sign_in(page, shop)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/account/tokens")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def enter(page, person, path="/login"):
    page.goto(path)
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_what_only_some_may_see_leaves_the_page_with_them(page, world):
    owner, namespace, key = world.publisher()
    assert owner.publish(namespace, packs.pack_files("hidden"), key, name="hidden", visibility="private").status_code == 201
    enter(page, owner)
    page.goto(f"/?q={namespace}/")
    expect(page.get_by_role("link", name=f"{namespace}/hidden")).to_be_visible()
    page.get_by_role("link", name="nono registry").click()
    expect(page.get_by_role("link", name=f"{namespace}/hidden")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()  # on the page that stays
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_role("link", name=f"{namespace}/hidden")).to_have_count(0)


def test_a_session_that_has_run_out_can_be_signed_out_of(page, world):
    enter(page, world.person())
    page.context.clear_cookies()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_session_that_has_run_out_is_begun_anew_where_it_was(page, world):
    person = world.person()
    enter(page, person, "/login?next=/account/tokens")
    expect(page.get_by_text("You have none.")).to_be_visible()  # the page has asked all that it asks by itself
    page.context.clear_cookies()
    page.get_by_label("Name", exact=True).fill("late")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()


def test_signing_in_anew_in_another_tab_is_said_and_mended(page, world, shop):
    person = world.person()
    enter(page, person, "/login?next=/account/tokens")
    other = page.context.new_page()
    enter(other, person)
    expect(other).to_have_url(f"{shop.url}/")  # "Sign out" was there before
    other.close()
    page.get_by_label("Name", exact=True).fill("second")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("alert")).to_contain_text("signed in anew elsewhere")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("cell", name="second", exact=True)).to_be_visible()


def test_a_registry_that_cannot_be_reached_is_said_and_tried_again(page, shop):
    page.goto("/")
    expect(page.get_by_role("link", name=shop.reference)).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name=shop.reference).click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.pack_name)


def test_an_address_of_the_application_that_cannot_be_decoded_has_a_page(page):
    page.goto("/")
    page.evaluate("history.pushState(null, '', '/packages/%zz/web'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_role("alert")).to_contain_text("There is nothing here")


def test_a_command_is_copied_where_pages_have_no_clipboard(page, shop):
    """As on a registry that is reached by plain http over a network."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"/packages/{shop.reference}")
    page.get_by_role("button", name=f"Copy: nono pull {shop.reference}").click()
    expect(page.get_by_role("button", name=f"Copy: nono pull {shop.reference}")).to_have_text("Copied")
    assert page.evaluate("getSelection().toString()") == f"nono pull {shop.reference}"


def test_the_keyboard_goes_on_at_the_page_that_came(page, shop):
    page.goto("/")
    page.get_by_role("link", name=shop.reference).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.pack_name)
    expect(page.get_by_role("main")).to_be_focused()
    page.get_by_role("link", name="Versions").focus()  # what stays keeps it
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name=shop.version).first).to_be_visible()
    expect(page.get_by_role("link", name="Versions")).to_be_focused()


@pytest.mark.parametrize("decision", ["Approve", "Refuse"])
def test_a_device_is_signed_in_only_when_approved(page, shop, decision):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = shop.post("/api/v1/auth/device/code", b"client_id=nono&scope=read+publish", headers=form).json()
    page.goto(f"/device?code={asked['user_code']}")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(shop.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(asked["user_code"])).to_be_visible()
    page.get_by_role("button", name=decision).click()
    expect(page.get_by_role("heading", name="Signed in" if decision == "Approve" else "Refused")).to_be_visible()

    body = ("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=nono&device_code="
            + asked["device_code"]).encode()
    answer = shop.post("/api/v1/auth/device/token", body, headers=form)
    if decision == "Approve":
        assert answer.status == 200 and answer.json()["access_token"].startswith("nono_")
    else:
        assert answer.status == 400 and answer.json()["error"] == "access_denied"


def test_a_device_whose_code_was_used_meanwhile_is_said(page, world):
    asked = world.nobody().call("POST", "/auth/device/code", data={"client_id": "nono on laptop", "scope": "read"}).json()
    person = world.person()
    enter(page, person)
    page.goto(f"/device?code={asked['user_code']}")
    card = page.get_by_role("main")
    expect(card).to_contain_text(f"to act as {person.name}")
    expect(card).to_contain_text("Whoever sent it to you would be signed in as you.")
    assert world.person().post(f"/auth/device/{asked['user_code']}", {"decision": "deny"}).status_code == 204
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text(f"No device waits with the code {asked['user_code']}")


def test_everything_can_be_reached_by_keyboard(page, shop):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("main").get_by_role("searchbox").focus()
    page.keyboard.type(shop.pack_name)
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name=shop.reference)
    expect(link).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.pack_name)


def places(shop):
    return {"search": "/", "pack": f"/packages/{shop.reference}", "tabular": f"/packages/{shop.namespace}/tabular", "versions": f"/packages/{shop.reference}/versions",
            "files": f"/packages/{shop.reference}/files", "organisation": f"/organisations/{shop.namespace}",
            "login": "/login", "account": "/account", "tokens": "/account/tokens", "unknown": "/device?code=BCDF-GHJK", "device": "/device", "missing": "/packages/no/thing"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(SIZES))
def test_axe_finds_nothing_and_nothing_overflows(page, shop, axe, screenshots, scheme, width):
    page.set_viewport_size(SIZES[width])
    page.emulate_media(color_scheme=scheme)
    sign_in(page, shop)
    for name, path in places(shop).items():
        answer = page.goto(path)
        assert answer.status == 200, f"{name}: {answer.text()}"
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        assert page.evaluate(RUN_AXE) == [], name
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px too wide"
        page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)


def framed(page):
    """Whether <main> shows that it has the focus."""
    return page.evaluate("getComputedStyle(document.getElementById('main')).outlineStyle") != "none"


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_page_that_comes_begins_at_its_top_and_is_not_framed(page, shop, by):
    page.goto("/")
    link = page.get_by_role("link", name=shop.reference)
    if by == "mouse":
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(shop.pack_name)
    expect(page.get_by_role("main")).to_be_focused()
    assert page.evaluate("scrollY") == 0 and page.get_by_role("banner").bounding_box()["y"] == 0
    assert not framed(page)
    page.keyboard.press("Tab")  # what can be used shows it
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_search_by_keyboard_frames_nothing(page, shop):
    page.goto("/")
    page.get_by_role("link", name=shop.reference).click()
    page.get_by_role("banner").get_by_role("searchbox").fill(shop.pack_name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=shop.reference)).to_be_visible()
    assert page.evaluate("scrollY") == 0 and not framed(page)

"""What people do twice, in another order than was thought of, or while the registry is busy; and texts that were made to mislead."""
import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES
from tests.browser.test_pages import enter
from tests.support import packs
from tests.support.api import PASSWORD, World

MORE = "**/api/v1/packages?*cursor=*"


@pytest.fixture(scope="module")
def crowd(shop):
    """An organisation with more packs than a page has."""
    world = World(shop.url, "admin", shop.password)
    owner = world.person("crowd-owner")
    namespace = world.organisation(owner, "crowd")
    key = world.key(owner, namespace)
    for i in range(22):
        answer = owner.publish(namespace, packs.pack_files(f"pack{i}"), key, name=f"pack{i}", visibility="public")
        assert answer.status_code == 201, answer.text
    return namespace


def held(page, address, method="GET"):
    """Requests that wait until the test lets them go on."""
    waiting = []
    page.route(address, lambda route: waiting.append(route) if route.request.method == method else route.continue_())
    return waiting


def test_a_button_that_is_pressed_twice_adds_the_next_page_once(page, crowd):
    page.goto(f"/?q={crowd}/")
    names = page.locator(".pack-name")
    expect(names).to_have_count(20)
    waiting = held(page, MORE)
    page.get_by_role("button", name="Show more").dblclick()
    page.wait_for_timeout(200)
    for request in waiting:
        request.continue_()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    page.wait_for_timeout(300)
    assert len(waiting) == 1 and len(set(names.all_text_contents())) == names.count() == 22


def test_what_comes_late_is_not_put_into_another_list(page, crowd):
    page.goto(f"/?q={crowd}/")
    waiting = held(page, MORE)
    page.get_by_role("button", name="Show more").click()
    page.get_by_role("main").get_by_role("searchbox").fill(f"{crowd}/pack7")
    page.keyboard.press("Enter")
    expect(page.locator(".pack-name")).to_have_text([f"{crowd}/pack7"])
    with page.expect_response(MORE):
        waiting[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator(".pack-name")).to_have_text([f"{crowd}/pack7"])


def test_a_token_is_made_once_and_is_in_view(page, world):
    enter(page, world.person(), "/login?next=/account/tokens")
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_label("Name", exact=True).fill("twice")
    waiting = held(page, "**/api/v1/auth/tokens", "POST")
    page.get_by_role("button", name="Make token").dblclick()
    page.wait_for_timeout(200)
    for request in waiting:
        request.continue_()
    expect(page.get_by_role("cell", name="twice", exact=True)).to_have_count(1)
    assert len(waiting) == 1
    shown = page.get_by_role("status").filter(has_text="only time")
    expect(shown).to_be_in_viewport()
    expect(shown).to_be_focused()
    page.get_by_role("button", name="Revoke twice").click()
    expect(page.get_by_text("You have none.")).to_be_visible()
    expect(shown).to_have_count(0)  # it is nothing to be copied any more


def test_a_token_that_is_gone_already_is_taken_off_the_list(page, world):
    person = world.person()
    assert person.post("/auth/tokens", {"name": "gone", "scopes": ["read"]}).status_code == 201
    enter(page, person, "/login?next=/account/tokens")
    expect(page.get_by_role("cell", name="gone", exact=True)).to_be_visible()
    for token in person.get("/auth/tokens").json()["tokens"]:
        assert person.call("DELETE", f"/auth/tokens/{token['id']}").status_code == 204
    page.get_by_role("button", name="Revoke gone").click()
    expect(page.get_by_text("You have none.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_title("Tokens · nono registry")
    expect(page.get_by_role("heading", name="Your tokens")).to_be_focused()


def test_a_registry_that_cannot_tell_who_one_is_is_asked_again(page, world):
    enter(page, world.person())
    refused = {"status": 503, "content_type": "application/problem+json", "body": '{"status": 503, "detail": "the database is down"}'}
    page.route("**/api/v1/auth/whoami", lambda route: route.fulfill(**refused))
    for path in ("/account", "/account/tokens", "/device"):
        page.goto(path)
        expect(page.get_by_role("alert")).to_contain_text("The database is down.")
        expect(page).to_have_url(page.url.split("/login")[0])
    page.unroute("**/api/v1/auth/whoami")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Sign in a device")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_link_to_sign_in_leads_back_to_where_one_was(page, shop):
    page.goto("/device?code=BCDF-GHJK")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    where = page.url
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(where)
    page.goto("/?q=web")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(shop.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{shop.url}/?q=web")


def test_sign_in_leads_nowhere_that_is_hidden_by_what_addresses_leave_out(page, world, shop):
    person = world.person()
    page.goto("/login?next=/%09/elsewhere.example/")
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{shop.url}/")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_browser_without_javascript_is_told_at_once(chromium, shop):
    context = chromium.new_context(base_url=shop.url, viewport=SIZES["narrow"], java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.locator("noscript p")).to_be_in_viewport()
    context.close()


def test_the_parts_of_a_path_stand_in_their_order(page, world):
    owner, namespace, key = world.publisher()
    first, second = "\u05d0\u05d1\u05d2", "\u05d3\u05d4\u05d5"  # read from the right
    files = packs.pack_files("turned")
    files["policy.json"] = json.dumps(packs.PROFILE | {"filesystem": {"read": [f"$HOME/{first}/{second}/x"]}}).encode()
    assert owner.publish(namespace, files, key, name="turned").status_code == 201
    page.goto(f"/packages/{namespace}/turned")
    path = page.get_by_role("region", name="What it may touch").locator("code", has_text=first)
    expect(path).to_have_text(f"$HOME/{first}/{second}/x")
    lefts = path.evaluate("""(code, parts) => parts.map((part) => {
        const walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        for (let text; (text = walk.nextNode());) {
            const at = text.data.indexOf(part);
            if (at < 0) continue;
            const range = new Range();
            range.setStart(text, at);
            range.setEnd(text, at + part.length);
            return range.getBoundingClientRect().left;
        }
    })""", [first, second])
    assert lefts[0] < lefts[1]


def test_marks_without_a_letter_do_not_make_a_page_wider(page, world):
    owner, namespace, key = world.publisher()
    files = packs.pack_files("marked", description="Z" + "\u0301\u0489" * 100)
    assert owner.publish(namespace, files, key, name="marked").status_code == 201
    page.set_viewport_size(SIZES["narrow"])
    page.goto(f"/packages/{namespace}/marked")
    expect(page.locator(".readme")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

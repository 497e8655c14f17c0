"""WCAG 2.2 AA by axe on every page and state, in light and dark, on a desktop and a phone, in both languages.

An excluded rule is named with the component of Gradio that breaks it; everything else must have no violation. What
axe cannot see has tests of its own: focus order and ring, reflow at 320 px, text at 200 %, what is announced.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, App, OpenPage, ask

pytestmark = pytest.mark.browser
LEAVE = "How many days of parental leave do I get, and from when?"
EXCLUDED: dict[str, str] = {}
"""Rule: the component of Gradio that causes it, and why it cannot be mended from outside."""
NOT_OURS = {"heading-order": "a passage keeps the headings of its document, which may begin at any level"}
"""Good practice that no criterion of WCAG asks for, and why it cannot hold."""
OPTIONS: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}, **{rule: {"enabled": False} for rule in (*EXCLUDED, *NOT_OURS)}},
    "resultTypes": ["violations"],
}
PANES = "#side, #top, #scroll, #composer, #proof"
LOOKS = (("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark"))


def audit(page: Page, state: str, looks: tuple[tuple[str, str], ...] = LOOKS) -> list[str]:
    """Violations of the page as it stands, each with where it is."""
    found = []
    for size, scheme in looks:
        page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for broken in Axe().run(page, options=OPTIONS).response["violations"]:
            where = "; ".join(f"{' '.join(n['target'])}: {n['html'][:160]}" for n in broken["nodes"][:3])
            found.append(f"{state}, {size}, {scheme}: {broken['id']} ({broken['help']}) at {where}")
    page.set_viewport_size(SIZES["desktop"])  # type: ignore[arg-type]
    return found


def test_signing_in(open_page: OpenPage, app: App) -> None:
    page = open_page()
    found = audit(page, "sign-in")
    page.fill("input[name=name]", "nobody")
    page.fill("input[name=password]", "x")
    page.click("button.primary")
    found += audit(page, "wrong password")
    page.goto(f"{app.url}/sign-in?out=1")
    found += audit(page, "signed out", LOOKS[:1])
    page.goto(f"{app.url}/away")
    found += audit(page, "away", LOOKS[1:3])
    assert not found, "\n".join(found)


def test_the_chat_in_every_state(open_page: OpenPage) -> None:
    page = open_page("aisha")
    found = audit(page, "empty")
    ask(page, f"I am aisha.rahman@example.com. {LEAVE}")
    found += audit(page, "conversation")
    page.locator("#past .cite").first.click()
    expect(page.locator("#proof .hit")).to_be_visible()
    found += audit(page, "evidence")
    page.locator("[data-act=made]").first.click()
    expect(page.locator("#proof [data-stage]").first).to_be_visible()
    found += audit(page, "made")
    page.keyboard.press("Escape")
    page.locator("#past .ask summary").last.click()
    found += audit(page, "ask a person", LOOKS[1:3])
    page.evaluate("document.querySelector('#help').showModal()")
    found += audit(page, "help sheet")
    page.keyboard.press("Escape")
    page.click(".menu summary")
    found += audit(page, "settings", LOOKS[:2])
    page.fill("#box textarea", " ")
    page.click("#send")
    expect(page.locator("#notice .alert")).to_be_visible()
    found += audit(page, "an alert", LOOKS[1:3])
    ask(page, "why " * 1200)
    found += audit(page, "refused", LOOKS[:2])
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("name", "path", "there"), [
    ("priya", "desk", "#side .account"), ("daniel", "desk", "#past .button"), ("mei", "knowledge", "#side .account"),
])  # fmt: skip
def test_the_other_pages(open_page: OpenPage, app: App, name: str, path: str, there: str) -> None:
    page = open_page(name)
    page.goto(f"{app.url}/{path}")
    page.wait_for_selector(there)
    page.wait_for_timeout(500)
    found = audit(page, f"{path} of {name}")
    row = page.locator(".queue .row, .documents [data-act]").first
    if row.count():
        row.click()
        page.wait_for_timeout(1000)
        found += audit(page, f"{path} of {name}, one opened")
    assert not found, "\n".join(found)


def test_in_bahasa_indonesia(open_page: OpenPage, app: App) -> None:
    page = open_page("victor")
    page.click(".menu summary")
    page.click(".menu button[value=id]")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.locator("#side .new")).to_contain_text("Obrolan baru")
    found = audit(page, "empty, id", LOOKS[:3])
    ask(page, LEAVE)
    expect(page.locator("#past")).to_contain_text("Bagaimana jawaban ini dibuat")
    expect(page.locator("#past .answer .text").first).to_have_attribute("lang", "en")
    found += audit(page, "conversation, id", LOOKS[1:3])
    page.click(".menu summary")
    page.click(".menu button[value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not found, "\n".join(found)


def test_keys_go_everywhere_in_an_order_that_makes_sense_and_show_where_they_are(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, LEAVE)
    page.focus("a.skip")
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#box textarea")).to_be_focused()
    stops: list[str] = []
    page.focus("a.skip")
    for _ in range(80):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
            " const s = getComputedStyle(e.matches('input, textarea') && e.closest('.find, .attach, #ask') || e);"
            " return [e.outerHTML.slice(0, 120), e.tagName, s.outlineStyle, r.width > 0]; })()"
        )
        if at[1] == "BODY":
            break
        stops.append(page.evaluate(f"document.activeElement.closest('{PANES}')?.id || ''"))
        assert at[3], f"focus went to something that cannot be seen: {at}"
        assert at[2] != "none", f"no ring: {at}"
    order = [stop for index, stop in enumerate(stops) if stop and (index == 0 or stops[index - 1] != stop)]
    assert order[:3] == ["side", "scroll", "composer"], order


def test_shortcuts(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, LEAVE)
    page.locator("#past .answer .text").first.click()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#proof .hit")).to_be_visible()
    page.keyboard.press("i")
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.type("e ? n")
    expect(page.locator("#box textarea")).to_have_value("e ? n")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Alt+Shift+H")
    expect(page.locator("#help")).to_be_visible()
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.locator("#past .answer .text").first.click()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Alt+Shift+N")
    expect(page.locator(".starter").first).to_be_visible()
    assert "Alt+Shift+N" in (page.locator("#side .new").get_attribute("title") or "")


def test_the_look_is_remembered(open_page: OpenPage) -> None:
    page = open_page("aisha")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click(".menu summary")
    page.click("[data-set-look=dark]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    page.wait_for_selector(".starter")
    assert page.evaluate("document.documentElement.dataset.look") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_nothing_is_lost_at_320_pixels_or_at_twice_the_size(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, LEAVE)
    for size in ({"width": 320, "height": 256 * 2}, {"width": 720, "height": 450}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        expect(page.locator("#box textarea")).to_be_in_viewport()
        box = page.locator("#scroll").bounding_box()
        assert box is not None and box["height"] > 60


def test_an_answer_is_announced_by_sentence(open_page: OpenPage) -> None:
    page = open_page("aisha")
    page.evaluate("""() => {
      window.said = [];
      const at = document.querySelector('#announce');
      new MutationObserver(() => at.textContent && window.said.push(at.textContent)).observe(at, {childList: true});
    }""")
    ask(page, LEAVE)
    page.wait_for_function("window.said.some(text => text.includes('126'))")
    said = page.evaluate("window.said")
    assert not any(len(text) < 8 for text in said), said
    assert page.locator("#announce").get_attribute("aria-live") == "polite"
    assert page.locator("#live [aria-live]").count() == 0

"""What people do, in a real browser against the real app."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, OpenPage, ask

pytestmark = pytest.mark.browser
LEAVE = "How many days of parental leave do I get, and from when?"
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const answer = document.querySelector('#live .answer[aria-busy=true] .text');
    if (answer && answer.innerText.trim()) window.seen.push(answer.innerText.trim());
  }).observe(document.querySelector('#live'), {childList: true, subtree: true, characterData: true});
}"""


def test_a_sponsor_asks_watches_opens_the_source_and_sees_how_it_was_made(open_page: OpenPage) -> None:
    page = open_page("aisha")
    page.evaluate(WATCH)
    page.click(f"text={LEAVE}")
    expect(page.locator("#box textarea")).to_have_value(LEAVE)
    page.click("#send")
    answer = page.locator("#past .answer")
    expect(answer).to_contain_text("126")
    seen = page.evaluate("window.seen")
    assert seen and len(seen[0]) < len(answer.locator(".text").inner_text())  # it came in pieces

    answer.locator(".cite").first.click()
    passage = page.locator("#proof .hit")
    expect(passage).to_be_in_viewport()
    expect(passage).to_contain_text("126")
    expect(page.locator("#proof")).to_contain_text("Parental leave")
    expect(page.locator("#proof .facts")).to_contain_text("Owner")

    page.click("text=How this answer was made")
    stages = page.locator("#proof [data-stage]")
    expect(stages).to_have_count(13)
    assert [s.get_attribute("data-stage") for s in stages.all()][:7] == [
        "audit.open",
        "guard",
        "purpose",
        "history",
        "rewrite",
        "retrieve",
        "clarify",
    ]
    assert all(re.fullmatch(r"[\d.]+ m?s", ms) for ms in page.locator("#proof .ms").all_inner_texts())
    expect(page.locator("#proof")).to_contain_text("Who answered")

    page.reload()
    expect(page.locator("#past .answer")).to_contain_text("126")
    page.click("text=Sign out")
    expect(page).to_have_url(re.compile("/sign-in$"))
    page.go_back()
    expect(page.locator("#past .answer")).to_have_count(0)


def test_what_was_masked_is_said(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, "I am aisha.rahman@example.com, how many days of parental leave do I get?")
    expect(page.locator("#past .mine")).to_contain_text("aisha.rahman@example.com")
    expect(page.locator("#past .masked")).to_contain_text("email address")
    page.click("text=How this answer was made")
    expect(page.locator("#proof")).to_contain_text("EMAIL")
    assert "aisha.rahman" not in page.locator("#proof").inner_text()
    assert "aisha.rahman" not in page.locator("#side").inner_text()


def test_ask_a_person_reaches_an_expert_and_comes_back(open_page: OpenPage) -> None:
    page, desk = open_page("aisha"), open_page("priya")
    ask(page, LEAVE)
    page.click("summary:has-text('Ask a person')")
    page.fill(".ask input", "Reach me at aisha.rahman@example.com <img src=x onerror=alert(1)>")
    page.click("text=Send to a colleague")
    expect(page.locator(".handoff")).to_contain_text("Waiting for a person since")

    desk.click("text=Desk: questions for a person")
    desk.click(".queue .row >> nth=0")
    expect(desk.locator(".case")).to_contain_text("Their note")
    assert "aisha.rahman" not in desk.locator("#app").inner_text()
    desk.click("text=I take it")
    expect(desk.locator(".case .badge.good")).to_be_visible()
    expect(page.locator(".handoff")).to_contain_text("Priya Nair is on it")
    desk.fill("#box textarea", "Take **126 days**. <script>alert(1)</script>")
    desk.click("#send")
    expect(desk.locator("#past")).to_contain_text("Sent")
    expect(page.locator(".turn.expert")).to_contain_text("Take 126 days. <script>alert(1)</script>")
    expect(page.locator(".handoff")).to_contain_text("Answered by Priya Nair")


def test_the_desk_is_closed_to_others(open_page: OpenPage, app: App) -> None:
    page = open_page("daniel")
    assert page.locator("text=Desk: questions").count() == 0
    page.goto(f"{app.url}/desk")
    expect(page.locator("#past")).to_contain_text("The desk is not for you")
    expect(page.locator("#composer")).to_be_hidden()


def test_two_browsers_share_nothing(open_page: OpenPage, app: App) -> None:
    aisha, daniel = open_page("aisha"), open_page("daniel")
    ask(aisha, "What is the daily allowance, said the quokka?")
    address = aisha.url
    assert "c=" in address
    daniel.goto(address)
    expect(daniel.locator("#notice")).to_contain_text("does not exist, or is not yours")
    assert "quokka" not in daniel.content()
    daniel.goto(f"{app.url}/?c=nothing")
    expect(daniel.locator("#notice")).to_contain_text("does not exist, or is not yours")


def test_hostile_text_is_inert_in_questions_answers_titles_and_passages(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, "<img src=x onerror=alert(9)> How many visits a year does the zanzibar protocol allow?")
    expect(page.locator("#past .mine")).to_contain_text("<img src=x onerror=alert(9)>")
    page.locator("#past .source").first.click()
    expect(page.locator("#proof .page")).to_contain_text("<img src=x onerror=alert(4)>")
    expect(page.locator("#proof")).to_contain_text("Zanzibar <img src=x onerror=alert(1)> protocol")
    assert page.locator("#app img[src=x], #app script, #app svg[onload], #app a[href^=javascript]").count() == 0
    assert page.locator("#proof img").count() == 0


def test_a_suspended_person_is_out_on_the_next_event_and_the_draft_is_theirs(open_page: OpenPage, app: App) -> None:
    page = open_page("victor")
    page.fill("#box textarea", "half a question")
    app.script("people.py", "suspend", "victor")
    try:
        page.click("#send")
        expect(page).to_have_url(re.compile(r"/sign-in\?out=1$"))
        assert page.locator("button[value=victor]").count() == 0
        page.click("button[value=daniel]")
        page.wait_for_selector(".starter")
        expect(page.locator("#box textarea")).to_have_value("")
    finally:
        app.script("people.py", "restore", "victor")


def test_a_long_question_comes_back_with_a_sentence(open_page: OpenPage) -> None:
    page = open_page("aisha")
    ask(page, "why " * 3000)
    expect(page.locator("#past .refused")).to_contain_text("characters")
    assert len(page.input_value("#box textarea")) > 10_000
    page.fill("#box textarea", " ")
    page.click("#send")
    expect(page.locator("#notice")).to_contain_text("Type your question first.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_one_pane_at_a_time(open_page: OpenPage, scheme: str) -> None:
    page = open_page("aisha", size="phone", scheme=scheme)
    fits(page)
    ask(page, LEAVE)
    fits(page)
    expect(page.locator("#side")).to_be_hidden()
    page.click("[data-fold=side]")
    expect(page.locator("#side .row").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.locator("#past .cite").first.click()
    expect(page.locator("#proof .hit")).to_be_in_viewport()
    fits(page)
    page.click("#proof .close")
    expect(page.locator("#proof")).to_be_hidden()
    expect(page.locator("#box textarea")).to_be_in_viewport()
    light = sum(
        int(part) for part in re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    )
    assert (light > 600) == (scheme == "light")


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page("aisha")
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.type("How many days of parental leave?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Please.")
    expect(page.locator("#box textarea")).to_have_value("How many days of parental leave?\nPlease.")
    page.keyboard.press("Enter")
    cite = page.locator("#past .cite").first
    cite.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#proof .hit")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Escape")
    expect(page.locator("#proof")).to_be_hidden()

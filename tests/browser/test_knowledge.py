"""What a knowledge manager does, in a real browser against the real app."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, OpenPage, ask

pytestmark = pytest.mark.browser

PETS = "# Pets at work\n\n## Which days\n\nEmployees may bring a hamster to the Bedok office on Wednesdays.\n"
ASKED = "On which days may employees bring a hamster to the Bedok office?"


def open_knowledge(open_page: OpenPage, app: App, **how: str) -> Page:
    page = open_page("mei", **how)
    if how.get("size") == "phone":
        page.click("[data-fold=side]")
    page.click("text=Knowledge: documents")
    expect(page).to_have_url(re.compile("/knowledge"))
    expect(page.locator("#body .documents")).to_be_visible()
    return page


def drop(page: Page, *files: dict[str, object], audience: str = "everyone") -> None:
    """Choose files for the drop zone; ``setInputFiles`` is what dropping them ends in too."""
    if page.locator(".drop select[name=audience]").count():
        page.select_option(".drop select[name=audience]", audience)
    page.set_input_files("[data-files]", list(files))  # type: ignore[arg-type]


def file(name: str, text: str | bytes) -> dict[str, object]:
    content = text.encode() if isinstance(text, str) else text
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_files_come_in_are_cited_replaced_and_gone(open_page: OpenPage, app: App, tmp_path: Path) -> None:
    page, chat = open_knowledge(open_page, app), open_page("aisha")
    web = "<h1>Ferry</h1><p>The staff ferry to Batam leaves at 06:15 sharp.</p>"
    drop(
        page,
        file("pets <img src=x onerror=alert(1)>.md", PETS),
        file("ferry.html", web),
        file("prices.csv", "Item,Price\nLocker,SGD 12\n"),
        file("broken.pdf", b"%PDF-1.7 nothing"),
    )
    coming = page.locator("#coming-in")
    expect(coming).to_contain_text("All files are read")
    expect(coming.locator(".file")).to_have_count(4)
    expect(coming).to_contain_text("broken.pdf was not read")
    expect(page.locator("#body .documents")).to_contain_text("Pets at work")

    ask(chat, ASKED)
    answer = chat.locator("#past .answer").last
    expect(answer).to_contain_text("Wednesdays")
    expect(answer).to_contain_text("Pets at work")

    page.locator("#body").get_by_role("button", name="Pets at work").click()
    expect(page.locator("#head h1")).to_have_text("Pets at work")
    expect(page.locator("#head h1")).to_be_focused()
    page.click("#head >> text=Versions")
    drop(page, file("pets.md", PETS.replace("Wednesdays", "Thursdays")))
    coming.get_by_role("button", name="See what changed").click()
    difference = page.locator(".difference")
    expect(difference.locator(".added")).to_contain_text("Thursdays")
    expect(difference.locator(".removed")).to_contain_text("Wednesdays")
    page.screenshot(path=tmp_path / "difference.png")

    page.click("#head .back")
    page.fill(".filters input[type=search]", "pets at")
    expect(page.locator("#body .documents tbody tr")).to_have_count(1)
    page.check("#body .documents tbody input")
    page.click("#bulk >> text=Delete")
    expect(page.locator("[data-confirm]")).to_contain_text("2 versions")
    expect(page.locator("[data-confirm] h2")).to_be_focused()
    page.locator("[data-confirm]").get_by_role("button", name="Delete").click()
    expect(page.locator("#notice")).to_contain_text("1 document deleted")
    expect(page.locator("#body")).to_contain_text("No document fits")
    ask(chat, ASKED)
    expect(chat.locator("#past .answer").last.locator(".text")).not_to_contain_text("Thursdays")


def test_a_question_is_tried_saved_and_run(open_page: OpenPage, app: App) -> None:
    page = open_knowledge(open_page, app, size="phone", scheme="dark")
    page.click("[data-fold=side]")
    page.click("#side >> text=Try a question")
    page.fill("[name=question]", "How many days of parental leave do I get, and from when?")
    page.click(".try .primary")
    first = page.locator(".candidate").first
    expect(first).to_contain_text("126 calendar days")
    expect(first.locator(".ranks")).to_contain_text("Cosine")
    first.get_by_role("button", name="Expect this").click()
    expect(page.locator("#notice .said")).to_contain_text("Saved as a test")
    page.click("[data-fold=side]")
    page.click("#side >> text=Saved tests")
    page.click("text=Run now")
    expect(page.locator(".tile").first).to_contain_text("1.00")
    expect(page.locator(".tests tbody tr")).to_have_count(1)
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]  # no sideways scrolling of the page
    page.click("[data-fold=side]")
    page.click("#side >> text=Questions without a source")
    expect(page.locator("#head h1")).to_have_text("Questions without a source")
    page.go_back()
    expect(page.locator("#head h1")).to_have_text("Saved tests")


def test_the_page_is_not_there_for_others(open_page: OpenPage, app: App) -> None:
    page = open_page("aisha")
    expect(page.locator("text=Knowledge: documents")).to_have_count(0)
    answer = page.goto(f"{app.url}/knowledge")
    assert answer is not None and answer.status == 404

"""What people do with their conversations: find, name, keep, branch, rate, attach, read the page, come back, delete."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, ask

pytestmark = pytest.mark.browser
LEAVE = "How many days of parental leave do I get, and from when?"
NOTES = b"# Offsite\n\n## Budget\n\nThe zanzibar offsite has a budget of SGD 4,200 for twelve colleagues.\n"


def menu(page: Page, row: str, act: str) -> None:
    """Press an entry of a conversation's menu."""
    page.locator("#list li", has_text=row).first.locator(".row-more").click()
    page.click(f"#row-menu {act}")


def test_a_conversation_is_found_named_pinned_exported_and_deleted(open_page: OpenPage) -> None:
    page = open_page("daniel")
    ask(page, "What does a parking space cost?")
    page.click("#finder .new")
    page.wait_for_selector(".starter")
    page.fill("#finder input", "lot 165")
    expect(page.locator("#list mark")).to_have_count(1)
    page.click("#list .row")
    expect(page.locator("#past .answer")).to_contain_text("165")
    page.fill("#finder input", "")
    menu(page, "parking", "[data-dialog=rename]")
    page.fill("#rename-dialog input", "Where the car goes")
    page.keyboard.press("Enter")
    expect(page.locator("#list .row", has_text="Where the car goes")).to_be_visible()
    menu(page, "Where the car goes", "[data-act=pin]")
    expect(page.locator("#list h2").first).to_have_text("Pinned")
    page.locator("#list .row-more").first.click()
    with page.expect_download() as download:
        page.click("#row-menu [data-export=md]")
    assert "165" in download.value.path().read_text(encoding="utf-8")
    menu(page, "Where the car goes", "[data-dialog=delete]")
    expect(page.locator("#delete-dialog")).to_contain_text("The record of what was asked")
    page.click("#delete-dialog button.danger")
    page.wait_for_selector(".starter")
    expect(page.locator("#list")).not_to_contain_text("Where the car goes")


def test_a_question_is_edited_asked_again_and_rated(open_page: OpenPage) -> None:
    page = open_page("daniel")
    ask(page, LEAVE)
    page.locator("#past .mine").hover()
    page.click("#past .mine .edit summary")
    page.fill("#past .edit textarea", "What does a parking space cost?")
    page.keyboard.press("Enter")
    expect(page.locator("#past .mine .branches")).to_contain_text("2 of 2")
    expect(page.locator("#past .answer")).to_contain_text("165")
    page.click("#past .mine .branches [data-act=branch]")
    expect(page.locator("#past .answer")).to_contain_text("126")
    page.click("#past [data-act=again]")
    expect(page.locator("#past .answer .branches")).to_contain_text("2 of 2")
    expect(page.locator("#past .answer")).to_contain_text("Another answer, because you asked for one")
    page.click("#past .rate summary")
    page.check("input[name=reason_outdated]")
    page.fill(".rate textarea", "there is a newer one")
    page.click(".rate button.small")
    expect(page.locator("#past .tools > .hint")).to_contain_text("Thank you")
    page.reload()
    expect(page.locator("#past summary.thumb")).to_have_attribute("aria-pressed", "true")


def test_a_file_is_attached_cited_and_a_pdf_shows_its_page_with_a_mark(open_page: OpenPage) -> None:
    page = open_page("daniel")
    page.set_input_files("#attach input", files=[{"name": "offsite.md", "mimeType": "text/markdown", "buffer": NOTES}])
    expect(page.locator("#files .file")).to_contain_text("offsite.md")
    ask(page, "What is the budget of the zanzibar offsite?")
    page.locator("#past .cite").first.click()
    expect(page.locator("#proof .hit")).to_contain_text("4,200")
    page.click("#finder .new")
    page.wait_for_selector(".starter")
    ask(page, "What is the hotel limit per night in Jakarta?")
    page.locator("#past .cite").first.click()
    expect(page.locator("#proof .paper img")).to_be_visible()
    expect(page.locator("#proof .paper .box").first).to_be_visible()
    assert page.evaluate("document.querySelector('#proof .paper img').naturalWidth") > 300
    page.click("#proof [data-zoom='1']")
    page.click("#proof [data-act=page] >> nth=1")
    expect(page.locator("#proof .leaf .at")).to_contain_text("Page 3 of 3")


def test_an_answer_survives_a_reload_a_second_tab_and_a_lost_connection(open_page: OpenPage) -> None:
    page = open_page("daniel")
    page.fill("#box textarea", LEAVE)
    page.press("#box textarea", "Enter")
    page.wait_for_selector("#live [data-turn]")
    page.wait_for_url("**/?c=*")
    other = page.context.new_page()
    other.goto(page.url)
    page.reload()
    for tab in (page, other):
        expect(tab.locator("#past .answer")).to_contain_text("126")
        expect(tab.locator("#past .mine")).to_have_count(1)
    page.fill("#box textarea", "And from when does it start?")
    page.press("#box textarea", "Enter")
    page.wait_for_selector("#live [data-turn]")
    page.context.set_offline(True)
    page.wait_for_timeout(1500)
    page.context.set_offline(False)
    expect(page.locator("#past .answer")).to_have_count(2)
    expect(page.locator("#past .mine")).to_have_count(2)
    expect(page.locator("#live .answer")).to_have_count(0)

"""documents: the Knowledge page over 10,000 simulated documents, in Chromium: to open it, to filter, to turn pages.

"Open" is the time from the start of the navigation until the first row of the list is there; the others run from the
click, or the last key, until the list has changed, the 300 ms that the search field waits for more keys included. The
plain alternative is the same page with ten documents.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import StewardError
from assistant.pipeline.kit import Kit, build
from assistant.settings import Settings
from assistant.values import Chunk, Document, Flag
from assistant.work.benches.app import running
from assistant.work.benches.page import PASSWORD, WEIGHT
from assistant.work.benches.timing import Timings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

DOCUMENTS, FEW = 10_000, 10
WORDS = ("leave", "travel", "claims", "parking", "pension", "security", "training", "gifts", "fleet", "audit")
READY = """() => new Promise(done => {
  const look = () => document.querySelector('#body .documents tbody tr')
    ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 5);
  look();
})"""
ACT = """([act, expected]) => new Promise(done => {
  const from = performance.now(), find = selector => document.querySelector(selector);
  const choose = (name, value) => { const at = find(`.filters [name=${name}]`); at.value = value;
    at.dispatchEvent(new Event(name === 'text' ? 'input' : 'change', { bubbles: true })); };
  if (act === 'next') find('#body .pager button:last-child').click();
  else choose(...act.split('='));
  const look = () => {
    const said = find('#body .pager span') || find('#body .summary');
    if (said && said.textContent.includes(expected)) requestAnimationFrame(() => done(performance.now() - from));
    else setTimeout(look, 5);
  };
  look();
})"""


async def bench(settings: Settings, progress: Callable[[int, int], None], rounds: int = 8) -> Timings:
    """``rounds`` visits of somebody who manages 10,000 documents and of somebody who manages ten."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise StewardError("This bench needs the packages of requirements-dev.txt and Chromium.") from None
    found = Timings()
    settings = settings.model_copy(update={"samples": False})
    kit = await build(settings)
    try:
        await asyncio.to_thread(_seed, kit)
    finally:
        await kit.close()
    async with running(settings), async_playwright() as playwright:
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        url = f"http://{settings.host}:{settings.port}"
        for at in range(rounds):
            progress(at, rounds)
            await _visit(browser, url, "many", "", found)
            await _visit(browser, url, "few", "plain_", found)
        await browser.close()
    found.figures["open_over_plain"] = (
        found.summary()["open_warm"]["median_ms"] / found.summary()["plain_open_warm"]["median_ms"]
    )
    return found


async def _visit(browser: Browser, url: str, name: str, series: str, found: Timings) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("button.primary")
    await page.wait_for_url(f"{url}/*")
    await page.wait_for_selector(".account")
    for state in ("cold", "warm"):
        await page.goto(f"{url}/knowledge")
        found.add(f"{series}open_{state}", await page.evaluate(READY))
    if not series:
        sent, unpacked, files = await page.evaluate(WEIGHT)
        found.figures |= {"weight_warm_kb": sent / 1000, "unpacked_kb": unpacked / 1000, "files": files}
        found.figures["list_html_kb"] = len(await page.inner_html("#body")) / 1000
        await _filter(page, found)
    await context.close()


async def _filter(page: Page, found: Timings) -> None:
    for name, act, expected in (
        ("next_page", "next", "51"),
        ("filter_text", "text=pension 77", "document"),
        ("filter_text_off", "text=", "10,000"),
        ("filter_expiring", "due=expiring", "of 500"),
        ("filter_flagged", "due=flagged", "of 100"),
    ):
        if name == "filter_text":  # the list of before says "document" too
            await page.evaluate("() => { document.querySelector('#body .summary').textContent = ''; }")
            await page.evaluate("() => { const p = document.querySelector('#body .pager'); if (p) p.remove(); }")
        found.add(name, await page.evaluate(ACT, [act, expected]))


def _seed(kit: Kit) -> None:
    """Simulated documents of one passage each, put in past the encoder."""
    audiences = list(kit.policies.access.audiences)
    groups = {name: kit.policies.access.audiences[name][0] for name in (audiences[0], audiences[1])}
    for name, audience in (("many", audiences[0]), ("few", audiences[1])):
        kit.people.add(name, name, password=PASSWORD, groups=[groups[audience]], roles=["knowledge_manager"])
    draw = np.random.default_rng(7)
    today = date.today()
    for number in range(DOCUMENTS + FEW):
        audience = audiences[0] if number < DOCUMENTS else audiences[1]
        topic = WORDS[number % len(WORDS)]
        document = Document(
            id=f"simulated-{number}", version="1", title=f"Guide to {topic} {number}", audience=audience,
            owner=f"Team {number % 40}", source_name=f"{topic}-{number}.md", content_hash=f"{number:064x}",
            effective=today, review=today + timedelta(days=200 + number % 300),
            expires=today if number % 20 == 0 else None,
        )  # fmt: skip
        text = f"About {topic}, part {number}. Ask the team before the {number % 28 + 1}th."
        flags = (Flag(0, len(text), "simulated", 0.9),) if number % 100 == 0 else ()
        chunk = Chunk(f"{document.key}#0", document.key, 0, (topic.title(),), None, text, 0, len(text), flags=flags)
        vector = draw.normal(size=384).astype(np.float32)
        vector /= np.linalg.norm(vector)
        made = kit.catalogue.made(document.title, text, [chunk], [vector], [number.to_bytes(16, "big")])
        kit.catalogue.put(document, made)

"""page: from the click on "Sign in" to a page that can be used, with many conversations in the list, in Chromium.

"Ready" is the moment when the list, the welcome and an enabled box are there, measured by the browser from the start
of the navigation that follows signing in. ``cold`` is a browser that has never been here. Weight is what came over
the network and what it is unpacked. The plain alternative is the same person with an empty list.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from assistant.errors import StewardError
from assistant.pipeline.kit import Kit, build
from assistant.settings import Settings
from assistant.values import Message
from assistant.work.benches.app import running
from assistant.work.benches.timing import Timings

if TYPE_CHECKING:
    from playwright.async_api import Browser

CONVERSATIONS = 500
READY = """() => new Promise(done => {
  const box = () => document.querySelector('#box textarea');
  const look = () => {
    const there = document.querySelector('#past h1, #past .turn') && document.querySelector('#side .brand');
    if (there && box() && !box().disabled) return requestAnimationFrame(() => done(performance.now()));
    setTimeout(look, 5);
  };
  look();
})"""
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, e) => [sum[0] + e.transferSize, sum[1] + e.decodedBodySize, sum[2] + 1], [0, 0, 0])"""
PASSWORD = "only for this bench"  # noqa: S105 - a folder that is removed at the end


async def bench(settings: Settings, progress: Callable[[int, int], None], rounds: int = 8) -> Timings:
    """``rounds`` visits each, cold and warm, with 500 conversations and with none."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise StewardError("This bench needs the packages of requirements-dev.txt and Chromium.") from None
    found = Timings()
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
            await _visit(browser, url, "none", "plain_", found)
        await browser.close()
    found.figures["ready_over_plain"] = (
        found.summary()["ready_warm"]["median_ms"] / found.summary()["plain_ready_warm"]["median_ms"]
    )
    return found


async def _visit(browser: Browser, url: str, name: str, series: str, found: Timings) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    for state in ("cold", "warm"):
        await page.goto(f"{url}/sign-in")
        await page.fill("input[name=name]", name)
        await page.fill("input[name=password]", PASSWORD)
        began = time.perf_counter()
        await page.click("button.primary")
        await page.wait_for_url(f"{url}/*")
        ready: float = await page.evaluate(READY)
        found.add(f"{series}ready_{state}", ready)
        found.add(f"{series}with_signing_in_{state}", (time.perf_counter() - began) * 1000)
        await page.wait_for_load_state("load")
        sent, unpacked, files = await page.evaluate(WEIGHT)
        if not series:
            found.figures |= {f"weight_{state}_kb": sent / 1000, f"unpacked_{state}_kb": unpacked / 1000}
            found.figures[f"files_{state}"] = files
        await page.click("button.out")
    await context.close()


def _seed(kit: Kit) -> None:
    def add(name: str) -> Any:
        return kit.people.add(name, name.title(), password=PASSWORD, groups=["staff"], roles=["employee"], title="")

    add("none")
    person, began = add("many"), datetime.now(UTC) - timedelta(days=CONVERSATIONS)
    for day in range(CONVERSATIONS):
        conversation = kit.conversations.create(person.id, f"Question {day} about leave, travel and expenses")
        for role, text in (("user", f"How many days, for the {day}th time?"), ("assistant", "126 days. " * 20)):
            created = began + timedelta(days=day)
            kit.conversations.append(
                conversation.id,
                Message(uuid.uuid4().hex, role, text, created, outcome="answered" if role == "assistant" else None),  # type: ignore[arg-type]
            )

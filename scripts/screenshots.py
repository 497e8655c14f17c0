#!/usr/bin/env python3
"""Every page and state as pictures on one sheet: desktop and phone, light and dark, English and Bahasa Indonesia.

  scripts/screenshots.py --out /tmp/sheet
  scripts/screenshots.py --out /tmp/sheet --only conversation

Starts a Steward of its own with the sample company in a folder that is removed at the end, drives it in Chromium and
writes PNG files and ``index.html``. For those who work on Steward: it needs the packages of requirements-dev.txt.
"""

from __future__ import annotations

import argparse
import html
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
LEAVE = "How many days of parental leave do I get, and from when?"
START_S = 240


def ask(page: Page, text: str) -> None:
    before = page.locator("#past .answer").count()
    page.fill("#box textarea", text)
    page.press("#box textarea", "Enter")
    page.wait_for_function(f"document.querySelectorAll('#past .answer').length > {before}", timeout=60_000)


def enter(page: Page, name: str) -> None:
    page.click(f"button[value={name}]")
    page.wait_for_selector(".starter")


def conversation(page: Page) -> None:
    enter(page, "aisha")
    ask(page, "I am aisha.rahman@example.com. " + LEAVE)


def evidence(page: Page) -> None:
    conversation(page)
    page.locator("#past .cite").first.click()
    page.wait_for_selector("#proof .hit")


def made(page: Page) -> None:
    conversation(page)
    page.click("[data-act=made]")
    page.wait_for_selector("#proof [data-stage]")


def long(page: Page) -> None:
    conversation(page)
    for text in ("What are the steps to claim travel expenses?", "Who approves remote work abroad?", "zzz qqq xxyyz"):
        ask(page, text)


def refused(page: Page) -> None:
    enter(page, "aisha")
    ask(page, "why " * 1200)


def handed_over(page: Page) -> None:
    conversation(page)
    page.locator("#past .ask summary").last.click()
    page.locator("#past .ask input").last.fill("One line that says more")


def side(page: Page) -> None:
    conversation(page)
    if page.viewport_size and page.viewport_size["width"] < 900:
        page.click("[data-fold=side]")
    page.click(".menu summary")


def shortcuts(page: Page) -> None:
    enter(page, "aisha")
    page.evaluate("document.querySelector('#help').showModal()")


def desk(page: Page) -> None:
    enter(page, "priya")
    page.goto(page.url.split("?")[0] + "desk")
    page.wait_for_selector("#side .brand")
    row = page.locator(".queue .row").first
    if row.count():
        row.click()
        page.wait_for_selector(".case")


def forbidden(page: Page) -> None:
    enter(page, "daniel")
    page.goto(page.url.split("?")[0] + "desk")
    page.wait_for_selector("#past .button")


def signed_out(page: Page) -> None:
    page.goto(page.url + "?out=1")


def away(page: Page) -> None:
    page.goto(page.url.replace("/sign-in", "/away"))


def wrong(page: Page) -> None:
    page.fill("input[name=name]", "nobody")
    page.fill("input[name=password]", "not the password")
    page.click("button.primary")
    page.wait_for_selector(".alert")


STATES: dict[str, Callable[[Page], None]] = {
    "sign-in": lambda page: None,
    "sign-in-wrong": wrong,
    "signed-out": signed_out,
    "empty": lambda page: enter(page, "mei"),
    "conversation": conversation,
    "evidence": evidence,
    "made": made,
    "long": long,
    "refused": refused,
    "ask-a-person": handed_over,
    "settings": side,
    "shortcuts": shortcuts,
    "desk": desk,
    "desk-forbidden": forbidden,
    "away": away,
}
"""Name of a state and what leads to it from the sign-in page."""
LOOKS = (
    ("desktop", "light", "en"), ("desktop", "dark", "en"), ("phone", "light", "en"), ("phone", "dark", "en"),
    ("desktop", "light", "id"), ("phone", "dark", "id"),
)  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A Steward with the sample company on a free port; yields its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "STEWARD_PORT": str(port),
        "STEWARD_DATA_DIR": str(folder / "var"), "STEWARD_AUDIT_DB": str(folder / "audit.db"),
    }  # fmt: skip
    log = folder / "app.log"
    with log.open("wb") as output:
        app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_S
        while "Steward is ready" not in log.read_text(errors="replace"):
            if app.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"Steward did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(30)


def take(browser: Browser, url: str, name: str, look: tuple[str, str, str], out: Path) -> str:
    """One picture; returns its file name."""
    size, scheme, language = look
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale=language)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(30_000)
    try:
        page.goto(f"{url}/sign-in")
        STATES[name](page)
        page.wait_for_timeout(250)
        file = f"{name}.{size}.{scheme}.{language}.png"
        page.screenshot(path=out / file)
        return file
    finally:
        context.close()


def sheet(rows: dict[str, list[str]]) -> str:
    """The contact sheet."""
    parts = [
        f"<h2>{html.escape(name)}</h2><div>"
        + "".join(
            f'<figure><a href="{file}"><img loading="lazy" src="{file}" alt=""></a><figcaption>'
            f"{' '.join(file.split('.')[1:4])}</figcaption></figure>"
            for file in files
        )
        + "</div>"
        for name, files in rows.items()
    ]
    style = (
        "body{font:14px system-ui;margin:24px;background:#ddd}div{display:flex;flex-wrap:wrap;gap:12px}"
        "figure{margin:0}img{height:360px;border:1px solid #999;background:#fff}"
    )
    return f'<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>{style}</style>{"".join(parts)}'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures and index.html")
    parser.add_argument("--only", nargs="+", choices=STATES, default=list(STATES), help="these states only")
    parser.add_argument("--looks", nargs="+", default=[], help="of desktop.light.en, phone.dark.id, ...; default: six")
    args = parser.parse_args()
    looks = [tuple(look.split(".")) for look in args.looks] or list(LOOKS)
    args.out.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("STEWARD_TEST_BROWSER") or shutil.which("chromium") or "/usr/bin/chromium"
    rows: dict[str, list[str]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="steward-pictures-") as folder,
        running(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in args.only:
            for look in looks:
                try:
                    rows.setdefault(name, []).append(take(browser, url, name, look, args.out))
                except Exception as error:
                    print(f"{name} {'.'.join(look)}: {str(error).splitlines()[0]}", file=sys.stderr)
            print(f"{name}: {len(rows.get(name, []))}", flush=True)
        browser.close()
    (args.out / "index.html").write_text(sheet(rows), encoding="utf-8")
    print(args.out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())

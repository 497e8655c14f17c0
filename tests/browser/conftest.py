"""The real app as a process of its own on a free port, and the system's Chromium on its pages.

The app's output is printed when it does not start or dies. Documents are a part of the sample company and one hostile
one. Every page notes requests to another origin and dialogs that a script opened; the fixture fails on either.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from assistant.settings import ROOT

START_S = 180
LEFT_OPEN: list[http.client.HTTPConnection] = []
CHROMIUM = os.environ.get("STEWARD_TEST_BROWSER") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--no-first-run",
]  # fmt: skip
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
HOSTILE = """---
id: zanzibar
title: "Zanzibar <img src=x onerror=alert(1)> protocol"
audience: everyone
owner: "<script>alert(2)</script>"
version: "1"
effective: 2026-01-01
review: 2099-01-01
language: en
---

# Zanzibar protocol <svg onload=alert(3)>

The zanzibar protocol allows 7 <img src=x onerror=alert(4)> visits a year. ![pixel](https://evil.example/p.png)

Read [more](javascript:alert(5)) or [there](https://evil.example/).
"""


@dataclass
class App:
    """A running Steward."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> None:
        if self.process.poll() is not None:
            pytest.fail(f"the app ended with {self.process.returncode}:\n{self.log.read_text(errors='replace')}")

    def script(self, name: str, *arguments: str) -> None:
        """Run ``scripts/name`` beside the app."""
        command = [sys.executable, str(ROOT / "scripts" / name), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    samples = folder / "knowledge" / "samples"
    for part in ("everyone", "hr"):
        shutil.copytree(ROOT / "knowledge" / "samples" / part, samples / part)
    for path in (ROOT / "knowledge" / "samples").glob("*.yaml"):
        shutil.copy(path, samples)
    (samples / "everyone" / "zanzibar.md").write_text(HOSTILE, encoding="utf-8")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "STEWARD_PORT": str(port),
        "STEWARD_DATA_DIR": str(folder / "var"), "STEWARD_AUDIT_DB": str(folder / "audit.db"),
        "STEWARD_KNOWLEDGE_DIR": str(folder / "knowledge"),
    }  # fmt: skip
    log = folder / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
    running = App(f"http://127.0.0.1:{port}", environment, process, log)
    try:
        deadline = time.monotonic() + START_S
        while "Steward is ready" not in log.read_text(errors="replace"):
            running.alive()
            if time.monotonic() > deadline:
                pytest.fail(f"the app did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.2)
        yield running
        running.alive()
        open_tab(running)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(f"the app did not stop:\n{log.read_text(errors='replace')}")
        if code:
            pytest.fail(f"the app ended with {code} instead of 0:\n{log.read_text(errors='replace')}")
        said = log.read_text(errors="replace")
        if "Traceback" in said:
            pytest.fail(f"the app wrote a traceback:\n{said}")


def open_tab(app: App) -> None:
    """Leave a page's stream open, as somebody does who closes the server and not the browser."""
    host, headers = app.url.removeprefix("http://"), {"Origin": app.url}
    connection = http.client.HTTPConnection(host, timeout=10)
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/auth/demo", "person=aisha", form)
    answer = connection.getresponse()
    answer.read()
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    connection.request("GET", "/gradio_api/heartbeat/left", headers={**headers, "Cookie": cookie})
    assert connection.getresponse().status == 200
    LEFT_OPEN.append(connection)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Seen:
    """What no page may do."""

    outside: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(app: App, chromium: Browser) -> Iterator[OpenPage]:
    """``open_page("aisha")`` is a browser of its own, with that sample person signed in by a click."""
    seen = Seen()

    def note(page: Page) -> None:
        local = (app.url, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else seen.outside.append(r.url))
        page.on("dialog", lambda d: (seen.dialogs.append(d.message), d.dismiss()))
        page.on("pageerror", lambda e: seen.broken.append(str(e)))
        page.on("console", lambda m: seen.broken.append(m.text) if "Content Security Policy" in m.text else None)

    def make(name: str = "", *, size: str = "desktop", scheme: str = "light") -> Page:
        context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(20_000)
        note(page)
        seen.pages.append(page)
        page.goto(f"{app.url}/sign-in")
        if name:
            page.click(f"button[value={name}]")
            page.wait_for_selector(".starter")
        return page

    yield make
    app.alive()
    for page in seen.pages:
        page.context.close()
    assert seen.outside == [] and seen.dialogs == [] and seen.broken == []


def ask(page: Page, text: str) -> None:
    """Type a question and wait for its whole answer."""
    before = page.locator("#past .answer").count()
    page.fill("#box textarea", text)
    page.press("#box textarea", "Enter")
    page.wait_for_function(f"document.querySelectorAll('#past .answer').length > {before}")

"""What stands around the whole application: origins, sizes and headers, and Gradio's index page made ours.

A request that changes something has to say that it comes from our own page; bodies are limited before anybody is asked
who they are; every response carries the content security policy. Does not know people: that is ``gate.py``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui import i18n, shortcuts
from assistant.ui.i18n import t

STYLES = ("tokens", "steward")
PAGE_SCRIPTS = ("steward", "keys", "announce")
BODY_LIMIT = 1_000_000
STREAMED = frozenset({("POST", "/knowledge/files"), ("POST", "/conversations/files")})
"""Routes that read their body themselves, piece by piece, with a limit of their own, and only for who may send one."""
OWN_FILES = {"/": ("chat",), "/knowledge": ("knowledge",)}
"""Style and script that one page has beside those of all."""
TOO_LARGE = "This is more than 1 MB, which is more than a question needs. Shorten it and try again."


def policy(nonce: str) -> str:
    """The content security policy of a page.

    'unsafe-eval': Gradio's HTML component compiles its template with ``Function``. 'unsafe-inline' for styles: Gradio
    and Svelte write style elements and attributes. Scripts need the nonce or come from here, so that markup that
    slipped through could not run anything. Everything else is this origin only.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "frame-src 'none'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: that makes browsers send "Origin: null" with a form, which the check below could not tell.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guarded:
    """Around the whole application: origin, body size, and headers on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection, nonce = HTTPConnection(scope), secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        send = _with_headers(send, nonce, scope["path"])
        if not same_origin(connection, scope["method"]):
            await PlainTextResponse("This request came from another site.", 403)(scope, receive, send)
            return
        if (scope["method"], scope["path"]) in STREAMED:
            await self.app(scope, receive, send)
            return
        body = await _read(connection, receive)
        if body is None:
            await JSONResponse({"detail": TOO_LARGE}, 413)(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)


def same_origin(connection: HTTPConnection, method: str) -> bool:
    """Whether a request may have come from one of our own pages; changes must say so."""
    origin = connection.headers.get("origin")
    if origin is None:
        if method in ("GET", "HEAD", "OPTIONS"):
            return True
        return connection.headers.get("sec-fetch-site") == "same-origin"
    return bool(origin) and urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()


async def _read(connection: HTTPConnection, receive: Receive) -> bytes | None:
    """The whole body, or None when it is too large. It is read before anybody is asked who they are."""
    announced = connection.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > BODY_LIMIT:
        return None
    body, more = bytearray(), True
    if "content-length" not in connection.headers and "transfer-encoding" not in connection.headers:
        return b""
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """``receive`` for an application behind one that has read the body."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(send: Send, nonce: str, path: str) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Content-Security-Policy"] = policy(nonce)
            if not path.startswith(("/assets/", "/static/", "/ui/")):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sender


async def index_page(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A Gradio page as it is sent out: nonces on its scripts, our own style and script, no outside names."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    start: Message = {}
    body = bytearray()

    async def collect(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body", False):
            page = rewrite(body.decode("utf-8"), scope["state"]["nonce"], scope["path"]).encode("utf-8")
            MutableHeaders(scope=start)["content-length"] = str(len(page))
            await send(start)
            await send({"type": "http.response.body", "body": page})

    await app({**scope, "headers": headers}, receive, collect)


def rewrite(page: str, nonce: str, path: str = "/") -> str:
    """Gradio's index page made ours, in the language being spoken."""
    language = f'<html lang="{i18n.current()}" data-language="{i18n.current()}"'
    page = re.sub(r'<html\s+lang="[^"]*"', language, i18n.finish(page), count=1)
    page = re.sub(r"<meta\s[^>]*(?:og:|twitter:)[^>]*>", "", page)
    page = re.sub(r"<base\s[^>]*>", "", page)
    page = re.sub(r'<link rel="manifest"[^>]*>', "", page)
    page = page.replace("</head>", f"{head(PAGE_SCRIPTS, OWN_FILES.get(path, ()))}</head>", 1)
    skip = f'<a class="skip" href="#talk">{t("Skip to the conversation")}</a><h1 class="unseen">Steward</h1>'
    page = re.sub(r"(<body[^>]*>)", lambda body: f"{body[1]}<header>{skip}</header>", page, count=1)
    said = '<div id="announce" class="unseen" aria-live="polite"></div>'
    page = page.replace("</body>", f"{said}{shortcuts.sheet()}</body>", 1)
    return page.replace("<script", f'<script nonce="{nonce}"')


def head(scripts: Sequence[str] = (), own: Sequence[str] = ()) -> str:
    """What the head of every page of ours holds: icons, the tokens and the style, the look before anything is drawn."""
    links = "".join(f'<link rel="stylesheet" href="/ui/{name}.css">' for name in (*STYLES, *own))
    loaded = "".join(f'<script src="/ui/{name}.js"></script>' for name in ("look", *scripts, *own))
    return (
        '<link rel="icon" href="/ui/steward.svg" type="image/svg+xml"><link rel="apple-touch-icon" '
        'href="/ui/icon-192.png"><link rel="manifest" href="/ui/manifest.webmanifest">'
        f"{links}{loaded}"
    )

"""What stands before every page: who may reach Gradio, which of its routes exist, headers, sizes, origins.

Gradio ships far more routes than these pages need (uploads, files, proxies, direct calls, code editing), asks nobody
who they are, and lets whoever knows a ``session_hash`` read that session's events. So its routes are a closed list
here, everything else is not found; each needs a signed-in person; and a session hash belongs to the person who used it
first. Does not decide what a person may read: every handler asks the kit.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui.session import SIGNED_OUT, person_of

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

BODY_LIMIT = 1_000_000
KEPT_SESSIONS = 20_000
PAGES = frozenset({"/", "/desk"})
GETS = re.compile(
    r"/(assets|static)/.+|/theme\.css|/favicon\.ico|/gradio_api/"
    r"(queue/data|heartbeat/[\w-]+|startup-events|theme\.css|app_id|login_check)"
)
POSTS = frozenset({"/gradio_api/queue/join", "/gradio_api/reset"})
NOT_FOUND = "There is nothing here."
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
            "worker-src 'none'",
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
        body = await _read(connection, receive)
        if body is None:
            await JSONResponse({"detail": TOO_LARGE}, 413)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


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


def _replay(body: bytes, receive: Receive) -> Receive:
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


class Gate:
    """Around Gradio: a closed list of routes, a signed-in person, and a session hash per person."""

    def __init__(self, app: ASGIApp, kit: Kit) -> None:
        self.app, self.kit = app, kit
        self._owner: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        if not (path in POSTS if method == "POST" else method == "GET" and (path in PAGES or GETS.fullmatch(path))):
            await PlainTextResponse(NOT_FOUND, 404)(scope, receive, send)
            return
        person = person_of(self.kit, HTTPConnection(scope))
        if person is None:
            response: Response = JSONResponse({"detail": SIGNED_OUT}, 401)
            if path in PAGES:
                response = RedirectResponse("/sign-in", 303)
            await response(scope, receive, send)
            return
        session, receive = await _session(scope, receive)
        if session is None or (session and not self._belongs(session, person.id)):
            await JSONResponse({"detail": NOT_FOUND}, 404)(scope, receive, send)
            return
        if path in PAGES:
            await _page(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _belongs(self, session: str, person_id: str) -> bool:
        """Whose session it is; the first to use it owns it."""
        owner = self._owner.setdefault(session, person_id)
        self._owner.move_to_end(session)
        while len(self._owner) > KEPT_SESSIONS:
            self._owner.popitem(last=False)
        return owner == person_id


async def _session(scope: Scope, receive: Receive) -> tuple[str | None, Receive]:
    """The session hash of a request ("" where its route has none, None where it is missing or not one)."""
    path = scope["path"]
    if path.startswith("/gradio_api/heartbeat/"):
        return path.rpartition("/")[2], receive
    if path == "/gradio_api/queue/data":
        return (parse_qs(scope["query_string"].decode("latin-1")).get("session_hash") or [None])[0], receive
    if path in POSTS:
        message = await receive()  # whole: Guarded has read it
        try:
            body = json.loads(message.get("body", b""))
            named = body.get("session_hash")
        except (ValueError, AttributeError):
            return None, receive
        good = isinstance(named, str) and 0 < len(named) <= 64
        return (named if good else None), _replay(message.get("body", b""), receive)
    return "", receive


async def _page(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
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
            page = rewrite(body.decode("utf-8"), scope["state"]["nonce"]).encode("utf-8")
            MutableHeaders(scope=start)["content-length"] = str(len(page))
            await send(start)
            await send({"type": "http.response.body", "body": page})

    await app({**scope, "headers": headers}, receive, collect)


def rewrite(page: str, nonce: str) -> str:
    """Gradio's index page made ours."""
    page = re.sub(r"<meta\s[^>]*(?:og:|twitter:)[^>]*>", "", page)
    page = re.sub(r"<base\s[^>]*>", "", page)
    page = re.sub(r'<link rel="manifest"[^>]*>', "", page)
    page = page.replace("<script", f'<script nonce="{nonce}"')
    ours = (
        '<link rel="icon" href="/ui/steward.svg" type="image/svg+xml"><link rel="stylesheet" href="/ui/steward.css">'
        f'<script nonce="{nonce}" src="/ui/steward.js"></script>'
    )
    return page.replace("</head>", f"{ours}</head>", 1)

"""What stands before Gradio: which of its routes exist, who may reach them, and whose events are whose.

Gradio ships far more routes than these pages need (uploads, files, proxies, direct calls, code editing), asks nobody
who they are, and lets whoever knows a ``session_hash`` read that session's events. So its routes are a closed list
here, everything else is not found; each needs a signed-in person; and a session hash belongs to the person who used it
first. Does not decide what a person may read: every handler asks the kit.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.ui.front import index_page, replay
from assistant.ui.session import SIGNED_OUT, person_of, speak
from assistant.work.managing import MANAGERS

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

KEPT_SESSIONS = 20_000
PAGES = frozenset({"/", "/desk", "/knowledge"})
ONLY_FOR = {"/knowledge": MANAGERS}
"""Pages that do not exist for whoever has none of these roles."""
GETS = re.compile(
    r"/(assets|static)/.+|/theme\.css|/favicon\.ico|/gradio_api/"
    r"(queue/data|heartbeat/[\w-]+|startup-events|theme\.css|app_id|login_check)"
)
STREAMS = ("/gradio_api/heartbeat/", "/gradio_api/queue/data")
POSTS = frozenset({"/gradio_api/queue/join", "/gradio_api/reset"})
NOT_FOUND = "There is nothing here."


class Gate:
    """Around Gradio: a closed list of routes, a signed-in person, and a session hash per person."""

    def __init__(self, app: ASGIApp, kit: Kit) -> None:
        self.app, self.kit = app, kit
        self._owner: OrderedDict[str, str] = OrderedDict()
        self._streams: set[asyncio.Task[Any]] = set()
        self._closing = False

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
        if path in ONLY_FOR and not person.roles & ONLY_FOR[path]:
            await PlainTextResponse(NOT_FOUND, 404)(scope, receive, send)
            return
        session, receive = await _session(scope, receive)
        if session is None or (session and not self._belongs(session, person.id)):
            await JSONResponse({"detail": NOT_FOUND}, 404)(scope, receive, send)
            return
        if path in PAGES:
            speak(self.kit, HTTPConnection(scope), person)
            await index_page(self.app, scope, receive, send)
        elif path.startswith(STREAMS):
            await self._stream(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def close(self) -> None:
        """End every open stream; an open page holds one for as long as it is open."""
        self._closing = True
        for task in self._streams:
            task.cancel()

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a request runs in a task
        self._streams.add(task)
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._closing:
                raise
            task.uncancel()
        finally:
            self._streams.discard(task)

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
        return (named if good else None), replay(message.get("body", b""), receive)
    return "", receive

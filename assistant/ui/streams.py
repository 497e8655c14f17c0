"""Turns over plain HTTP: start, follow from any offset, stop. The pages follow them here, and so can a program.

``GET /turns/{id}/events?from=N`` gives every event once, in order, as server-sent events whose id is the offset after
them; ``Last-Event-ID`` resumes. ``/live`` gives the answer as HTML each time it grew, which a page puts in the place of
what it had, so that a cut connection can neither lose nor double anything. Whose turn it is and who is signed in is
asked at the start and before each piece.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.errors import NotFound, StewardError
from assistant.ui.i18n import tell
from assistant.ui.live import Live
from assistant.ui.render import Look
from assistant.ui.session import SIGNED_OUT, person_of, speak

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.pipeline.turns import Running
    from assistant.values import Event, Person

BEAT_S = 15.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streams:
    """Every open stream, so that they can be ended when the server stops."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.look = Look(hosts=tuple(kit.policies.output.link_hosts))
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every open stream; readers come back with their offset."""
        self._closing.set()

    def routes(self) -> APIRouter:
        """``/turns`` and below."""
        router = APIRouter()

        @router.post("/turns")
        async def start(request: Request) -> Response:
            person = signed_in(self.kit, request)
            given = await _json(request)
            text, conversation = given.get("text"), given.get("conversation")
            if not isinstance(text, str) or not text.strip() or not isinstance(conversation, str | None):
                return said("Type your question first.", 400)
            running = self.kit.turns.start(person, conversation or None, text)
            return JSONResponse({"turn": running.turn_id, "conversation": running.conversation_id}, 201)

        @router.post("/turns/{turn}/stop")
        async def stop(request: Request, turn: str) -> Response:
            self.kit.turns.stop(signed_in(self.kit, request), turn)
            return Response(status_code=204)

        @router.get("/turns/{turn}/events")
        async def events(request: Request, turn: str) -> Response:
            running = self.kit.turns.get(signed_in(self.kit, request), turn)
            return _stream(self._events(request, running, _offset(request)))

        @router.get("/turns/{turn}/live")
        async def live(request: Request, turn: str) -> Response:
            running = self.kit.turns.get(signed_in(self.kit, request), turn)
            return _stream(self._live(request, running))

        return router

    async def _events(self, request: Request, running: Running, offset: int) -> AsyncIterator[str]:
        async for batch in self._batches(request, running, offset):
            for event in batch:
                yield _event(event.offset + 1, {"kind": event.kind, **event.data})

    async def _live(self, request: Request, running: Running) -> AsyncIterator[str]:
        ask = running.ask
        shown = Live(ask.text, self.look, ask.conversation_id, ask.turn_id)
        async for batch in self._batches(request, running, 0):
            if not batch:
                yield ": still here\n\n"
                continue
            grown = [shown.take(event.kind, event.data) for event in batch]
            if any(grown):
                yield _event(batch[-1].offset + 1, {"html": shown.answer(), "done": bool(shown.ended)})

    async def _batches(self, request: Request, running: Running, offset: int) -> AsyncIterator[Sequence[Event]]:
        """Events as they come, several where several are there; [] as a sign of life. Ends when its reader is out."""
        batches = running.ask.log.batches(offset)
        closing = asyncio.ensure_future(self._closing.wait())
        waiting: asyncio.Task[Sequence[Event]] | None = None
        try:
            while not self._closing.is_set():
                waiting = waiting or asyncio.ensure_future(_next(batches))
                await asyncio.wait({waiting, closing}, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
                person = person_of(self.kit, request)
                if person is None or person.id != running.ask.person.id:
                    return
                speak(self.kit, request, person)
                if not waiting.done():
                    yield []
                    continue
                batch, waiting = waiting.result(), None
                if not batch:
                    return
                yield batch
        finally:
            closing.cancel()
            if waiting is not None:
                waiting.cancel()


def signed_in(kit: Kit, request: Request) -> Person:
    """The person of a request, whose language is spoken from here on. Raises NotSignedIn."""
    person = person_of(kit, request)
    speak(kit, request, person)
    if person is None:
        raise NotSignedIn(SIGNED_OUT)
    return person


class NotSignedIn(StewardError):
    """No session, or one that is over."""


def failed(request: Request, error: Exception) -> Response:
    """An error of ours as a response with its sentence."""
    status = 401 if isinstance(error, NotSignedIn) else 404 if isinstance(error, NotFound) else 400
    return said(str(error), status)


def said(sentence: str, status: int) -> Response:
    """A sentence in the reader's language."""
    return JSONResponse({"detail": tell(sentence)}, status)


async def _next(batches: AsyncIterator[Sequence[Event]]) -> Sequence[Event]:
    try:
        return await anext(batches)
    except StopAsyncIteration:
        return ()


def _event(offset: int, data: dict[str, Any]) -> str:
    return f"id: {offset}\ndata: {json.dumps(data, default=str, ensure_ascii=False)}\n\n"


def _stream(parts: AsyncIterator[str]) -> Response:
    return StreamingResponse(parts, media_type="text/event-stream", headers=HEADERS)


def _offset(request: Request) -> int:
    given = request.headers.get("last-event-id") or request.query_params.get("from", "0")
    return int(given) if given.isdigit() and len(given) < 10 else 0


async def _json(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

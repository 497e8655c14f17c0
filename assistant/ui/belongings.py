"""What belongs to a conversation or a reader, over plain HTTP: files in, exports and page pictures out.

Each route asks who is signed in and lets the kit look the object up as theirs; what is somebody else's reads the same
as what does not exist. Pictures and exports are never kept by a browser or a proxy (``front.py`` says no-store).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from assistant.errors import NotFound, StewardError
from assistant.ingest.pictures import Picture
from assistant.pipeline.attached import MOST_BYTES, PREFIX
from assistant.pipeline.export import export
from assistant.pipeline.reading import passage_view
from assistant.ui.streams import said, signed_in
from assistant.values import sentence

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

UPLOAD = "/conversations/files"
TOO_LARGE = sentence("This file has more than 20 MB, which is the most for a conversation. Attach a part of it.")
NO_PAGE = sentence("There is no such page, or you may not read its document.")
ID_CHARS = 300
NAME_CHARS = 255
WIDTHS = (700, 1000, 1600)


def routes(kit: Kit) -> APIRouter:
    """``/conversations/...`` and ``/documents/pages``."""
    router = APIRouter()

    @router.post(UPLOAD)
    async def attach(request: Request) -> Response:
        """A file for one conversation, its bytes as the body; makes the conversation when none is named."""
        person = signed_in(kit, request)
        conversation = request.query_params.get("conversation", "")[:ID_CHARS]
        if conversation:
            kit.conversations.get(person.id, conversation)
        try:
            data = await _body(request)
        except ClientDisconnect:
            return Response(status_code=499)
        if data is None:
            return said(TOO_LARGE, 413)
        person = signed_in(kit, request)  # a file takes a while
        made = "" if conversation else kit.conversations.create(person.id, "").id
        try:
            name = request.query_params.get("name", "")[:NAME_CHARS]
            kept = await kit.attached.add(person, conversation or made, name, data)
        except StewardError:
            if made:
                await asyncio.to_thread(kit.conversations.delete, made)
            raise
        return JSONResponse({"conversation": kept.conversation_id, "id": kept.id, "name": kept.name}, 201)

    @router.get("/conversations/{conversation}/export.{kind}")
    async def exported(request: Request, conversation: str, kind: str) -> Response:
        person = signed_in(kit, request)
        if kind not in ("md", "json"):
            raise NotFound("There is nothing here.")
        name, text = await export(kit, person, conversation, "md" if kind == "md" else "json")
        media = "text/markdown; charset=utf-8" if kind == "md" else "application/json"
        plain = name.encode("ascii", "ignore").decode() or f"conversation.{kind}"
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
        return Response(text, media_type=media, headers={"Content-Disposition": disposition})

    @router.get("/documents/pages")
    async def page(request: Request, passage: str = "", page: str = "", width: str = "") -> Response:
        person = signed_in(kit, request)
        wanted = int(page) if page.isdigit() and len(page) < 6 else 0
        wide = next((w for w in WIDTHS if str(w) == width), WIDTHS[1])
        made = await picture(kit, person, passage[:ID_CHARS], wanted, wide)
        return Response(made.png, media_type="image/png")

    return router


async def picture(kit: Kit, person: Person, passage: str, page: int = 0, width: int = WIDTHS[1]) -> Picture:
    """A page of a passage's document (0: the one it stands on), the passage marked. NotFound when not theirs."""
    view = await passage_view(kit, person, passage)
    page = page or view.chunk.page or 1
    if view.document.pages is not None and page > view.document.pages:
        raise NotFound(NO_PAGE)
    text = view.chunk.text
    if passage.startswith(PREFIX):
        file = kit.attached.own(person, passage)
        data = await asyncio.to_thread(kit.attached.attachments.original, file.id)
        async with kit.attached.lying(data, file.name) as path:
            return await kit.pictures.page(f"{PREFIX}{file.id}", path, page, text, name=file.name, width=width)
    original = await asyncio.to_thread(kit.library.original, kit.audiences(person), view.document.key)
    return await kit.pictures.page(view.document.key, original.path, page, text, name=original.name, width=width)


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is too large."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        return None
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            return None
    return bytes(data)

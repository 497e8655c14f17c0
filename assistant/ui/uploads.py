"""The Knowledge page's own routes: files in, originals and page pictures out, lists as CSV.

Each asks who is signed in and whether they manage knowledge before anything is read; for everybody else there is
nothing here. A file comes as the body of its own request, in pieces, to a file whose name is ours; the name that the
browser gives is a label. ``front.py`` has checked the origin before.
"""

from __future__ import annotations

import asyncio
import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, Response

from assistant.errors import NotFound, StewardError
from assistant.ingest.identity import Given
from assistant.ingest.library import Manager
from assistant.loaders.limits import MAX_BYTES, shown
from assistant.ui.i18n import t, tell
from assistant.ui.knowledge.listing import day_of, filter_of
from assistant.ui.session import SIGNED_OUT, person_of, speak
from assistant.values import Person, sentence
from assistant.work.knowledge_gaps import KnowledgeGaps
from assistant.work.managing import NOT_HERE, managed

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

AT_ONCE = 4
"""Files of one person on their way at a time."""
NAME_CHARS, VALUE_CHARS = 255, 200
ROWS = 20_000
TOO_LARGE = sentence("This file has more than 50 MB, which is the most. Split it and send the parts.")
EMPTY = sentence("This file is empty.")
BUSY = sentence("Too many files are on their way at once. Wait until some have arrived.")
RISKY = ("=", "+", "-", "@", "\t", "\r")


def routes(kit: Kit) -> APIRouter:
    """``/knowledge/*``; the page itself is Gradio's."""
    router = APIRouter(prefix="/knowledge")
    under_way: dict[str, int] = {}
    gaps = KnowledgeGaps(kit)

    def manager(request: Request) -> tuple[Person, Manager]:
        person = person_of(kit, request)
        speak(kit, request, person)
        if person is None:
            raise PermissionError
        return person, Manager(person.id, managed(kit, person))

    def refused(error: Exception) -> Response:
        if isinstance(error, PermissionError):
            return JSONResponse({"detail": tell(SIGNED_OUT)}, 401)
        return JSONResponse({"detail": tell(str(error))}, 404 if isinstance(error, NotFound) else 400)

    @router.post("/files")
    async def files(request: Request) -> Response:
        """One file: its name and what is said about it in the address, its bytes as the body."""
        try:
            person, who = manager(request)
            given = given_of(request, who)
        except (PermissionError, StewardError) as error:
            return refused(error)
        if under_way.get(person.id, 0) >= AT_ONCE:
            return JSONResponse({"detail": tell(BUSY)}, 429)
        under_way[person.id] = under_way.get(person.id, 0) + 1
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="in-", dir=_uploads(kit)))
        try:
            path = folder / "file"
            size = await receive(request, path)
            if size is None:
                return JSONResponse({"detail": tell(TOO_LARGE)}, 413)
            if not size:
                return JSONResponse({"detail": tell(EMPTY)}, 400)
            person, who = manager(request)  # a file takes a while, and rights may have gone meanwhile
            job = await kit.library.add(who, [(name_of(request), path)], given)
            return JSONResponse({"job": job.id})
        except ClientDisconnect:
            return Response(status_code=499)
        except (PermissionError, StewardError) as error:
            return refused(error)
        finally:
            under_way[person.id] -= 1
            if not under_way[person.id]:
                del under_way[person.id]
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    @router.get("/picture")
    async def picture(request: Request, document: str = "", passage: str = "") -> Response:
        """The page that a passage stands on, as PNG; the marks are laid over it by the page."""
        try:
            _, who = manager(request)
            chunk, its = await asyncio.to_thread(kit.catalogue.chunk, passage[:VALUE_CHARS], who.audiences)
            if its.key != document:
                raise NotFound(NOT_HERE)
            original = await asyncio.to_thread(kit.library.original, who.audiences, its.key)
            made = await kit.pictures.page(its.key, original.path, chunk.page or 1, chunk.text, name=original.name)
        except (PermissionError, StewardError) as error:
            return refused(error)
        return Response(made.png, media_type="image/png")

    @router.get("/original")
    async def original(request: Request, document: str = "") -> Response:
        """The file as it came in: always to be saved, never shown, for it may hold anything."""
        try:
            _, who = manager(request)
            found = await asyncio.to_thread(kit.library.original, who.audiences, document[:VALUE_CHARS])
        except (PermissionError, StewardError) as error:
            return refused(error)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown(found.name), safe='')}"}
        return FileResponse(found.path, media_type="application/octet-stream", headers=headers)

    @router.get("/documents.csv")
    async def documents(request: Request) -> Response:
        """The list as it is filtered."""
        try:
            _, who = manager(request)
            given, order = filter_of({n: v[:VALUE_CHARS] for n, v in request.query_params.items()})
            page = await asyncio.to_thread(kit.library.documents, who, given, order=order, limit=ROWS)
        except (PermissionError, StewardError) as error:
            return refused(error)
        heads = (t("Document"), t("Version"), t("File"), t("Audience"), t("Owner"), t("State"), t("In force"),
                 t("Review"), t("Expires"), t("Passages"))  # fmt: skip
        rows = [
            (c.document.title, c.document.version, c.document.source_name, c.document.audience, c.document.owner,
             c.state, c.document.effective, c.document.review, c.document.expires, c.chunks)
            for c in page.cards
        ]  # fmt: skip
        return csv_of("documents", heads, rows)

    @router.get("/gaps.csv")
    async def questions(request: Request) -> Response:
        """Questions without a source, as the page shows them."""
        try:
            person, _ = manager(request)
            report = await gaps.report(person)
        except (PermissionError, StewardError) as error:
            return refused(error)
        heads = (t("Topic"), t("Asked"), t("People"), t("Last"), t("Closest document"), t("Done"), t("Questions"))
        rows = [
            (" ".join(g.words), g.count, g.people or "", g.last, g.near.title if g.near else "",
             t("yes") if g.done else "", "\n".join(g.questions))
            for g in report.gaps
        ]  # fmt: skip
        return csv_of("questions", heads, rows)

    return router


async def receive(request: Request, path: Path) -> int | None:
    """Write the body to ``path`` piece by piece; its size, or None as soon as it is too large."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BYTES:
        return None
    size = 0
    with path.open("xb") as target:
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_BYTES:
                return None
            await asyncio.to_thread(target.write, piece)
    return size


def name_of(request: Request) -> str:
    """What the file is called: the last part of what the browser says, on one line. A label, never a path."""
    name = request.query_params.get("name", "").replace("\\", "/").rpartition("/")[2]
    return shown(name)[:NAME_CHARS]


def given_of(request: Request, who: Manager) -> Given:
    """What is said about the file. Raises StewardError for a value that cannot be."""
    said = {name: request.query_params.get(name, "").strip()[:VALUE_CHARS] for name in
            ("audience", "owner", "effective", "review", "expires", "replaces")}  # fmt: skip
    days: dict[str, Any] = {n: day_of(said[n]) for n in ("effective", "review", "expires") if said[n]}
    if said["audience"] and said["audience"] not in who.audiences:
        raise NotFound("This audience does not exist, or you do not belong to it.")
    return Given(audience=said["audience"], owner=said["owner"], replaces=said["replaces"], **days)


def csv_of(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file for a spreadsheet, which must not take a cell for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}-{date.today().isoformat()}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> str:
    """The value as text; with a quote in front where a spreadsheet would calculate it, also behind spaces."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(RISKY) else text


def _uploads(kit: Kit) -> Path:
    """In the data folder; what a crash leaves behind in it is removed at the next start."""
    folder = kit.settings.data_dir / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

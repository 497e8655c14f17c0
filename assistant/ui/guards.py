"""The guards' report card as a page of the app, for auditors and administrators; for everybody else there is nothing.

Shows the card that ``scripts/report_card.py`` drew last. It holds figures and file names and never a row of a file.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from assistant.store import report_card
from assistant.ui.i18n import t
from assistant.ui.session import person_of, speak
from assistant.work.cards import drawing

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

READERS = frozenset({"auditor", "administrator"})
NOT_FOUND = "There is nothing here."
COMMAND = "scripts/report_card.py --data FILE.jsonl ..."


def routes(kit: Kit) -> APIRouter:
    """``/guards``."""
    router = APIRouter()

    @router.get("/guards")
    async def page(request: Request) -> Response:
        person = person_of(kit, request)
        speak(kit, request, person)
        if person is None:
            return RedirectResponse("/sign-in", 303)
        if not person.roles & READERS:
            return PlainTextResponse(NOT_FOUND, 404)
        card = await asyncio.to_thread(report_card.read, report_card.folder(kit.settings.data_dir))
        back = f'<p><a href="/">{t("Back to the chat")}</a></p>'
        if card is None:
            said = t("No report card has been drawn yet. Draw one on this machine with:")
            return HTMLResponse(
                drawing.page(f'<main class="report-card">{back}<p>{said} <code>{COMMAND}</code></p></main>')
            )
        now = kit.policies.version
        stale = t("The policies have changed since it was drawn: draw it anew.") if card.get("policy") != now else ""
        return HTMLResponse(drawing.document(card, f"{back}<p>{stale}</p>"))

    return router

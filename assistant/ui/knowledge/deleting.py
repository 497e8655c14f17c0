"""Deleting documents: first a question that says what goes and what stays, then the deed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.errors import NotFound
from assistant.ingest.library import Manager
from assistant.ui.i18n import plural, t
from assistant.ui.knowledge import parts
from assistant.ui.knowledge.dropping import manager_of
from assistant.ui.knowledge.place import Click, Outcome, Place
from assistant.ui.markup import plain
from assistant.values import DocumentCard, Person
from assistant.work.saved_tests import SavedTests

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

NAMED = 8


class Deleting:
    """``place.deleting`` holds what waits for a yes: keys; from the list each stands for all its versions."""

    def __init__(self, kit: Kit, tests: SavedTests) -> None:
        self.kit, self.tests = kit, tests

    async def question(self, person: Person, place: Place) -> str:
        """What goes and what stays; empty when nothing waits. Keys that are not theirs are not in it."""
        if not place.deleting:
            return ""
        who = manager_of(self.kit, person)
        cards = await asyncio.to_thread(self._cards, who, place)
        if not cards:
            place.deleting = ()
            return ""
        documents = {card.document.id for card in cards}
        tests = sum(view.test.document in documents for view in await self.tests.tests(person))
        titles = list(dict.fromkeys(card.document.title for card in cards))
        named = "".join(f"<li>{plain(title)}</li>" for title in titles[:NAMED])
        if len(titles) > NAMED:
            named += f"<li>{plain(t('and {n} more', n=len(titles) - NAMED))}</li>"
        goes = [
            plural("{n} version with its original file and page pictures",
                   "{n} versions with their original files and page pictures", len(cards)),
            plural("{n} passage with its vector and its words in the index",
                   "{n} passages with their vectors and their words in the index", sum(c.chunks for c in cards)),
        ]  # fmt: skip
        if tests and not place.document:
            goes.append(plural("the source of {n} saved test", "the source of {n} saved tests", tests))
        heading = plural("Delete {n} document?", "Delete {n} documents?", len(documents))
        if place.document:
            heading = t("Delete version {v}?", v=cards[0].document.version)
        return (
            f'<section class="panel confirm" role="alertdialog" aria-labelledby="confirm" data-confirm>'
            f'<h2 id="confirm" tabindex="-1">{plain(heading)}</h2><ul class="named">{named}</ul>'
            f"<p>{t('This goes, and cannot be brought back:')}</p>"
            f'<ul class="goes">{"".join(f"<li>{plain(words)}</li>" for words in goes)}</ul>'
            f"<p class='place'>{plain(_stays())}</p><div class='do'>"
            f"{parts.button(t('Delete'), 'delete', 'primary danger')}{parts.button(t('Keep'), 'keep')}</div></section>"
        )

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Ask, delete, or leave it."""
        match click.get("act"):
            case "ask-delete":
                place.deleting = (click.get("key"),)
                return Outcome("body")
            case "keep":
                place.deleting = ()
                return Outcome("body")
            case "delete":
                return await self._delete(person, place)
        return None

    async def _delete(self, person: Person, place: Place) -> Outcome:
        who = manager_of(self.kit, person)
        cards = await asyncio.to_thread(self._cards, who, place)
        for card in cards:
            await self.kit.library.delete(who, card.document.key)
            self.kit.pictures.forget(card.document.key)
        documents = len({card.document.id for card in cards})
        place.deleting, place.document = (), ""
        return Outcome("all", plural("{n} document deleted.", "{n} documents deleted.", documents))

    def _cards(self, who: Manager, place: Place) -> list[DocumentCard]:
        """What would be deleted: the open version alone, or every version of what was ticked."""
        found: dict[str, DocumentCard] = {}
        for key in place.deleting:
            try:
                card = self.kit.library.card(who, key)
                versions = [card] if place.document else self.kit.library.versions(who, card.document.id)
            except NotFound:
                continue
            found |= {version.document.key: version for version in versions}
        return list(found.values())


def _stays() -> str:
    return t(
        "Answers given from it stay in people’s conversations, without the passage. The record keeps that it existed "
        "and who deleted it, and none of its text."
    )

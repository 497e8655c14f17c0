"""The section "Documents": the list, or the document that is open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import NotFound
from assistant.ui.knowledge.deleting import Deleting
from assistant.ui.knowledge.listing import Listing
from assistant.ui.knowledge.place import Click, Outcome, Place
from assistant.ui.knowledge.sheet import Sheet
from assistant.ui.pages.frame import alert
from assistant.values import Person
from assistant.work.saved_tests import SavedTests

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit


class Documents:
    """Passes on to the list or to the open document; one that is gone, or not theirs, leads back to the list."""

    def __init__(self, kit: Kit, tests: SavedTests) -> None:
        deleting = Deleting(kit, tests)
        self.listing, self.sheet = Listing(kit, deleting), Sheet(kit, deleting)

    async def head(self, person: Person, place: Place) -> str:
        """Of the one that is open."""
        if place.document:
            try:
                return await self.sheet.head(person, place)
            except NotFound as error:
                place.document = ""
                return alert(str(error)) + await self.listing.head(person, place)
        return await self.listing.head(person, place)

    async def tools(self, person: Person, place: Place) -> str:
        """The list's filters."""
        return "" if place.document else await self.listing.tools(person, place)

    async def body(self, person: Person, place: Place) -> str:
        """Of the one that is open."""
        return await (self.sheet if place.document else self.listing).body(person, place)

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """By the one that is open."""
        return await (self.sheet if place.document else self.listing).act(person, place, click)

"""Where one tab of the Knowledge page stands, what was clicked there, and what a section makes of it.

A place lives on the server, in Gradio's session state, and holds no rights. Its address can be bookmarked: whatever
stands in an address or in a click is looked up and never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlencode

if TYPE_CHECKING:
    from assistant.values import Person

VIEWS = ("documents", "bench", "tests", "gaps")
FILTERS = ("text", "audience", "state", "owner", "due", "order")
TABS = ("passages", "versions", "details")
VALUE_CHARS, TEXT_CHARS, PICKS = 200, 4000, 500
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Place:
    """Changed in place by the handlers of one tab."""

    view: str = "documents"
    filters: dict[str, str] = field(default_factory=dict)
    page: int = 1
    document: str = ""
    """Key of the document version that is open, in the view "documents"."""
    tab: str = "passages"
    compare: str = ""
    """Key of the version that the open one is compared with."""
    deleting: tuple[str, ...] = ()
    """Keys whose deletion waits for a yes."""
    question: str = ""
    audiences: tuple[str, ...] = ()
    show_done: bool = False
    cleared: datetime = LONG_AGO
    """Files that came in before are no longer listed above the documents."""
    came: frozenset[tuple[str, int]] = frozenset()
    """Files that were read or refused when the list of them was last drawn, by job and number."""
    passage: str = ""
    """The passage that is shown on its page."""

    def take(self, query: Mapping[str, str]) -> None:
        """Go where an address says; what it does not name starts anew."""
        view = query.get("view", "")
        self.view = view if view in VIEWS else "documents"
        self.filters = {name: query[name][:VALUE_CHARS] for name in FILTERS if query.get(name)}
        self.page = _page(query.get("page", ""))
        self.document = query.get("document", "")[:VALUE_CHARS]
        tab = query.get("tab", "")
        self.tab = tab if tab in TABS else "passages"
        self.compare, self.passage, self.deleting = "", "", ()

    @property
    def where(self) -> str:
        """Changes when something else is looked at, and not when a list is filtered."""
        return f"{self.view} {self.document}"

    @property
    def address(self) -> str:
        """The query that leads back here. It names no question: addresses are kept by browsers."""
        parts: dict[str, Any] = {} if self.view == "documents" else {"view": self.view}
        if self.view == "documents":
            parts |= self.filters
            if self.page > 1:
                parts["page"] = self.page
            if self.document:
                parts = {"document": self.document} | ({"tab": self.tab} if self.tab != "passages" else {})
        return f"?{urlencode(parts)}" if parts else "?"


@dataclass(frozen=True)
class Click:
    """The values that came with a click or a form, all of them text and none of them trusted."""

    values: Mapping[str, str]

    def get(self, name: str, limit: int = VALUE_CHARS) -> str:
        """One value, or "" where it is missing or too long."""
        value = self.values.get(name, "")
        return value if len(value) <= limit else ""

    def picked(self, prefix: str) -> tuple[str, ...]:
        """Values of every field called ``prefix`` and a number: the boxes that are ticked."""
        found = [v for n, v in self.values.items() if n.startswith(f"{prefix}.") and 0 < len(v) <= VALUE_CHARS]
        return tuple(dict.fromkeys(found))[:PICKS]

    @property
    def page(self) -> int:
        """The page of a list that was asked for."""
        return _page(self.get("page"))


@dataclass(frozen=True)
class Outcome:
    """What follows from a click: what to draw anew, and a sentence about what was done."""

    redraw: Literal["all", "body", "nothing"] = "all"
    said: str = ""


class Section(Protocol):
    """One view of the page. Every method asks for the person's rights anew and raises StewardError."""

    async def head(self, person: Person, place: Place) -> str:
        """What stands above: the title, and what begins something new."""

    async def tools(self, person: Person, place: Place) -> str:
        """Forms that act on what stands below, or nothing."""

    async def body(self, person: Person, place: Place) -> str:
        """What stands below and is drawn anew more often."""

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Do what was clicked; None where this section knows no such act."""


def click_of(data: Any) -> Click:
    """The values of an event as Gradio hands it over."""
    return Click({str(n): v for n, v in data.items() if isinstance(v, str)} if isinstance(data, dict) else {})


def _page(text: str) -> int:
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) else 1

"""Pages of PDFs as pictures with a passage marked, made in a process of their own and kept for a while in memory.

``Pictures.page(...)`` gives a PNG and the places of the passage on it as shares of the page's width and height, so that
a page lays marks over the picture at any size. Promises: pictures are kept in memory only, at most ``MOST_BYTES``, so
that nothing of a document lies in another file; ``forget(key)`` drops those of one document, to be called when it is
deleted or its original changes. Does not cover who may see the page: that is the caller's business, before every call.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import DocumentRefused
from assistant.ingest.parse import reason
from assistant.ingest.process import Child, ChildDied, Limits, request
from assistant.loaders.limits import refusal

MOST_BYTES = 48 * 1024 * 1024
MOST_WIDTH = 2000
PASSAGE_CHARS = 20_000


@dataclass(frozen=True)
class Box:
    """A place on a page; all four are shares (0 to 1) of its width or height, from the top left."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Picture:
    """A page as PNG. ``boxes`` mark the passage, one per line; ``found`` is the share of its letters that they hold."""

    png: bytes
    width: int
    height: int
    page: int
    pages: int
    boxes: tuple[Box, ...] = ()
    found: float = 0.0


class Pictures:
    """Makes and keeps page pictures. Cheap to make; its process starts with the first picture."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits(seconds=15.0, most_seconds=40.0)
        self._child = Child("steward-pictures")
        self._kept: OrderedDict[tuple[str, int, int, str], Picture] = OrderedDict()
        self._size = 0
        self._forgotten = 0
        self._guard = threading.Lock()

    async def page(
        self, key: str, path: Path, page: int, passage: str = "", *, name: str = "", width: int = 1000
    ) -> Picture:
        """Page ``page`` (from 1) of the PDF at ``path``, about ``width`` pixels wide, ``passage`` (Markdown) marked.

        ``key`` names the document for ``forget``; ``name`` is what people call the file. Raises DocumentRefused for
        anything that has no such page, or whose picture takes too long.
        """
        width = max(50, min(width, MOST_WIDTH))
        passage = passage[:PASSAGE_CHARS]
        wanted = (key, page, width, passage)
        with self._guard:
            if wanted in self._kept:
                self._kept.move_to_end(wanted)
                return self._kept[wanted]
            forgotten = self._forgotten
        made = await self._make(path, Path(name or path.name), page, width, passage)
        with self._guard:
            if forgotten == self._forgotten:  # a document that was deleted meanwhile must not come back
                self._keep(wanted, made)
        return made

    def forget(self, key: str) -> None:
        """Drop every picture of the document ``key``, also one that is being made."""
        with self._guard:
            self._forgotten += 1
            for wanted in [each for each in self._kept if each[0] == key]:
                self._size -= len(self._kept.pop(wanted).png)

    def close(self) -> None:
        """End the process and drop every picture."""
        self._child.close()
        with self._guard:
            self._kept.clear()
            self._size = 0

    async def _make(self, path: Path, called: Path, page: int, width: int, passage: str) -> Picture:
        more = {"page": page, "width": width, "passage": passage}
        asked = await asyncio.to_thread(lambda: request("picture", path, called, self.limits, **more))
        try:
            head, png = await self._child.ask(asked)
        except ChildDied as died:
            raise refusal(called, reason(died.how, asked["limits"])) from None
        if "refused" in head:
            raise DocumentRefused(head["refused"], head["reason"])
        boxes = tuple(Box(*box) for box in head["boxes"])
        return Picture(png, head["width"], head["height"], page, head["pages"], boxes, head["share"])

    def _keep(self, wanted: tuple[str, int, int, str], made: Picture) -> None:
        before = self._kept.pop(wanted, None)
        self._size -= len(before.png) if before else 0
        self._kept[wanted] = made
        self._size += len(made.png)
        while self._size > MOST_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest.png)

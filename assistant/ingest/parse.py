"""Reads one file in a process of its own and gives back what was understood of it.

``Parser.parse(path)`` gives a LoadedDocument or raises DocumentRefused with the file's name and a reason. Promises: a
file that hangs, crashes, eats memory or writes without end takes only its own process with it; nothing in a file is
fetched. Does not cover who may read the file: that is the caller's business.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import DocumentRefused
from assistant.ingest import wire
from assistant.ingest.process import Child, ChildDied, Limits, request
from assistant.loaders.limits import refusal
from assistant.values import LoadedDocument


@dataclass(frozen=True)
class Attempt:
    """How reading one file went: ``loaded``, or ``refused`` with a sentence.

    ``died`` says how the process ended where it did not end by itself: a signal's name, "exit N", "late" or "gone".
    ``seconds`` of processor time and the most memory in bytes (``peak``) are those of the process; 0 when it was lost.
    """

    loaded: LoadedDocument | None = None
    refused: str = ""
    reason: str = ""
    died: str = ""
    seconds: float = 0.0
    peak: int = 0


class Parser:
    """Reads files one after the other. Cheap to make; its process starts with the first file."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._child = Child("steward-parser")

    async def parse(self, path: Path, name: str = "") -> LoadedDocument:
        """What ``path`` holds; ``name`` is what the file is called where ``path`` is not (an original by its hash).

        Raises DocumentRefused. Cancelling kills the process that reads.
        """
        made = await self.attempt(path, name)
        if made.loaded is None:
            raise DocumentRefused(made.refused, made.reason)
        return made.loaded

    async def attempt(self, path: Path, name: str = "") -> Attempt:
        """As ``parse``, with what it took; a refusal is part of the result."""
        called = Path(name or path.name)
        try:
            asked = await asyncio.to_thread(request, "load", path, called, self.limits)
        except DocumentRefused as error:
            return Attempt(refused=str(error), reason=error.reason)
        try:
            head, _ = await self._child.ask(asked)
        except ChildDied as died:
            logging.getLogger(__name__).warning("the process that read a document ended: %s", died.how)
            why = reason(died.how, asked["limits"])
            return Attempt(None, str(refusal(called, why)), why, died.how, died.seconds, died.peak)
        took = (head["seconds"], head["peak"])
        if "refused" in head:
            return Attempt(None, head["refused"], head["reason"], "", *took)
        try:
            return Attempt(wire.from_json(head["loaded"]), "", "", "", *took)
        except (KeyError, TypeError, ValueError):
            why = "its content cannot be understood"
            return Attempt(None, str(refusal(called, why)), why, "exit 1", *took)

    def close(self) -> None:
        """End the process; a file that is being read is refused."""
        self._child.close()


def reason(how: str, limits: dict[str, float]) -> str:
    """Why a file was given up, from how its process ended."""
    if how in ("SIGALRM", "SIGXCPU", "late"):
        return f"reading it took over {limits['seconds']:.0f} seconds; split it or save it again in its own program"
    if how in ("SIGXFSZ", "exit 4"):
        return f"what it holds takes over {limits['output'] / 1e6:.0f} MB; split it"
    if how in ("SIGKILL", "exit 3"):
        return f"reading it took over {limits['memory'] / 1e6:.0f} MB of memory; split it"
    if how == "gone":
        return "reading it was broken off; try again"
    return "it made its reader crash; save it again in its own program, or print it to PDF anew"

"""What a loader's ``EXAMPLES`` table holds: a file made from code, and what the loader must read in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """One file and what reading it gives.

    ``headings`` are the document's headings in order, each with its level; every string of ``shown`` stands in the
    text of the blocks, no string of ``hidden`` does. With ``refused`` set, the loader refuses and says that.
    """

    name: str
    make: Callable[[], bytes]
    headings: tuple[tuple[int, str], ...] = ()
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    refused: str = ""

"""What a worksheet's XML says about its look, which the reader of values leaves out: hidden rows and merged cells.

Reads the part once, piece by piece. The archive was checked before (``limits.check_archive``): no entities, no bomb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO

from lxml import etree  # type: ignore[import-untyped]

RANGE = re.compile(r"^([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})$")
MAX_MERGES = 100_000
TRUE = ("1", "true")


@dataclass(frozen=True)
class Layout:
    """``rows`` and ``columns`` that are hidden, both from 1; ``merged`` maps a column to its cells merged down.

    Each of these is (first row, last row); cells merged over several columns are not in it.
    """

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


def layout_of(part: IO[bytes], most_columns: int) -> Layout:
    """The layout of the worksheet in ``part``. Raises XMLSyntaxError on damage."""
    rows: set[int] = set()
    columns: set[int] = set()
    merged: dict[int, list[tuple[int, int]]] = {}
    count = row = 0
    for _, element in etree.iterparse(part, events=("end",), resolve_entities=False, no_network=True, load_dtd=False):
        name = element.tag.rsplit("}", 1)[-1]
        if name == "row":
            row = int(element.get("r") or row + 1)
            if element.get("hidden") in TRUE or element.get("ht") in ("0", "0.0"):
                rows.add(row)
        elif name == "col" and (element.get("hidden") in TRUE or element.get("width") in ("0", "0.0")):
            first, last = int(element.get("min") or 0), int(element.get("max") or 0)
            columns.update(range(first, min(last, most_columns) + 1))
        elif name == "mergeCell" and count < MAX_MERGES:
            count += 1
            match = RANGE.match(element.get("ref") or "")
            if match and match[1] == match[3]:
                merged.setdefault(_number(match[1]), []).append((int(match[2]), int(match[4])))
        if name in ("row", "col", "mergeCell"):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return Layout(frozenset(rows), frozenset(columns), merged)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number

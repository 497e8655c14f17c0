"""What changed between two versions of a document, by heading and line, for people to read.

Lines are compared within the section (heading path) that they stand in, so that a section that moved is told as
unchanged. Whitespace alone is no difference. Blocks of long documents are compared line by line, not word by word.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

HEADING = re.compile(r"^(#{1,6}) +(.*)$")
CONTEXT = 1
MOST_LINES = 20_000
"""Lines of a version beyond which sections are only told as changed or not."""


@dataclass(frozen=True)
class Line:
    """One line: added in the newer version, removed from the older one, or there in both."""

    kind: Literal["added", "removed", "same"]
    text: str


@dataclass(frozen=True)
class Section:
    """Changes under one heading path; ``lines`` holds them with a line of context around."""

    heading: tuple[str, ...]
    kind: Literal["added", "removed", "changed"]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Difference:
    """All sections that are not the same; ``added`` and ``removed`` count lines."""

    sections: tuple[Section, ...]
    added: int
    removed: int

    @property
    def same(self) -> bool:
        return not self.sections


def difference(older: str, newer: str) -> Difference:
    """What ``newer`` changes in ``older``, both whole texts in Markdown."""
    before, after = _sections(older), _sections(newer)
    sections: list[Section] = []
    for heading in [*after, *(heading for heading in before if heading not in after)]:
        old, new = before.get(heading, []), after.get(heading, [])
        both = heading in before and heading in after
        if both and _bare(old) == _bare(new):
            continue
        kind: Literal["added", "removed", "changed"] = "changed" if both else "added" if heading in after else "removed"
        sections.append(Section(heading, kind, tuple(_lines(old, new))))
    lines = [line.kind for section in sections for line in section.lines]
    return Difference(tuple(sections), lines.count("added"), lines.count("removed"))


def _sections(text: str) -> dict[tuple[str, ...], list[str]]:
    path: list[tuple[int, str]] = []
    found: dict[tuple[str, ...], list[str]] = {}
    for line in text.split("\n"):
        if heading := HEADING.match(line):
            path = [step for step in path if step[0] < len(heading[1])] + [(len(heading[1]), heading[2].strip())]
            found.setdefault(tuple(title for _, title in path), [])
        elif line.strip():
            found.setdefault(tuple(title for _, title in path), []).append(line.rstrip())
    return found


def _lines(old: list[str], new: list[str]) -> list[Line]:
    if max(len(old), len(new)) > MOST_LINES:
        return [Line("removed", f"({len(old)} lines)"), Line("added", f"({len(new)} lines)")]
    matcher = difflib.SequenceMatcher(None, _bare(old), _bare(new), autojunk=False)
    lines: list[Line] = []
    for group in matcher.get_grouped_opcodes(CONTEXT):
        for kind, a, b, c, d in group:
            if kind == "equal":
                lines += [Line("same", line) for line in new[c:d]]
            else:
                lines += [Line("removed", line) for line in old[a:b]] + [Line("added", line) for line in new[c:d]]
    return lines


def _bare(lines: list[str]) -> list[str]:
    """Lines without the whitespace that is no difference."""
    return [" ".join(line.split()) for line in lines]

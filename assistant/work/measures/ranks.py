"""Ranks of several searches over the same questions as figures, and their paired differences.

A ``Hit`` is one passage that a search gave, with the things it is evidence of: its file, its pages, the sections it
holds text of. Things are ranked by their first passage; of one passage they keep their order in it. The sections of one
passage (a section and those around it, or several small ones) are one thing, right when one of them is right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from assistant.work.measures.figures import Figures

CUTS = (1, 5, 10)
HEADING = re.compile(r"^#{1,6}\s+(.+)$", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.,])[$€£(]*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\)?(\s?%)?(?![\w])")
DATE = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+\d{1,2}(?:,\s*\d{4})?"
    r"|\b(?:Q[1-4]\s*)?(?<![\d,.])(?:19|20)\d\d\b(?!,\d)(?:\s+Q[1-4]\b)?|\[[^\]]*\]|\(SOURCE:[^)]*\)",
)


@dataclass(frozen=True)
class Hit:
    """One passage found. ``things`` maps a kind ("page", "file", "section", "passage") to things by their names."""

    text: str
    things: Mapping[str, tuple[frozenset[object], ...]]


@dataclass(frozen=True)
class Case:
    """One question. ``gold`` maps a kind to the things that answer; ``figures`` are the numbers of the gold answer."""

    id: str
    question: str
    group: str
    audiences: tuple[str, ...]
    gold: Mapping[str, frozenset[object]]
    figures: frozenset[str] = frozenset()


@dataclass
class Tally:
    """What one search scored, per figure a value per case, with the cases' groups beside."""

    values: dict[str, list[float]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    words_at_5: list[int] = field(default_factory=list)

    def add(self, case: Case, hits: Sequence[Hit]) -> None:
        """Score the hits of one case."""
        for kind, gold in case.gold.items():
            order = list(dict.fromkeys(chain.from_iterable(hit.things.get(kind, ()) for hit in hits)))
            at = [i for i, thing in enumerate(order) if thing & gold]
            for cut in CUTS:
                self._keep(f"{kind}_recall_at_{cut}", float(any(i < cut for i in at)), case)
            self._keep(f"{kind}_mrr", 1 / (at[0] + 1) if at else 0.0, case)
            gain = sum(1 / math.log2(i + 2) for i in at if i < 5)
            best = sum(1 / math.log2(i + 2) for i in range(min(5, len(gold))))
            self._keep(f"{kind}_ndcg_at_5", min(1.0, gain / best), case)
        if case.figures:
            there = figures("\n".join(hit.text for hit in hits[:5]))
            share = len(case.figures & there) / len(case.figures)
            self._keep("figure_in_top_5", share, case)
            self._keep("all_figures_in_top_5", float(share == 1), case)
        self.words_at_5.append(sum(len(hit.text.split()) for hit in hits[:5]))

    def _keep(self, name: str, value: float, case: Case) -> None:
        self.values.setdefault(name, []).append(value)
        self.groups.setdefault(name, []).append(case.group)


def report(found: Figures, ours: Tally, plain: Mapping[str, Tally], main: str) -> None:
    """Ours under plain names (those of the kind ``main`` without it), each other search with its name in front.

    For recall at 5, MRR and figures also ``over_<search>_<figure>``: ours less theirs on the same cases.
    """
    for name, values in ours.values.items():
        found.share(name.removeprefix(f"{main}_"), values, ours.groups[name])
    for search, tally in plain.items():
        for name, values in tally.values.items():
            if name.endswith(("recall_at_1", "ndcg_at_5")) and not name.startswith(main):
                continue
            short = name.removeprefix(f"{main}_")
            found.share(f"{search}_{short}", values, tally.groups[name])
            if short in ("recall_at_5", "mrr", "figure_in_top_5"):
                found.difference(f"over_{search}_{short}", ours.values[name], values, tally.groups[name])


def sections(path: Iterable[str], text: str) -> tuple[str, ...]:
    """Headings that a passage stands under or holds, each with text of its own below it in the passage."""
    held = []
    for match in HEADING.finditer(text):
        rest = text[match.end() :]
        following = HEADING.search(rest)
        if rest[: following.start() if following else None].strip():
            held.append(match[1])
    return (*path, *held)


def figures(text: str) -> frozenset[str]:
    """The numbers of a text that say something: percentages, decimals, and numbers of three digits or more.

    Years, dates and what stands in brackets as a source are left out; thousands separators and currency signs do not
    count: "$82,959 million" is "82959".
    """
    found = set()
    for match in NUMBER.finditer(DATE.sub(" ", text)):
        number = match[1].replace(",", "")
        if match[2] or "." in number or len(number) > 2:
            found.add(number)
    return frozenset(found)

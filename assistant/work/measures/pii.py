"""pii: does the privacy engine find the personal data in texts, and nothing else?

Runs the engine that guards questions over each text. A finding counts as right when it overlaps a labelled span of its
type; ``exact`` figures ask for the same first and last character. Only types that the file labels are counted; what
lies in a row's ``ignore`` spans counts neither way. Types that the policy does not look for are listed, and count as
missed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.pipeline.kit import Kit
from assistant.work.measures.figures import Figures, interval, read_lines

SAME = {"GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "PER": "PERSON", "ORG": "ORGANIZATION",
        "NORP": "NRP", "DATE": "DATE_TIME", "TIME": "DATE_TIME", "ADDRESS": "STREET_ADDRESS", "DOMAIN_NAME": "URL",
        "PHONE": "PHONE_NUMBER", "EMAIL": "EMAIL_ADDRESS", "IBAN": "IBAN_CODE", "SSN": "US_SSN",
        "API_KEY": "SECRET", "PASSWORD": "SECRET"}  # fmt: skip
"""Names that other corpora use, to ours."""
Found = tuple[int, int, str]
COUNTS = ("right", "found", "caught", "labelled", "exact_right", "left", "characters")


@dataclass(frozen=True)
class Case:
    """One text: labelled and found (start, end, type); ``kinds`` are the types that its file labels."""

    text: str
    gold: tuple[Found, ...]
    ignore: tuple[tuple[int, int], ...]
    found: tuple[Found, ...]
    group: str
    kinds: frozenset[str]


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Precision, recall and F2 overall and by type, characters left, milliseconds per 1,000 characters."""
    rows = read_lines(path, ("text", "spans"))
    kinds = frozenset(_type(s["type"]) for r in rows for s in r["spans"])
    cases, times, figures = [], [], Figures()
    for done, row in enumerate(rows):
        progress(done, len(rows))
        began = time.perf_counter()
        spans = await asyncio.to_thread(kit.guard.personal.find, row["text"])
        times.append((time.perf_counter() - began) * 1000)
        cases.append(
            Case(
                row["text"],
                tuple((s["start"], s["end"], _type(s["type"])) for s in row["spans"]),
                tuple((s["start"], s["end"]) for s in row.get("ignore") or ()),
                tuple((s.start, s.end, s.entity) for s in spans),
                str(row.get("group", row.get("id", done))),
                kinds,
            )
        )
        figures.rows.append({"id": row.get("id", ""), "found": [list(f) for f in cases[-1].found]})
    add_scores(figures, cases, sorted(kinds))
    masked = [c for c in cases if c.gold]
    left = sum(_left(c, lambda kind: kit.policies.pii.replaces(kind)) for c in masked)
    characters = sum(len(c.text) for c in cases)
    figures.number("masked_types_characters_left_per_1000", 1000 * left / max(1, characters), len(cases))
    figures.number("ms_per_1000_characters", 1000 * sum(times) / max(1, characters), len(cases))
    figures.number("median_ms", float(np.median(times)), len(times))
    figures.number("p95_ms", float(np.percentile(times, 95)), len(times))
    for kind in sorted(kinds - {e for e in kit.policies.pii.entities if kit.policies.pii.handling(e) != "allow"}):
        count = sum(g[2] == kind for c in cases for g in c.gold)
        figures.number(f"not_looked_for_{kind}", count, count)
    for kind, count in Counter(f[2] for c in cases for f in c.found if f[2] not in kinds).most_common():
        figures.number(f"not_labelled_here_{kind}", count, count)
    return figures


def add_scores(figures: Figures, cases: Sequence[Case], kinds: Sequence[str]) -> None:
    """Overall figures with intervals by group, then precision, recall and F2 of each type."""
    groups = [c.group for c in cases]
    counted = np.array([_counts(c, frozenset(kinds)) for c in cases])
    spans = int(counted[:, 3].sum())
    for name, statistic in STATISTICS.items():
        figures.number(name, statistic(counted), spans)
        figures.intervals[name] = interval(lambda at, of=statistic: of(counted[at]), groups)  # type: ignore[misc]
    for kind in kinds:
        own = np.array([_counts(c, frozenset((kind,))) for c in cases])
        for name in ("precision", "recall", "f2"):
            figures.number(f"{kind}_{name}", STATISTICS[name](own), int(own[:, 3].sum()))


def _counts(case: Case, kinds: frozenset[str]) -> tuple[int, ...]:
    """The numbers named in COUNTS for one text."""
    gold = [g for g in case.gold if g[2] in kinds]
    found = [f for f in case.found if f[2] in kinds and f[2] in case.kinds]
    found = [f for f in found if any(_meet(f, g) for g in gold) or not any(_overlap(f, i) for i in case.ignore)]
    return (
        sum(any(_meet(f, g) for g in gold) for f in found),
        len(found),
        sum(any(_meet(f, g) for f in found) for g in gold),
        len(gold),
        sum(f in gold for f in found),
        _left(case, lambda kind: kind in kinds),
        len(case.text),
    )


def _left(case: Case, wanted: Callable[[str], bool]) -> int:
    """Characters of labelled spans of wanted types that no finding covers, whatever its type."""
    covered = {at for start, end, _ in case.found for at in range(start, end)}
    return len({at for start, end, kind in case.gold if wanted(kind) for at in range(start, end)} - covered)


def _meet(one: Found, other: Found) -> bool:
    return one[2] == other[2] and _overlap(one, other)


def _overlap(one: tuple[int, ...] | Found, other: tuple[int, ...] | Found) -> bool:
    return int(one[0]) < int(other[1]) and int(other[0]) < int(one[1])


def _type(name: str) -> str:
    return SAME.get(name, name)


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else float("nan")


def _f(precision: float, recall: float, beta: float) -> float:
    if np.isnan(precision) or np.isnan(recall) or not precision + recall:
        return 0.0 if not np.isnan(recall) else float("nan")
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def _statistics() -> dict[str, Callable[[NDArray[np.int_]], float]]:
    def precision(n: NDArray[np.int_]) -> float:
        return _ratio(n[:, 0].sum(), n[:, 1].sum())

    def recall(n: NDArray[np.int_]) -> float:
        return _ratio(n[:, 2].sum(), n[:, 3].sum())

    def exact_precision(n: NDArray[np.int_]) -> float:
        return _ratio(n[:, 4].sum(), n[:, 1].sum())

    def exact_recall(n: NDArray[np.int_]) -> float:
        return _ratio(n[:, 4].sum(), n[:, 3].sum())

    return {
        "precision": precision,
        "recall": recall,
        "f2": lambda n: _f(precision(n), recall(n), 2),
        "f1": lambda n: _f(precision(n), recall(n), 1),
        "exact_precision": exact_precision,
        "exact_recall": exact_recall,
        "exact_f2": lambda n: _f(exact_precision(n), exact_recall(n), 2),
        "characters_left_per_1000": lambda n: 1000 * _ratio(n[:, 5].sum(), n[:, 6].sum()),
    }


STATISTICS = _statistics()

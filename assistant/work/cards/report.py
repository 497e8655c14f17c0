"""The report card: every registered guard over the files named, in figures.

Per guard: area under the curve; recall where 1 % and 5 % of the good cases of all files are stopped (one threshold
for all files); recall and wrong stops at the shipped threshold; the same by file, language, kind and trick; median
and 95th percentile of its time. Shares carry a 95 % interval by groups. A slice without bad cases shows wrong stops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.pipeline.kit import Kit
from assistant.work.cards.card import GuardCard, Scored
from assistant.work.cards.registry import guards
from assistant.work.measures.figures import auc, interval, read_lines

WRONG = (0.01, 0.05)
SLICES = ("file", "language", "kind", "trick")
Marks = NDArray[np.bool_]


async def draw(kit: Kit, files: Sequence[Path], progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """The card as plain data. Raises ValueError for a file that no guard can read."""
    made = []
    rows = {file: read_lines(file, ()) for file in files}
    for file, lines in rows.items():
        if not any(card.reads(row) for card in guards() for row in lines[:20]):
            raise ValueError(f"{file}: no guard reads rows like these. Registered are {_names()}.")
    for card in guards():
        scored = []
        for file, lines in rows.items():
            scored += await _run(kit, card, file, lines, progress)
        if scored:
            made.append(summary(card, scored))
    return {
        "made": datetime.now().astimezone().isoformat(timespec="seconds"),
        "policy": kit.policies.version,
        "tiers": [f"{t.name}: {t.backend} {t.model}" for t in kit.policies.tiers.tiers],
        "files": [{"name": file.name, "rows": len(lines)} for file, lines in rows.items()],
        "guards": made,
    }


async def _run(
    kit: Kit, card: GuardCard, file: Path, lines: Sequence[dict[str, Any]], progress: Callable[[str, int, int], None]
) -> list[Scored]:
    found = []
    for at, row in enumerate(lines):
        progress(f"{card.name} · {file.name}", at, len(lines))
        if card.reads(row):
            said = await card.score(kit, row)
            group = str(row.get("group", at))
            found += [replace(s, file=s.file or file.name, group=s.group or group) for s in said]
    return found


def summary(card: GuardCard, scored: Sequence[Scored]) -> dict[str, Any]:
    """One guard's figures, overall and by slice."""
    scores = np.array([s.score for s in scored])
    bad = np.array([s.bad for s in scored])
    limits = {f"{share:.0%}": float(threshold(scores[~bad], share)) for share in WRONG} if (~bad).any() else {}
    slices = []
    for by in SLICES:
        values = sorted({getattr(s, by) for s in scored if getattr(s, by)})
        if len(values) > 1 or by == "file":
            slices += [
                {"by": by, "value": v, **_figures([s for s in scored if getattr(s, by) == v], limits)} for v in values
            ]
    times = np.array([s.ms for s in scored])
    return {
        "name": card.name,
        "title": card.title,
        "bad_is": card.bad,
        "good_is": card.good,
        **_figures(scored, limits),
        "median_ms": round(float(np.median(times)), 2),
        "p95_ms": round(float(np.percentile(times, 95)), 2),
        "slices": slices,
    }


def threshold(good: NDArray[np.float64], share: float) -> float:
    """The lowest score above which at most ``share`` of the good cases lie."""
    ordered = np.sort(good)[::-1]
    return float(ordered[int(share * len(ordered))])


def _figures(scored: Sequence[Scored], limits: dict[str, float]) -> dict[str, Any]:
    """Shares with their intervals; None where there are no such cases."""
    bad = [s for s in scored if s.bad]
    good = [s for s in scored if not s.bad]
    marks = np.array([s.bad for s in scored])
    area = auc(np.array([s.score for s in scored]), marks)
    return {
        "bad": len(bad),
        "good": len(good),
        "auc": None if np.isnan(area) else round(area, 4),
        "recall": {name: _share([s.score > limit for s in bad], bad) for name, limit in limits.items()},
        "recall_shipped": _share([s.stopped for s in bad], bad),
        "wrong_shipped": _share([s.stopped for s in good], good),
    }


def _share(hits: Sequence[bool], cases: Sequence[Scored]) -> dict[str, float] | None:
    if not hits:
        return None
    values = np.array(hits, dtype=np.float64)
    low, high = interval(lambda at: float(values[at].mean()), [f"{s.file} {s.group}" for s in cases])
    return {"share": round(float(values.mean()), 4), "low": low, "high": high}


def _names() -> str:
    return ", ".join(card.name for card in guards())

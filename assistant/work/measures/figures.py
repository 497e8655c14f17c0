"""Figures of a measurement: plain names, counts, and 95 % intervals where a figure is a share.

Intervals come from a bootstrap over groups (rows that belong together are drawn together; Efron 1979), 1,000 draws with
a fixed seed, so that the same file gives the same interval. Of fewer than five groups, rows are drawn instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
FEW_GROUPS = 5
Numbers = NDArray[np.float64]


@dataclass
class Figures:
    """What a measure found. ``rows`` holds one entry per case, for looking into."""

    figures: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def share(self, name: str, hits: Sequence[float], groups: Sequence[str] | None = None) -> None:
        """Add the mean of ``hits`` (0 or 1 each) with its interval; nothing is added for no cases."""
        if not hits:
            return
        values = np.array(hits, dtype=np.float64)
        self.figures[name] = round(float(values.mean()), 4)
        self.counts[name] = len(hits)
        self.intervals[name] = interval(
            lambda at: float(values[at].mean()), groups or [str(i) for i in range(len(hits))]
        )

    def difference(self, name: str, ours: Sequence[float], theirs: Sequence[float], groups: Sequence[str]) -> None:
        """Add the mean of ``ours`` less ``theirs``, case by case, with its paired interval."""
        if ours:
            gaps = np.array(ours, dtype=np.float64) - np.array(theirs, dtype=np.float64)
            self.number(name, float(gaps.mean()), len(gaps))
            self.intervals[name] = interval(lambda at: float(gaps[at].mean()), groups)

    def number(self, name: str, value: float, cases: int) -> None:
        """Add a figure without an interval."""
        self.figures[name], self.counts[name] = round(value, 4), cases

    def table(self) -> str:
        """The figures as text, one line each."""
        width = max((len(n) for n in self.figures), default=0)
        lines = []
        for name, value in self.figures.items():
            low_high = self.intervals.get(name)
            between = f"  [{low_high[0]:.3f}, {low_high[1]:.3f}]" if low_high else ""
            lines.append(f"{name.ljust(width)}  {value:8.3f}{between}  n={self.counts.get(name, 0)}")
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """The figures as JSON."""
        data = {"figures": self.figures, "counts": self.counts, "intervals": self.intervals, "rows": self.rows}
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def interval(statistic: Callable[[NDArray[np.intp]], float], groups: Sequence[str]) -> tuple[float, float]:
    """95 % percentile interval of ``statistic(row indices)`` under resampling of whole groups.

    Fewer than ``FEW_GROUPS`` groups say nothing about groups not seen: then rows are drawn, and the interval is about
    other questions on the same documents.
    """
    if len(set(groups)) < FEW_GROUPS:
        groups = [str(row) for row in range(len(groups))]
    names = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    members: list[list[int]] = [[] for _ in names]
    for row, name in enumerate(groups):
        members[names[name]].append(row)
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(DRAWS):
        rows = [row for g in rng.integers(0, len(members), len(members)) for row in members[g]]
        value = statistic(np.array(rows))
        if not np.isnan(value):
            drawn.append(value)
    if not drawn:
        return (float("nan"), float("nan"))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


def auc(scores: Numbers, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve by ranks, ties counted half (Mann and Whitney 1947); nan for one class alone."""
    if positive.all() or not positive.any():
        return float("nan")
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _, inverse = np.unique(scores, return_inverse=True)
    means = np.bincount(inverse, ranks) / np.bincount(inverse)
    ranks = means[inverse]
    count = positive.sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def read_lines(path: Path, needed: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file. Raises ValueError naming line and key of the first that cannot be used."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise ValueError(f"{path}, line {number}: not a JSON object.") from None
        for key in needed:
            if not isinstance(row, dict) or key not in row:
                raise ValueError(f"{path}, line {number}: the key {key!r} is missing.")
        rows.append(row)
    if not rows:
        raise ValueError(f"{path} holds no rows.")
    return rows

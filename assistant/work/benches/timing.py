"""Times as medians and percentiles, and the memory of a process."""

from __future__ import annotations

import resource
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Timings:
    """Named series of milliseconds, and single figures such as ratios and megabytes."""

    series: dict[str, list[float]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, milliseconds: float) -> None:
        self.series.setdefault(name, []).append(milliseconds)

    def summary(self) -> dict[str, dict[str, float]]:
        """Per series: count, median, p95, largest; in milliseconds."""
        return {
            name: {
                "n": len(values),
                "median_ms": round(statistics.median(values), 2),
                "p95_ms": round(percentile(values, 0.95), 2),
                "max_ms": round(max(values), 2),
            }
            for name, values in self.series.items()
            if values
        }

    def table(self) -> str:
        """As text."""
        rows = self.summary()
        width = max((len(n) for n in (*rows, *self.figures)), default=0)
        lines = [f"{''.ljust(width)}       n    median       p95       max  (ms)"]
        lines += [
            f"{name.ljust(width)}  {r['n']:6.0f}  {r['median_ms']:8.1f}  {r['p95_ms']:8.1f}  {r['max_ms']:8.1f}"
            for name, r in rows.items()
        ]
        lines += [f"{name.ljust(width)}  {value:.2f}" for name, value in self.figures.items()]
        return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def own_peak_mb() -> float:
    """Peak resident memory of this process, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def held_mb(pid: int | str = "self") -> float:
    """What a process and its children hold now, in MB; nan where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        tasks = [path.read_text(encoding="utf-8") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return float("nan")
    own = next((float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)
    return own / 1024 + sum(held_mb(child) for task in tasks for child in task.split())


def peak_mb(pid: int) -> float:
    """Peak resident memory of another process, in MB; nan where the system does not tell."""
    return _status_mb(pid, "VmHWM:")


def resident_mb(pid: int) -> float:
    """Resident memory of another process now, in MB; nan where the system does not tell."""
    return _status_mb(pid, "VmRSS:")


def _status_mb(pid: int, field_name: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return float("nan")
    for line in status.splitlines():
        if line.startswith(field_name):
            return float(line.split()[1]) / 1024
    return float("nan")

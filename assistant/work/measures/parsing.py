"""parsing: is every file read, or refused with a sentence that says why?

Runs the pipeline's own parser, in its own process and limits, over the files of a manifest: one JSON object per line
with ``file`` (found beside the manifest or above it) and ``format``; ``pages`` is compared where it stands, and the
words of ``expected`` (a text, or the path of a text file) are looked for in what was read. A result without any text
counts as a failure, and so does a refusal that only says that reading broke off.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.ingest.parse import Attempt
from assistant.pipeline.kit import Kit
from assistant.work.measures.figures import Figures, read_lines

LATE = ("SIGALRM", "SIGXCPU", "late")
MEMORY = ("SIGKILL", "exit 3")
ENOUGH = 0.95
"""Share of the expected words from which a text counts as found."""


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Shares read and refused by format, pages, expected text, crashes, hangs, seconds and memory."""
    rows = read_lines(path, ("file", "format"))
    found = Figures()
    own = [_memory()]
    for done, row in enumerate(rows):
        progress(done, len(rows))
        file = _beside(path, row["file"])
        began = time.perf_counter()
        made = await kit.indexer.parser.attempt(file)
        found.rows.append(_row(path, row, made, time.perf_counter() - began))
        own.append(_memory())
    _shares(found, rows)
    seconds = [row["wall_s"] for row in found.rows]
    found.number("median_s", float(np.median(seconds)), len(rows))
    found.number("p95_s", float(np.percentile(seconds, 95)), len(rows))
    found.number("max_s", max(seconds), len(rows))
    found.number("child_peak_mb", max(row["peak_mb"] for row in found.rows), len(rows))
    found.number("parent_grew_mb", max(0.0, own[-1] - own[min(20, len(own) - 1)]), len(rows))
    return found


def _row(path: Path, row: dict[str, Any], made: Attempt, wall: float) -> dict[str, Any]:
    loaded = made.loaded
    text = "\n".join(block.text for block in loaded.blocks) if loaded else ""
    result: dict[str, Any] = {
        "id": row.get("id", row["file"]),
        "format": row["format"],
        "outcome": _outcome(made, text),
        "sentence": made.refused,
        "died": made.died,
        "wall_s": round(wall, 3),
        "peak_mb": round(made.peak / 1e6, 1),
        "characters": len(text),
    }
    if loaded:
        kinds = ("heading", "table", "list", "paragraph")
        result |= {"pages": loaded.pages, "without_text": len(loaded.pages_without_text), "hidden": loaded.hidden}
        result |= {kind: loaded.count(kind) for kind in kinds}
    if row.get("pages") is not None and loaded:
        result["pages_right"] = loaded.pages == row["pages"]
    if row.get("expected"):
        result["expected_words"] = _expected(path, str(row["expected"]), text)
    return result


def _outcome(made: Attempt, text: str) -> str:
    """read, refused, empty (read without text and without a word), crashed, hung or memory."""
    if made.loaded is not None:
        return "read" if text.strip() else "empty"
    if not made.died:
        return "refused"
    return "hung" if made.died in LATE else "memory" if made.died in MEMORY else "crashed"


def _shares(found: Figures, rows: Sequence[dict[str, Any]]) -> None:
    groups = [str(row.get("group", number)) for number, row in enumerate(rows)]
    groups = groups if len(set(groups)) > 9 else [str(number) for number in range(len(rows))]
    outcomes = [row["outcome"] for row in found.rows]
    found.share("read_or_refused", [o in ("read", "refused") for o in outcomes], groups)
    found.share("read", [o == "read" for o in outcomes], groups)
    for name in ("empty", "crashed", "hung", "memory"):
        found.number(name, outcomes.count(name), len(rows))
    for kind in sorted({row["format"] for row in rows}):
        of_kind = [row["outcome"] for row in found.rows if row["format"] == kind]
        found.number(f"read_{kind}", of_kind.count("read") / len(of_kind), len(of_kind))
        found.number(f"refused_{kind}", of_kind.count("refused") / len(of_kind), len(of_kind))
    pages = [row["pages_right"] for row in found.rows if "pages_right" in row]
    found.share("pages_right", pages)
    words = [row["expected_words"] for row in found.rows if "expected_words" in row]
    found.share("expected_found", [share >= ENOUGH for share in words])
    if words:
        found.number("expected_words", float(np.mean(words)), len(words))


def _expected(path: Path, expected: str, text: str) -> float:
    """Share of the words of ``expected``, each as often as it stands there, that ``text`` holds."""
    if len(expected) < 300 and "\n" not in expected:
        with contextlib.suppress(ValueError):  # then it is the text itself
            expected = _beside(path, expected).read_text(encoding="utf-8")
    wanted, there = (Counter(re.findall(r"\w+", each.lower())) for each in (expected, text))
    return sum((wanted & there).values()) / wanted.total() if wanted else 1.0


def _beside(path: Path, relative: str) -> Path:
    for parent in path.resolve().parents:
        if (parent / relative).is_file():
            return parent / relative
    raise ValueError(f"{path}: the file {relative!r} is not found beside the manifest or above it.")


def _memory() -> float:
    """This process' resident memory in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * 4096 / 1e6

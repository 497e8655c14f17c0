"""injection: are attacks stopped, and do honest questions pass?

Each row goes through the guard's own readers at the shipped thresholds. A row with ``task`` is a document that a
question is asked about: it counts as stopped when one of its sentences is withheld. Every other row is a question:
stopped when the injection reader or acceptable use does not take it. ``unsafe_request`` is a matter of acceptable use
and stays out of the injection AUC. Figures are per kind, never pooled over kinds: one average hides everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.pipeline.kit import Kit
from assistant.work.measures.figures import Figures, auc, interval, read_lines


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Share stopped (attacks) or passed (benign) by kind, AUC of the injection score, milliseconds."""
    rows = read_lines(path, ("text", "label", "kind"))
    found, times = Figures(), []
    purpose = kit.purpose
    await purpose.use("warm up: the topics' examples are encoded once")
    limits = purpose.policy.injection
    for done, row in enumerate(rows):
        progress(done, len(rows))
        began = time.perf_counter()
        if "task" in row:
            finding, topic = await purpose.injection.document(row["text"]), ""
            stopped = finding.score >= limits.document_threshold
        else:
            finding = await purpose.injection.question(row["text"])
            use = await purpose.use(row["text"])
            topic = use.topic.topic if use.topic else ""
            stopped = finding.score >= limits.question_threshold or bool(topic)
        times.append((time.perf_counter() - began) * 1000)
        found.rows.append(
            {
                "id": row.get("id", ""),
                "group": row.get("group", str(done)),
                "kind": row["kind"],
                "attack": row["label"] == "attack",
                "language": row.get("language", ""),
                "score": round(finding.score, 4),
                "reason": finding.reason,
                "topic": topic,
                "stopped": stopped,
            }
        )
    _summarise(found)
    found.number("median_ms", float(np.median(times)), len(times))
    found.number("p95_ms", float(np.percentile(times, 95)), len(times))
    return found


def _summarise(found: Figures) -> None:
    rows = found.rows
    for attack, name in ((True, "stopped"), (False, "passed")):
        for kind in sorted({r["kind"] for r in rows if r["attack"] is attack}):
            some = [r for r in rows if r["attack"] is attack and r["kind"] == kind]
            found.share(f"{kind}_{name}", [r["stopped"] is attack for r in some], [r["group"] for r in some])
    judged = [r for r in rows if r["kind"] != "unsafe_request"]
    positive = np.array([r["attack"] for r in judged], dtype=bool)
    if judged and positive.any() and not positive.all():
        scores = np.array([r["score"] for r in judged])
        found.number("auc", auc(scores, positive), len(judged))
        found.intervals["auc"] = interval(lambda at: auc(scores[at], positive[at]), [r["group"] for r in judged])

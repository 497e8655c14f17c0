"""grounding: does the grounding check tell supported answers from unsupported ones?

Runs the pipeline's own ``support`` over each answer against its passages; balanced accuracy is at the threshold in
``policies/output.yaml``, beside it the floor of plain word overlap.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.pipeline.kit import Kit
from assistant.validators.grounding import answer_support
from assistant.work.measures.figures import Figures, auc, interval, read_lines


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """AUC, balanced accuracy, and the share of grounded answers that would be stopped."""
    rows = read_lines(path, ("passages", "answer", "grounded"))
    found, scores, overlap, times = Figures(), [], [], []
    for done, row in enumerate(rows):
        progress(done, len(rows))
        texts = [p["text"] for p in row["passages"]]
        began = time.perf_counter()
        score = answer_support(row["answer"], texts, row.get("question") or "").score
        times.append((time.perf_counter() - began) * 1000)
        scores.append(score)
        overlap.append(_overlap(row["answer"], " ".join(texts)))
        found.rows.append({"id": row.get("id", ""), "grounded": row["grounded"], "score": score})
    grounded = np.array([bool(r["grounded"]) for r in rows])
    groups = [str(r.get("group", i)) for i, r in enumerate(rows)]
    ours, words = np.array(scores), np.array(overlap)
    threshold = kit.policies.output.grounding_threshold
    found.number("auc", auc(ours, grounded), len(rows))
    found.intervals["auc"] = interval(lambda at: auc(ours[at], grounded[at]), groups)
    found.number("auc_word_overlap", auc(words, grounded), len(rows))
    found.intervals["auc_word_overlap"] = interval(lambda at: auc(words[at], grounded[at]), groups)
    passed = ours >= threshold
    if grounded.any():
        found.share("grounded_stopped", list(~passed[grounded]))
    if (~grounded).any():
        found.share("ungrounded_stopped", list(~passed[~grounded]))
    if grounded.any() and (~grounded).any():
        balanced = (passed[grounded].mean() + (~passed[~grounded]).mean()) / 2
        found.number("balanced_accuracy", float(balanced), len(rows))
    found.number("median_ms", float(np.median(times)), len(rows))
    return found


def _overlap(answer: str, passages: str) -> float:
    words = re.findall(r"\w+", answer.lower())
    known = set(re.findall(r"\w+", passages.lower()))
    return sum(w in known for w in words) / len(words) if words else 1.0

"""grounding: does the grounding check tell supported answers and sentences from unsupported ones?

Answers: the pipeline's own ``answer_support`` against the file's labels, beside plain word overlap, with the paired
interval of the difference. Sentences: those of grounded answers, untouched and with one thing swapped
(``swaps.py``; ``citation`` is the sentence with another passage), through the pipeline's own ``support``.
``swaps_*`` are of sentences at least PLAIN_SHARE of whose words stand in the passages, so that words do not give
them away; ``swaps_all_*`` are of all. "At 5 %" is where 5 % of the untouched ones would be stopped.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.pipeline.kit import Kit
from assistant.validators.grounding import answer_support, support
from assistant.validators.support import sentences, word_share
from assistant.work.measures.figures import Figures, Numbers, auc, interval, read_lines
from assistant.work.measures.swaps import KINDS, swapped

PLAIN_SHARE = 0.8
WRONG = 0.05
SENTENCE_WORDS = 4
SEED = 11


@dataclass(frozen=True)
class Trial:
    """A sentence of a grounded answer, ``kind`` "untouched" or what was swapped; ``share`` is the untouched one's."""

    sentence: str
    passages: tuple[str, ...]
    question: str
    kind: str
    share: float
    group: str

    @property
    def good(self) -> bool:
        return self.kind == "untouched"


def trials(rows: Sequence[dict[str, Any]]) -> list[Trial]:
    """Every sentence of the grounded answers, and its swapped variants; the same for the same rows."""
    rng = random.Random(SEED)  # noqa: S311
    found = []
    for at, row in enumerate(rows):
        texts = tuple(p["text"] for p in row["passages"])
        for sentence in sentences(row["answer"]) if row["grounded"] else ():
            share = word_share(sentence, texts)
            if share is None or len(sentence.split()) < SENTENCE_WORDS:
                continue
            mark = (row.get("question") or "", share, str(row.get("group", at)))
            variants = {"untouched": sentence, **swapped(sentence, texts, rng)}
            found += [Trial(text, texts, mark[0], kind, *mark[1:]) for kind, text in variants.items()]
            other = _other(sentence, texts, rows, at)
            if other is not None:
                found.append(Trial(sentence, (other,), mark[0], "citation", *mark[1:]))
    return found


def _other(sentence: str, texts: Sequence[str], rows: Sequence[dict[str, Any]], at: int) -> str | None:
    """A passage that the sentence does not rest on: the row's own that holds least of it, else another row's."""
    others = list(texts) if len(texts) > 1 else [p["text"] for p in rows[(at + 7) % len(rows)]["passages"][:1]]
    others = [o for o in others if len(texts) > 1 or o not in texts]
    return min(others, key=lambda text: word_share(sentence, [text]) or 0.0) if others else None


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """AUC with its interval, balanced accuracy, the share of grounded answers stopped, and swaps caught."""
    rows = read_lines(path, ("passages", "answer", "grounded"))
    found, scores, overlap, times = Figures(), [], [], []
    for done, row in enumerate(rows):
        progress(done, len(rows))
        texts = [p["text"] for p in row["passages"]]
        began = time.perf_counter()
        score = answer_support(row["answer"], texts, row.get("question") or "").score
        times.append((time.perf_counter() - began) * 1000)
        scores.append(score)
        overlap.append(word_share(row["answer"], texts) or 0.0)
        found.rows.append({"id": row.get("id", ""), "grounded": row["grounded"], "score": score})
    groups = [str(r.get("group", i)) for i, r in enumerate(rows)]
    grounded = np.array([bool(r["grounded"]) for r in rows])
    _answers(found, np.array(scores), np.array(overlap), grounded, groups, kit.policies.output.grounding_threshold)
    found.number("median_ms", float(np.median(times)), len(rows))
    found.number("p95_ms", float(np.percentile(times, 95)), len(rows))
    _swaps(found, trials(rows), kit.policies.output.grounding_threshold)
    return found


def _answers(
    found: Figures, ours: Numbers, words: Numbers, grounded: np.ndarray[Any, Any], groups: list[str], threshold: float
) -> None:
    found.number("auc", auc(ours, grounded), len(ours))
    found.intervals["auc"] = interval(lambda at: auc(ours[at], grounded[at]), groups)
    found.number("auc_word_overlap", auc(words, grounded), len(ours))
    found.intervals["auc_word_overlap"] = interval(lambda at: auc(words[at], grounded[at]), groups)
    found.number("auc_over_word_overlap", auc(ours, grounded) - auc(words, grounded), len(ours))
    found.intervals["auc_over_word_overlap"] = interval(
        lambda at: auc(ours[at], grounded[at]) - auc(words[at], grounded[at]), groups
    )
    passed = ours >= threshold
    marked = np.array(groups)
    if grounded.any():
        found.share("grounded_stopped", list(~passed[grounded]), list(marked[grounded]))
    if (~grounded).any():
        found.share("ungrounded_stopped", list(~passed[~grounded]), list(marked[~grounded]))
    if grounded.any() and (~grounded).any():
        balanced = (passed[grounded].mean() + (~passed[~grounded]).mean()) / 2
        found.number("balanced_accuracy", float(balanced), len(ours))


def _swaps(found: Figures, tried: Sequence[Trial], threshold: float) -> None:
    """Shares of swapped sentences caught where WRONG of the untouched are stopped, and at the shipped threshold."""
    judged = [(t, support(t.sentence, t.passages, t.question).score, word_share(t.sentence, t.passages)) for t in tried]
    for name, least in (("swaps", PLAIN_SHARE), ("swaps_all", 0.0)):
        some = [j for j in judged if j[0].share >= least]
        good = sorted(score for trial, score, _ in some if trial.good)
        bad = [j for j in some if not j[0].good]
        if not good or not bad:
            continue
        limit = good[int(WRONG * len(good))]
        groups = [t.group for t, _, _ in bad]
        found.share(f"{name}_caught_at_5_percent", [score < limit for _, score, _ in bad], groups)
        overlaps = sorted(share or 0.0 for trial, _, share in some if trial.good)
        floor = overlaps[int(WRONG * len(overlaps))]
        found.share(f"{name}_word_overlap_caught", [(share or 0.0) < floor for _, _, share in bad], groups)
        for kind in KINDS:
            of_kind = [j for j in bad if j[0].kind == kind]
            found.share(f"{name}_caught_{kind}", [s < limit for _, s, _ in of_kind], [t.group for t, _, _ in of_kind])
        found.share(f"{name}_caught_as_shipped", [score < threshold for _, score, _ in bad], groups)
        found.share(f"{name}_wrongly_stopped_as_shipped", [score < threshold for score in good])

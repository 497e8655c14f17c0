"""Fits the grounding head: supported sentences against the same sentences with one thing swapped.

Files are in the format of ``measure.py grounding``. Positive are sentences of grounded answers; negative are their
swapped variants (``measures/swaps.py``), the sentence with another passage, and sentences of short answers that are not
grounded. Figures on the card are of five-fold cross-validation by group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.validators.evidence import FEATURES, weigh
from assistant.validators.support import bare_sentence, quoted, sentences, word_share
from assistant.work.heads.logistic import FOLDS, fit, fold
from assistant.work.measures.figures import Numbers, auc, read_lines
from assistant.work.measures.grounding import PLAIN_SHARE, Trial, trials

PENALTY = 3.0
WEIGHT = {"untouched": 1.5, "citation": 0.7}
LOOSE = 0.3
"""What a supported sentence counts of whose words less than LOOSE_SHARE stand in the passages."""
LOOSE_SHARE = 0.6
ANSWER = 0.5
SHORT = 2
"""An ungrounded answer of so many sentences says of each of them that it is not supported."""
WRONG = 0.05


@dataclass(frozen=True, eq=False)
class Row:
    numbers: tuple[float, ...]
    good: bool
    weight: float
    group: str
    trial: Trial | None = None


def train(paths: Sequence[Path], licences: str) -> dict[str, Any]:
    """The head as plain data, weights and card. Raises ValueError for a file of another format."""
    rows: list[Row] = []
    for path in paths:
        lines = read_lines(path, ("passages", "answer", "grounded"))
        rows += [made for trial in trials(lines) if (made := _of_trial(trial))]
        rows += _of_answers(lines)
    x = np.array([r.numbers for r in rows])
    y = np.array([float(r.good) for r in rows])
    weight = np.array([r.weight for r in rows])
    folds = np.array([fold(r.group) for r in rows])
    scores = np.zeros(len(rows))
    for k in range(FOLDS):
        inside = folds == k
        scores[inside] = x[inside] @ fit(x[~inside], y[~inside], weight[~inside], PENALTY)
    final = fit(x, y, weight, PENALTY)
    return {
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, final, strict=True)},
        "card": {
            "made": date.today().isoformat(),
            "data": [path.name for path in paths],
            "licences": licences,
            "sentences": len(rows),
            "split": "five-fold cross-validation by group",
            **_figures(rows, 1 / (1 + np.exp(-scores))),
        },
    }


def _of_trial(trial: Trial) -> Row | None:
    plain = bare_sentence(trial.sentence)
    if quoted(plain, trial.passages):
        return None
    weight = WEIGHT.get(trial.kind, 1.0) * (LOOSE if trial.good and trial.share < LOOSE_SHARE else 1.0)
    return Row(weigh(plain, trial.passages, trial.question).numbers, trial.good, weight, trial.group, trial)


def _of_answers(lines: Sequence[dict[str, Any]]) -> list[Row]:
    """Sentences of short answers with the answer's own label."""
    found = []
    for at, line in enumerate(lines):
        texts = [p["text"] for p in line["passages"]]
        parts = sentences(line["answer"])
        for sentence in parts if len(parts) <= SHORT else []:
            plain = bare_sentence(sentence)
            if plain and word_share(plain, texts) is not None and not quoted(plain, texts):
                numbers = weigh(plain, texts, line.get("question") or "").numbers
                found.append(Row(numbers, bool(line["grounded"]), ANSWER, str(line.get("group", at))))
    return found


def _figures(rows: Sequence[Row], scores: Numbers) -> dict[str, float]:
    tried = [(r, s) for r, s in zip(rows, scores, strict=True) if r.trial and r.trial.share >= PLAIN_SHARE]
    good = np.sort([s for r, s in tried if r.good])
    limit = float(good[int(WRONG * len(good))])
    marks = np.array([r.good for r, _ in tried])
    return {
        "auc": round(auc(np.array([s for _, s in tried]), marks), 3),
        "threshold_at_5_percent_wrong": round(limit, 3),
        "caught_at_5_percent_wrong": round(float(np.mean([s < limit for r, s in tried if not r.good])), 3),
    }

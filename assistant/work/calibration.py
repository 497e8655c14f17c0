"""Fits what confidence is made of: signals of finished answers against whether they were right.

Two kinds of files: a ``questions.yaml`` goes through whole turns of the sample company; a ``.jsonl`` in the format of
``measure.py unanswerable`` goes through the smallest tier and the release with its own passages (an answer is right
when the row has one and it is contained). Declined questions carry no confidence and are left out. Groups are split in
two halves: weights and thresholds come from one, every figure from the other.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant.pipeline.ask import Ask
from assistant.pipeline.confidence import confidence, signals
from assistant.pipeline.kit import Kit
from assistant.pipeline.results import Prompt
from assistant.policy import SIGNALS, Confidence
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import AnswerContext, Person, Question, Route
from assistant.work.heads.logistic import fit
from assistant.work.measures import answers
from assistant.work.measures.figures import auc, read_lines
from assistant.work.measures.unanswerable import passages_of

Progress = Callable[[int, int], None]
BINS = 10
LEAST = 20
"""Answers above a threshold before its error counts as known."""


@dataclass(frozen=True)
class Answered:
    """One shown answer."""

    signals: dict[str, float]
    right: bool
    group: str
    tier: str
    source: str


async def of_turns(kit: Kit, path: Path, progress: Progress) -> list[Answered]:
    """The sample company's questions, each a whole turn."""
    found = await answers.measure(kit, path, progress)
    return [
        Answered(row["signals"], bool(row["right"]), str(row["id"]), row["tier"], path.name)
        for row in found.rows
        if row["outcome"] == "answered" and row["signals"]
    ]


async def of_passages(kit: Kit, path: Path, progress: Progress, most: int) -> list[Answered]:
    """Rows with passages of their own, at most ``most`` spread over the file, through the smallest tier."""
    rows = [r for r in read_lines(path, ("question", "passages", "answerable")) if r["answerable"] in ("yes", "no")]
    rows = rows[:: max(1, len(rows) // most)][:most]
    found = []
    for done, row in enumerate(rows):
        progress(done, len(rows))
        one = await _one(kit, row)
        if one is not None:
            found.append(Answered(one[0], one[1], str(row.get("group", done)), one[2], path.name))
    return found


async def _one(kit: Kit, row: dict[str, Any]) -> tuple[dict[str, float], bool, str] | None:
    asked = row["question"]
    question = Question(asked, asked, asked)
    passages = await passages_of(kit, question, [(p.get("title") or "", p["text"]) for p in row["passages"]])
    prompt = Prompt(kit.policies.prompts["answer"], (), AnswerContext(question, passages, canary="", mask=str))
    tier = kit.policies.tiers.tiers[0].name
    deltas: AsyncIterator[str] = await kit.generate(prompt, Route(tier, "look_up", ""))
    ask = Ask("calibration", Person("p", "p", "p"), (), "calibration", asked, datetime.now(UTC))
    draft = await kit.release(ask, prompt, deltas, PlaceholderMap({}))
    if draft.abstains or not draft.text:
        return None
    text = draft.text.lower()
    right = row["answerable"] == "yes" and any(str(a).lower() in text for a in row.get("answers") or [])
    return signals(draft, prompt), right, tier


def first_half(group: str) -> bool:
    """Whether a group is fitted on; the same in every run."""
    return zlib.crc32(f"half {group}".encode()) % 2 == 0


def calibrate(
    found: Sequence[Answered], max_error: float, max_error_warned: float
) -> tuple[Confidence, dict[str, Any]]:
    """(policy, report). Raises ValueError when there is too little to fit on."""
    fitted = [a for a in found if first_half(a.group)]
    others = [a for a in found if not first_half(a.group)]
    if min(sum(a.right for a in fitted), sum(not a.right for a in fitted)) < LEAST or not others:
        raise ValueError(
            f"{len(fitted)} answers to fit on, {sum(a.right for a in fitted)} of them right: too few. "
            f"At least {LEAST} right and {LEAST} wrong ones are needed; name more files with --data."
        )
    x = np.array([[a.signals[name] for name in SIGNALS] for a in fitted])
    y = np.array([float(a.right) for a in fitted])
    share = {s: len(fitted) / sum(a.source == s for a in fitted) for s in {a.source for a in fitted}}
    weight = np.array([share[a.source] for a in fitted])
    weight /= weight.mean()
    weights = dict(zip(SIGNALS, (round(float(w), 4) for w in fit(x, y, weight)), strict=True))
    draft = Confidence(max_error=max_error, max_error_warned=max_error_warned, answer=1, warn=0, weights=weights)
    scored = [(confidence(a.signals, draft), a.right) for a in fitted]
    answer = threshold(scored, max_error)
    warn = min(threshold(scored, max_error_warned), answer)
    policy = draft.model_copy(update={"answer": answer, "warn": warn})
    report = {
        "all": figures(others, policy),
        **{
            f"file {s}": figures([a for a in others if a.source == s], policy)
            for s in sorted({a.source for a in others})
        },
        **{f"tier {t}": figures([a for a in others if a.tier == t], policy) for t in sorted({a.tier for a in others})},
    }
    whole = report["all"]
    card: dict[str, str | float] = {
        "made": date.today().isoformat(),
        "data": ", ".join(sorted({a.source for a in found})),
        "answers_fitted_on": float(len(fitted)),
        "answers_reported_on": float(len(others)),
        "auc": whole["auc"],
        "share_above_90": whole["share_above_90"],
        "right_above_90": whole["right_above_90"],
    }
    return policy.model_copy(update={"fitted": card}), report


def threshold(scored: Sequence[tuple[float, bool]], max_error: float) -> float:
    """The lowest confidence from which on at most ``max_error`` are wrong; above 1 where there is none."""
    best = 1.01
    ordered = sorted(scored, reverse=True)
    wrong = 0
    for count, (score, right) in enumerate(ordered, 1):
        wrong += not right
        if count >= LEAST and wrong / count <= max_error and (count == len(ordered) or ordered[count][0] < score):
            best = score
    return round(best, 3)


def figures(found: Sequence[Answered], policy: Confidence) -> dict[str, Any]:
    """AUC, reliability by tenths, risk at coverage, and what the thresholds do."""
    score = np.array([confidence(a.signals, policy) for a in found])
    right = np.array([a.right for a in found])
    area = auc(score, right)
    order = np.argsort(-score)
    high = score >= 0.9
    bins = np.minimum((score * BINS).astype(int), BINS - 1)
    return {
        "answers": len(found),
        "right": round(float(right.mean()), 4),
        "auc": 0.0 if np.isnan(area) else round(area, 4),
        "share_above_90": round(float(high.mean()), 4),
        "right_above_90": round(float(right[high].mean()), 4) if high.any() else 0.0,
        "brier": round(float(((score - right) ** 2).mean()), 4),
        "reliability": [
            {"from": b / BINS, "n": int((bins == b).sum()), "said": round(float(score[bins == b].mean()), 3),
             "right": round(float(right[bins == b].mean()), 3)}
            for b in range(BINS)
            if (bins == b).any()
        ],
        "risk": {f"{c}%": _risk(right[order], c / 100) for c in (50, 80, 100)},
        "risk_curve": [_risk(right[order], c / 20) for c in range(1, 21)],
        "answer": _band(score >= policy.answer, right),
        "warn": _band((score < policy.answer) & (score >= policy.warn), right),
        "hand_over": _band(score < policy.warn, right),
    }  # fmt: skip


def _risk(right: np.ndarray[Any, Any], coverage: float) -> float:
    """The share of wrong ones among the surest ``coverage`` of answers, given in order."""
    return round(1 - float(right[: max(1, int(len(right) * coverage))].mean()), 4)


def _band(inside: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> dict[str, float]:
    return {
        "share": round(float(inside.mean()), 4),
        "wrong": round(1 - float(right[inside].mean()), 4) if inside.any() else 0.0,
    }

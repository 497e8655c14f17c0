"""How sure Steward is of an answer, as the probability that it is right, and what follows from it.

The signals are plain numbers of one attempt; their weights and the thresholds stand in ``policies/confidence.yaml``,
computed by ``scripts/calibrate.py`` from a stated maximum error. A probability is as good as the data it was fitted
on (``fitted`` names it; empty: not fitted yet): other documents or another model want it computed anew.
"""

from __future__ import annotations

import math
from typing import Literal

from assistant.pipeline.results import Draft, Prompt
from assistant.policy import SIGNALS, Confidence
from assistant.values import sentence

Band = Literal["answer", "warn", "hand_over"]
WORDS: dict[Band, str] = {
    "answer": sentence("Steward is sure of this answer."),
    "warn": sentence("Steward is not quite sure. Read the sources before you rely on this."),
    "hand_over": sentence("Low confidence. Read the sources before you rely on this, or ask a person."),
}
"""What a reader is told, one sentence for each band."""


def signals(draft: Draft, prompt: Prompt) -> dict[str, float]:
    """The numbers that confidence rests on, all between 0 and 1 but ``answerable``, a log-odds between -6 and 6."""
    context = prompt.context
    grounding = [v.score for v in draft.verdicts if v.check == "grounding" and v.passed and v.score is not None]
    cited = [c.chunk_id for c in draft.citations]
    near = [p.similarity for p in context.passages if p.chunk.id in cited and p.similarity is not None]
    every = [p.similarity for p in context.passages if p.similarity is not None]
    known = context.answerability is not None
    sure = min(max(context.answerability if context.answerability is not None else 0.5, 0.0025), 0.9975)
    made = {
        "bias": 1.0,
        "answerable": math.log(sure / (1 - sure)),
        "judged": float(known),
        "match": max(near, default=0.0),
        "agreement": max(near, default=0.0) / max(max(every, default=0.0), 0.01),
        "grounding": min(grounding, default=0.0),
        "kept": len(draft.kept) / max(1, len(draft.kept) + len(draft.withheld)),
        "sources": 1.0 / max(1, len(cited)),
        "likelihood": 0.0 if context.likelihood is None else math.exp(context.likelihood),
    }
    return {name: round(made[name], 4) for name in SIGNALS}


def confidence(found: dict[str, float], policy: Confidence) -> float:
    """The probability that an answer with these signals is right."""
    z = sum(policy.weights[name] * value for name, value in found.items())
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, z)))), 3)


def band(sure: float, policy: Confidence) -> Band:
    """What follows from a confidence: show it, show it with a warning, or offer a person first."""
    if sure >= policy.answer:
        return "answer"
    return "warn" if sure >= policy.warn else "hand_over"

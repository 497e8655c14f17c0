"""Which unit answers best, and whether any does: words, vectors and the kind of answer asked for, together.

The score of a unit is a fixed sum of five features. The probability that the passages hold an answer is a logistic head
over the best units' features; its weights, with the data, split and figures they come from, stand in
``answerable.json``, made by ``scripts/train_heads.py``. It reads words and vectors, not meaning: a question on the same
topic whose answer is missing is its hard case.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.tiers.extract import NUMBER_WORD, Unit, stems, units
from assistant.values import Encoder, Passage, Question, Vector

WEIGHTS = Path(__file__).with_name("answerable.json")
CACHE_UNITS = 20_000
NUMBER = re.compile(rf"\d|\b(?:{NUMBER_WORD})\b|%", re.IGNORECASE)
TIME = re.compile(
    r"\d|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|day|days|week|weeks|month|months|year|years|quarter|before|after|within|until"
    r"|immediately|annually|monthly|weekly|daily|hour|hours|birth|date|end of|start of)\b",
    re.IGNORECASE,
)
WHO = re.compile(
    r"\b(?:team|manager|head|officer|director|committee|board|lead|chief|department|desk|handler|supervisor|partner"
    r"|human resources|finance|compliance|security|counsel|auditor|owner|sponsor)\b|(?<=[a-z,] )[A-Z][a-z]+ [A-Z][a-z]+"
)
WHERE = re.compile(r"\b(?:in|at|on|floor|office|room|portal|page|form|system|site|folder|address|building)\b", re.I)
ASKS = (
    ("number", re.compile(r"\bhow (?:many|much|long|often|far|soon|quickly|big|large|old|late|early)\b"
                          r"|\bwhat (?:percentage|amount|rate|limit|number|share|proportion|price|cost|fee|maximum|minimum)\b"
                          r"|\b(?:maximum|minimum|cap|limit|at most|at least|price|cost)\b", re.I), NUMBER),
    ("time", re.compile(r"\bwhen\b|\bwhat (?:date|day|time|month|year)\b|\bby when\b|\bdeadline\b|\bhow (?:long|soon)\b", re.I), TIME),
    ("who", re.compile(r"\b(?:who|whom|whose)\b|\bwhich (?:team|department|person|manager|officer)\b", re.I), WHO),
    ("where", re.compile(r"\bwhere\b|\bwhich (?:office|room|floor|site|portal|system|form)\b", re.I), WHERE),
)  # fmt: skip
CLAUSE = re.compile(
    r"[?!;]\s+|\.\s+(?=[A-Z])|,?\s+(?:and|but|or)\s+(?=(?:what|when|who|how|where|which|does|do|is|are|can|will)\b)",
    re.I,
)
FEATURES = ("bias", "coverage", "cosine", "unit_coverage", "passage", "rare_missing", "second")


@dataclass(frozen=True)
class Scored:
    """A unit with its score; ``matched`` are the question's stems found in or around it."""

    unit: Unit
    score: float
    matched: frozenset[str]
    coverage: float
    own: float
    cosine: float
    asks: float


@dataclass(frozen=True)
class Judgement:
    """Units best first, for the whole question and for each of its parts, and how likely (0 to 1) they answer."""

    units: tuple[Scored, ...]
    by_part: tuple[tuple[Scored, ...], ...]
    probability: float
    answers: bool
    features: tuple[float, ...] = ()


class Answerable:
    """Scores units with the shared encoder; keeps the vectors of units it has seen."""

    def __init__(self, encoder: Encoder, weights: Path = WEIGHTS) -> None:
        self._encoder = encoder
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        head = json.loads(weights.read_text(encoding="utf-8"))
        self._weights = np.array([head["weights"][name] for name in FEATURES], dtype=np.float64)
        self._threshold = float(head["threshold"])

    async def __call__(self, question: Question, passages: Sequence[Passage]) -> Judgement:
        """Judge the passages for the question; empty passages never answer."""
        found = [u for number, p in enumerate(passages, 1) for u in units(p, number)]
        if not found:
            return Judgement((), (), 0.0, False)
        parts = clauses(question)
        asked = await self._encoder.encode([question.text, *(p.text for p in parts)])
        vectors = await self._unit_vectors(found)
        ranked = rank(question, found, vectors @ asked[0].vector, passages)
        by_part = tuple(
            tuple(rank(part, found, vectors @ own.vector, passages)) for part, own in zip(parts, asked[1:], strict=True)
        )
        features = self._features(question, ranked, passages)
        probability = 1 / (1 + math.exp(-float(self._weights @ np.array(features))))
        return Judgement(tuple(ranked), by_part, round(probability, 4), probability >= self._threshold, features)

    async def _unit_vectors(self, found: Sequence[Unit]) -> Vector:
        texts = [f"{u.around}. {u.lead} {u.text}" for u in found]
        missing = list(dict.fromkeys(t for t in texts if t not in self._vectors))
        if missing:
            for text, encoded in zip(missing, await self._encoder.encode(missing), strict=True):
                self._vectors[text] = encoded.vector
        out = np.stack([self._vectors[t] for t in texts])
        for text in texts:
            self._vectors.move_to_end(text)
        while len(self._vectors) > CACHE_UNITS:
            self._vectors.popitem(last=False)
        return out

    @staticmethod
    def _features(question: Question, ranked: Sequence[Scored], passages: Sequence[Passage]) -> tuple[float, ...]:
        best = ranked[0]
        asked = set(stems(question.text))
        weights = idf(asked, [s.unit for s in ranked])
        rare = max(asked, key=lambda w: weights[w], default="")
        inside = {w for s in ranked if s.unit.number == best.unit.number for w in s.matched}
        near = passages[best.unit.number - 1].similarity
        return (
            1.0,
            sum(weights[w] for w in inside & asked) / (sum(weights[w] for w in asked) or 1.0),
            max(s.cosine for s in ranked[:5]),
            best.own,
            near if near is not None else best.cosine,
            float(bool(rare) and rare not in inside),
            ranked[1].score / best.score if len(ranked) > 1 and best.score > 0 else 0.0,
        )


def clauses(question: Question) -> list[Question]:
    """The parts of a question that asks for two or three things; none where it asks for one."""
    cut = [p.strip() for p in CLAUSE.split(question.text) if len(set(stems(p))) >= 2]
    if not 2 <= len(cut) <= 3:
        return []
    terms = dict(question.also)
    return [
        replace(question, text=p, original=p, also=tuple((t, o) for t, o in terms.items() if t.lower() in p.lower()))
        for p in cut
    ]


def idf(asked: set[str], found: Sequence[Unit]) -> dict[str, float]:
    """How telling each asked stem is among the units: log(1 + N / (1 + df)), longer words counting a little more."""
    df = Counter(w for u in found for w in asked & set(stems(f"{u.around} {u.lead} {u.text}")))
    return {w: math.log(1 + len(found) / (1 + df[w])) * (1 + 0.03 * min(len(w), 12)) for w in asked}


def rank(question: Question, found: Sequence[Unit], cosines: Vector, passages: Sequence[Passage]) -> list[Scored]:
    """All units, best first."""
    asked = set(stems(question.text))
    same = [(set(stems(term)) & asked, [set(stems(o)) for o in others]) for term, others in question.also]
    weights = idf(asked, found)
    total = sum(weights.values()) or 1.0
    kinds = [answer for _, ask, answer in ASKS if ask.search(question.original)]
    top = max((p.score for p in passages), default=1.0) or 1.0
    around: dict[str, set[str]] = {}
    out = []
    for unit, cosine in zip(found, cosines, strict=True):
        if unit.around not in around:
            around[unit.around] = _matched(asked, same, set(stems(unit.around)))
        own = _matched(asked, same, set(stems(f"{unit.lead} {unit.text}")))
        above = around[unit.around] - own
        covered = (sum(weights[w] for w in own) + 0.6 * sum(weights[w] for w in above)) / total
        fits = sum(bool(k.search(unit.text)) for k in kinds) / len(kinds) if kinds else 0.5
        score = (
            0.9 * covered
            + 1.0 * max(float(cosine), 0.0)
            + 0.25 * fits
            + 0.5 * passages[unit.number - 1].score / top
            - (0.3 if unit.text.endswith((":", "?")) else 0.0)
        )
        part = sum(weights[w] for w in own) / total
        out.append(Scored(unit, score, frozenset(own | above), covered, part, float(cosine), fits))
    return sorted(out, key=lambda s: (-s.score, s.unit.number, s.unit.position))


def _matched(asked: set[str], same: Sequence[tuple[set[str], list[set[str]]]], there: set[str]) -> set[str]:
    """The asked stems that stand ``there``, by themselves or by other words for the same."""
    found = asked & there
    for term, others in same:
        if not term <= found and any(o and o <= there for o in others):
            found = found | term
    return found

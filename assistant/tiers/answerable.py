"""Which passage and which of its units answer, and whether any does.

Two linear scores, one over passages and one over the units in them, order what ``match.py`` measures; a logistic
head over the best passage's numbers gives the probability that there is an answer at all. All weights, with the data,
split and figures they come from, stand in ``answerable.json``, made by ``scripts/train_heads.py``. A question on the
same topic whose answer is missing is its hard case: most of those get through.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.tiers.extract import Unit, stems
from assistant.tiers.match import PASSAGE, UNIT, Asked, Numbers, Read, TokenEncoder, ask, compare, rarity, read
from assistant.values import Passage, Question

WEIGHTS = Path(__file__).with_name("answerable.json")
CACHE_PASSAGES = 300
CLAUSE = re.compile(
    r"[?!;]\s+|\.\s+(?=[A-Z])|,?\s+(?:and|but|or)\s+(?=(?:what|when|who|how|where|which|does|do|is|are|can|will)\b)",
    re.I,
)
FEATURES = ("bias", "score", "margin", "covered", "missing", *PASSAGE[1:])
PART = 0.5
"""How much the whole question counts when the passages are ordered for one of its parts."""


@dataclass(frozen=True)
class Scored:
    """A unit with its score; ``matched`` are the question's stems found in it."""

    unit: Unit
    score: float
    matched: frozenset[str]


@dataclass(frozen=True)
class Found:
    """A passage with its score, its share (all shares make 1) and its units, best first."""

    number: int
    score: float
    share: float
    units: tuple[Scored, ...]


@dataclass(frozen=True)
class Judgement:
    """Passages best first, for the whole question and for each of its parts, and how likely (0 to 1) they answer."""

    passages: tuple[Found, ...]
    by_part: tuple[tuple[Found, ...], ...]
    probability: float
    answers: bool
    features: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Compared:
    """What ``match.py`` says of one question and the passages, before any weights."""

    asked: Asked
    reads: tuple[Read, ...]
    passages: Numbers
    units: tuple[Numbers, ...]
    covered: tuple[float, ...]


class Answerable:
    """Scores passages and units with the shared encoder; keeps what it has read of recent passages."""

    def __init__(self, encoder: TokenEncoder, weights: Path = WEIGHTS) -> None:
        self._encoder = encoder
        self._kept: OrderedDict[tuple[object, ...], Read] = OrderedDict()
        head = json.loads(weights.read_text(encoding="utf-8"))
        self.passage_weights = np.array([head["passage"][name] for name in PASSAGE])
        self.unit_weights = np.array([head["unit"][name] for name in UNIT])
        self.weights = np.array([head["weights"][name] for name in FEATURES])
        self.threshold = float(head["threshold"])

    async def __call__(self, question: Question, passages: Sequence[Passage]) -> Judgement:
        """Judge the passages for the question; empty passages never answer."""
        if not passages:
            return Judgement((), (), 0.0, False)
        whole = await self.compared(question, passages)
        scores = whole.passages @ self.passage_weights
        ranked = self._ranked(whole, scores)
        if not ranked:
            return Judgement((), (), 0.0, False)
        by_part = []
        for clause in clauses(question):
            part = await self.compared(clause, passages)
            by_part.append(self._ranked(part, part.passages @ self.passage_weights + PART * scores))
        features = self.features(whole)
        probability = 1 / (1 + math.exp(-float(self.weights @ features)))
        return Judgement(
            ranked, tuple(by_part), round(probability, 4), probability >= self.threshold, tuple(features.tolist())
        )

    async def compared(self, question: Question, passages: Sequence[Passage]) -> Compared:
        """The numbers of ``match.py`` for all passages."""
        asked = await ask(self._encoder, question)
        reads = tuple(await asyncio.gather(*map(self._read, passages)))
        rare = rarity(asked, reads)
        top = max(p.score for p in passages) or 1.0
        both = [
            compare(asked, r, p.score / top, rare) if r.units else (np.zeros(len(PASSAGE)), np.zeros((0, len(UNIT))))
            for p, r in zip(passages, reads, strict=True)
        ]
        total = sum(rare.values()) or 1.0
        covered = tuple(sum(rare[w] for w in asked.matched(r.everything)) / total for r in reads)
        return Compared(asked, reads, np.stack([b[0] for b in both]), tuple(b[1] for b in both), covered)

    def features(self, compared: Compared) -> Numbers:
        """What the head sees, in the order of FEATURES."""
        scores = compared.passages @ self.passage_weights
        order = np.argsort(-scores)
        best = int(order[0])
        margin = float(scores[best] - scores[order[1]]) if len(order) > 1 else 0.0
        everywhere = frozenset[str]().union(*(r.everything for r in compared.reads))
        missing = len(compared.asked.stems - compared.asked.matched(everywhere)) / max(len(compared.asked.stems), 1)
        own = (1.0, float(scores[best]), margin, compared.covered[best], missing)
        return np.array([*own, *compared.passages[best][1:]])

    def _ranked(self, compared: Compared, scores: Numbers) -> tuple[Found, ...]:
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        found = []
        for at in np.argsort(-scores, kind="stable"):
            there = compared.reads[at]
            if not there.units:
                continue
            fits = compared.units[at] @ self.unit_weights
            scored = tuple(
                Scored(
                    replace(there.units[i], number=int(at) + 1),
                    float(fits[i]),
                    compared.asked.matched(there.stems[i]),
                )
                for i in np.argsort(-fits, kind="stable")
            )
            found.append(Found(int(at) + 1, float(scores[at]), float(shares[at]), scored))
        return tuple(found)

    async def _read(self, passage: Passage) -> Read:
        key = (passage.document.title, passage.chunk.heading, passage.chunk.text)
        there = self._kept.get(key) or await read(self._encoder, passage)
        self._kept[key] = there
        self._kept.move_to_end(key)
        while len(self._kept) > CACHE_PASSAGES:
            self._kept.popitem(last=False)
        return there


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

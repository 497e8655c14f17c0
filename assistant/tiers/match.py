"""How well a passage, and each unit in it, fits a question: a few numbers each, from words and token states.

A passage is read once, in one pass of the encoder; the vector of a unit is the mean of its tokens' states, so that a
sentence is read with its heading and its neighbours. Soft matching compares each content word of the question with the
nearest token of the passage. It sees likeness, not meaning: "caravan" is near "motorcycle", and "does not" near "does".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.tiers.extract import NUMBER_WORD, PLAIN, WORD, Unit, stems, units
from assistant.values import Passage, Question

Numbers = NDArray[np.float64]
Floats = NDArray[np.float32]
PASSAGE = ("found", "soft", "soft_weighted", "heading", "best_unit", "unit_words", "asked_for")
UNIT = ("vector", "words", "heading", "asked_for", "soft_weighted", "leads", "stands_out")

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
    (re.compile(r"\bhow (?:many|much|long|often|far|soon|quickly|big|large|old|late|early)\b"
                r"|\bwhat (?:percentage|amount|rate|limit|number|share|proportion|price|cost|fee|maximum|minimum)\b"
                r"|\b(?:maximum|minimum|cap|limit|at most|at least|price|cost)\b", re.I), NUMBER),
    (re.compile(r"\bwhen\b|\bwhat (?:date|day|time|month|year)\b|\bdeadline\b|\bhow (?:long|soon)\b", re.I), TIME),
    (re.compile(r"\b(?:who|whom|whose)\b|\bwhich (?:team|department|person|manager|officer)\b", re.I), WHO),
    (re.compile(r"\bwhere\b|\bwhich (?:office|room|floor|site|portal|system|form)\b", re.I), WHERE),
)  # fmt: skip


class TokenEncoder(Protocol):
    """The part of the encoder that this needs: a text's vector and its tokens' states from one pass."""

    async def token_states(self, text: str, *, background: bool = False) -> tuple[Any, Any]: ...


@dataclass(frozen=True, eq=False)
class Asked:
    """A question taken apart. ``words`` are the token positions of each content word, ``of_word`` its stems."""

    question: Question
    vector: Floats
    states: Floats
    words: tuple[list[int], ...]
    of_word: tuple[list[str], ...]
    stems: frozenset[str]
    same: tuple[tuple[frozenset[str], list[frozenset[str]]], ...]

    def matched(self, there: frozenset[str]) -> frozenset[str]:
        """The asked stems that stand ``there``, by themselves or by other words for the same."""
        found = self.stems & there
        for term, others in self.same:
            if not term <= found and any(o and o <= there for o in others):
                found = found | term
        return found


@dataclass(frozen=True, eq=False)
class Read:
    """A passage taken apart, free of any question. ``states`` are normalised and kept at half precision."""

    units: tuple[Unit, ...]
    states: NDArray[np.float16]
    tokens: tuple[list[int], ...]
    vectors: Floats
    stems: tuple[frozenset[str], ...]
    heading: frozenset[str]

    @property
    def everything(self) -> frozenset[str]:
        return self.heading.union(*self.stems)


async def ask(encoder: TokenEncoder, question: Question) -> Asked:
    """The question's side of the comparison."""
    encoded, tokens = await encoder.token_states(question.text)
    words, of_word = [], []
    for match in WORD.finditer(question.text):
        at = _inside(tokens.offsets, *match.span())
        if match.group().lower() not in PLAIN and at:
            words.append(at)
            of_word.append(stems(match.group()))
    asked = frozenset(stems(question.text))
    same = tuple(
        (frozenset(stems(term)) & asked, [frozenset(stems(o)) for o in others]) for term, others in question.also
    )
    return Asked(question, encoded.vector, _unit_length(tokens.states), tuple(words), tuple(of_word), asked, same)


async def read(encoder: TokenEncoder, passage: Passage) -> Read:
    """The passage's side of the comparison. Its units are numbered 1; the caller numbers them anew."""
    found = units(passage, 1)
    text, spans = f"{found[0].around}." if found else "", []
    for unit in found:
        text += "\n"
        spans.append((len(text), len(text) + len(unit.text)))
        text += unit.text
    _, tokens = await encoder.token_states(text)
    inside = [_inside(tokens.offsets, *span) for span in spans]
    vectors = [tokens.states[at].mean(axis=0) if at else np.zeros(tokens.states.shape[1]) for at in inside]
    return Read(
        tuple(found),
        _unit_length(tokens.states).astype(np.float16),
        tuple(inside),
        _unit_length(np.array(vectors, dtype=np.float32)) if vectors else np.zeros((0, 1), dtype=np.float32),
        tuple(frozenset(stems(f"{u.lead} {u.text}")) for u in found),
        frozenset(stems(found[0].around)) if found else frozenset(),
    )


def rarity(asked: Asked, passages: Sequence[Read]) -> dict[str, float]:
    """How telling each asked stem is among the passages: log(1 + N / (0.5 + how many hold it))."""
    held = Counter(w for p in passages for w in asked.stems & p.everything)
    return {w: math.log(1 + len(passages) / (0.5 + held[w])) for w in asked.stems}


def compare(asked: Asked, there: Read, found: float, rare: dict[str, float]) -> tuple[Numbers, Numbers]:
    """(features of the passage in the order of PASSAGE, features of its units in the order of UNIT).

    ``found`` is the passage's retrieval score as a share of the best one's.
    """
    total = sum(rare.values()) or 1.0
    weight = np.array([np.mean([rare.get(s, 1.0) for s in of]) if of else 0.5 for of in asked.of_word] or [1.0])
    near = asked.states @ there.states.astype(np.float32).T
    kinds = [answer for asks, answer in ASKS if asks.search(asked.question.original)]
    heading = asked.matched(there.heading)
    cosines = there.vectors @ asked.vector
    rows = []
    for at, unit in enumerate(there.units):
        own = asked.matched(there.stems[at])
        rows.append(
            (
                cosines[at],
                sum(rare[w] for w in own) / total,
                sum(rare[w] for w in heading - own) / total,
                sum(bool(k.search(unit.text)) for k in kinds) / len(kinds) if kinds else 0.5,
                _soft(asked, near[:, there.tokens[at]]) @ weight / weight.sum(),
                float(unit.text.endswith((":", "?"))),
                cosines[at] - cosines.mean(),
            )
        )
    own_rows = np.array(rows, dtype=np.float64).reshape(-1, len(UNIT))
    soft = _soft(asked, near)
    best = own_rows.max(axis=0)
    return (
        np.array(
            [
                found,
                soft.mean(),
                soft @ weight / weight.sum(),
                sum(rare[w] for w in heading) / total,
                best[UNIT.index("vector")],
                best[UNIT.index("words")],
                best[UNIT.index("asked_for")],
            ]
        ),
        own_rows,
    )


def _soft(asked: Asked, near: Floats) -> Numbers:
    """For each content word how near the nearest of these tokens is; 0 without any."""
    if not asked.words or not near.size:
        return np.zeros(max(len(asked.words), 1))
    best = near.max(axis=1)
    return np.array([best[at].mean() for at in asked.words], dtype=np.float64)


def _inside(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    return [i for i, (a, b) in enumerate(offsets) if a < end and b > start]


def _unit_length(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-6), dtype=np.float32)

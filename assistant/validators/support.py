"""How well passages support a sentence: 0 to 1, a logistic score of the numbers in ``evidence.py``.

The weights, with the data, split and figures they come from, stand in ``grounding.json``, made by
``scripts/train_heads.py grounding``. A sentence that stands word for word in a passage is supported. It understands
nothing: a paraphrase in other words scores low, a false sentence made of a passage's own words may score high.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.validators.evidence import FEATURES, bare, rows_of, weigh
from assistant.validators.words import WORD, content

WEIGHTS = Path(__file__).with_name("grounding.json")
MARK = re.compile(r"\s*\[\d{1,3}\]")
LEAD = re.compile(r"^\s*(?:[-*•>]\s+|#{1,6}\s+|\d{1,3}[.)]\s+)*")
SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*(?:\s*\[\d{1,3}\])*\s+(?=[^\s\d\[])|\n+")
PLAIN_WORD = re.compile(r"\w+")
CONTRADICTED = 0.2
"""At most this where a passage says nearly the same and contradicts it."""
OVERLAP = 0.3
"""What plain word overlap counts in the support of a whole answer."""
ROW_WORDS = 2
QUOTED_WORDS = 5
"""A sentence of so many words that stands word for word in a passage is a quotation and supported."""


@dataclass(frozen=True)
class Support:
    """``score`` 0 to 1; ``missing`` what the passages do not say, in words; ``coverage`` the words alone."""

    score: float
    missing: tuple[str, ...] = ()
    coverage: float = 0.0


@lru_cache(maxsize=1)
def weights() -> tuple[float, ...]:
    """The shipped weights in the order of FEATURES."""
    head = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return tuple(float(head["weights"][name]) for name in FEATURES)


def support(sentence: str, passages_texts: Sequence[str], question: str = "") -> Support:
    """Support of one ``sentence`` by ``passages_texts``; words of ``question`` may be repeated, its figures may not."""
    plain = bare_sentence(sentence)
    words = WORD.findall(plain)
    if not words:
        return Support(1.0, (), 1.0)
    if not any(text.strip() for text in passages_texts):
        return Support(0.0, ("a passage",), 0.0)
    if quoted(plain, passages_texts):
        return Support(1.0, (), 1.0)
    evidence = weigh(plain, passages_texts, question)
    z = sum(w * x for w, x in zip(weights(), evidence.numbers, strict=True))
    score = 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
    score = min(score, CONTRADICTED) if evidence.contradicts else score
    return Support(round(score, 4), evidence.missing, evidence.coverage)


def answer_support(answer: str, passages_texts: Sequence[str], question: str = "") -> Support:
    """Support of a whole ``answer``: the mean over its sentences, weighted by their content words, and its overlap."""
    said = sentences(answer)
    if not said:
        return Support(0.0)
    parts = [support(s, passages_texts, question) for s in said]
    sizes = [1 + len(content(s)) for s in said]
    mean = sum(p.score * n for p, n in zip(parts, sizes, strict=True)) / sum(sizes)
    overlap = word_share(MARK.sub("", answer), passages_texts) or 0.0
    return Support(
        round((1 - OVERLAP) * mean + OVERLAP * overlap, 4),
        tuple(m for p in parts for m in p.missing),
        round(sum(p.coverage * n for p, n in zip(parts, sizes, strict=True)) / sum(sizes), 4),
    )


def quoted(plain: str, passages_texts: Sequence[str]) -> bool:
    """Whether a sentence of some length stands word for word in a passage, or is a row of its table read out."""
    length = len(WORD.findall(plain))
    if length >= QUOTED_WORDS and any(bare(plain) in bare(text) for text in passages_texts):
        return True
    said = bare(plain.strip().rstrip("."))
    return length >= ROW_WORDS and any(said == row for text in passages_texts for row in rows_of(text))


def word_share(text: str, passages_texts: Sequence[str]) -> float | None:
    """Share of the words of ``text``, small ones too, that stand in the passages; None for a text without words."""
    words = PLAIN_WORD.findall(text.lower())
    known = frozenset().union(*(_words_of(passage) for passage in passages_texts))
    return sum(word in known for word in words) / len(words) if words else None


@lru_cache(maxsize=2_000)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(PLAIN_WORD.findall(text.lower()))


def bare_sentence(sentence: str) -> str:
    """``sentence`` without citation marks and list signs."""
    return LEAD.sub("", MARK.sub("", sentence))


def sentences(text: str) -> list[str]:
    """Sentences, items and rows of ``text`` that hold at least one letter or digit."""
    return [part for part in SENTENCE.split(text) if part and any(c.isalnum() for c in MARK.sub("", part))]

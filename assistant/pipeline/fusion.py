"""Puts the candidates of a search in order: what words say, what vectors say, and what they say of their documents.

Words and vectors are added as scores scaled by the best of each (a convex combination, which Bruch, Gai and Ingber 2023
find better than ranks alone) together with reciprocal ranks, so that one long list's scores do not drown the other. On
top, with small weights chosen on four public sets and the sample company's questions:

- passages of one page support each other, and a document whose candidates together hold more of the question's telling
  words ("Apple", "Q3") is nearer than one that holds fewer;
- a question for figures prefers tables and passages that hold figures;
- of variants of a document (``naming.py``) those that the question does not name stand back behind the one it names;
- a question that compares gets the best passage of each document before the second best of any.

Pure: no store, no encoder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.pipeline import naming
from assistant.values import Chunk, Document

RANK_K = 10
PAGE, HELD, FIGURES, TABLE = 0.2, 0.1, 0.2, 0.2
OTHER_VARIANT = 0.75
"""What a passage's score is multiplied by when the question names a variant of its document."""
SPREAD = 0.7
"""A document's best passage comes forward in a comparison when it reaches this share of the best score."""
ENOUGH_FIGURES = 10
FIGURE = re.compile(r"\d[\d.,]*\d|\d+\s?%")
WANTS_FIGURES = re.compile(
    r"\b(how (much|many)|total|percent\w*|rates?|amounts?|trends?|increas\w*|decreas\w*|grow\w*|costs?|prices?|fees?"
    r"|limits?|revenues?|sales|expenses?|income|margins?|figures?|scale|value|balance)\b|[%$€£]",
    re.IGNORECASE,
)
COMPARES = re.compile(
    r"\b(compar\w*|differ\w*|versus|vs|both|each|every|across|over time|over the|trends?|chang\w*|evol\w*|quarters"
    r"|years|periods|fluctuat\w*|between)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Candidate:
    """A passage that words or vectors found, and what they said. ``terms`` are those of the question that it holds."""

    chunk: Chunk
    document: Document
    words: float = 0.0
    similarity: float | None = None
    terms: frozenset[str] = frozenset()
    word_rank: int | None = None
    vector_rank: int | None = None


@dataclass(frozen=True)
class Ranked:
    """A candidate in its place. ``coverage``: share (0 to 1) of the question's telling words that it holds."""

    candidate: Candidate
    score: float
    coverage: float


def order(question: str, candidates: Sequence[Candidate], telling: Mapping[str, float]) -> list[Ranked]:
    """``candidates`` best first. ``telling``: the question's terms with their idf."""
    if not candidates:
        return []
    base = _base(candidates)
    pages: dict[object, float] = defaultdict(float)
    held: dict[str, set[str]] = defaultdict(set)
    for candidate, score in zip(candidates, base, strict=True):
        pages[_page(candidate)] = max(pages[_page(candidate)], 0.0) + score
        held[candidate.document.key] |= candidate.terms
    top_page = max(pages.values()) or 1.0
    total = sum(telling.values()) or 1.0
    share = {key: sum(telling.get(term, 0.0) for term in terms) / total for key, terms in held.items()}
    figures = bool(WANTS_FIGURES.search(question))
    apart = _stands_back(question, candidates)
    ranked = []
    for candidate, score in zip(candidates, base, strict=True):
        score += PAGE * pages[_page(candidate)] / top_page + HELD * share[candidate.document.key]
        if figures:
            score += _figures(candidate.chunk.text)
        score *= OTHER_VARIANT if candidate.document.id in apart else 1.0
        coverage = sum(telling.get(term, 0.0) for term in candidate.terms) / total
        ranked.append(Ranked(candidate, score, coverage))
    ranked.sort(key=lambda each: (-each.score, each.candidate.chunk.id))
    return _spread(ranked) if COMPARES.search(question) else ranked


def _base(candidates: Sequence[Candidate]) -> list[float]:
    best_word = max((c.words for c in candidates), default=0.0) or 1.0
    best_near = max((c.similarity or 0.0 for c in candidates), default=0.0) or 1.0
    base = []
    for candidate in candidates:
        score = 0.5 * candidate.words / best_word
        score += 0.5 * RANK_K / (RANK_K + candidate.word_rank) if candidate.word_rank else 0.0
        score += 0.5 * max(candidate.similarity or 0.0, 0.0) / best_near
        score += 0.5 * RANK_K / (RANK_K + candidate.vector_rank) if candidate.vector_rank else 0.0
        base.append(score)
    return base


def _page(candidate: Candidate) -> object:
    """What supports one another: a page, or a section where there are no pages."""
    chunk = candidate.chunk
    return candidate.document.key, chunk.page if chunk.page is not None else chunk.heading[:1]


def _figures(text: str) -> float:
    found = min(len(FIGURE.findall(text)), ENOUGH_FIGURES) / ENOUGH_FIGURES
    return FIGURES * found + (TABLE if "| --- |" in text else 0.0)


def _stands_back(question: str, candidates: Sequence[Candidate]) -> frozenset[str]:
    """Ids of the documents that the question does not name, while it names a variant of theirs."""
    said = naming.words(question)
    documents = list({c.document.id: c.document for c in candidates}.values())
    headed: dict[str, frozenset[str]] = {}
    for candidate in candidates:
        words = naming.words(" ".join(candidate.chunk.heading[:1]))
        headed[candidate.document.id] = headed.get(candidate.document.id, frozenset()) | words
    named = [document for document in documents if said & naming.name_words(document)]
    back = set()
    for one in documents:
        for other in named:
            if naming.variants(one, other):
                mine = naming.name_words(one) - naming.name_words(other) - headed[other.id]
                theirs = naming.name_words(other) - naming.name_words(one) - headed[one.id]
                if said & theirs and not said & mine:
                    back.add(one.id)
    return frozenset(back)


def _spread(ranked: Sequence[Ranked]) -> list[Ranked]:
    """The best passage of each document first, as far as it is not far behind."""
    seen: set[str] = set()
    first: list[Ranked] = []
    rest: list[Ranked] = []
    for each in ranked:
        key = each.candidate.document.key
        forward = key not in seen and each.score >= SPREAD * ranked[0].score
        (first if forward else rest).append(each)
        seen.add(key)
    return [*first, *rest]

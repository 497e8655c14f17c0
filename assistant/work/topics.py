"""Groups questions that ask about the same, by the encoder's vectors and by the words they share.

One pass from the newest question on: each joins the group that it is most alike, or opens one; then groups that turned
out alike are joined (average linkage, so that a chain of neighbours does not run through everything). Questions in a
language that the encoder does not know are compared by words alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assistant.pipeline.rewrite import content_words
from assistant.values import Document, Vector

ALIKE = 0.5
WORDS_WEIGHT = 0.3
WORDS = 12
PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]*>|\[[A-Z][A-Z0-9_]*(?:#\w+| removed)\]")


@dataclass(frozen=True)
class Asked:
    """One question without a source; ``near`` is the document that came closest, ``section`` the heading in it."""

    turn: str
    text: str
    person: str
    at: datetime
    near: Document | None = None
    section: str = ""


@dataclass(frozen=True)
class Topic:
    """Questions that ask about the same, the newest first, and the words that say what it is."""

    asked: tuple[Asked, ...]
    words: tuple[str, ...]


def topics(asked: Sequence[Asked], vectors: Mapping[str, Vector | None]) -> list[Topic]:
    """Group ``asked``; ``vectors`` holds each text's L2-normalised vector, or None."""
    if not asked:
        return []
    newest = sorted(asked, key=lambda a: (a.at, a.turn), reverse=True)
    texts = list(dict.fromkeys(a.text for a in newest))
    words = {text: words_of(text) for text in texts}
    alike = _similarities(texts, words, vectors)
    by_text: dict[str, list[Asked]] = {}
    for each in newest:
        by_text.setdefault(each.text, []).append(each)
    weight = _weights(words)
    found = []
    for group in _groups(alike):
        members = sorted((a for i in group for a in by_text[texts[i]]), key=lambda a: (a.at, a.turn), reverse=True)
        counts = Counter(word for i in group for word in words[texts[i]])
        ranked = sorted(counts, key=lambda word: (-counts[word] * weight[word], -len(word), word))
        found.append(Topic(tuple(members), tuple(ranked[:WORDS])))
    return found


def words_of(text: str) -> frozenset[str]:
    """Words that carry a topic: no placeholders, no numbers."""
    return frozenset(w for w in content_words(PLACEHOLDER.sub(" ", text)) if not any(map(str.isdigit, w)))


def _weights(words: Mapping[str, frozenset[str]]) -> dict[str, float]:
    seen = Counter(word for each in words.values() for word in each)
    return {word: math.log(1 + len(words) / count) for word, count in seen.items()}


def _similarities(
    texts: Sequence[str], words: Mapping[str, frozenset[str]], vectors: Mapping[str, Vector | None]
) -> Vector:
    """[n, n]: cosine and shared words (weighted Jaccard) together; words alone where a vector is missing."""
    weight = _weights(words)
    vocabulary = {word: i for i, word in enumerate(weight)}
    rows = np.zeros((len(texts), max(len(vocabulary), 1)), dtype=np.float32)
    for i, text in enumerate(texts):
        for word in words[text]:
            rows[i, vocabulary[word]] = math.sqrt(weight[word])
    both = rows @ rows.T
    each = np.diag(both)
    shared = both / np.maximum(each[:, None] + each[None, :] - both, 1e-6)
    known = np.array([vectors.get(text) is not None for text in texts])
    missing = np.zeros(next((len(v) for v in vectors.values() if v is not None), 1), dtype=np.float32)
    matrix = np.stack([found if (found := vectors.get(text)) is not None else missing for text in texts])
    pairs = known[:, None] & known[None, :]
    result: Vector = np.where(pairs, (1 - WORDS_WEIGHT) * (matrix @ matrix.T) + WORDS_WEIGHT * shared, shared)
    return result


def _groups(alike: Vector) -> list[list[int]]:
    """Rows grouped by average linkage at ``ALIKE``, in the order of their first row."""
    groups: list[list[int]] = []
    for i in range(len(alike)):
        near = [float(alike[i, group].mean()) for group in groups]
        best = int(np.argmax(near)) if near else -1
        if best >= 0 and near[best] >= ALIKE:
            groups[best].append(i)
        else:
            groups.append([i])
    joined: list[list[int]] = []
    for group in groups:
        home = next((g for g in joined if float(alike[np.ix_(g, group)].mean()) >= ALIKE), None)
        if home is None:
            joined.append(list(group))
        else:
            home.extend(group)
    return joined

"""Marks words of a text with types (person, place, ...) from the encoder's token states.

A word is a run of letters and digits, or one sign. Its features are the mean of its tokens' states in three layers and
what it looks like; two words to each side are seen as well. A small network gives every word a probability for each
label (outside, or begin or inside of a type), and the best sequence in which an "inside" follows its own type is taken
(Viterbi 1967). Weights and card are made by ``scripts/train_heads.py``; the file holds arrays and no pickle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Word = tuple[int, int]

WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
AROUND = 2
"""Words to each side that the network sees."""
LOOKS = 24
"""Features of a word's looks."""
FORBIDDEN = -1e4
ONE_THREAD = 4 * 65536
"""OpenBLAS's GEMM_MULTITHREAD_THRESHOLD times its SMP_THRESHOLD_MIN (interface/gemm.c)."""


@dataclass(frozen=True)
class Tag:
    """``text[start:end]`` is of ``kind``; ``score`` is the mean probability (0 to 1) of its words."""

    start: int
    end: int
    kind: str
    score: float


@dataclass(frozen=True, eq=False)
class Tagger:
    """Weights of one head. ``labels`` are "O", "B-X" and "I-X"; ``arrays`` are named in ``forward``."""

    labels: tuple[str, ...]
    arrays: dict[str, Floats]

    @classmethod
    def load(cls, path: Path) -> Tagger:
        """From an .npz file and the card (.json) beside it. Raises OSError, ValueError or KeyError when damaged."""
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name].astype(np.float32) for name in file.files}
        return cls(tuple(card["labels"]), arrays)

    def tag(self, text: str, states: Floats, offsets: Sequence[Word]) -> list[Tag]:
        """Findings in order. ``states`` [tokens, layers, 384] and ``offsets`` are the encoder's for ``text``."""
        words = words_of(text)
        if not words:
            return []
        scores = forward(self.arrays, features(text, words, states, offsets), around([len(words)]))
        return found(text, words, self.labels, scores + self.arrays.get("bias", np.zeros(1, np.float32)))


def words_of(text: str) -> list[Word]:
    """(start, end) of each word."""
    return [match.span() for match in WORD.finditer(text)]


def features(text: str, words: Sequence[Word], states: Floats, offsets: Sequence[Word]) -> Floats:
    """[words, layers * 384 + LOOKS]."""
    pooled = np.zeros((len(words), states.shape[1] * states.shape[2]), np.float32)
    flat = states.reshape(len(states), -1)
    at = 0
    for number, (start, end) in enumerate(words):
        while at < len(offsets) and offsets[at][1] <= start:
            at += 1
        last = at
        while last < len(offsets) and offsets[last][0] < end:
            last += 1
        if last > at:
            pooled[number] = flat[at:last].mean(axis=0)
    return np.concatenate([pooled, looks(text, words)], axis=1)


def looks(text: str, words: Sequence[Word]) -> Floats:
    """[words, LOOKS]: case, digits, length, what stands before, and the case of the whole text."""
    letters = [c for c in text if c.isalpha()]
    lower = sum(c.islower() for c in letters)
    whole = (lower == len(letters), bool(letters) and not lower, lower / max(1, len(letters)))
    rows = np.zeros((len(words), LOOKS), np.float32)
    before, gap = "", "\n"
    for number, (start, end) in enumerate(words):
        word = text[start:end]
        rows[number] = (*_case(word), *_length(word), *_place(number, word, before, gap), *whole)
        before = word
        gap = text[end : words[number + 1][0]] if number + 1 < len(words) else ""
    return rows


def _case(word: str) -> tuple[bool, ...]:
    upper, digit = word.isupper(), word.isdigit()
    return (
        word[0].isupper() and not word[1:].isupper(),
        upper and len(word) > 1,
        upper and len(word) == 1,
        word.islower(),
        digit,
        not digit and any(c.isdigit() for c in word),
        not word[0].isalnum(),
        not upper and any(c.isupper() for c in word[1:]),
    )


def _length(word: str) -> tuple[bool, ...]:
    size, digit = len(word), word.isdigit()
    return (
        size <= 2,
        size == 3,
        4 <= size <= 6,
        size >= 9,
        digit and size == 4,
        digit and size == 5,
        digit and size <= 2,
    )


def _place(number: int, word: str, before: str, gap: str) -> tuple[bool, ...]:
    return (
        number == 0 or before in (".", "?", "!", ":"),
        "\n" in gap,
        not gap,
        before in ("@", "#"),
        word in ("@", "#"),
        not word.isascii(),
    )


def around(lengths: Sequence[int]) -> NDArray[np.intp]:
    """[words, 2 * AROUND + 1]: rows of each word's neighbours in its own text; one past the end where there is none."""
    total, at = sum(lengths), 0
    rows = np.full((total, 2 * AROUND + 1), total)
    for length in lengths:
        here = np.arange(length)
        for step in range(-AROUND, AROUND + 1):
            inside = (here + step >= 0) & (here + step < length)
            rows[at : at + length][inside, step + AROUND] = at + here[inside] + step
        at += length
    return rows


def forward(arrays: dict[str, Any], x: Floats, neighbours: NDArray[np.intp]) -> Floats:
    """Log-probabilities [words, labels]."""
    own = np.maximum(_times((x - arrays["mean"]) / arrays["spread"], arrays["w1"]) + arrays["b1"], 0)
    padded = np.concatenate([own, np.zeros((1, own.shape[1]), np.float32)])
    context = padded[neighbours].reshape(len(x), -1)
    scores = _times(np.maximum(_times(context, arrays["w2"]) + arrays["b2"], 0), arrays["w3"]) + arrays["b3"]
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), dtype=np.float32)


def _times(a: Floats, b: Floats) -> Floats:
    """``a @ b`` on this thread alone.

    On a busy machine, waiting for BLAS's other threads takes a hundred times what they save on a sentence. OpenBLAS
    keeps to the calling thread below ``ONE_THREAD`` multiplications.
    """
    rows = max(2, ONE_THREAD // (b.shape[0] * b.shape[1]))
    if len(a) <= rows:
        return np.asarray(a @ b)
    return np.concatenate([a[at : at + rows] @ b for at in range(0, len(a), rows)])


def found(text: str, words: Sequence[Word], labels: Sequence[str], scores: Floats) -> list[Tag]:
    """The best sequence of labels as findings."""
    path = best(labels, scores)
    probability = np.exp(scores - scores.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    tags: list[Tag] = []
    members: list[float] = []
    kind = ""
    for number, label in enumerate(path):
        mark, _, here = labels[label].partition("-")
        if mark == "O":
            kind = ""
            continue
        own = [i for i, name in enumerate(labels) if name.endswith(f"-{here}")]
        share = float(probability[number, own].sum())
        start, end = words[number]
        if mark == "I" and here == kind and tags:
            members.append(share)
            start = tags.pop().start
        else:
            members, kind = [share], here
        tags.append(Tag(start, end, here, sum(members) / len(members)))
    return tags


def best(labels: Sequence[str], scores: Floats) -> list[int]:
    """The most probable sequence in which "I-X" only follows "B-X" or "I-X"."""
    steps, first = allowed(labels)
    total = scores[0] + first
    back = np.zeros(scores.shape, np.intp)
    for number in range(1, len(scores)):
        ways = total[:, None] + steps
        back[number] = ways.argmax(axis=0)
        total = ways.max(axis=0) + scores[number]
    path = [int(total.argmax())]
    for number in range(len(scores) - 1, 0, -1):
        path.append(int(back[number][path[-1]]))
    return path[::-1]


def allowed(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """Penalties of each step from label to label, and of each label at the beginning: 0 or FORBIDDEN."""
    inside = [label.startswith("I-") for label in labels]
    kinds = [label.partition("-")[2] for label in labels]
    steps = [
        [FORBIDDEN if inside[b] and kinds[a] != kinds[b] else 0.0 for b in range(len(labels))]
        for a in range(len(labels))
    ]
    return np.array(steps, np.float32), np.array([FORBIDDEN if i else 0.0 for i in inside], np.float32)

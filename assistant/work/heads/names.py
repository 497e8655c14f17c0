"""Trains the head that marks names, places, organisations, addresses, ages and dates (``encoder/heads/tagger.py``).

The network is fitted by Adam (Kingma and Ba 2015) with dropout on rows of the files given, the same rows with other
values and with typing errors or other case, and own sentences. Its figures are of groups that it never saw: a part of
each file that is held out, and, where asked for, a cross-validation with the own sentences in every fold.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.encoder.heads import tagger
from assistant.encoder.minilm import MiniLM
from assistant.work.heads.sentences import Sentence, Writer, from_rows
from assistant.work.measures.figures import Figures, read_lines
from assistant.work.measures.pii import Case, add_scores

KINDS = ("PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS", "DATE_TIME", "AGE", "TITLE", "NRP", "ZIP_CODE")
LABELS = ("O", *(f"{mark}-{kind}" for kind in KINDS for mark in "BI"))
HIDDEN = 96
DROP = 0.3
BATCH = 32
RATE = 0.002
"""Of Adam, falling to nothing over the epochs."""
Arrays = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Example:
    """``allowed`` [words, labels] is 1 where a label fits what is known; ``weight`` 0 for words that do not count."""

    sentence: Sentence
    x: Any
    allowed: Any
    weight: Any


@dataclass(frozen=True)
class Plan:
    """``own`` sentences of each template, ``epochs`` over all, ``held_out`` share of rows, ``folds`` (0: none)."""

    epochs: int
    own: int
    held_out: float
    folds: int


def examples(encoder: MiniLM, sentences: Sequence[Sentence]) -> list[Example]:
    made = []
    for number, sentence in enumerate(sentences):
        if number % 500 == 0 and number:
            print(f"\rencoding {number} of {len(sentences)}", end="", file=sys.stderr, flush=True)
        words = tagger.words_of(sentence.text)
        if words:
            seen = encoder.layer_states(sentence.text, background=True)
            x = tagger.features(sentence.text, words, seen.states, seen.offsets).astype(np.float16)
            made.append(Example(sentence, x, *target(sentence, words)))
    return made


def target(sentence: Sentence, words: Sequence[tagger.Word]) -> tuple[Any, Any]:
    allowed = np.zeros((len(words), len(LABELS)), np.float32)
    allowed[:, 0] = 1
    unknown = [i for i, label in enumerate(LABELS) if i and label[2:] not in sentence.kinds]
    allowed[:, unknown] = 1
    for start, end, kind in sentence.spans:
        inside = [i for i, (a, b) in enumerate(words) if a < end and b > start]
        if kind in KINDS:
            for i in inside:
                allowed[i] = 0
                allowed[i, LABELS.index(("B-" if i == inside[0] else "I-") + kind)] = 1
    skipped = [any(a < end and b > start for start, end in sentence.ignore) for a, b in words]
    return allowed, 1.0 - np.array(skipped, np.float32)


def fit(given: Sequence[Example], epochs: int, seed: int = 0) -> Arrays:
    """The arrays of a ``Tagger``."""
    rng = np.random.default_rng(seed)
    sample = np.concatenate([e.x for e in given[::11]]).astype(np.float32)
    size, seen = sample.shape[1], HIDDEN * (2 * tagger.AROUND + 1)
    shapes = {"w1": (size, HIDDEN), "w2": (seen, HIDDEN), "w3": (HIDDEN, len(LABELS))}
    arrays: Arrays = {"mean": sample.mean(axis=0), "spread": sample.std(axis=0) + 0.05}
    for name, shape in shapes.items():
        arrays[name] = rng.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
        arrays[name.replace("w", "b")] = np.zeros(shape[1], np.float32)
    moments = {
        name: [np.zeros_like(arrays[name]), np.zeros_like(arrays[name])]
        for name in ("w1", "b1", "w2", "b2", "w3", "b3")
    }
    steps, step = epochs * -(-len(given) // BATCH), 0
    for epoch in range(epochs):
        order, loss, began = rng.permutation(len(given)), 0.0, time.perf_counter()
        for at in range(0, len(given), BATCH):
            part = [given[i] for i in order[at : at + BATCH]]
            step += 1
            rate = RATE * (1 - step / (steps + 1))
            loss += _step(arrays, moments, part, rate, step, rng)
        print(
            f"epoch {epoch + 1}/{epochs}  loss {loss / (len(given) / BATCH):.4f}  {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    return arrays


def _step(arrays: Arrays, moments: Arrays, part: Sequence[Example], rate: float, step: int, rng: Any) -> float:
    x = (np.concatenate([e.x for e in part]).astype(np.float32) - arrays["mean"]) / arrays["spread"]
    x *= rng.random(x.shape, dtype=np.float32) > 0.1
    allowed = np.concatenate([e.allowed for e in part])
    weight = np.concatenate([e.weight for e in part])
    weight = (weight / max(weight.sum(), 1))[:, None]
    near = tagger.around([len(e.x) for e in part])
    raw = x @ arrays["w1"] + arrays["b1"]
    keep1 = (rng.random(raw.shape, dtype=np.float32) > DROP) / np.float32(1 - DROP) * (raw > 0)
    own = np.concatenate([raw * keep1, np.zeros((1, HIDDEN), np.float32)])
    context = own[near].reshape(len(x), -1)
    raw2 = context @ arrays["w2"] + arrays["b2"]
    keep2 = (rng.random(raw2.shape, dtype=np.float32) > DROP) / np.float32(1 - DROP) * (raw2 > 0)
    hidden = raw2 * keep2
    scores = hidden @ arrays["w3"] + arrays["b3"]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    fits = p * allowed
    total = fits.sum(axis=1, keepdims=True) + 1e-9
    back = (p - fits / total) * weight
    slopes: Arrays = {"w3": hidden.T @ back, "b3": back.sum(axis=0)}
    back = back @ arrays["w3"].T * keep2
    slopes |= {"w2": context.T @ back, "b2": back.sum(axis=0)}
    back = back @ arrays["w2"].T
    gathered = np.zeros((len(x) + 1, HIDDEN), np.float32)
    for column in range(near.shape[1]):  # within a column every neighbour occurs once, but for the padding
        gathered[near[:, column]] += back[:, column * HIDDEN : (column + 1) * HIDDEN]
    back = gathered[:-1] * keep1
    slopes |= {"w1": x.T @ back, "b1": back.sum(axis=0)}
    for name, slope in slopes.items():
        first, second = moments[name]
        first += 0.1 * (slope - first)
        second += 0.001 * (slope**2 - second)
        arrays[name] -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return float(-(np.log(total) * weight).sum())


def tags(arrays: Arrays, example: Example) -> list[tagger.Tag]:
    words = tagger.words_of(example.sentence.text)
    scores = tagger.forward(arrays, example.x.astype(np.float32), tagger.around([len(words)]))
    return tagger.found(example.sentence.text, words, LABELS, scores)


def crossed(
    rows: Sequence[Example], more: Sequence[Sequence[Example]], own: Sequence[Example], folds: int, epochs: int
) -> list[list[tagger.Tag]]:
    """Findings in each row by a head that never saw its group. ``more[i]`` are the variants of row i."""
    names = sorted({e.sentence.group for e in rows})
    random.Random(3).shuffle(names)  # noqa: S311
    fold = {name: i % folds for i, name in enumerate(names)}
    result: list[list[tagger.Tag]] = [[] for _ in rows]
    for k in range(folds):
        inside = [i for i, e in enumerate(rows) if fold[e.sentence.group] == k]
        outside = [i for i, e in enumerate(rows) if fold[e.sentence.group] != k]
        arrays = fit([*own, *(rows[i] for i in outside), *(m for i in outside for m in more[i])], epochs)
        for i in inside:
            result[i] = tags(arrays, rows[i])
    return result


def held_out(rows: Sequence[Example], share: float) -> set[int]:
    """About ``share`` of a file's rows, whole groups drawn at random."""
    groups: dict[str, list[int]] = {}
    for at, example in enumerate(rows):
        groups.setdefault(example.sentence.group, []).append(at)
    names = sorted(groups)
    random.Random(4).shuffle(names)  # noqa: S311
    chosen: set[int] = set()
    for name in names:
        if len(chosen) + len(groups[name]) <= 1.25 * share * len(rows):
            chosen |= set(groups[name])
        if len(chosen) >= share * len(rows):
            break
    return chosen


def train(encoder: MiniLM, data: Sequence[Path], licences: str, out: Path, plan: Plan) -> None:
    """Write the head to ``out`` (.npz) and its card beside it (.json)."""
    writer = Writer(1)
    made = examples(encoder, writer.own(KINDS, plan.own))
    made += examples(encoder, [writer.varied(e.sentence) for e in made[::3]])
    given: list[Example] = list(made)
    apart: dict[str, list[Example]] = {}
    figures: dict[str, dict[str, float]] = {}
    for path in data:
        rows = examples(encoder, from_rows(read_lines(path, ("text", "spans")), KINDS))
        more = [examples(encoder, _variants(writer, e.sentence)) for e in rows]
        if plan.folds:
            found = crossed(rows, more, made, plan.folds, plan.epochs)
            figures[f"{path.name}, cross-validated"] = _figures(rows, found)
        out_of_it = held_out(rows, plan.held_out)
        apart[path.name] = [rows[i] for i in sorted(out_of_it)]
        given += [e for i, row in enumerate(rows) if i not in out_of_it for e in (row, *more[i])]
    arrays = fit(given, plan.epochs)
    for name, rows in apart.items():
        if rows:
            figures[f"{name}, held out"] = _figures(rows, [tags(arrays, e) for e in rows])
    np.savez_compressed(out, **{n: a.astype(np.float16) for n, a in arrays.items()})
    card = {
        "labels": LABELS,
        "made": date.today().isoformat(),
        "data": [p.name for p in data],
        "licences": licences,
        "sentences": {"of files, with variants": len(given) - len(made), "own": len(made)},
        "split": f"groups with {plan.held_out:.0%} of each file's rows held out, never trained on; "
        f"{plan.folds or 'no'}-fold cross-validation by group",
        "held_out": {name: len(rows) for name, rows in apart.items()},
        "figures": figures,
    }
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card["figures"], indent=1))


def _variants(writer: Writer, sentence: Sentence) -> list[Sentence]:
    if not sentence.spans:
        return []
    return [writer.varied(sentence), writer.varied(writer.other_values(sentence))]


def _figures(rows: Sequence[Example], found: Sequence[Sequence[tagger.Tag]]) -> dict[str, float]:
    figures = Figures()
    kinds = sorted(rows[0].sentence.kinds)
    add_scores(figures, [_case(e, t) for e, t in zip(rows, found, strict=True)], kinds)
    return {name: value for name, value in figures.figures.items() if value == value}


def _case(example: Example, found: Sequence[tagger.Tag]) -> Case:
    gold = tuple(s for s in example.sentence.spans if s[2] in KINDS)
    return Case(
        example.sentence.text,
        gold,
        example.sentence.ignore,
        tuple((t.start, t.end, t.kind) for t in found),
        example.sentence.group,
        example.sentence.kinds,
    )

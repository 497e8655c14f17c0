"""Labelled sentences: rows of files, varied, and own ones filled from ``names.yaml``. Everything follows a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from assistant.work.heads import fillers

MATERIAL = Path(__file__).with_name("names.yaml")
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Sentence:
    """``spans`` are (start, end, type); ``ignore`` counts neither way; ``kinds`` are the types that are labelled."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    ignore: tuple[tuple[int, int], ...]
    kinds: frozenset[str]
    group: str


def from_rows(rows: Sequence[dict[str, Any]], kinds: Sequence[str]) -> list[Sentence]:
    """Rows of a file in the format of ``measure.py pii``; a type that no row has is taken as not labelled."""
    known = frozenset(s["type"] for r in rows for s in r["spans"]) & frozenset(kinds)
    return [
        Sentence(
            r["text"],
            tuple((s["start"], s["end"], s["type"]) for s in r["spans"]),
            tuple((s["start"], s["end"]) for s in r.get("ignore") or ()),
            known,
            str(r.get("group", r.get("id", number))),
        )
        for number, r in enumerate(rows)
    ]


class Writer:
    """Own sentences, and other values in given ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        lists = yaml.safe_load(MATERIAL.read_text(encoding="utf-8"))
        self.fill = fillers.Fillers(lists, self.random)
        self.templates = [
            (kind, t) for kind in ("people", "places", "organisations", "dates", "nothing") for t in lists[kind]
        ]

    def own(self, kinds: Sequence[str], each: int) -> list[Sentence]:
        """``each`` sentences of every template."""
        return [
            self._filled(t, frozenset(kinds), f"own-{i}")
            for i, (_, t) in enumerate(self.templates)
            for _ in range(each)
        ]

    def other_values(self, sentence: Sentence) -> Sentence:
        """The same sentence about other people, places and organisations."""
        return _rebuilt(sentence, lambda text, kind: self.fill.of_type(kind, text) or text)

    def varied(self, sentence: Sentence) -> Sentence:
        """In lower case, in upper case, with typing errors, or as it is."""
        way = self.random.random()
        if way < 0.35 and len(sentence.text.lower()) == len(sentence.text):
            return replace(sentence, text=sentence.text.lower())
        if way < 0.45 and len(sentence.text.upper()) == len(sentence.text):
            return replace(sentence, text=sentence.text.upper())
        return self._mistyped(sentence) if way < 0.7 else sentence

    def _mistyped(self, sentence: Sentence) -> Sentence:
        """Two letters swapped here and there: positions stay what they are."""
        chars = list(sentence.text)
        for at in range(1, len(chars) - 2):
            if self.random.random() < 0.03 and chars[at].isalpha() and chars[at + 1].isalpha():
                chars[at], chars[at + 1] = chars[at + 1], chars[at]
        return replace(sentence, text="".join(chars))

    def _filled(self, template: str, kinds: frozenset[str], group: str) -> Sentence:
        text, spans, at = "", [], 0
        for match in SLOT.finditer(template):
            text += template[at : match.start()]
            value, kind = self.fill(match.group(1))
            if kind:
                spans.append((len(text), len(text) + len(value), kind))
            text += value
            at = match.end()
        return Sentence(text + template[at:], tuple(spans), (), kinds, group)


def _rebuilt(sentence: Sentence, value: Any) -> Sentence:
    text, spans, at = "", [], 0
    for start, end, kind in sorted(sentence.spans):
        if start < at:
            continue
        text += sentence.text[at:start]
        new = value(sentence.text[start:end], kind)
        spans.append((len(text), len(text) + len(new), kind))
        text += new
        at = end
    return replace(sentence, text=text + sentence.text[at:], spans=tuple(spans), ignore=())

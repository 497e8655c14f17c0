"""What a document is called, as words: how near-identical documents are told apart.

Two documents are variants of one another when most of the words of their names are the same and some are not
("Health plan Standard" and "Health plan Plus", "2023 Q1 report" and "2023 Q2 report"). A question names one of them
when it holds a word that only that one's name has. Names are the title and the file's name; what tells documents
apart only in their text is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from assistant.tiers.extract import stem
from assistant.values import Document

NAME_WORD = re.compile(r"[^\W_]+")
LEAST_SHARED = 0.5
"""Share of the shorter name's words that variants have in common."""
EMPTY = frozenset("the a an of for and to in on at by with our your v pdf docx md html xlsx final copy".split())  # noqa: SIM905


def words(text: str) -> frozenset[str]:
    """Stems of the words of ``text`` that can tell one name from another."""
    return frozenset(stem(w.lower()) for w in NAME_WORD.findall(text) if w.lower() not in EMPTY)


def name_words(document: Document) -> frozenset[str]:
    """Stems of the words of its title and its file's name."""
    return _name_words(document.title, document.source_name)


def variants(one: Document, other: Document) -> bool:
    """Whether two documents are variants: other documents, nearly the same name."""
    if one.id == other.id:
        return False
    mine, theirs = name_words(one), name_words(other)
    shared = len(mine & theirs)
    return shared >= LEAST_SHARED * min(len(mine), len(theirs)) and mine != theirs and shared > 0


def telling(one: Document, others: Sequence[Document]) -> frozenset[str]:
    """Words of its name that not all of ``others`` have: what names it among them."""
    everywhere = name_words(one).intersection(*(name_words(other) for other in others))
    return name_words(one) - everywhere


def label(document: Document, among: Sequence[Document]) -> str:
    """What to call ``document`` among its variants: its title, or its file's name where titles are the same."""
    titles = [other.title.casefold() for other in among]
    if titles.count(document.title.casefold()) == 1:
        return document.title
    return PurePosixPath(document.source_name).stem.replace("_", " ")


@lru_cache(maxsize=20_000)
def _name_words(title: str, source_name: str) -> frozenset[str]:
    return words(title) | words(PurePosixPath(source_name).stem)

"""The words of the pages in the reader's language: English in the code, others in ``languages/<code>/*.yaml``.

Two doors. ``t("Send")`` is for words that a page itself says; ``later("Send")`` for those that Gradio takes when the
pages are built, before there is a reader (``finish`` turns them into words as the page goes out). ``tell(text)`` is for
sentences that come ready-made in English from below the pages: errors, endings, notices. They are kept and recorded
as they are and recognised here by their template, so ``raise Refused(f"Wait {n} seconds.")`` needs nothing more than
the entry ``Wait {} seconds.`` in a language's file. ``tests/ui/test_i18n.py`` finds every sentence of both kinds in
the code and fails for one without an entry and for an entry without a use.

What is said in answers and documents stays in their own language. The current language is a context variable, set
for each request and each event by whoever knows the reader (``session.speak``); without it, English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}
"""Code and own name. English is what the code says."""
FOLDER = Path(__file__).parent / "languages"
OPEN, SHUT = "\ue010", "\ue011"
LATER = re.compile(f"{OPEN}([^{SHUT}]*){SHUT}")
HOLE = re.compile(r"\{(\d*)\}")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
GROUPED = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?")
MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
}
SEPARATORS = {"en": (",", "."), "id": (".", ",")}
"""Between thousands, before decimals."""
LONGEST = 2000
"""Longer texts are no ready-made sentences."""

_current: ContextVar[str] = ContextVar("language", default="en")


def use(language: str) -> None:
    """Speak ``language`` from here on in this request or event; English where it is not one of ours."""
    _current.set(language if language in LANGUAGES else "en")


def current() -> str:
    """The code of the language being spoken."""
    return _current.get()


def t(text: str, **values: object) -> str:
    """``text`` in the reader's language, its ``{name}`` filled in. Escape values for HTML before they go in."""
    words = _catalogue(current()).get(text, text)
    return words.format(**values) if values else words


def plural(one: str, other: str, count: int, **values: object) -> str:
    """``one`` or ``other`` by ``count``, which both may name as ``{n}``. The entry stands under ``other``."""
    found = _catalogue(current()).get(other)
    words = found or (one if count == 1 else other)
    return words.format(n=number(count), **values)


def later(text: str) -> str:
    """A mark that ``finish`` turns into ``t(text)`` when a page goes out."""
    return f"{OPEN}{text}{SHUT}"


def now(text: str) -> str:
    """Every mark of ``later`` in ``text`` in the reader's language."""
    return LATER.sub(lambda mark: t(mark[1]), text)


def finish(page: str) -> str:
    """A page with JSON in it, every mark of ``later`` in the reader's language."""
    return LATER.sub(lambda mark: json.dumps(t(json.loads(f'"{mark[1]}"')), ensure_ascii=False)[1:-1], page)


def tell(text: str) -> str:
    """A ready-made English sentence in the reader's language; one that nobody translated stays as it is."""
    return text if current() == "en" else _told(current(), text)


def number(value: float, digits: int = 0) -> str:
    """1,234.5 or 1.234,5."""
    thousands, point = SEPARATORS[current()]
    return f"{value:,.{digits}f}".translate({ord(","): thousands, ord("."): point})


def day(when: date) -> str:
    """25 Nov 2026."""
    return f"{when.day} {MONTHS[current()][when.month - 1]} {when.year}"


def minute(when: datetime) -> str:
    """25 Nov, 14:05."""
    return f"{when.day} {MONTHS[current()][when.month - 1]}, {when:%H:%M}"


def preferred(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header."""
    wanted = []
    for part in accept_language[:500].split(","):
        code, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), code.split("-")[0].strip().lower()))
        except ValueError:
            continue
    ordered = sorted(wanted, key=lambda pair: -pair[0])
    return next((code for weight, code in ordered if weight > 0 and code in LANGUAGES), "en")


@lru_cache(maxsize=8)
def _catalogue(language: str) -> Mapping[str, str]:
    """English to ``language``, from all files of its folder."""
    words: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.yaml")):
        words |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return words


@lru_cache(maxsize=8)
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Entries with numbered holes as patterns, those that say most first."""
    keys = [key for key in _catalogue(language) if "{}" in key]
    keys.sort(key=lambda key: -len(key.replace("{}", "")))
    return [
        (re.compile("(.*?)".join(map(re.escape, key.split("{}"))), re.DOTALL), _catalogue(language)[key])
        for key in keys
    ]


@lru_cache(maxsize=4096)
def _told(language: str, text: str) -> str:
    words = _catalogue(language)
    if text in words or len(text) > LONGEST:
        return words.get(text, text)
    for pattern, translation in _templates(language):
        if found := pattern.fullmatch(text):
            return _fill(language, translation, found.groups())
    before, colon, after = text.partition(": ")
    return f"{_told(language, before)}: {_told(language, after)}" if colon else text


def _fill(language: str, translation: str, values: tuple[Any, ...]) -> str:
    counted = iter(range(len(values)))
    return HOLE.sub(lambda hole: _value(language, values[int(hole[1] or next(counted))]), translation)


def _value(language: str, text: str) -> str:
    if ISO_DAY.fullmatch(text):
        try:
            return day(date.fromisoformat(text))
        except ValueError:
            return text
    if GROUPED.fullmatch(text):
        thousands, point = SEPARATORS[language]
        return text.translate({ord(","): thousands, ord("."): point})
    return _told(language, text)

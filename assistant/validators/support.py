"""How well passages support a sentence: a pure function of words, figures, names and negations.

Score 0 to 1. The base is the share of the sentence's words found in the passages: content words weighted by
length, those that one place of a passage covers, and all words. A figure, date, unit, currency or name that the
passages do not state, or a negation or opposite that disagrees, pulls it to 0.2 or less; a figure or name that the
passages state in another place than the one the sentence is about pulls it to 0.45 or less. It understands nothing:
a paraphrase in other words scores low, a false sentence made of a passage's own words may score high.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.validators.figures import Day, Figure, dates, figures
from assistant.validators.words import OPPOSITES, WORD, content, names, negates, stem, weight

RULE = re.compile(r"\s*\|[\s:|-]*-[\s:|-]*")
MARK = re.compile(r"\s*\[\d{1,3}\]")
LEAD = re.compile(r"^\s*(?:[-*•>]\s+|#{1,6}\s+|\d{1,3}[.)]\s+)*")
PLACE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n+")
SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*(?:\s*\[\d{1,3}\])*\s+(?=[^\s\d\[])|\n+")
VIOLATED = 0.2
MISPLACED = 0.45
QUOTED_WORDS = 5
"""A sentence of so many words that stands word for word in a passage is a quotation and supported."""
QUOTE_TOKEN = re.compile(r"\w+|[^\w\s]")
GAP, RIVAL_GAP = 0.34, 0.1
CONTENT, CLOSEST, PLAIN = 0.45, 0.15, 0.4
"""Shares of the base: content words anywhere, content words of the closest place, all words anywhere."""
ASKED = 0.4
"""Credit for a content word that only the question has."""


@dataclass(frozen=True)
class Support:
    """``score`` 0 to 1; ``missing`` what the passages do not say, in words; ``coverage`` the base before penalties."""

    score: float
    missing: tuple[str, ...] = ()
    coverage: float = 0.0


@dataclass(frozen=True)
class Place:
    """One sentence, item or row of a passage."""

    words: frozenset[str]
    lower: tuple[str, ...]
    every: frozenset[str]
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    negated: tuple[tuple[str, ...], ...]
    """For each negation the content words behind it, at most two: what it denies."""


def support(sentence: str, passages_texts: Sequence[str], question: str = "") -> Support:
    """Support of one ``sentence`` by ``passages_texts``; words of ``question`` may be repeated, its figures may not."""
    plain = LEAD.sub("", MARK.sub("", sentence))
    places = [place for text in passages_texts for place in _places(text)]
    said = _place(plain)
    if not said.lower:
        return Support(1.0, (), 1.0)
    if not places:
        return Support(0.0, ("a passage",), 0.0)
    everything = frozenset().union(*(place.words for place in places))
    asked = frozenset(content(question))
    if len(said.lower) >= QUOTED_WORDS and any(_bare(plain) in _bare(text) for text in passages_texts):
        return Support(1.0, (), 1.0)
    base = _share(said.words, everything, asked)
    covers = [_share(said.words, place.words | asked, frozenset()) for place in places]
    coverage = min(1.0, CONTENT * base + CLOSEST * max(covers) + PLAIN * _plain_share(said.lower, places))
    missing = [*_unstated(said, places), *_unnamed(plain, passages_texts, question)]
    missing += _disagreeing(said, places, covers)
    if missing:
        return Support(round(min(VIOLATED, VIOLATED * coverage), 4), tuple(missing), round(coverage, 4))
    elsewhere = _misplaced(said, places, covers)
    if elsewhere:
        return Support(round(min(MISPLACED, coverage * 0.5), 4), tuple(elsewhere), round(coverage, 4))
    return Support(round(coverage, 4), (), round(coverage, 4))


def answer_support(answer: str, passages_texts: Sequence[str], question: str = "") -> Support:
    """Support of a whole ``answer``: the mean over its sentences, weighted by their content words."""
    parts = [support(s, passages_texts, question) for s in sentences(answer)]
    sizes = [1 + len(content(s)) for s in sentences(answer)]
    if not parts:
        return Support(0.0)
    total = sum(sizes)
    return Support(
        round(sum(p.score * n for p, n in zip(parts, sizes, strict=True)) / total, 4),
        tuple(m for p in parts for m in p.missing),
        round(sum(p.coverage * n for p, n in zip(parts, sizes, strict=True)) / total, 4),
    )


def sentences(text: str) -> list[str]:
    """Sentences, items and rows of ``text`` that hold at least one letter or digit."""
    return [part for part in SENTENCE.split(text) if part and any(c.isalnum() for c in MARK.sub("", part))]


@lru_cache(maxsize=2_000)
def _places(text: str) -> tuple[Place, ...]:
    found, header, before = [], "", ""
    for line in text.split("\n"):
        if RULE.fullmatch(line):
            header = before
        elif line.lstrip().startswith("|"):
            found.append(_place(f"{header} {line}"))  # a cell means what its column says
        else:
            header = ""
            found += [_place(part) for part in PLACE.split(line) if part.strip()]
        before = line
    return tuple(found)


@lru_cache(maxsize=2_000)
def _bare(text: str) -> str:
    """Words and marks alone, for telling a quotation."""
    return f" {' '.join(QUOTE_TOKEN.findall(text.replace('**', '').replace('__', '')))} "


def _place(text: str) -> Place:
    days, rest = dates(text)
    lower = tuple(w.lower() for w in WORD.findall(text))
    scopes = []
    for at, word in enumerate(lower):
        if negates(word):
            scopes.append(tuple(content(" ".join(lower[at + 1 : at + 8]))[:2]))
    return Place(frozenset(content(text)), lower, frozenset(lower), tuple(figures(rest)), tuple(days), tuple(scopes))


def _share(words: frozenset[str], known: frozenset[str], asked: frozenset[str]) -> float:
    """Weighted share of ``words`` in ``known``; words that only the question has count for little either way."""
    total = found = 0.0
    for word in words:
        amount = weight(word) * (0.3 if word in asked and word not in known else 1.0)
        total += amount
        if word in known:
            found += amount
        elif word in asked:
            found += ASKED * amount
        elif len(word) >= 6 and any(k.startswith(word[:5]) for k in known):
            found += 0.7 * amount
    return found / total if total else 1.0


def _plain_share(words: Sequence[str], places: Sequence[Place]) -> float:
    """Share of all words of a sentence, small ones too, that stand in the passages."""
    return sum(any(word in place.every for place in places) for word in words) / len(words)


def _unstated(said: Place, places: Sequence[Place]) -> list[str]:
    known = [figure for place in places for figure in place.figures]
    days = [day for place in places for day in place.days]
    missing = []
    for figure in said.figures:
        if any(figure.stated_by(other) for other in known):
            continue
        if any(figure.value in (str(d.year), str(d.day)) for d in days) and not (figure.unit or figure.currency):
            continue
        missing.append(f"figure {figure.currency} {figure.value} {figure.unit}".replace("  ", " ").strip())
    for day in said.days:
        if any(day.stated_by(other) for other in days):
            continue
        missing.append(f"date {day.year or '····'}-{day.month:02}-{day.day or 0:02}")
    return missing


def _unnamed(plain: str, texts: Sequence[str], question: str) -> list[str]:
    found = list(dict.fromkeys(names(plain)))
    if not found:
        return []
    known = _name_forms(question).union(*(_name_forms(text) for text in texts))
    return [f"name {name}" for name in found if not _named(name, known)]


def _named(name: str, known: frozenset[str]) -> bool:
    if name[0] == "<":
        return name in known
    return all(p in known or stem(p) in known for p in re.split(r"['’]", name.lower())[:1])


@lru_cache(maxsize=2_000)
def _name_forms(text: str) -> frozenset[str]:
    words = WORD.findall(text)
    lower = [w.lower() for w in words]
    initials = {"".join(w[0] for w in lower[i : i + n]) for n in (2, 3, 4) for i in range(len(lower) - n + 1)}
    return frozenset(w for w in words if w[0] == "<").union(lower, (stem(w) for w in lower), initials)


def _disagreeing(said: Place, places: Sequence[Place], covers: Sequence[float]) -> list[str]:
    """Negations and opposites on which the sentence and the places it is closest to do not agree."""
    top = max(covers)
    if top < 0.5 or not said.words:
        return []
    near = [place for place, cover in zip(places, covers, strict=True) if cover >= top - 0.1]
    missing = []
    if not any(_agree(said, place) for place in near):
        missing.append("negation")
    stated = frozenset().union(*(place.every for place in near))
    for one, other in OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if mine & said.every and not theirs & said.every and theirs & stated and not mine & stated:
                missing.append(f"{min(theirs & stated)}, not {min(mine & said.every)}")
    return missing


def _agree(said: Place, place: Place) -> bool:
    """Whether both deny the same: none denied by the sentence alone, none dropped of what it repeats."""
    if len(said.negated) > len(place.negated):
        return False
    dropped = (
        scope
        for scope in place.negated
        if scope and said.words.issuperset(scope) and not any(scope[0] in mine or not mine for mine in said.negated)
    )
    return next(dropped, None) is None


def _misplaced(said: Place, places: Sequence[Place], covers: Sequence[float]) -> list[str]:
    """Figures and dates that stand only in places further from the sentence than the closest one.

    How much further is allowed depends on the closest place: little where it has another figure of the same unit.
    """
    top = max(covers)
    if top < 0.5:
        return []
    closest = [place for place, cover in zip(places, covers, strict=True) if cover >= top - 0.02]
    missing = []
    for figure in said.figures:
        with_it = [c for p, c in zip(places, covers, strict=True) if any(figure.stated_by(f) for f in p.figures)]
        rival = any(f.rivals(figure) for place in closest for f in place.figures)
        if with_it and max(with_it) < top - (RIVAL_GAP if rival else GAP):
            missing.append(f"figure {figure.value} belongs to something else")
    for day in said.days:
        with_it = [c for p, c in zip(places, covers, strict=True) if any(day.stated_by(d) for d in p.days)]
        rival = any(place.days for place in closest)
        if with_it and max(with_it) < top - (RIVAL_GAP if rival else GAP):
            missing.append("date belongs to something else")
    return missing

"""What speaks for and against a sentence in its passages: a few numbers each, from words, figures, names, negations.

``weigh`` compares a sentence with every place (sentence, item or row) of the passages. Two kinds of numbers come out:
how much of the sentence the passages cover, and what they do not say or say of something else. The second kind is
also given times how closely the rest is covered: a near-quotation with one other figure is a lie, a loose paraphrase
with one may not be. It understands nothing; ``support.py`` makes a score of the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.validators.figures import SMALL, TENS, Day, Figure, dates, figures
from assistant.validators.words import OPPOSITES, WORD, content, names, negates, stem, weight

RULE = re.compile(r"\s*\|[\s:|-]*-[\s:|-]*")
PLACE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n+")
QUOTE_TOKEN = re.compile(r"\w+|[^\w\s]")
ASKED = 0.4
"""Credit for a content word that only the question has."""
NEAR = 0.1
"""Places whose coverage is this near the best one's are what the sentence may be about."""
SPELLED = {word: str(value) for word, value in {**SMALL, **TENS}.items() if word != "one"}
CLOSE = 0.75
"""From this coverage on a place says nearly the same, and what differs contradicts it."""
DIFFER = 0.6
"""Share of a denied phrase that has to stand undenied in the other text to be called a contradiction."""
ALIAS = (("united states", "us usa u.s america american"), ("united kingdom", "uk u.k britain british"),
         ("european union", "eu"))  # fmt: skip
AGAINST = (
    "figure", "figure_far", "figure_loose", "date", "date_far", "name", "name_far", "name_loose", "denies", "affirms",
    "opposite",
)  # fmt: skip
COVER = ("bias", "words", "content", "closest", "pairs", "short")
FEATURES = (*COVER, *AGAINST, *(f"{name}_close" for name in AGAINST))


@dataclass(frozen=True)
class Place:
    """One sentence, item or row of a passage, with what stands right before and behind it."""

    words: frozenset[str]
    lower: tuple[str, ...]
    every: frozenset[str]
    figures: tuple[Figure, ...]
    days: tuple[Day, ...]
    negated: tuple[frozenset[str], ...]
    """For each negation the stems around it: what it may deny."""
    pairs: frozenset[tuple[str, str]]
    around: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evidence:
    """``numbers`` in the order of FEATURES; ``missing`` what the passages do not say, in words."""

    numbers: tuple[float, ...]
    missing: tuple[str, ...]
    contradicts: bool = False
    """Whether a place that says nearly the same has another figure, the opposite, or the negation of one of them."""

    @property
    def coverage(self) -> float:
        """Mean of the shares of words, content words and the closest place."""
        _, words, telling, closest, *_ = self.numbers
        return round((words + telling + closest) / 3, 4)


def weigh(sentence: str, texts: Sequence[str], question: str = "") -> Evidence:
    """``sentence`` (free of marks) against ``texts``; both hold something."""
    places = [place for text in texts for place in places_of(text)]
    said = _place(sentence)
    everything = frozenset().union(*(place.words for place in places))
    asked = frozenset(content(question))
    named = names(sentence)
    covers = _covers(said, named, places, asked)
    top = max(covers)
    against, missing = dict.fromkeys(AGAINST, 0.0), list[str]()
    _figures(said, places, covers, against, missing)
    _names(named, sentence, texts, question, places, covers, against, missing)
    _polarity(said, places, covers, against, missing)
    _loose(said, named, places, against)
    cover = {
        "bias": 1.0,
        "words": _plain_share(said.lower, places),
        "content": _share(said.words, everything, asked),
        "closest": top,
        "pairs": _pair_share(said, places),
        "short": 1.0 / max(1, len(said.lower)),
    }
    numbers = [*(cover[name] for name in COVER), *(against[name] for name in AGAINST)]
    rival = any(_rival(said, place) for place, cover in zip(places, covers, strict=True) if cover >= top - 0.02)
    differs = (rival and against["figure_far"] > NEAR, against["opposite"], against["denies"] > DIFFER,
               against["affirms"] > DIFFER)  # fmt: skip
    return Evidence(
        (*numbers, *(against[name] * top for name in AGAINST)), tuple(missing), top >= CLOSE and any(differs)
    )


def _rival(said: Place, place: Place) -> bool:
    return any(theirs.rivals(mine) for mine in said.figures for theirs in place.figures)


@lru_cache(maxsize=2_000)
def places_of(text: str) -> tuple[Place, ...]:
    """The places of a passage; a row of a table is read with its header."""
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
    forms = [place.every | {stem(w) for w in place.every} for place in found]
    title = forms[0] if forms else frozenset()
    return tuple(
        Place(p.words, p.lower, p.every, p.figures, p.days, p.negated, p.pairs,
              title.union(*forms[max(0, i - 2) : i + 2]))
        for i, p in enumerate(found)
    )  # fmt: skip


@lru_cache(maxsize=2_000)
def rows_of(text: str) -> frozenset[str]:
    """Each table row of ``text`` read out with the names of its columns (A — Days: 18; Pay: full), as ``bare`` text."""
    found, header = set(), list[str]()
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if not line.lstrip().startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if RULE.fullmatch(line):
            continue
        if at + 1 < len(lines) and RULE.fullmatch(lines[at + 1]):
            header = cells
            continue
        named = [f"{header[i]}: {c}" if i < len(header) and header[i] else c for i, c in enumerate(cells) if c and i]
        read = f"{cells[0]} — {'; '.join(named)}" if cells[0] and named else cells[0] or "; ".join(named)
        found.add(bare(read.rstrip(".")))
    return frozenset(found)


@lru_cache(maxsize=2_000)
def bare(text: str) -> str:
    """Words and marks alone, for telling a quotation."""
    return f" {' '.join(QUOTE_TOKEN.findall(text.replace('**', '').replace('__', '')))} "


def _place(text: str) -> Place:
    days, rest = dates(text)
    lower = tuple(SPELLED.get(w.lower(), w.lower()) for w in WORD.findall(text))
    scopes = []
    for at, word in enumerate(lower):
        if negates(word) and lower[at + 1 : at + 2] != ("only",):
            scopes.append(frozenset([*content(" ".join(lower[max(0, at - 4) : at]))[-1:],
                                     *content(" ".join(lower[at + 1 : at + 8]))[:2]]))  # fmt: skip
    stems = [stem(w) for w in lower]
    pairs = frozenset(pairwise(stems))
    return Place(
        frozenset(content(text)), lower, frozenset(lower), tuple(figures(rest)), tuple(days), tuple(scopes), pairs
    )


def _covers(said: Place, named: Sequence[str], places: Sequence[Place], asked: frozenset[str]) -> list[float]:
    """How much of the sentence's content, names aside, each place holds."""
    own = said.words - {stem(n.lower()) for n in named} or said.words
    return [_share(own, place.words | asked, frozenset()) for place in places]


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
    return sum(any(word in place.every for place in places) for word in words) / max(1, len(words))


def _pair_share(said: Place, places: Sequence[Place]) -> float:
    """Share of the sentence's neighbouring words that are neighbours in a passage too."""
    if not said.pairs:
        return 1.0
    return sum(any(pair in place.pairs for place in places) for pair in said.pairs) / len(said.pairs)


def _figures(
    said: Place, places: Sequence[Place], covers: Sequence[float], against: dict[str, float], missing: list[str]
) -> None:
    """Figures and dates that stand nowhere, or only in places further from the sentence than its closest."""
    top = max(covers)
    days = [day for place in places for day in place.days]
    for figure in said.figures:
        with_it = [c for p, c in zip(places, covers, strict=True) if any(figure.stated_by(f) for f in p.figures)]
        plain = not (figure.unit or figure.currency)
        if not with_it and plain and any(figure.value in (str(d.year), str(d.day)) for d in days):
            with_it = [c for p, c in zip(places, covers, strict=True) if p.days]
        if not with_it:
            against["figure"] = 1.0
            missing.append(f"figure {figure.currency} {figure.value} {figure.unit}".replace("  ", " ").strip())
            continue
        _far("figure", f"figure {figure.value}", top - max(with_it), against, missing)
    for day in said.days:
        with_it = [c for p, c in zip(places, covers, strict=True) if any(day.stated_by(d) for d in p.days)]
        if not with_it:
            against["date"] = 1.0
            missing.append(f"date {day.year or '····'}-{day.month:02}-{day.day or 0:02}")
            continue
        _far("date", "date", top - max(with_it), against, missing)


def _far(kind: str, what: str, gap: float, against: dict[str, float], missing: list[str]) -> None:
    against[f"{kind}_far"] = max(against[f"{kind}_far"], gap)
    if gap > 0.1:
        missing.append(f"{what} belongs to something else")


def _names(
    named: Sequence[str],
    sentence: str,
    texts: Sequence[str],
    question: str,
    places: Sequence[Place],
    covers: Sequence[float],
    against: dict[str, float],
    missing: list[str],
) -> None:
    """Names that stand nowhere, or nowhere near what the sentence is about."""
    if not named:
        return
    known = name_forms(question).union(*(name_forms(text) for text in texts))
    own = _initials([w.lower() for w in WORD.findall(sentence)])
    for name in dict.fromkeys(named):
        forms = _forms(name)
        if not (forms & known or (name.isupper() and name.lower() in own)):
            against["name"] = 1.0
            missing.append(f"name {name}")
            continue
        near = [c for p, c in zip(places, covers, strict=True) if forms & p.around]
        gap = max(covers) - max(near) if near else 0.0
        against["name_far"] = max(against["name_far"], gap)
        if gap > 0.2:
            missing.append(f"name {name} belongs to something else")


def _forms(name: str) -> frozenset[str]:
    if name[0] == "<":
        return frozenset({name, name.lower()})
    plain = re.split(r"['’]", name.lower())[0]
    same = [o for full, others in ALIAS for o in others.split() if plain in full.split()]
    back = [w for full, others in ALIAS for w in full.split() if plain in others.split()]
    return frozenset({plain, stem(plain), *same, *back})


@lru_cache(maxsize=2_000)
def name_forms(text: str) -> frozenset[str]:
    """The forms in which ``text`` holds a name: words, stems, initials of neighbours."""
    words = WORD.findall(text)
    lower = [w.lower() for w in words]
    return frozenset(w for w in words if w[0] == "<").union(lower, (stem(w) for w in lower), _initials(lower))


def _initials(lower: Sequence[str]) -> set[str]:
    return {"".join(w[0] for w in lower[i : i + n]) for n in (2, 3, 4) for i in range(len(lower) - n + 1)}


def _polarity(
    said: Place, places: Sequence[Place], covers: Sequence[float], against: dict[str, float], missing: list[str]
) -> None:
    """Negations and opposites on which the sentence and the places closest to it do not agree."""
    top = max(covers)
    near = [place for place, cover in zip(places, covers, strict=True) if cover >= top - NEAR]
    against["denies"] = min(_denied(said, place) for place in near)
    against["affirms"] = min(_denied(place, said) for place in near)
    if max(against["denies"], against["affirms"]) > DIFFER:
        missing.append("negation")
    stated = frozenset().union(*(place.every for place in near))
    for one, other in OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if mine & said.every and not theirs & said.every and theirs & stated and not mine & stated:
                against["opposite"] = 1.0
                missing.append(f"{min(theirs & stated)}, not {min(mine & said.every)}")


def _denied(one: Place, other: Place) -> float:
    """How much of what ``one`` denies ``other`` states without a negation, 0 to 1; negations are matched in pairs."""
    worst, left = 0.0, list(other.negated)
    for scope in one.negated:
        same = max(left, key=lambda theirs: len(theirs & scope), default=frozenset())
        if same & scope or not scope:
            left = [theirs for theirs in left if theirs is not same]
            continue
        worst = max(worst, len(scope & other.words) / len(scope))
    return worst


def _loose(said: Place, named: Sequence[str], places: Sequence[Place], against: dict[str, float]) -> None:
    """Figures and names whose neighbours are others in the passages, while the rest of the sentence keeps its own."""
    stated = frozenset[tuple[str, str]]().union(*(place.pairs for place in places))
    every = frozenset[str]().union(*(place.every for place in places))
    name_stems = {stem(n.lower()) for n in named if n.lower() in every}
    loose: dict[str, list[bool]] = {"figure_loose": [], "name_loose": [], "rest": []}
    for pair in said.pairs:
        kind = "figure_loose" if any(p[:1].isdigit() for p in pair) else "rest"
        loose["name_loose" if name_stems & set(pair) else kind].append(pair in stated)
    rest = sum(loose["rest"]) / len(loose["rest"]) if loose["rest"] else 0.0
    for kind in ("figure_loose", "name_loose"):
        if loose[kind]:
            against[kind] = max(0.0, rest - sum(loose[kind]) / len(loose[kind]))

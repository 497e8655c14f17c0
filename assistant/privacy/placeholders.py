"""The map of one conversation between personal values and the placeholders that stand for them.

One-to-one and stable: a value keeps its placeholder over all turns, and no placeholder ever means two values.
Text that only looks like a placeholder (typed by somebody, or standing in a document) gets an entry of its own, so it
can neither collide with a value nor be restored to one. Restoring takes exact matches only, in one pass: what was
restored is not looked at again. Values are compared letter by letter, names of persons whatever their case.

Names that may mean one person: a part of a name ("Aisha", "Ms Rahman" beside "Aisha Rahman") is a value of its own, so
that it comes back as it was written and never as somebody else. Where its words are those of exactly one person known
so far, its placeholder says so to a model (``<PERSON_1_2>``, another name of ``<PERSON_1>``); in doubt it is a person
of its own. Possessive endings stay outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from assistant.values import Masked, Span

PLACEHOLDER = re.compile(r"<([A-Z][A-Z0-9_]*)_([1-9][0-9]*)>")
LITERAL = "LITERAL"
PERSON = "PERSON"
POSSESSIVE = re.compile(r"['’]s?$")
TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "mdm", "dr", "prof", "sir", "madam", "puan", "encik", "datuk", "ibu", "bapak", "pak",
     "bu", "khun", "anh", "chị", "ông", "bà")
)  # fmt: skip
Instead = Callable[[Span, str], str | None]
"""What stands in the place of a span with this value, or None for a placeholder."""


class PlaceholderMap:
    """``values`` maps placeholder to value, as it was stored. Not for use by two threads at once."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._value_of: dict[str, str] = {}
        self._placeholder_of: dict[str, str] = {}
        self._last: dict[str, int] = {}
        self._persons: dict[str, str] = {}
        self._known: re.Pattern[str] | None = None
        for placeholder, value in (values or {}).items():
            self._add(placeholder, value)

    @property
    def values(self) -> dict[str, str]:
        """Placeholder to value: what has to be kept."""
        return dict(self._value_of)

    def mask(self, text: str, spans: Iterable[Span], instead: Instead = lambda span, value: None) -> Masked:
        """``text`` (never masked before) with ``spans`` and every value already known replaced.

        Where ``instead`` gives a text for a span, that stands in its place and the value is not kept.
        """
        out: list[str] = []
        shown: dict[tuple[str, str], None] = {}
        at = 0
        for span in _in_order(spans, len(text)):
            out.append(self._gap(text[at : span.start], shown))
            end = span.end - len(_possessive(text[span.start : span.end], span.entity))
            value = text[span.start : end]
            other = instead(span, value)
            placeholder = other or self._for(value, span.entity)
            shown[(span.entity if other else _entity(placeholder), placeholder)] = None
            out.append(placeholder)
            at = end
        out.append(self._gap(text[at:], shown))
        return Masked("".join(out), tuple(shown))

    def mask_known(self, text: str) -> str:
        """``text`` with the values that the map holds replaced; placeholders in it stay what they are."""
        return self._known_values().sub(self._known_or_kept, text)

    def restore(self, text: str, allowed: Set[str] | None = None) -> str:
        """``text`` with known placeholders replaced by their values; only those in ``allowed`` where it is given."""

        def value(match: re.Match[str]) -> str:
            token = match.group()
            return self._value_of.get(token, token) if allowed is None or token in allowed else token

        return PLACEHOLDER.sub(value, text)

    def unknown(self, text: str) -> list[str]:
        """Placeholders in ``text`` that the map does not hold, each once, in order."""
        found = dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(text))
        return [token for token in found if token not in self._value_of]

    def _for(self, value: str, entity: str) -> str:
        known = self._placeholder_of.get(value)
        if known is None and entity == PERSON:
            known = self._persons.get(_same(value))
        if known is not None:
            return known
        name = entity if re.fullmatch(r"[A-Z][A-Z0-9_]*", entity) else "VALUE"
        if entity == PERSON and (whole := self._whole_name(value)) is not None:
            name = whole
        placeholder = f"<{name}_{self._last.get(name, 1 if name[-1].isdigit() else 0) + 1}>"
        self._add(placeholder, value)
        return placeholder

    def _add(self, placeholder: str, value: str) -> None:
        match = PLACEHOLDER.fullmatch(placeholder)
        if match is None or not value or value in self._placeholder_of:
            raise ValueError(f"{placeholder!r} cannot be added: not a placeholder, or its value is empty or known")
        self._value_of[placeholder] = value
        self._placeholder_of[value] = placeholder
        if _entity(placeholder) == PERSON:
            self._persons.setdefault(_same(value), placeholder)
        self._last[match.group(1)] = max(self._last.get(match.group(1), 0), int(match.group(2)))
        self._known = None

    def _whole_name(self, value: str) -> str | None:
        """``PERSON_n`` of the one person whose name holds all words of ``value``; None where that is not one."""
        words = _name_words(value)
        if not words:
            return None
        wholes = [
            placeholder[1:-1]
            for known, placeholder in self._persons.items()
            if placeholder.count("_") == 1 and words < _name_words(known)
        ]
        return wholes[0] if len(wholes) == 1 else None

    def _gap(self, text: str, shown: dict[tuple[str, str], None]) -> str:
        def replace(match: re.Match[str]) -> str:
            placeholder = self._known_as(match.group()) or self._for(match.group(), LITERAL)
            shown[(_entity(placeholder), placeholder)] = None
            return placeholder

        return self._known_values().sub(replace, text)

    def _known_or_kept(self, match: re.Match[str]) -> str:
        token = match.group()
        return token if PLACEHOLDER.fullmatch(token) else self._known_as(token) or token

    def _known_as(self, value: str) -> str | None:
        return self._placeholder_of.get(value) or self._persons.get(_same(value))

    def _known_values(self) -> re.Pattern[str]:
        """Known values as whole words, the longest first, and anything shaped like a placeholder."""
        if self._known is None:
            values = sorted((v for v in self._placeholder_of if not PLACEHOLDER.search(v)), key=len, reverse=True)
            parts = [PLACEHOLDER.pattern, *(_whole(v, self._placeholder_of[v]) for v in values)]
            self._known = re.compile("|".join(parts))
        return self._known


def _whole(value: str, placeholder: str) -> str:
    """``value`` where it is not part of a longer word; names of two words and more in any case."""
    before = r"(?<!\w)" if re.match(r"\w", value) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", value) else ""
    escaped = re.escape(value)
    if _entity(placeholder) == PERSON and len(value.split()) > 1:
        escaped = "(?i:" + r"\s+".join(map(re.escape, value.split())) + ")"
    return before + escaped + after


def _entity(placeholder: str) -> str:
    entity = placeholder[1:-1].rpartition("_")[0]
    stem, _, number = entity.rpartition("_")
    return stem if stem == PERSON and number.isdigit() else entity


def _same(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def _name_words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", name.casefold())) - TITLES


def _possessive(value: str, entity: str) -> str:
    match = POSSESSIVE.search(value) if entity == PERSON else None
    return match.group() if match and match.start() else ""


def _in_order(spans: Iterable[Span], length: int) -> Sequence[Span]:
    """Spans by position; where two overlap, the earlier (then the longer) counts and the rest of the other with it."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not 0 <= span.start < span.end <= length:
            raise ValueError(f"span {span.start}:{span.end} does not lie in a text of {length} characters")
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), last.entity, max(last.score, span.score))
            continue
        merged.append(span)
    return merged

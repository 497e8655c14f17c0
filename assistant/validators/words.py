"""Words of a text as the support of a sentence counts them: stems, weights, names, negations, opposites."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"<[A-Z][A-Z0-9_]*_\d+>|[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,]*")


def _words(text: str) -> list[str]:
    return text.split()


STOP = frozenset(
    _words(
        """
    a about according after again all also am an and any are as at be because been before being both but by
    can could did do does doing done down during each either else etc ever every for from further get gets
    given has have having he her here hers him his how however i if in into is it its itself just let like
    made make makes may me might more most much must my need needs of off on once only or other our out over
    own per please same say says shall she should since so some still such than that the their them then
    there therefore these they this those through thus to too under until up upon us use used uses using
    very via was we well were what when where whether which while who whom whose why will with within would
    yes you your yours
    """
    )
)
NEGATIONS = frozenset(_words("not no never none neither nor without cannot nothing nobody non unless except"))
OPPOSITES = tuple(
    (frozenset(a.split()), frozenset(b.split()))
    for a, b in (
        ("before", "after"), ("minimum least", "maximum most"), ("above over exceeds exceed", "below under"),
        ("more", "less fewer"), ("increase increases increased", "decrease decreases decreased reduce reduced reduces"),
        ("allowed permitted", "prohibited forbidden banned"), ("required mandatory compulsory", "optional voluntary"),
        ("eligible", "ineligible"), ("paid", "unpaid"), ("included includes include", "excluded excludes exclude"),
        ("always", "never"), ("full", "half"), ("first", "last"), ("start starts begin begins", "end ends finish"),
        ("approve approves approved accept accepts accepted", "reject rejects rejected decline declined"),
        ("taxable", "untaxed"), ("earlier", "later"), ("gross", "net"), ("daily", "weekly monthly yearly annually"),
        ("weekly", "daily monthly yearly annually"), ("monthly", "daily weekly yearly annually"),
    )
)  # fmt: skip
SUFFIXES = ("ations", "ation", "ments", "ment", "ingly", "ings", "ing", "edly", "ied", "ies", "ed", "ers", "er", "ly",
            "es", "s", "e", "y", "al", "ive")  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A crude stem: one ending taken off, at least four letters kept (three before "s")."""
    word = word.removesuffix("'s").removesuffix("’s")
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if suffix == "s" else 4):
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word.rstrip("ei") if len(word) > 5 else word


def negates(word: str) -> bool:
    """Whether a lower-cased ``word`` is a negation."""
    return word in NEGATIONS or word.endswith(("n't", "n’t"))


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order; numbers, negations and placeholders left out."""
    words = (w.lower() for w in WORD.findall(text) if w[0] != "<")
    return [stem(w) for w in words if not w[0].isdigit() and w not in STOP and len(w) > 1 and not negates(w)]


def weight(stemmed: str) -> float:
    """How much a word counts, by its length: long words are rare (a stand-in for document frequency)."""
    return min(2.0, 0.4 + 0.2 * len(stemmed))


def names(text: str) -> list[str]:
    """Capitalised words that do not only begin a sentence, item or cell, and placeholders, as they stand."""
    found = []
    for match in WORD.finditer(text):
        word = match.group()
        if word[0] == "<":
            found.append(word)
            continue
        if not word[0].isupper() or word in ("I", "I'm", "I've", "I'll", "I'd"):
            continue
        before = text[: match.start()].rstrip(" \"'“‘(*_")
        begins = not before or before[-1] in ".!?:;|\n-–—•>…"
        if not begins or (len(word) > 1 and word.isupper()):
            found.append(word)
    return found

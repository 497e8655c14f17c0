"""Typing errors in a question: words that no document holds, one slip away from a word that some do.

A slip is one letter left out, doubled, put in, mistaken, or two letters changed over (Damerau 1964: about four in
five typing errors); the first letter is taken to be right. All words one slip away are made and looked up in the
reader's own word index, so no list of words has to be kept, and what a reader may not see corrects nothing. The word
that most passages hold wins. Letters a to z only; a word that any passage holds is never touched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from assistant.store.ranking import Terms
from assistant.store.schema import term_number

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST, SHORTEST_NAME = 4, 5
"""Letters of a word, and of one with a capital letter, below which nearly everything is one slip away."""
MOST_WORDS = 4


def slips(word: str) -> list[str]:
    """The words one slip away from a lower-case ``word`` that begin with the same letter."""
    first, rest = word[0], word[1:]
    cuts = [(rest[:i], rest[i:]) for i in range(len(rest) + 1)]
    found = [a + b[1:] for a, b in cuts if b]
    found += [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
    found += [a + c + b[1:] for a, b in cuts if b for c in LETTERS]
    found += [a + c + b for a, b in cuts for c in LETTERS]
    return [first + each for each in dict.fromkeys(found) if first + each != word]


def corrected(
    db: sqlite3.Connection, among: Sequence[sqlite3.Row], terms: Terms, words: Sequence[str]
) -> dict[str, str]:
    """Word to what was probably meant, for those of ``words`` that no passage on the shelves ``among`` holds."""
    plain = [w for w in words if w.isascii() and w.isalpha() and len(w) >= _shortest(w)]
    if not among or not plain:
        return {}
    known = terms.stems([w.lower() for w in plain])
    seen = _frequency(db, among, known.values())
    unknown = [w for w in plain if not seen.get(known.get(w.lower(), ""), 0)][:MOST_WORDS]
    found = {}
    for word in unknown:
        near = terms.stems(slips(word.lower()))
        held = _frequency(db, among, near.values())
        # Of forms that share a stem the longest wins: "hearin" is "hearing", not "hears".
        ranked = sorted(near, key=lambda w: (-held.get(near[w], 0), -len(w), w))
        if ranked and held.get(near[ranked[0]], 0):
            found[word] = ranked[0]
    return found


def _shortest(word: str) -> int:
    return SHORTEST if word.islower() else SHORTEST_NAME


def _frequency(db: sqlite3.Connection, among: Sequence[sqlite3.Row], terms: Iterable[str]) -> Mapping[str, int]:
    numbers = {term_number(term): term for term in terms}
    inside = ", ".join(str(row["id"]) for row in among)
    marks = ", ".join(str(number) for number in numbers)
    rows = db.execute(
        f"SELECT term, sum(passages) FROM frequency WHERE shelf IN ({inside}) AND term IN ({marks}) GROUP BY term"
    )
    return {numbers[row[0]]: int(row[1]) for row in rows}

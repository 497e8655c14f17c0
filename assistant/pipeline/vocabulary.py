"""The company's vocabulary: which words of a question have others that mean the same.

It widens the search by words and the reading of passages; it changes nothing that a model or a person sees. Longer
terms win over shorter ones inside them, so "sick leave" does not also count as "leave".
"""

from __future__ import annotations

from collections import defaultdict

from assistant.policy import Vocabulary
from assistant.tiers.extract import WORD, stem


class Thesaurus:
    """Built once from ``policies/vocabulary.yaml``."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for line in vocabulary.same:
            for term in line:
                key = _key(term)
                self._groups[key] += [other for other in line if _key(other) != key]
        self._longest = max((len(k) for k in self._groups), default=0)

    def also(self, text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(term as it stands in ``text``, other words for it), in order."""
        words = [m.group() for m in WORD.finditer(text)]
        stems = [stem(w) for w in words]
        found, at = [], 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                others = self._groups.get(tuple(stems[at : at + length]))
                if others:
                    found.append((" ".join(words[at : at + length]), tuple(dict.fromkeys(others))))
                    at += length - 1
                    break
            at += 1
        return tuple(found)


def _key(term: str) -> tuple[str, ...]:
    return tuple(stem(m.group()) for m in WORD.finditer(term))

"""BM25 over title, heading and text, with the statistics of whatever corpus the caller may see.

Robertson and Zaragoza 2009 (BM25F): term frequencies are summed over the fields with their weights before they
saturate; idf is ln(1 + (N - df + 0.5) / (df + 0.5)). Words are cut and stemmed by SQLite's own ``porter
unicode61``, so that these terms are the index's terms. Stemming is English. Scripts that put no blanks between words
(Thai, Lao, Khmer, Burmese, Chinese, Japanese) are cut into overlapping runs of three characters, of two where a
character is a syllable or a word: no dictionary is needed to find a word inside them.
"""

from __future__ import annotations

import math
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

TOKENIZE = "porter unicode61"
K1, B = 1.2, 0.75
WEIGHTS = {"title": 2.0, "heading": 1.5, "text": 1.0}
QUERY_TERMS = 64
POSTINGS = 4000
WORD = re.compile(r"[^\W_]+")
COMMON = frozenset(
    WORD.findall(
        "a an and are as at be been but by can could did do does for from had has have how i if in into is it its may "
        "me my of on or our shall should so such than that the their them then there these they this to was we were "
        "what when where which who whom why will with would you your"
    )
)
"""Words that nearly every English text holds: they cost most of the time and decide nothing."""


WITHOUT_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+|[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
IDEOGRAPH = "\u3040"


@dataclass(frozen=True)
class Corpus:
    """What one reader sees: ``chunks`` passages, ``length`` weighted words in all, ``frequency`` of each term."""

    chunks: int
    length: float
    frequency: Mapping[str, int]


class Terms:
    """Cuts texts into the index's terms, in a database in memory. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute(f"CREATE VIRTUAL TABLE part USING fts5(title, heading, text, tokenize = '{TOKENIZE}')")
        self._db.execute("CREATE VIRTUAL TABLE term USING fts5vocab(part, 'instance')")

    def weighted(self, title: str, heading: str, text: str) -> dict[str, float]:
        """Term to weighted frequency."""
        found: dict[str, float] = {}
        with self._lock:
            self._db.execute("BEGIN")
            try:
                parts = tuple(WITHOUT_BLANKS.sub(" ", clean(part)) for part in (title, heading, text))
                self._db.execute("INSERT INTO part VALUES (?, ?, ?)", parts)
                for term, field, count in self._db.execute("SELECT term, col, count(*) FROM term GROUP BY 1, 2"):
                    found[term] = found.get(term, 0.0) + WEIGHTS[field] * count
            finally:
                self._db.execute("ROLLBACK")
        for part, weight in zip((title, heading, text), WEIGHTS.values(), strict=True):
            for run in grams(part):
                found[run] = found.get(run, 0.0) + weight
        return found

    def query(self, text: str) -> dict[str, str]:
        """Word to term of a question, which is data whatever characters it holds; at most 64 words."""
        runs = dict.fromkeys(grams(text))
        words = list(dict.fromkeys(WORD.findall(WITHOUT_BLANKS.sub(" ", clean(text)).lower())))
        words = ([word for word in words if word not in COMMON] or words)[:QUERY_TERMS]
        return self.stems(words) | {run: run for run in list(runs)[:QUERY_TERMS]}

    def stems(self, words: Sequence[str]) -> dict[str, str]:
        """Word to term; a word is letters and digits only."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                self._db.executemany("INSERT INTO part (rowid, text) VALUES (?, ?)", enumerate(words))
                return {words[number]: term for number, term in self._db.execute("SELECT doc, term FROM term")}
            finally:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()


def grams(text: str) -> list[str]:
    """Overlapping runs of the parts of ``text`` whose script puts no blanks between words; none for other text."""
    found = []
    for match in WITHOUT_BLANKS.finditer(text):
        run = match[0]
        size = 2 if run[0] >= IDEOGRAPH else 3
        found += [run[i : i + size] for i in range(max(len(run) - size + 1, 1))]
    return found


def rare(words: Mapping[str, str], corpus: Corpus) -> list[str]:
    """The words worth looking up: rarest first, until the passages to look through are enough.

    Very common words cost time and hardly change who comes first; they still count in ``score``.
    """
    chosen: list[str] = []
    postings = 0
    for word in sorted(words, key=lambda w: corpus.frequency[words[w]]):
        seen = corpus.frequency[words[word]]
        if seen and (len(chosen) < 2 or postings + seen <= POSTINGS):
            chosen.append(word)
            postings += seen
    return chosen


def score(terms: Iterable[str], weighted: Mapping[str, float], length: float, corpus: Corpus) -> float:
    """BM25 of one passage; 0 when it holds none of ``terms``."""
    average = corpus.length / corpus.chunks if corpus.chunks else 1.0
    norm = K1 * (1 - B + B * length / (average or 1.0))
    total = 0.0
    for term in terms:
        frequency = weighted.get(term, 0.0)
        if frequency:
            total += idf(term, corpus) * frequency * (K1 + 1) / (frequency + norm)
    return total


def idf(term: str, corpus: Corpus) -> float:
    """How much a term tells: ln(1 + (N - df + 0.5) / (df + 0.5))."""
    seen = corpus.frequency.get(term, 0)
    return math.log(1 + (corpus.chunks - seen + 0.5) / (seen + 0.5))


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which SQLite does not take."""
    return text.encode("utf-8", "replace").decode().replace("\x00", " ")

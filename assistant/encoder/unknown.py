"""How much of a text the tokenizer does not know, as a sign that the model does not know its language.

It sees scripts and not languages: Thai, Chinese, Korean, Arabic or Russian come out near 1, while Malay,
Vietnamese or German, written in Latin letters, fall apart into known pieces and come out low although the
model is as lost. Which languages are served is therefore declared and measured; this figure only catches what
was not declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tokenizers import Encoding

PIECE = 1.5
"""A word cut into pieces of fewer characters than this on average is spelled out rather than known."""
WORD = 5
"""Characters that stand for one word where a script does not put spaces between words."""


def unknown_share(text: str, encoding: Encoding, unknown_id: int) -> float:
    """Share (0 to 1) of the words of ``text`` that the tokenizer of ``encoding`` does not know.

    A word is what the pre-tokenizer splits off, if it holds a letter; numbers, codes such as "A1", signs and
    emoji do not count. It is unknown when it became ``unknown_id``, is spelled out (``PIECE``), or is one
    letter beyond ASCII. An unknown word beyond ASCII counts once per ``WORD`` characters, since a whole Thai
    sentence may be a single "word". Without words it is the share of ``unknown_id`` among the tokens, 1 where
    the tokenizer dropped all there was, and 0 for empty text.
    """
    unknown = total = 0.0
    for word, ids in _words(text, encoding):
        beyond = not word.isascii()
        spelled_out = len(word) < PIECE * len(ids) if len(word) > 1 else beyond
        lost = spelled_out or unknown_id in ids
        weight = max(1.0, len(word) / WORD) if lost and beyond else 1.0
        total += weight
        unknown += weight if lost else 0.0
    if not total:
        return encoding.ids.count(unknown_id) / len(encoding.ids) if encoding.ids else float(bool(text.strip()))
    return unknown / total


def _words(text: str, encoding: Encoding) -> Iterator[tuple[str, list[int]]]:
    pieces = zip(encoding.word_ids, encoding.offsets, encoding.ids, strict=True)
    for _, group in groupby(pieces, key=lambda piece: piece[0]):
        _, offsets, ids = zip(*group, strict=True)
        word = text[offsets[0][0] : offsets[-1][1]]
        code = word.isascii() and any(map(str.isdigit, word))
        if any(map(str.isalpha, word)) and not code:
            yield word, list(ids)

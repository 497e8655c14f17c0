"""Cuts a tokenised text into overlapping windows and puts what the model says of each together again.

The model takes up to 256 tokens, [CLS] and [SEP] included. A text that fits is one window, and nothing is
ever truncated. Positions here count tokens without the special ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LENGTH = 256
"""Tokens of a window, [CLS] and [SEP] included (max_seq_length of all-MiniLM-L6-v2)."""
ROOM = LENGTH - 2
OVERLAP = 64
"""Tokens that two neighbouring windows share."""

Span = tuple[int, int]


def cut(count: int) -> list[Span]:
    """The (start, end) of each window over ``count`` tokens, in order; always at least one.

    Windows start every ``ROOM - OVERLAP`` tokens, so a token lies in at most two; the last may be shorter,
    though always longer than ``OVERLAP``.
    """
    spans = [(0, min(ROOM, count))]
    while spans[-1][1] < count:
        start = spans[-1][0] + ROOM - OVERLAP
        spans.append((start, min(start + ROOM, count)))
    return spans


def pool(vectors: NDArray[np.float32], spans: Sequence[Span]) -> NDArray[np.float32]:
    """One vector [384] of ``vectors`` [w, 384]: mean weighted by each window's tokens, L2-normalised.

    With one window that window's vector, bit for bit.
    """
    if len(vectors) == 1:
        return np.asarray(vectors[0], dtype=np.float32)
    weights = np.array([end - start for start, end in spans], dtype=np.float32)
    mean = weights @ vectors
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def stitch(states: Sequence[NDArray[np.float32]], spans: Sequence[Span]) -> NDArray[np.float32]:
    """States [n, 384] of all tokens from each window's ``states`` [end - start, 384].

    A token in two windows is taken from the one in which it lies further from the cut, where it sees most of
    its surroundings: the overlap is parted in the middle.
    """
    middles = [(following[0] + span[1]) // 2 for span, following in pairwise(spans)]
    starts, ends = [0, *middles], [*middles, spans[-1][1]]
    parts = zip(states, spans, starts, ends, strict=True)
    return np.concatenate([rows[start - span[0] : end - span[0]] for rows, span, start, end in parts])

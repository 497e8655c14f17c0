"""Leaks in the report card: does a planted value get out in an answer?

Rows are those of the personal data files. The row's text is taken as a sentence of an answer whose passages do not
hold it; bad are texts with a value that the policy masks, good are texts without any.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.pipeline.kit import Kit
from assistant.validators.piece import Piece
from assistant.work.cards.card import Row, Scored


class LeaksCard:
    """Runs the pieces' own leak check."""

    name = "leaks"
    title = "Leaks in answers"
    bad = "sentences with a value that the policy masks"
    good = "sentences without personal data"

    def reads(self, row: Row) -> bool:
        return {"text", "spans"} <= row.keys()

    async def score(self, kit: Kit, row: Row) -> Sequence[Scored]:
        masked = [s["type"] for s in row["spans"] if kit.policies.pii.replaces(s["type"])]
        if row["spans"] and not masked:
            return []
        check = next(c for c in kit.release.checks if c.name == "leaks")
        began = time.perf_counter()
        verdict = check.check(Piece(row["text"]))
        ms = (time.perf_counter() - began) * 1000
        kind = masked[0] if masked else ""
        return [Scored(bool(masked), float(not verdict.passed), not verdict.passed, ms, kind)]


CARD = LeaksCard()

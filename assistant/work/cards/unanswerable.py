"""Unanswerable questions in the report card: passages that do not hold the answer, against passages that do."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.pipeline.kit import Kit
from assistant.work.cards.card import Row, Scored
from assistant.work.measures.unanswerable import judged


class UnanswerableCard:
    """Runs the smallest tier's own judgement; a tier that gives none counts by what it answered."""

    name = "unanswerable"
    title = "Questions without an answer"
    bad = "questions that the passages do not answer"
    good = "questions that they answer"

    def reads(self, row: Row) -> bool:
        return {"question", "passages", "answerable"} <= row.keys() and row["answerable"] in ("yes", "no")

    async def score(self, kit: Kit, row: Row) -> Sequence[Scored]:
        began = time.perf_counter()
        said = await judged(kit, row)
        ms = (time.perf_counter() - began) * 1000
        sure = said.probability if said.probability is not None else float(not said.abstained)
        return [Scored(row["answerable"] == "no", 1 - sure, said.abstained, ms)]


CARD = UnanswerableCard()

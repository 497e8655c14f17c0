"""Grounding in the report card: answers with their passages, supported or not."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.pipeline.kit import Kit
from assistant.validators.grounding import answer_support
from assistant.work.cards.card import Row, Scored


class GroundingCard:
    """Runs the support of whole answers, with the threshold of ``policies/output.yaml``."""

    name = "grounding"
    title = "Grounding"
    bad = "answers that their passages do not support"
    good = "answers that their passages support"

    def reads(self, row: Row) -> bool:
        return {"passages", "answer", "grounded"} <= row.keys()

    async def score(self, kit: Kit, row: Row) -> Sequence[Scored]:
        texts = [p["text"] for p in row["passages"]]
        began = time.perf_counter()
        score = answer_support(row["answer"], texts, row.get("question") or "").score
        ms = (time.perf_counter() - began) * 1000
        stopped = score < kit.policies.output.grounding_threshold
        kind = "" if row["grounded"] else str(row.get("swap") or row.get("answered_by") or "")
        return [Scored(not row["grounded"], 1 - score, stopped, ms, kind, trick=str(row.get("swap") or "plain"))]


CARD = GroundingCard()

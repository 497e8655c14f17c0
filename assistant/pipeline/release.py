"""Shows an answer piece by piece, each only after its checks passed; personal values are restored last.

In ``hold`` mode (by policy, or because a passage is of an audience that the policy names) nothing is shown before
the whole answer was checked. A piece that fails is never shown and is on record; the checks are the same objects
that look at the whole answer afterwards.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from assistant.errors import CheckFailed
from assistant.pipeline.ask import Ask
from assistant.pipeline.pieces import Pieces
from assistant.pipeline.results import Decision, Draft, Ending, Prompt
from assistant.pipeline.within import within
from assistant.policy import Output
from assistant.privacy.placeholders import PlaceholderMap
from assistant.validators.piece import AnswerCheck, Piece
from assistant.values import Citation, Passage, Verdict, sentence

MARK = re.compile(r"\[(\d{1,3})\]")


class Numbering:
    """Citations in order of their first use: the reader sees [1], [2], whatever the prompt's numbers were."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._shown: dict[str, int] = {}
        self.citations: list[Citation] = []

    def renumber(self, piece: Piece) -> str:
        """``piece.text`` with the reader's numbers."""
        return MARK.sub(lambda m: self._number(int(m.group(1)), piece.text), piece.text)

    def _number(self, number: int, text: str) -> str:
        if not 1 <= number <= len(self._passages):
            return ""
        passage = self._passages[number - 1]
        if passage.chunk.id not in self._shown:
            self._shown[passage.chunk.id] = len(self._shown) + 1
            self.citations.append(
                Citation(
                    number=self._shown[passage.chunk.id],
                    chunk_id=passage.chunk.id,
                    document_key=passage.document.key,
                    title=passage.document.title,
                    heading=passage.chunk.heading,
                    page=passage.chunk.page,
                    quote=" ".join(MARK.sub("", text).split()),
                    stale=passage.stale,
                )
            )
        return f"[{self._shown[passage.chunk.id]}]"


@dataclass(frozen=True)
class Release:
    """The checks in policy order; stateless."""

    checks: tuple[AnswerCheck, ...]
    policy: Output

    async def __call__(
        self, ask: Ask, prompt: Prompt, deltas: AsyncIterator[str], placeholders: PlaceholderMap
    ) -> Draft:
        """Check and show the stream. Raises CheckFailed when a check breaks, ModelUnavailable when the model does."""
        context = prompt.context
        hold = self.policy.mode == "hold" or any(
            p.document.audience in self.policy.hold_audiences for p in context.passages
        )
        numbering = Numbering(context.passages)
        pieces, kept, verdicts, withheld, text = Pieces(), list[Piece](), list[Verdict](), list[str](), ""

        async def take(cut: str) -> str:
            piece: Piece | None = Piece(
                text=cut,
                passages=tuple(context.passages),
                canary=context.canary,
                allowed_placeholders=frozenset(placeholders.values),
                question=context.question.text,
            )
            piece, said = await within(self.policy.check_timeout_s, "checks on a piece", self.passable, piece)
            verdicts.extend(v for v in said if not v.passed or v.score is not None)
            if piece is None:
                withheld.append(cut)
                return ""
            kept.append(piece)
            shown = numbering.renumber(piece)
            if not hold:
                ask.log.piece(shown, placeholders.restore(shown))
            return shown

        try:
            async for delta in deltas:
                for cut in pieces.feed(delta):
                    text += await take(cut)
            for cut in pieces.flush():
                text += await take(cut)
        finally:
            await deltas.aclose()  # type: ignore[attr-defined]
        return Draft(
            tuple(kept),
            text.strip(),
            tuple(numbering.citations),
            tuple(verdicts),
            tuple(withheld),
            "hold" if hold else "stream",
        )

    def passable(self, piece: Piece) -> tuple[Piece | None, list[Verdict]]:
        """The piece as it may be shown, or None; with all verdicts on it. What was masked is judged once more."""
        said = self.judge(piece)
        failed = next((v for v in said if not v.passed and v.action != "show"), None)
        if failed is None:
            return piece, said
        if failed.action == "mask":
            masked = next(check for check in self.checks if check.name == failed.check).masked(piece)
            again = self.judge(masked) if masked else []
            if masked and all(v.passed or v.action == "show" for v in again):
                return masked, [*said, *again]
        return None, said

    def judge(self, piece: Piece) -> list[Verdict]:
        """All verdicts on one piece; stops at the first that keeps it from being shown."""
        said = []
        for check in self.checks:
            try:
                verdict = check.check(piece)
            except Exception as error:
                raise CheckFailed(f"check {check.name}: {type(error).__name__}") from error
            said.append(verdict)
            if not verdict.passed and verdict.action != "show":
                break
        return said

    def note(self, draft: Draft) -> str:
        """One line for the timeline."""
        shown = sentence(f"{len(draft.kept)} piece{'s' * (len(draft.kept) != 1)} passed")
        if draft.withheld:
            shown = sentence(f"{shown}, {len(draft.withheld)} withheld")
        return sentence(f"{shown}, held until the whole was checked") if draft.mode == "hold" else shown

    async def finish(self, ask: Ask, draft: Draft, decision: Decision, placeholders: PlaceholderMap) -> Ending:
        """The decision as an ending: shows what was held, or takes back what must not stay."""
        if decision.action == "accept":
            screen = placeholders.restore(draft.text)
            if draft.mode == "hold":
                ask.log.piece(draft.text, screen)
            citations = tuple(replace(c, quote=placeholders.restore(c.quote)) for c in draft.citations)
            return Ending(
                "answered", draft.text, screen, citations, decision.reason, offer_person=decision.offer_person
            )
        if ask.log.shown:
            ask.log.withdraw(decision.reason)
        return Ending(
            "abstained",
            decision.text,
            placeholders.restore(decision.text),
            decision.citations,
            decision.reason,
        )

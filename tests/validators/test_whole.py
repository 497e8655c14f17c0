"""The Guard over the whole answer: the same checks, no memory, no mixing, no swallowing."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import policy
from assistant.errors import CheckFailed
from assistant.privacy.engine import Presidio
from assistant.validators.citations import Citations
from assistant.validators.grounding import Grounding
from assistant.validators.leaks import Leaks
from assistant.validators.links import Links
from assistant.validators.piece import AnswerCheck, Piece, example
from assistant.validators.whole import WholeCheck

POLICIES = policy.load(Path(__file__).parents[2] / "policies")
PATTERNS = POLICIES.pii.model_copy(update={"names_model": "off"})
PASSAGE = "Employees receive 18 days of annual leave. Up to 5 days are carried over."
CANARY = "steward-3f9a51c07be2d846"


def make() -> WholeCheck:
    checks: tuple[AnswerCheck, ...] = (
        Leaks(Presidio.build(PATTERNS), PATTERNS),
        Links(("harbourline.example",)),
        Citations(),
        Grounding(0.5),
    )
    return WholeCheck(checks)


@pytest.fixture(scope="module")
def whole() -> WholeCheck:
    return make()


def pieces(*texts: str) -> list[Piece]:
    return [example(text, PASSAGE, canary=CANARY) for text in texts]


def test_a_good_answer_passes_every_check(whole):
    said = pieces("Employees receive 18 days of annual leave. [1] ", "Up to 5 days are carried over. [1]")
    verdicts = whole("".join(p.text for p in said), said)
    assert [v.check for v in verdicts] == ["leaks", "links", "citations", "grounding", "completeness"]
    assert all(v.passed for v in verdicts)


def test_what_lies_across_two_pieces_is_found(whole):
    said = pieces("Employees receive 18 days of annual leave [1] jane.tan@", "harbourline.example [1]")
    failed = [v for v in whole("".join(p.text for p in said), said) if not v.passed]
    assert failed[0].check == "leaks"
    assert failed[0].action == "withhold"


def test_text_that_is_not_the_pieces_is_incomplete(whole):
    said = pieces("Employees receive 18 days of annual leave. [1]")
    verdict = whole(said[0].text + " Up to 5 days are carried over. [1]", said)[-1]
    assert (verdict.check, verdict.passed) == ("completeness", False)


@pytest.mark.parametrize("at", range(4))
def test_a_check_that_breaks_stops_the_answer(whole, monkeypatch, at):
    def broken(piece):
        raise RuntimeError

    monkeypatch.setattr(whole.checks[at], "judge", broken)
    said = pieces("Employees receive 18 days of annual leave. [1]")
    with pytest.raises(CheckFailed):
        whole(said[0].text, said)
    assert list(whole.guard.history) == []


def test_a_guard_that_breaks_or_skips_a_check_stops_the_answer(monkeypatch):
    whole = make()
    said = pieces("Employees receive 18 days of annual leave. [1]")
    monkeypatch.setattr(type(whole.guard), "validate", lambda *a, **k: 1 / 0)
    with pytest.raises(CheckFailed, match="ZeroDivisionError"):
        whole(said[0].text, said)
    monkeypatch.undo()
    whole.guard.use(*whole.checks[:2])
    with pytest.raises(CheckFailed, match="do not agree"):
        whole(said[0].text, said)


def test_nothing_of_an_answer_stays(whole):
    marker = "Employees receive 18 days of annual leave zzyzx. [1]"
    said = pieces(marker)
    whole(marker, said)
    assert list(whole.guard.history) == []
    assert not any("zzyzx" in str(vars(check)) for check in whole.checks)
    gc.collect()
    assert not any(type(o).__name__ == "Call" and "zzyzx" in repr(o) for o in gc.get_objects())


def test_people_at_once_get_their_own_verdicts(whole):
    def ask(n: int) -> None:
        days = 18 if n % 2 else 400 + n
        said = pieces(f"Employees receive {days} days of annual leave. [1]")
        verdicts = whole(said[0].text, said)
        assert all(v.passed for v in verdicts) is bool(n % 2), verdicts
        if not n % 2:
            assert any(str(days) in v.detail for v in verdicts)

    before = {k: dict(vars(c)) for k, c in enumerate(whole.checks)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(60)))
    assert before == {k: dict(vars(c)) for k, c in enumerate(whole.checks)}
    assert list(whole.guard.history) == []


async def test_it_may_be_called_off_the_event_loop_and_leaves_no_threads(whole):
    said = pieces("Employees receive 18 days of annual leave. [1]")
    await asyncio.to_thread(whole, said[0].text, said)
    count = threading.active_count()
    for _ in range(3):
        await asyncio.to_thread(whole, said[0].text, said)
    assert threading.active_count() <= count + 2


def test_an_answer_that_only_abstains_passes(whole):
    said = [replace(pieces("x")[0], text="The documents do not say.")]
    assert all(v.passed for v in whole("The documents do not say.", said))

"""What is shown is the checked whole, however the answer was cut; and each action that a policy can name."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import policy
from assistant.pipeline.release import Release
from assistant.policy import Policies
from assistant.privacy.engine import Presidio
from assistant.validators.registry import answer_checks
from assistant.work.benches.release import CLEAN, FINDINGS, SEPARATORS, Once, answer, cut, shown
from assistant.work.benches.timing import Timings

SHIPPED = policy.load(Path(__file__).parents[2] / "policies")
POLICIES = SHIPPED.model_copy(update={"pii": SHIPPED.pii.model_copy(update={"names_model": "off"})})
PERSONAL = Presidio.build(POLICIES.pii)


def release_with(**actions: str) -> Release:
    output = POLICIES.output.model_copy(update={"checks": {**POLICIES.output.checks, **actions}})
    chosen: Policies = POLICIES.model_copy(update={"output": output})
    checks: Any = tuple(Once(check, Timings()) for check in answer_checks(PERSONAL, chosen))
    return Release(checks, output)


RELEASE = release_with()


@pytest.mark.parametrize("finding", FINDINGS)
async def test_a_finding_is_never_sent(finding: str) -> None:
    screen, draft = await shown(RELEASE, [f"{CLEAN[0]} {finding}\n{CLEAN[1]}"])
    assert draft.withheld and all(part.strip() not in screen for part in draft.withheld)
    assert screen.startswith("Employees receive 18 days of annual leave [1].")


async def test_clean_sentences_are_all_shown() -> None:
    screen, draft = await shown(RELEASE, ["\n".join(CLEAN)])
    assert not draft.withheld and screen.replace("[2]", "[1]") == "\n".join(CLEAN).replace("[2]", "[1]")


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), parts=st.lists(st.sampled_from(CLEAN + FINDINGS), min_size=1, max_size=6),
       between=st.sampled_from(SEPARATORS))  # fmt: skip
async def test_what_is_shown_is_the_checked_whole(seed: int, parts: list[str], between: str) -> None:
    text, rng = between.join(parts), random.Random(seed)
    whole, draft = await shown(RELEASE, [text])
    screen, again = await shown(RELEASE, cut(text, rng))
    assert screen == whole and again.withheld == draft.withheld
    assert not set(again.withheld) & {piece.text for piece in again.kept}


def test_answers_hold_findings_and_cuts_are_the_text() -> None:
    rng = random.Random(1)
    texts = [answer(rng) for _ in range(200)]
    assert all(any(finding in text for text in texts) for finding in FINDINGS)
    assert all("".join(cut(text, rng)) == text for text in texts)


async def test_show_lets_a_finding_through_and_keeps_it_on_record() -> None:
    screen, draft = await shown(release_with(grounding="show"), [FINDINGS[10]])
    assert "28 days" in screen and not draft.withheld
    assert [v.check for v in draft.verdicts if not v.passed] == ["grounding"]


async def test_mask_blacks_out_the_value_and_shows_the_rest() -> None:
    text = "Requests go to the leave desk, jane.tan@harbourline.example. [1]"
    screen, draft = await shown(release_with(leaks="mask"), list(text))
    assert "jane.tan" not in screen and "███" in screen and not draft.withheld


async def test_what_cannot_be_masked_is_withheld() -> None:
    screen, draft = await shown(release_with(leaks="mask"), [FINDINGS[4]])
    assert screen == "" and len(draft.withheld) == 1

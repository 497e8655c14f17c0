from __future__ import annotations

import pytest

from assistant import policy
from assistant.pipeline.route import RouteRule
from assistant.settings import ROOT
from assistant.values import Question
from tests.pipeline.conftest import with_tiers

TIERS = policy.load(ROOT / "policies").tiers.model_copy(
    update={"tiers": with_tiers("light", "mid", "frontier").tiers.tiers}
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many days of leave do I get?", "look_up"),
        ("What is the difference between the two plans?", "comparison"),
        ("Summarise the travel policy.", "summary"),
        ("Which documents do I need?", "list"),
        ("What if I fall ill abroad?", "reasoning"),
        ("Calculate my pay for half a month.", "calculation"),
    ],
)
def test_the_kind_stands_in_the_words_and_decides_the_tier(text: str, kind: str) -> None:
    route = RouteRule(TIERS)(Question(text, text, text), ())
    assert route.kind == kind
    assert route.tier == TIERS.routes[route.kind]


def test_a_long_question_goes_one_tier_up_and_never_beyond_the_last() -> None:
    text = "How much is it " + "and then " * TIERS.long_question_words
    assert RouteRule(TIERS)(Question(text, text, text), ()).tier == "mid"
    text = "Why " + text
    assert RouteRule(TIERS)(Question(text, text, text), ()).tier in ("mid", "frontier")

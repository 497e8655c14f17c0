from __future__ import annotations

import pytest

from assistant.pipeline.results import Guarded, Turn
from assistant.pipeline.rewrite import Rewrite
from assistant.pipeline.vocabulary import Thesaurus
from assistant.policy import Vocabulary
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Masked, Question

HISTORY = (Turn("How much parental leave do I get?", "126 days."),)


def read(text: str, history: tuple[Turn, ...] = HISTORY, kept: PlaceholderMap | None = None) -> Question:
    rewrite = Rewrite(Thesaurus(Vocabulary(same=[["parental leave", "maternity"]])))
    kept = kept or PlaceholderMap({})
    return rewrite(Guarded(kept.restore(text), Masked(text), kept), history)


@pytest.mark.parametrize("text", ["And from when?", "What about fathers?", "Does it expire?", "Why?"])
def test_a_follow_up_is_completed_with_the_topic(text: str) -> None:
    question = read(text)
    assert question.rewritten and question.text.startswith("How much parental leave do I get — ")
    assert question.original == text
    assert question.also == (("parental leave", ("maternity",)),)


def test_a_question_with_a_topic_of_its_own_is_left_alone() -> None:
    text = "Which form does the tax office want for company cars?"
    assert read(text).text == text and not read(text).rewritten


def test_what_points_back_at_nothing_does_not_stand_alone() -> None:
    assert not read("And from when?", ()).stands_alone
    assert read("How long is parental leave?", ()).stands_alone


def test_real_values_are_in_the_search_text_alone() -> None:
    kept = PlaceholderMap({"<EMAIL_1>": "ann@example.org"})
    question = read("And for <EMAIL_1>?", kept=kept)
    assert "ann@example.org" in question.search_text
    assert "ann@example.org" not in question.text + question.original

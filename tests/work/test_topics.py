"""Questions about the same come together, others do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assistant.encoder.minilm import MiniLM
from assistant.work.topics import Asked, topics, words_of

GROUPS = (
    ("May I bring my dog to the office?", "Are dogs allowed in the office?", "Can I take my dog to work?"),
    ("How do I book a meeting room?", "Where can I reserve a room for a meeting?"),
    ("Is there a gym subsidy?", "Do you pay for my gym membership?", "Gym membership discount for staff"),
    ("Can I take an unpaid sabbatical?", "What are the rules for a sabbatical?"),
    ("Who won the football match?",),
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    yield MiniLM.open(cache=tmp_path_factory.mktemp("encoder") / "cache")


async def test_questions_about_the_same_come_together(encoder: MiniLM) -> None:
    texts = [text for i in range(3) for group in GROUPS for text in group[i : i + 1]]
    vectors = {t: np.asarray(e.vector) for t, e in zip(texts, await encoder.encode(texts), strict=True)}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    asked = [Asked(str(i), text, f"p{i}", now + timedelta(minutes=i)) for i, text in enumerate(texts)]
    found = {frozenset(a.text for a in topic.asked) for topic in topics(asked, vectors)}
    assert found == {frozenset(group) for group in GROUPS}


def test_without_vectors_words_alone_group() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ("ขอลาพักร้อน sabbatical unpaid", "sabbatical unpaid ขอลาพักร้อน", "gym")
    found = topics([Asked(t, t, t, now) for t in texts], dict.fromkeys(texts))
    assert sorted(len(topic.asked) for topic in found) == [1, 2]
    assert topics([], {}) == []


def test_words_are_no_placeholders_and_no_numbers() -> None:
    assert words_of("May <PERSON_1> [PHONE#a1] [EMAIL removed] take 14 days of Sabbatical?") == {
        "take",
        "days",
        "sabbatical",
    }

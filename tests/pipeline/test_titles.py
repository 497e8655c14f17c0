from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.pipeline.titles import TITLE_CHARS, title_of

TITLES = [
    ("How many days of parental leave do I get?", "How many days of parental leave do I get"),
    ("Hi there, how do I book a parking space? Thanks!", "How do I book a parking space"),
    ("Good morning! Could you please tell me about the travel policy?", "The travel policy"),
    ("hello", "Hello"),
    ("Hello Steward. I am <PERSON_1>, and I would like to know if overtime is paid.", "Overtime is paid"),
    ("I am <EMAIL_ADDRESS_1>, how many days of parental leave do I get?", "How many days of parental leave do I get"),
    ("thanks. and the deadline for expenses?", "And the deadline for expenses"),
    ("Hi <PERSON_1>, can you explain the VPN rules", "The VPN rules"),
    ("Halo semua, tolong jelaskan cuti melahirkan", "Jelaskan cuti melahirkan"),
    ("Hidden costs of travel?", "Hidden costs of travel"),
    ("What may I claim when I travel to Jakarta by train, and who has to approve the trip before I book it?",
     "What may I claim when I travel to Jakarta by train"),
    ("x", "X"),
    ("???", "???"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "title"), TITLES)
def test_a_title_begins_at_its_topic(asked: str, title: str) -> None:
    assert title_of(asked) == title


@given(st.text(max_size=400))
def test_any_text_has_a_short_title_on_one_line(text: str) -> None:
    title = title_of(text)
    assert len(title) <= TITLE_CHARS and "\n" not in title
    assert bool(title) == bool(text.split())

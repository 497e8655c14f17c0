"""What the policy says of an entity is what happens to it, in questions and per audience in passages."""

from __future__ import annotations

import pytest

from assistant.policy import Pii
from assistant.privacy.engine import Presidio
from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Span

TEXT = "Write to jane@firm.com today."
SPANS = [Span(9, 22, "EMAIL_ADDRESS", 1.0)]


def handled(handling: str, audience: str = "", key: bytes = b"k" * 32, **more: object) -> tuple[str, PlaceholderMap]:
    placeholders = PlaceholderMap()
    handler = Handler(Pii(entities={"EMAIL_ADDRESS": handling}, **more), key)
    return handler.mask(TEXT, SPANS, placeholders, audience).text, placeholders


@pytest.mark.parametrize("handling", ["mask", "block"])
def test_masked_values_come_back(handling):
    text, placeholders = handled(handling)
    assert text == "Write to <EMAIL_ADDRESS_1> today."
    assert placeholders.restore(text) == TEXT


def test_hashed_values_are_the_same_everywhere_and_never_come_back():
    text, placeholders = handled("hash")
    other, _ = handled("hash", key=b"x" * 32)
    assert text == handled("hash")[0] != other
    assert text.startswith("Write to [EMAIL_ADDRESS#") and "jane" not in text
    assert placeholders.restore(text) == text and not placeholders.values


def test_dropped_values_are_kept_nowhere():
    text, placeholders = handled("drop")
    assert text == "Write to [EMAIL_ADDRESS removed] today."
    assert placeholders.restore(text) == text and not placeholders.values


@pytest.mark.parametrize("handling", ["detect", "allow"])
def test_the_rest_stays_as_it_is(handling):
    assert handled(handling)[0] == TEXT


def test_an_audience_has_its_own_handling():
    own = {"audiences": {"hr": {"EMAIL_ADDRESS": "detect"}, "it": {"EMAIL_ADDRESS": "drop"}}}
    assert handled("mask", "hr", **own)[0] == TEXT
    assert handled("mask", "it", **own)[0] == "Write to [EMAIL_ADDRESS removed] today."
    assert handled("mask", "all", **own)[0] == "Write to <EMAIL_ADDRESS_1> today."


def test_what_is_allowed_is_not_looked_for_unless_an_audience_asks():
    assert Presidio.build(Pii(entities={"EMAIL_ADDRESS": "allow", "URL": "detect"})).find(TEXT) == []
    own = {"hr": {"EMAIL_ADDRESS": "mask"}}
    assert Presidio.build(Pii(entities={"EMAIL_ADDRESS": "allow"}, audiences=own)).find(TEXT) == SPANS

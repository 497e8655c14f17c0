"""Names in conversations: whoever is meant, nobody ever comes back as somebody else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.privacy.placeholders import PLACEHOLDER, PlaceholderMap
from assistant.values import Span

NAMES = ("Aisha Rahman", "aisha rahman", "AISHA RAHMAN", "Aisha", "Rahman", "Ms Rahman", "Aisha Tan", "Tan Wei Ming",
         "Wei Ming", "Tan", "Budi", "Budi Santoso", "Grace", "O'Brien", "Nguyễn Văn An", "An", "Mark Lim",
         "Lim")  # fmt: skip
FILLER = ("called", "the claim of", "and", "with", "left.", "grace period", "an", "mark", "<PERSON_1>",
          "<PERSON_1_2>", "\n")  # fmt: skip
NAME = re.compile("|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in sorted(NAMES, key=len, reverse=True)))
MESSAGES = st.lists(st.lists(st.sampled_from(NAMES + FILLER), max_size=8).map(" ".join), min_size=1, max_size=6)


def spans(text: str, seen: random.Random | None = None) -> list[Span]:
    """Where names stand; with ``seen`` the finder misses some, as the real one does."""
    found = [Span(m.start(), m.end(), "PERSON", 1.0) for m in NAME.finditer(text)]
    return [s for s in found if seen is None or seen.random() < 0.7]


def conversation(messages: list[str], seen: random.Random | None = None) -> PlaceholderMap:
    """Masks all messages as turns do, and checks each as soon as it is masked and again at the end."""
    stored: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    for text in messages:
        mapped = PlaceholderMap(stored)
        masked = mapped.mask(text, spans(text, seen))
        assert mapped.unknown(masked.text) == []
        assert stored.items() <= mapped.values.items(), "a placeholder changed its meaning"
        assert all(entity in ("PERSON", "LITERAL") for entity, _ in masked.shown)
        stored = mapped.values
        kept.append((text, masked.text))
    final = PlaceholderMap(stored)
    for text, masked in kept:
        assert " ".join(final.restore(masked).split()).casefold() == " ".join(text.split()).casefold()
    assert len({v.casefold() if k.startswith("<PERSON") else v for k, v in stored.items()}) == len(stored)
    return final


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_everybody_comes_back_as_who_they_were(messages):
    conversation(messages)


def test_thousands_of_conversations():
    source = random.Random(11)
    for _ in range(2000):
        turns = [" ".join(source.choices(NAMES + FILLER, k=source.randint(1, 8))) for _ in range(source.randint(1, 6))]
        final = conversation(turns, source)
        for placeholder, value in final.values.items():
            match = re.fullmatch(r"<(PERSON_\d+)_\d+>", placeholder)
            if match:  # said to be another name of somebody: every word of it is in that one's name
                whole = final.values[f"<{match.group(1)}>"].casefold().split()
                assert set(value.casefold().replace("ms ", "").split()) < set(whole)


@pytest.mark.parametrize(
    ("texts", "masked"),
    [
        (["Aisha Rahman called.", "AISHA RAHMAN left."], "<PERSON_1> left."),
        (["Aisha Rahman called.", "Aisha left."], "<PERSON_1_2> left."),
        (["Aisha Rahman called.", "Ms Rahman left."], "<PERSON_1_2> left."),
        (["Aisha Rahman and Aisha Tan called.", "Aisha left."], "<PERSON_3> left."),
        (["Aisha called.", "Aisha Rahman left."], "<PERSON_2> left."),
        (["Tan Wei Ming called.", "Wei Ming and Tan left."], "<PERSON_1_2> and <PERSON_1_3> left."),
    ],
)
def test_who_is_taken_for_whom(texts, masked):
    mapped = PlaceholderMap()
    assert [mapped.mask(t, spans(t)).text for t in texts][-1] == masked


def test_possessives_stay_outside():
    mapped = PlaceholderMap()
    assert mapped.mask("Aisha's and O'Brien’s car", [Span(0, 7, "PERSON", 1), Span(12, 21, "PERSON", 1)]).text == (
        "<PERSON_1>'s and <PERSON_2>’s car"
    )


def test_a_known_first_name_is_no_common_word():
    mapped = PlaceholderMap()
    mapped.mask("Grace called", [Span(0, 5, "PERSON", 1)])
    assert mapped.mask("the grace period", []).text == "the grace period"


def test_an_answer_that_names_somebody_new_is_flagged():
    mapped = PlaceholderMap()
    mapped.mask("Aisha Rahman called", spans("Aisha Rahman called"))
    said = "Ask <PERSON_1>, <PERSON_1_2> or <PERSON_2>."
    assert mapped.unknown(said) == ["<PERSON_1_2>", "<PERSON_2>"]
    assert mapped.restore(said) == "Ask Aisha Rahman, <PERSON_1_2> or <PERSON_2>."
    assert all(PLACEHOLDER.fullmatch(token) for token in mapped.unknown(said))

from __future__ import annotations

import pytest

from assistant.tiers.extract import sentences, stem, stems, units
from tests.tiers.conftest import passage


def test_a_table_row_is_quoted_with_its_header_and_says_nothing_else() -> None:
    [row, other] = units(passage("Rates", "| City | Full day |\n|---|---|\n| Jakarta | 60 |\n| Penang | 48 |"), 3)
    assert (row.text, row.kind, row.number) == ("Jakarta — Full day: 60", "row", 3)
    assert "Jakarta" not in other.text


def test_a_list_item_keeps_the_line_that_leads_into_it_and_a_later_one_does_not() -> None:
    found = units(passage("Travel", "You need:\n- a passport\n- a visa\n\nTickets are booked early.\n\n- one bag"), 1)
    assert [(u.text, u.lead) for u in found if u.kind == "item"] == [
        ("a passport", "You need:"),
        ("a visa", "You need:"),
        ("one bag", ""),
    ]


def test_sentences_end_at_full_stops_and_not_at_abbreviations() -> None:
    assert sentences("Ask Dr. Tan, e.g. Mondays. It is free.") == ["Ask Dr. Tan, e.g. Mondays.", "It is free."]


@pytest.mark.parametrize(
    "words", ["claim claims claimed claiming", "policy policies", "carry carries carried carrying"]
)
def test_forms_of_one_word_share_a_stem(words: str) -> None:
    assert len({stem(w) for w in words.split()}) == 1


def test_frame_words_carry_nothing_and_compounds_count_whole_and_in_parts() -> None:
    assert stems("How many of these do I get?") == []
    assert set(stems("month-end")) == {stem("month"), stem("end")}

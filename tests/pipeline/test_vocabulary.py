from __future__ import annotations

from assistant.pipeline.vocabulary import Thesaurus
from assistant.policy import Vocabulary

WORDS = Thesaurus(Vocabulary(same=[["sick leave", "illness"], ["leave", "time off"], ["leave", "holidays"]]))


def test_the_longest_term_wins_and_words_match_in_any_form() -> None:
    assert WORDS.also("Sick leaves?") == (("Sick leaves", ("illness",)),)


def test_a_term_on_several_lines_has_the_words_of_all() -> None:
    assert WORDS.also("my leave") == (("leave", ("time off", "holidays")),)


def test_it_works_both_ways_and_says_nothing_of_unknown_words() -> None:
    assert WORDS.also("illness") == (("illness", ("sick leave",)),)
    assert WORDS.also("") == WORDS.also("parking") == ()

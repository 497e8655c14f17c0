from __future__ import annotations

import itertools
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from assistant.store.thread import after_asides, newest, siblings, thread
from assistant.values import Message


def message(id_: str, parent: str = "", role: str = "user") -> Message:
    return Message(id_, role, id_, datetime.now(UTC), parent=parent)  # type: ignore[arg-type]


FORKED = [
    message("q1"), message("a1", "q1", "assistant"), message("q2", "a1"), message("a2", "q2", "assistant"),
    message("q2b", "a1"), message("a2b", "q2b", "assistant"), message("a2c", "q2b", "assistant"),
    message("q1b"),
]  # fmt: skip


def test_a_branch_is_read_from_its_start_to_its_end() -> None:
    assert [m.id for m in thread(FORKED, "a2")] == ["q1", "a1", "q2", "a2"]
    assert [m.id for m in thread(FORKED, "a2c")] == ["q1", "a1", "q2b", "a2c"]
    assert [m.id for m in thread(FORKED, "q1b")] == ["q1b"]
    assert thread(FORKED, "gone") == [] and thread([], "") == []


def test_siblings_stand_in_one_place() -> None:
    by_id = {m.id: m for m in thread(FORKED, "a2c")}
    assert by_id["q2b"].siblings == ("q2", "q2b") and by_id["a2c"].siblings == ("a2b", "a2c")
    assert by_id["q1"].siblings == ("q1", "q1b") and by_id["a1"].siblings == ("a1",)


def test_choosing_a_message_leads_to_the_newest_under_it() -> None:
    assert newest(FORKED, "q2") == "a2" and newest(FORKED, "q1") == "a2c" and newest(FORKED, "q1b") == "q1b"


def test_an_answer_goes_behind_what_a_person_said_meanwhile() -> None:
    said = [*FORKED, message("e1", "q1b", "expert"), message("n1", "e1", "notice")]
    assert after_asides(said, "q1b") == "n1" and after_asides(said, "q2") == "q2"


@given(st.lists(st.integers(min_value=-1, max_value=30), max_size=30))
def test_any_tree_has_one_path_to_each_message_and_every_message_is_its_own_sibling(parents: list[int]) -> None:
    messages = [
        message(str(n), str(parent) if 0 <= parent < n else "", ("user", "assistant")[n % 2])
        for n, parent in enumerate(parents)
    ]
    for one in messages:
        path = thread(messages, one.id)
        assert path[-1].id == one.id and path[0].parent == "" and len({m.id for m in path}) == len(path)
        assert all(later.parent == earlier.id for earlier, later in itertools.pairwise(path))
        assert one.id in siblings(messages, one)
        assert one.id in {m.id for m in thread(messages, newest(messages, one.id))}

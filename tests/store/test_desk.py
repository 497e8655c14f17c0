from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from assistant.errors import StewardError
from assistant.store.desk import Desk
from assistant.store.keys import KeyStore
from assistant.values import HandOff

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE = HandOff("h1", "c1", "anna", "t1", "hr", "asked", "Plumnote", NOW, NOW + timedelta(hours=4))


@pytest.fixture
def desk(tmp_path: Path, keys: KeyStore) -> Desk:
    return Desk.open(tmp_path / "desk.db", keys)


def test_a_conversation_has_one_open_hand_off(desk: Desk, tmp_path: Path) -> None:
    assert desk.request(ONE) == ONE
    assert desk.request(replace(ONE, id="h2", note="again")) == ONE
    assert desk.get("h2") is None and desk.get("h1") == ONE
    assert b"Plumnote" not in b"".join(file.read_bytes() for file in tmp_path.glob("desk.db*"))
    assert desk.claim("h1", "eve")
    desk.resolve("h1", "eve")
    second = replace(ONE, id="h2")
    assert desk.request(second) == second
    assert desk.for_conversation("c1") == second and desk.for_conversation("c9") is None


def test_the_queue_is_the_groups_own_and_most_urgent_first(desk: Desk) -> None:
    east = timezone(timedelta(hours=8))
    soon = replace(ONE, id="h2", conversation_id="c2", due=(NOW + timedelta(hours=1)).astimezone(east))
    other = replace(ONE, id="h3", conversation_id="c3", group="it")
    for one in (ONE, soon, other):
        desk.request(one)
    assert [h.id for h in desk.queue(["hr", "sales"])] == ["h2", "h1"]
    assert desk.queue([]) == []
    desk.claim("h2", "eve")
    assert [h.state for h in desk.queue(["hr"])] == ["taken", "waiting"]


def test_of_many_experts_one_gets_it_and_only_that_one_closes_it(desk: Desk) -> None:
    desk.request(ONE)
    with pytest.raises(StewardError, match="Take it first"):
        desk.resolve("h1", "")
    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(lambda n: desk.claim("h1", f"e{n}"), range(10)))
    assert taken.count(True) == 1
    winner = f"e{taken.index(True)}"
    assert desk.claim("h1", winner)
    with pytest.raises(StewardError):
        desk.resolve("h1", "somebody else")
    desk.resolve("h1", winner)
    desk.resolve("h1", winner)
    assert not desk.claim("h1", winner) and desk.queue(["hr"]) == []

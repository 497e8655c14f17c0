from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import NotFound, StewardError
from assistant.store import people as module
from assistant.store.people import People

PASSWORD = "correct horse battery"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    store = People.open(tmp_path / "people.db")
    store.add("anna", "Anna A", password=PASSWORD, groups=["staff", "hr"], roles=["employee"], title="Clerk")
    yield store
    store.close()


def test_a_person_is_kept_as_given(people: People) -> None:
    anna = people.by_name("anna")
    assert anna is not None
    assert (anna.groups, anna.roles, anna.title) == ({"staff", "hr"}, {"employee"}, "Clerk")
    assert people.get(anna.id) == anna and people.everyone() == [anna]
    assert people.by_name("nobody") is None and people.get("anna") is None


@pytest.mark.parametrize(
    ("name", "password", "role", "says"),
    [
        ("Anna", PASSWORD, "employee", "2 to 40"),
        ("a", PASSWORD, "employee", "2 to 40"),
        ("anna\n", PASSWORD, "employee", "2 to 40"),
        ("anna", PASSWORD, "employee", "taken"),
        ("ben", "short", "employee", "10 to"),
        ("ben", PASSWORD, "king", "Roles are"),
    ],
)
def test_what_cannot_be_added_says_why(people: People, name: str, password: str, role: str, says: str) -> None:
    with pytest.raises(StewardError, match=says):
        people.add(name, "Somebody", password=password, groups=[], roles=[role])  # type: ignore[list-item]


def test_rights_and_suspension_act_on_open_sessions(people: People) -> None:
    anna = people.by_name("anna")
    assert anna is not None
    token = people.open_session(anna.id, 1)
    people.set_access("anna", ["staff"], ["expert"])
    now = people.session(token)
    assert now is not None and now.groups == {"staff"} and now.roles == {"expert"}
    people.set_suspended("anna", True)
    assert people.session(token) is None
    assert people.check_password("anna", PASSWORD) is None
    with pytest.raises(NotFound):
        people.open_session(anna.id, 1)
    people.set_suspended("anna", False)
    assert people.session(token) is None, "letting somebody in again must not revive old sign-ins"


def test_sessions_end(people: People, tmp_path: Path) -> None:
    anna = people.by_name("anna")
    assert anna is not None
    closed, over, old = (
        people.open_session(anna.id, 1),
        people.open_session(anna.id, 0),
        people.open_session(anna.id, 1),
    )
    people.close_session(closed)
    assert people.session(closed) is None and people.session(over) is None and people.session("\ud800") is None
    people.set_password("anna", "another long password")
    assert people.session(old) is None
    assert people.check_password("anna", PASSWORD) is None
    assert people.check_password("anna", "another long password") == anna
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert old.encode() not in kept and b"another long password" not in kept


@pytest.mark.parametrize("name", ["anna", "nobody", "Not A Name \ud800"])
def test_five_failures_close_a_name_known_or_not(people: People, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        assert people.check_password(name, "wrong") is None
    with pytest.raises(StewardError, match="Too many failed"):
        people.check_password(name, PASSWORD)
    later = time.time() + module.FAILURE_SECONDS + 1
    monkeypatch.setattr(module.time, "time", lambda: later)
    assert (people.check_password(name, PASSWORD) is not None) == (name == "anna")


def test_unknown_names_cost_a_hash_too(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    people.add("sample", "Sample", password=None, groups=[], roles=[], sample=True)
    seen: list[str] = []
    real = people._hasher

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            seen.append(hashed)
            return real.verify(hashed, password)

    monkeypatch.setattr(people, "_hasher", Counting())
    for name in ("nobody", "sample", "anna"):
        people.check_password(name, "wrong password")
    assert len(seen) == 3

"""Who may sign in by one click, and whose cookie it is."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from assistant.pipeline.kit import Kit
from assistant.ui.session import cookie_name, demo_active, person_of
from tests.ui.conftest import newcomer

pytestmark = pytest.mark.asyncio(loop_scope="module")


def connection(address: str = "127.0.0.1", host: str = "127.0.0.1:7860", **headers: str) -> HTTPConnection:
    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return HTTPConnection({"type": "http", "path": "/", "query_string": b"", "headers": raw, "client": (address, 1)})


CONNECTIONS = [
    (connection(), True),
    (connection(host="localhost:7860"), True),
    (connection("::1", "[::1]:7860"), True),
    (connection("10.0.0.7"), False),
    (connection(host="evil.example"), False),  # DNS rebinding
    (connection(x_forwarded_for="10.0.0.7"), False),
    (connection(forwarded="for=10.0.0.7"), False),
    (connection(via="1.1 proxy"), False),
    (connection(x_real_ip="127.0.0.1"), False),
]


async def test_demo_only_straight_from_this_machine(kit: Kit) -> None:
    kit.settings = kit.settings.model_copy(update={"demo": "on"})
    for given, active in CONNECTIONS:
        assert demo_active(kit, given) is active, dict(given.headers)


async def test_demo_by_setting_and_people(kit: Kit) -> None:
    kit.settings = kit.settings.model_copy(update={"demo": "auto"})
    assert not demo_active(kit, connection())  # there are real people
    kit.settings = kit.settings.model_copy(update={"demo": "on", "host": "0.0.0.0"})
    assert not demo_active(kit, connection())
    kit.settings = kit.settings.model_copy(update={"demo": "off", "host": "127.0.0.1"})
    assert not demo_active(kit, connection())


async def test_demo_ends_with_the_first_real_person(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.settings = kit.settings.model_copy(update={"demo": "auto"})
    sample, real = newcomer(kit, sample=True), newcomer(kit)
    monkeypatch.setattr(kit.people, "everyone", lambda: [sample])
    assert demo_active(kit, connection())
    monkeypatch.setattr(kit.people, "everyone", lambda: [sample, real])
    assert not demo_active(kit, connection())


async def test_a_suspended_person_is_nobody_at_once(kit: Kit) -> None:
    person = newcomer(kit)
    token = kit.people.open_session(person.id, 1)
    given = connection(cookie=f"{cookie_name(kit.settings)}={token}")
    assert person_of(kit, given) == person
    kit.people.set_suspended(person.name, True)
    assert person_of(kit, given) is None
    assert person_of(kit, connection(cookie=f"{cookie_name(kit.settings)}=forged")) is None
    assert person_of(kit, connection()) is None

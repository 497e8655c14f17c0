"""``scripts/people.py`` as its user runs it, through a running app, so that changes act at once."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.pipeline.kit import Kit
from assistant.web.control import serve
from tests.pipeline.conftest import MakeKit
from tests.scripts.running import script

PASSWORD = "a long enough one\n"


def added(name: str, *more: str) -> tuple[str, ...]:
    return ("people.py", "add", name, "--display-name", "Jane Lim", *more)


def names(kit: Kit) -> set[str]:
    return {p.name for p in kit.people.everyone()}


def acts(kit: Kit) -> list[dict[str, Any]]:
    return [r for r in kit.ledger.rows() if r["kind"].startswith("person.")]


async def test_list_has_a_header_and_the_sign_in_name_first(make_kit: MakeKit) -> None:
    kit = await make_kit()
    kit.people.set_suspended("eve", True)
    async with await serve(kit):
        done = await script(kit.settings, "people.py", "list")
    lines = done.out.splitlines()
    assert done.code == 0 and done.err == ""
    assert lines[0].split() == ["name", "display", "name", "roles", "groups", "state"]
    assert [line.split()[0] for line in lines[1:]] == ["ann", "bob", "eve"]
    assert [line.split()[-1] for line in lines[1:]] == ["active", "active", "suspended"]
    assert "employee,expert" in lines[2] and "hr,staff" in lines[2]


async def test_add_reads_the_password_from_standard_input(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with await serve(kit):
        done = await script(kit.settings, *added("jane.lim", "--groups", "staff,claims"), stdin=PASSWORD.encode())
        taken = await script(kit.settings, *added("jane.lim"), stdin=PASSWORD.encode())
    assert done.code == 0 and "jane.lim" in done.out, done.err
    assert PASSWORD.strip() not in done.out + done.err
    jane = kit.people.check_password("jane.lim", PASSWORD.strip())
    assert jane is not None and jane.groups == {"staff", "claims"} and jane.roles == {"employee"}
    assert kit.people.check_password("jane.lim", "a long enough two") is None
    assert taken.code == 1 and "'jane.lim' is taken" in taken.err
    assert [(r["kind"], r["row"]["person"]) for r in acts(kit)] == [("person.add", jane.id)]
    assert PASSWORD.strip() not in str(list(kit.ledger.rows()))


@pytest.mark.parametrize(
    ("arguments", "password", "says"),
    [
        (added("jane.lim"), "short\n", "10"),
        (added("jane.lim", "--groups", "staff,pirates"), PASSWORD, "'pirates' is not a group; there are "),
        (added("jane.lim", "--roles", "king"), PASSWORD, "'king' is not a role; there are employee"),
        (added("Jane Lim"), PASSWORD, "'Jane Lim' cannot be used"),
        (("people.py", "access", "ann", "--groups", "pirates"), "", "'pirates' is not a group"),
        (("people.py", "suspend", "nobody"), "", "Nobody signs in as 'nobody'"),
        (("people.py", "reset", "ann"), "short\n", "10"),
    ],
)
async def test_what_cannot_be_done_is_said_and_nothing_changes(
    make_kit: MakeKit, arguments: tuple[str, ...], password: str, says: str
) -> None:
    kit = await make_kit()
    before = kit.people.everyone()
    async with await serve(kit):
        done = await script(kit.settings, *arguments, stdin=password.encode())
    assert (done.code, done.out) == (1, "") and says in done.err
    assert done.err.count("\n") == 1, "one sentence, not a traceback"
    assert kit.people.everyone() == before and not acts(kit)


async def test_suspended_is_out_at_once_and_restored_is_in_again(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = kit.people.by_name("ann")
    assert ann is not None
    token = kit.people.open_session(ann.id, 1)
    question = ("ask.py", "--person", "ann", "How much is a parking space a month?")
    async with await serve(kit):
        assert "suspended" in (await script(kit.settings, "people.py", "suspend", "ann")).out
        assert kit.people.session(token) is None and kit.audiences(ann) == ()
        refused = await script(kit.settings, *question)
        assert refused.code == 1 and "ann is suspended" in refused.err and "165" not in refused.out
        assert "active" in (await script(kit.settings, "people.py", "restore", "ann")).out
        assert "165" in (await script(kit.settings, *question)).out
    assert [r["row"]["suspended"] for r in acts(kit)] == [True, False]


async def test_access_and_reset_act_at_once(make_kit: MakeKit) -> None:
    kit = await make_kit()
    bob = kit.people.by_name("bob")
    assert bob is not None
    token = kit.people.open_session(bob.id, 1)
    async with await serve(kit):
        assert (await script(kit.settings, "people.py", "access", "bob", "--groups", "staff")).code == 0
        changed = kit.people.session(token)
        assert changed is not None and changed.groups == {"staff"} and changed.roles == {"employee", "expert"}
        assert (await script(kit.settings, "people.py", "reset", "bob", stdin=PASSWORD.encode())).code == 0
    assert kit.people.session(token) is None
    assert kit.people.check_password("bob", PASSWORD.strip()) is not None

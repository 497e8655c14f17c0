"""The socket between the scripts and the running app: who answers, what a bad line does, who may open it."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import DataFolderInUse, StewardError
from assistant.pipeline.kit import Kit, build
from assistant.settings import Settings
from assistant.web.control import LONGEST, Caller, serve, socket_path
from tests.pipeline.conftest import MakeKit, settings_in

QUESTION = "How many days of parental leave do I get?"


@asynccontextmanager
async def serving(kit: Kit) -> AsyncIterator[Settings]:
    """The part of a running app that the scripts meet."""
    server = await serve(kit)
    try:
        yield kit.settings
    finally:
        server.close()


async def called(settings: Settings, command: str, **given: Any) -> dict[str, Any]:
    async with Caller(settings) as steward:
        assert steward.kit is None, "a second Steward was built beside the running one"
        return await steward.call(command, **given)


async def raw(settings: Settings, line: bytes) -> dict[str, Any]:
    """What the running app says to this line."""
    reader, writer = await asyncio.open_unix_connection(socket_path(settings))
    writer.write(line)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    reply: dict[str, Any] = json.loads(answer)
    return reply


async def test_commands_run_in_the_running_app(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        result = await asyncio.to_thread(lambda: asyncio.run(called(settings, "ask", person="ann", question=QUESTION)))
        assert result["outcome"] == "answered" and "126 calendar days" in result["answer"]
        await called(settings, "people.suspend", name="ann", suspended=True)
        with pytest.raises(StewardError, match="ann is suspended"):
            await called(settings, "ask", person="ann", question=QUESTION)
    assert [r["kind"] for r in kit.ledger.rows()][-3:] == ["turn.open", "turn.close", "person.suspend"]


async def test_alone_the_caller_is_steward_itself_and_leaves_the_folder_free(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit()
    await kit.close()
    for _ in range(2):
        async with Caller(kit.settings) as steward:
            assert steward.kit is not None
            assert {p["name"] for p in (await steward.call("people.list"))["people"]} == {"ann", "bob", "eve"}


async def test_a_second_app_on_the_same_folder_is_refused(make_kit: MakeKit) -> None:
    kit = await make_kit()
    with pytest.raises(DataFolderInUse) as refused:
        await build(kit.settings)
    said = str(refused.value)
    assert str(kit.settings.data_dir) in said and "process" in said and "Stop that one first" in said
    with pytest.raises(DataFolderInUse):  # it runs, but does not listen (yet)
        await called(kit.settings, "people.list")


async def test_a_socket_that_nobody_answers_is_said(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        pass
    assert socket_path(settings).exists()
    with pytest.raises(StewardError, match="does not answer"):
        await called(settings, "people.list")


async def test_a_socket_left_over_by_a_dead_app_is_no_hindrance(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        pass
    await kit.close()
    async with Caller(settings) as steward:
        assert steward.kit is not None
        async with serving(steward.kit):
            assert (await called(settings, "people.list"))["people"]


async def test_only_the_owner_may_open_the_socket(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        path = socket_path(settings)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket_goes_to_the_temporary_folder(tmp_path: Path) -> None:
    long = settings_in(tmp_path / ("deep" * 20) / ("deeper" * 20))
    assert len(str(socket_path(long))) < 108 and socket_path(long) == socket_path(long)
    assert socket_path(long) != socket_path(settings_in(tmp_path / ("deep" * 20) / ("other" * 20)))


BAD = {
    "no JSON": b"hello\n",
    "nothing": b"",
    "not UTF-8": b"\xff\xfe{}\n",
    "a list": b"[1, 2]\n",
    "no values": b'{"command": "people.list"}\n',
    "values that are text": b'{"command": "people.list", "given": "all"}\n',
    "an unknown command": b'{"command": "drop", "given": {}}\n',
    "a missing value": b'{"command": "ask", "given": {"person": "ann"}}\n',
    "a person who is a list": b'{"command": "ask", "given": {"person": ["ann"], "question": "x"}}\n',
    "a display name that is a number": b'{"command": "people.add", "given": {"name": "joe", "display_name": 5, '
    b'"password": "long enough 1", "groups": ["staff"], "roles": ["employee"]}}\n',
    "groups that are a number": b'{"command": "people.access", "given": {"name": "ann", "groups": 5}}\n',
    "deep nesting": b"[" * 200_000 + b"\n",
    "too long a line": b'"' + b"x" * (LONGEST + 10) + b'"\n',
}


async def test_a_bad_line_gets_an_error_and_the_server_lives(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        for name, line in BAD.items():
            reply = await raw(settings, line)
            assert set(reply) == {"error"} and reply["error"].strip(), name
            assert "Traceback" not in reply["error"]
        assert (await called(settings, "people.list"))["people"], "the server did not survive"
    assert {p.name for p in kit.people.everyone()} == {"ann", "bob", "eve"}


async def test_a_caller_that_goes_away_changes_nothing(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        _, writer = await asyncio.open_unix_connection(socket_path(settings))
        given = {"command": "ask", "given": {"person": "ann", "question": QUESTION}}
        writer.write(json.dumps(given).encode() + b"\n")
        writer.close()
        await writer.wait_closed()
        while not kit.turns._turns:
            await asyncio.sleep(0.01)
        await next(iter(kit.turns._turns.values())).task
        assert (await called(settings, "people.list"))["people"]
    assert kit.ledger.verify().complete


async def test_what_is_too_long_to_send_is_said(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with serving(kit) as settings:
        with pytest.raises(StewardError, match="too long"):
            await called(settings, "ask", person="ann", question="x" * (LONGEST + 1))
        long = await called(settings, "ask", person="ann", question="x" * (LONGEST // 2))
        assert long["outcome"] == "refused" and "characters" in long["answer"]

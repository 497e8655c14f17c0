"""Every route and every event, called by a stranger with somebody else's ids, by nobody, and with nonsense.

The tables name each route and each handler; one that is not in them turns the test red, so that whoever adds one says
here what it does and whose objects it touches. The stranger has every role, in groups of their own. What they may not
read must not be in any answer, and not a row of anybody's may change.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from assistant.pipeline.kit import Kit
from assistant.settings import ROOT
from assistant.ui.gate import GETS, PAGES, POSTS
from assistant.ui.session import cookie_name
from assistant.ui.shell import listen
from assistant.values import Person
from assistant.work.benches.tab import Tab
from tests.ui.conftest import newcomer, request_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRETS = ("quetzal", "Cedar", "45 calendar days")
"""In the owner's question, hand-off note and document; the stranger must never be sent one of them."""

# Route: what it is, and the statuses that a stranger with somebody else's ids may get.
ROUTES: dict[str, tuple[str, set[int]]] = {
    "GET /sign-in": ("the form; somebody signed in is sent on", {303}),
    "POST /auth/sign-in": ("a password, no object", {401}),
    "POST /auth/demo": ("sample people on loopback only", {403, 404}),
    "POST /auth/sign-out": ("one's own session", {303}),
    "POST /auth/language": ("one's own language", {303}),
    "GET /ui/tokens.css": ("the same for everybody", {200}),
    "GET /sw.js": ("the same for everybody", {200}),
    "GET /away": ("the same for everybody", {200}),
    "POST /knowledge/files": ("a new document, only into audiences of one's own", {400, 404}),
    "GET /knowledge/picture": ("a page of a document one may read", {400, 404}),
    "GET /knowledge/original": ("a file one may read", {400, 404}),
    "GET /knowledge/documents.csv": ("the list of documents one may read", {200, 404}),
    "POST /turns": ("starts a turn in a conversation of one's own", {404}),
    "POST /turns/{turn}/stop": ("a turn of one's own", {404}),
    "GET /turns/{turn}/events": ("the same", {404}),
    "GET /turns/{turn}/live": ("the same", {404}),
    "POST /conversations/files": ("a file for a conversation of one's own", {404}),
    "GET /conversations/{conversation}/export.{kind}": ("a conversation of one's own", {404}),
    "GET /documents/pages": ("a page of a document one may read", {404}),
    "GET /guards": ("the report card, for auditors and administrators", {404}),
    "GET /knowledge/gaps.csv": ("questions without a source of one's audiences", {200, 404}),
}
# Handler: whose objects it touches.
EVENTS = {
    "Chat.arrive": "opens the conversation of the address, if it is one's own",
    "Chat.go": "opens, finds, pins, renames, deletes conversations of one's own",
    "Chat.ask": "starts a turn in a conversation of one's own",
    "Chat.stop": "stops what runs there",
    "Chat.act": "cites, explains, hands over: in that conversation, passages of one's own audiences",
    "Chat.look_again": "that conversation",
    "DeskPage.arrive": "the queue of one's groups",
    "DeskPage.choose": "a hand-off of one's groups",
    "DeskPage.take": "the hand-off that the server keeps for the tab",
    "DeskPage.answer": "the same",
    "DeskPage.refresh": "the queue of one's groups",
    "KnowledgePage.arrive": "documents of one's audiences",
    "KnowledgePage.act": "documents, jobs, tests of one's audiences",
    "KnowledgePage.look": "jobs of one's own",
    "KnowledgePage.tick": "the same",
}


@dataclass
class Owned:
    """What the owner has."""

    person: Person
    ids: dict[str, str]


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The application on a port of its own, in this loop."""
    taken = listen(app.state.gate.kit.settings.model_copy(update={"port": 0 or free_port()}))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[taken]))
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        app.state.gate.close()
        server.should_exit = True
        await task


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with serving(app) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owned(kit: Kit) -> Owned:
    """Somebody in HR with a conversation, an answer, a hand-off, and a document that only HR may read."""
    person = newcomer(kit, "hr")
    running = kit.turns.start(person, None, "By how many days does the Cedar scheme extend parental leave, quetzal?")
    *_, done = [event async for event in kit.turns.events(person, running.turn_id)]
    handoff = await kit.handoffs.ask_person(person, running.conversation_id, "a note about the quetzal")
    messages = await asyncio.to_thread(kit.conversations.messages, running.conversation_id)
    passage = next(p for p in done.data["made"]["passages"] if p["title"] == "Top-up scheme")
    ids = {
        "conversation": running.conversation_id, "turn": running.turn_id, "handoff": handoff.id,
        "message": messages[-1].id, "question": messages[0].id, "passage": passage["chunk_id"],
        "document": passage["document_key"],
    }  # fmt: skip
    return Owned(person, ids)


def client_of(kit: Kit, url: str, person: Person | None) -> httpx.AsyncClient:
    cookies = {cookie_name(kit.settings): kit.people.open_session(person.id, 1)} if person else {}
    return httpx.AsyncClient(base_url=url, headers={"origin": url}, cookies=cookies, timeout=60)


def stranger(kit: Kit) -> Person:
    return newcomer(kit, "sales", roles=("employee", "knowledge_manager", "expert"))


def rows(kit: Kit) -> set[tuple[Any, ...]]:
    """Every row of every table that keeps what people have."""
    found = set()
    for path in kit.settings.data_dir.glob("*.db"):
        if path.name == "people.db":
            continue
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            shadows = tuple(
                n for (n, s) in db.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%VIRTUAL%'")
            )
            for name in names:
                if not name.startswith((*shadows, "sqlite_")):
                    found |= {(path.name, name, *map(str, row)) for row in db.execute(f'SELECT * FROM "{name}"')}
    return found


def acts() -> list[str]:
    """Every act that a handler knows."""
    found: set[str] = set()
    for path in [
        *(ROOT / "assistant" / "ui" / "pages").glob("*.py"),
        *(ROOT / "assistant" / "ui" / "knowledge").glob("*.py"),
    ]:
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'case "([\w-]+)"', text)) | set(re.findall(r'"act"\) [!=]= "([\w-]+)"', text))
        found |= set(re.findall(r'data-act="([\w-]+)"', text))
    return sorted(found)


def where(path: str, ids: dict[str, str]) -> str:
    """A path with ids for its holes; nonsense where there is none."""
    return re.sub(r"\{(\w+)\}", lambda hole: ids.get(hole[1], "md" if hole[1] == "kind" else "%F0%9F"), path)


def handler_of(app: FastAPI, event: int) -> str:
    fn = app.state.gate.app.blocks.fns[event].fn
    return f"{type(fn.__self__).__name__}.{fn.__name__}"


async def test_every_route_is_in_the_table(app: FastAPI) -> None:
    every = [inner for r in app.routes for inner in getattr(getattr(r, "original_router", None), "routes", [r])]
    assert all(isinstance(route, APIRoute | Mount) for route in every)
    found = {f"{m} {r.path}" for r in every if isinstance(r, APIRoute) for m in r.methods}
    assert found == set(ROUTES)
    mounts = {r.path for r in app.routes if isinstance(r, Mount)}
    assert mounts == {"", "/ui"}
    assert set(PAGES) == {"/", "/desk", "/knowledge"}
    assert set(POSTS) == {"/gradio_api/queue/join", "/gradio_api/reset"}
    inner = {getattr(r, "path", "") for r in app.state.gate.app.routes}
    open_ones = {p for p in inner if GETS.fullmatch(p.replace("{session_hash}", "x").replace("{path:path}", "x"))}
    assert open_ones == {
        "/assets/{path:path}", "/static/{path:path}", "/theme.css", "/favicon.ico", "/gradio_api/queue/data",
        "/gradio_api/heartbeat/{session_hash}", "/gradio_api/startup-events", "/gradio_api/theme.css",
        "/gradio_api/app_id", "/gradio_api/login_check", "/gradio_api/startup-events/", "/gradio_api/app_id/",
        "/gradio_api/login_check/",
    } & open_ones  # fmt: skip


async def test_every_event_is_in_the_table(app: FastAPI) -> None:
    assert {handler_of(app, event) for event in app.state.gate.app.blocks.fns} == set(EVENTS)


@pytest.mark.parametrize("route", ROUTES)
async def test_a_stranger_gets_nothing_through_a_route(kit: Kit, url: str, owned: Owned, route: str) -> None:
    method, path = route.split(" ")
    before = rows(kit)
    async with client_of(kit, url, stranger(kit)) as client:
        every = owned.ids | {
            "id": owned.ids["message"],
            "audience": "hr",
            "name": "quokka.md",
            "title": "x",
            "text": "x",
        }
        form = {"json": every} if path.startswith("/turns") else {"data": every}
        done = await client.request(method, where(path, every), params=every, **(form if method == "POST" else {}))
    assert done.status_code in ROUTES[route][1], done.text[:200]
    assert not [word for word in SECRETS if word in done.text]
    assert before <= rows(kit)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", [None, b"", b"\xff\xfe\x00", b"{", b'{"a": [1, {}]}', b"a=1&a=2&" * 50])
async def test_nonsense_gets_an_answer_and_no_fault(kit: Kit, url: str, route: str, body: bytes | None) -> None:
    method, path = route.split(" ")
    odd = {"document": "\x00../../etc", "passage": "%00", "audience": "\ud7ff"}
    for person in (None, stranger(kit)):
        async with client_of(kit, url, person) as client:
            sent = body if method == "POST" else None
            done = await client.request(method, where(path, {}), content=sent, params=odd)
        assert done.status_code < 500, done.text[:200]
        if person is None and path.startswith(("/knowledge", "/turns", "/conversations", "/documents")):
            assert done.status_code == 401


async def test_a_stranger_gets_nothing_through_any_event(kit: Kit, app: FastAPI, owned: Owned) -> None:
    """Every handler is called as Gradio calls it, with every act, every kind of id, and a tab that looks at them."""
    before, blocks = rows(kit), app.state.gate.app.blocks
    ids = [owned.ids[name] for name in ("message", "question", "conversation", "handoff", "passage", "document")]
    for event, made in blocks.fns.items():
        fn, handler = made.fn, handler_of(app, event)
        clicked = any(p.annotation == "gr.EventData" for p in inspect.signature(fn).parameters.values())
        for act in acts() if clicked else [""]:
            for one in ids if clicked else ids[:1]:
                click = {**owned.ids, "act": act, "id": one, "key": owned.ids["document"], "note": "x", "text": "x"}
                try:
                    said = await called(
                        fn, [forged(part, owned, handler) for part in made.inputs], click, kit, stranger_of(kit)
                    )
                except Exception as error:
                    pytest.fail(f"{handler} raised {error!r} for {act}")
                assert not [word for word in SECRETS if word in said], (handler, act, one)
    assert before <= rows(kit)


def stranger_of(kit: Kit, known: list[Person] = []) -> Person:  # noqa: B006 - one stranger for all calls
    if not known:
        known.append(stranger(kit))
    return known[0]


def forged(part: Any, owned: Owned, handler: str) -> Any:
    """What the server keeps for a tab, as if it looked at the owner's things; typed text otherwise."""
    if not isinstance(part, gr.State):
        return owned.ids["conversation"]
    state = copy.deepcopy(part.value)
    if isinstance(state, str):
        return owned.ids["handoff" if handler.startswith("Desk") else "conversation"]
    for name in ("conversation", "turn", "document", "passage"):
        if hasattr(state, name):
            setattr(state, name, owned.ids[name])
    return state


async def called(fn: Any, values: list[Any], click: dict[str, str], kit: Kit, person: Person) -> str:
    """Everything that a handler would send."""
    rest = iter(values)
    given = {
        name: gr.EventData(None, click) if p.annotation == "gr.EventData"
        else request_of(kit, person, f"c={click['conversation']}&document={click['document']}")
        if p.annotation == "gr.Request" else next(rest)
        for name, p in inspect.signature(fn).parameters.items()
    }  # fmt: skip
    if inspect.isasyncgenfunction(fn):
        return "".join([str(list(changes.values())) async for changes in fn(**given)])
    return str(list((await fn(**given)).values()))


async def test_every_event_of_a_stranger_ends_well_over_http(kit: Kit, app: FastAPI, url: str, owned: Owned) -> None:
    before, seen = rows(kit), set()
    async with client_of(kit, url, stranger(kit)) as client:
        for page in sorted(PAGES):
            tab = Tab(url, client)
            await tab.load(page)
            for event in tab.events:
                click = {**owned.ids, "act": "open", "id": owned.ids["conversation"]}
                said = await tab.run(event["id"], [owned.ids["conversation"]] * len(event["inputs"]), click)
                assert not [word for word in SECRETS if word in said]
                seen.add(handler_of(app, event["id"]))
            await tab.close_beat()
    assert seen == set(EVENTS)
    assert before <= rows(kit)


async def test_nobody_and_the_suspended_reach_no_event(kit: Kit, app: FastAPI, url: str) -> None:
    out = newcomer(kit)
    token = kit.people.open_session(out.id, 1)
    kit.people.set_suspended(out.name, True)
    for cookies in ({}, {cookie_name(kit.settings): token}, {cookie_name(kit.settings): "made up"}):
        async with httpx.AsyncClient(base_url=url, headers={"origin": url}, cookies=cookies) as client:
            for event in app.state.gate.app.blocks.fns:
                body = {"data": [], "fn_index": event, "session_hash": "abc"}
                assert (await client.post("/gradio_api/queue/join", json=body)).status_code == 401
            for path in PAGES:
                assert (await client.get(path)).status_code in (303, 404)


async def test_nobody_else_joins_a_stream(kit: Kit, url: str, owned: Owned) -> None:
    async with client_of(kit, url, owned.person) as mine, client_of(kit, url, stranger(kit)) as theirs:
        tab = Tab(url, mine)
        await tab.load()
        for path in (f"/gradio_api/queue/data?session_hash={tab.session}", f"/gradio_api/heartbeat/{tab.session}"):
            assert (await theirs.get(path)).status_code == 404
        for path in ("/gradio_api/queue/join", "/gradio_api/reset"):
            body = {"data": [], "fn_index": 0, "session_hash": tab.session, "event_id": "x"}
            assert (await theirs.post(path, json=body)).status_code == 404
        await tab.close_beat()


async def test_malformed_events_are_refused(kit: Kit, app: FastAPI, url: str) -> None:
    async with client_of(kit, url, stranger(kit)) as client:
        for body in (b"", b"[]", b"{}", b'{"session_hash": 5}', b'{"session_hash": "a", "fn_index": 99999}',
                     b'{"session_hash": "a", "fn_index": "x", "data": 3}', b"\xff"):  # fmt: skip
            done = await client.post("/gradio_api/queue/join", content=body,
                                     headers={"content-type": "application/json"})  # fmt: skip
            assert 400 <= done.status_code < 500, (body, done.status_code)
        assert (await client.get("/")).status_code == 200


async def test_the_same_calls_by_the_owner_do_show_something(kit: Kit, app: FastAPI, owned: Owned) -> None:
    """Or the sweep could not fail."""
    blocks = app.state.gate.app.blocks
    shown: dict[str, str] = {}
    for event, made in blocks.fns.items():
        name = handler_of(app, event)
        if name in ("Chat.go", "Chat.act"):
            click = {"act": "open" if name == "Chat.go" else "cite", "conversation": "", "document": ""}
            click["id"] = owned.ids["conversation" if name == "Chat.go" else "passage"]
            shown[name] = await called(made.fn, [forged(p, owned, name) for p in made.inputs], click, kit, owned.person)
    assert "quetzal" in shown["Chat.go"] and "45 calendar days" in shown["Chat.act"]

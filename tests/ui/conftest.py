"""The small company of the pipeline's tests, and a browserless client of the whole application."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.requests import Request

from assistant.pipeline.kit import Kit, build
from assistant.ui.session import cookie_name
from assistant.ui.shell import make_app
from assistant.values import Person, Role
from tests.pipeline.conftest import prepared, settings_in

__all__ = ["prepared"]

HOST = "127.0.0.1:7860"
ORIGIN = f"http://{HOST}"


def browser(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A client that behaves as a browser on our own pages does: same host, an origin, its own cookies."""
    transport = httpx.ASGITransport(app=app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})


def sign_in(kit: Kit, client: httpx.AsyncClient, person: Person) -> str:
    """Give ``client`` a session of ``person``; returns the token."""
    token = kit.people.open_session(person.id, 1)
    client.cookies.set(cookie_name(kit.settings), token)
    return token


def request_of(kit: Kit, person: Person | None, query: str = "") -> gr.Request:
    """What a Gradio handler is given for an event of ``person``, who has just signed in; None for nobody."""
    cookie = f"{cookie_name(kit.settings)}={kit.people.open_session(person.id, 1)}" if person else ""
    scope = {
        "type": "http", "method": "POST", "path": "/gradio_api/queue/join", "query_string": query.encode(),
        "headers": [(b"host", HOST.encode()), (b"cookie", cookie.encode())], "client": ("127.0.0.1", 4711),
    }  # fmt: skip
    return gr.Request(request=Request(scope), session_hash="tab")


def click(**data: str) -> gr.EventData:
    """A click on a button with these data attributes."""
    return gr.EventData(None, data)


def newcomer(kit: Kit, *groups: str, roles: Sequence[Role] = ("employee",), **given: Any) -> Person:
    """Somebody that only this test knows: the kit is shared by the tests of a file."""
    name = f"p{uuid.uuid4().hex[:12]}"
    return kit.people.add(name, "New Comer", password=None, groups=["staff", *groups], roles=roles, **given)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kit(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kit]:
    folder = tmp_path_factory.mktemp("ui") / "kit"
    shutil.copytree(prepared, folder)
    built = await build(settings_in(folder))
    yield built
    await built.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(kit: Kit) -> FastAPI:
    return make_app(kit)

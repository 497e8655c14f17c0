"""Turns over HTTP, with connections cut at random moments: nothing is lost, nothing comes twice."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from assistant.pipeline.kit import Kit
from assistant.ui.session import cookie_name
from assistant.values import Person
from assistant.work.benches.cuts import is_doubled, is_lost, one
from tests.ui.conftest import newcomer
from tests.ui.test_rights_sweep import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
LEAVE = "How many days of parental leave do I get, and from when?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with serving(app) as address:
        yield address


def client_of(kit: Kit, url: str, person: Person) -> httpx.AsyncClient:
    cookies = {cookie_name(kit.settings): kit.people.open_session(person.id, 1)}
    return httpx.AsyncClient(base_url=url, headers={"origin": url}, cookies=cookies, timeout=60)


async def test_ten_random_cuts_lose_and_double_nothing(kit: Kit, url: str) -> None:
    chance, cuts = random.Random(7), 0
    async with client_of(kit, url, newcomer(kit)) as client:
        while cuts < 10:
            read, kept, _ = await one(client, LEAVE, lambda: chance.uniform(0, 0.15))
            cuts += read.cuts
            assert not is_lost(read, kept) and not is_doubled(read, kept)


async def test_the_page_of_an_answer_is_whole_each_time(kit: Kit, url: str) -> None:
    async with client_of(kit, url, newcomer(kit)) as client:
        turn = (await client.post("/turns", json={"text": LEAVE})).json()["turn"]
        lines = (await client.get(f"/turns/{turn}/live")).text.splitlines()
        assert "126" in [line for line in lines if line.startswith("data: ")][-1]
        assert '"done": true' in lines[-2] and (await client.get(f"/turns/{turn}/events?from=9999")).text == ""


async def test_stopping_over_http_stops_the_turn(kit: Kit, url: str) -> None:
    async with client_of(kit, url, newcomer(kit)) as client:
        started = (await client.post("/turns", json={"text": LEAVE})).json()
        assert (await client.post(f"/turns/{started['turn']}/stop")).status_code == 204
        assert '"kind": "done"' in (await client.get(f"/turns/{started['turn']}/events")).text

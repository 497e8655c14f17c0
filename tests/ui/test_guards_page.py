"""The report card in the app: for auditors and administrators, and for nobody else."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from assistant.pipeline.kit import Kit
from assistant.store import report_card
from tests.ui.conftest import browser, newcomer, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
CARD = {"made": "today", "policy": "other", "tiers": [], "files": [{"name": "<b>.jsonl", "rows": 1}], "guards": []}


async def test_only_auditors_and_administrators_find_it(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        done = await client.get("/guards")
        assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
        for roles, status in ((("employee",), 404), (("employee", "expert"), 404), (("knowledge_manager",), 404),
                              (("auditor",), 200), (("administrator",), 200)):  # fmt: skip
            sign_in(kit, client, newcomer(kit, roles=roles))
            assert (await client.get("/guards")).status_code == status, roles


async def test_it_says_how_to_draw_one_and_shows_the_last(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, newcomer(kit, roles=("auditor",)))
        assert "scripts/report_card.py" in (await client.get("/guards")).text
        report_card.write(report_card.folder(kit.settings.data_dir), CARD, "")
        page = (await client.get("/guards")).text
        assert "&lt;b&gt;.jsonl" in page and "<b>.jsonl" not in page and "draw it anew" in page

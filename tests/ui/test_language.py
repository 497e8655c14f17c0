"""Which language a reader gets: the browser's at first, then their own choice, wherever they sign in."""

from __future__ import annotations

import json
import re

import gradio as gr
import pytest
from fastapi import FastAPI

from assistant.pipeline.kit import Kit
from assistant.ui import i18n
from assistant.ui.pages.chat import Chat
from tests.ui.conftest import browser, newcomer, request_of, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_browser_decides_at_the_first_visit_and_a_choice_is_kept(kit: Kit, app: FastAPI) -> None:
    person = newcomer(kit)
    async with browser(app) as client:
        client.headers["accept-language"] = "id-ID,id;q=0.9"
        page = (await client.get("/sign-in")).text
        assert '<html lang="id"' in page and "Kata sandi" in page and "Password" not in page
        chosen = await client.post(
            "/auth/language", data={"language": "en"}, headers={"referer": "http://evil.example/x"}
        )
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/")
        assert "Password" in (await client.get("/sign-in")).text

        sign_in(kit, client, person)
        back = {"referer": "http://127.0.0.1:7860/desk?x=1"}
        done = await client.post("/auth/language", data={"language": "id"}, headers=back)
        assert done.headers["location"] == "/desk?x=1"
        now = kit.people.get(person.id)
        assert now is not None and now.language == "id"
        await client.post("/auth/language", data={"language": "tlh"})
        now = kit.people.get(person.id)
        assert now is not None and now.language == "id"
    async with browser(app) as elsewhere:
        sign_in(kit, elsewhere, person)
        assert '<html lang="id"' in (await elsewhere.get("/")).text
    i18n.use("en")


async def test_a_page_goes_out_in_the_readers_language_and_with_no_mark_left(kit: Kit, app: FastAPI) -> None:
    person = newcomer(kit)
    kit.people.set_language(person.id, "id")
    async with browser(app) as client:
        sign_in(kit, client, person)
        page = (await client.get("/")).text
    assert '<html lang="id"' in page and "Ajukan pertanyaan" in page and "Ask a question" not in page
    assert not re.search(f"[{i18n.OPEN}{i18n.SHUT}]", page) and "\\ue01" not in page
    config = re.search(r"window\.gradio_config = (\{.*?\});</script>", page, re.DOTALL)
    assert config is not None and json.loads(config[1])["components"]
    i18n.use("en")


async def test_two_people_are_spoken_to_in_their_own_languages(kit: Kit) -> None:
    chat = Chat(kit)
    with gr.Blocks():
        chat.components()
    one, two = newcomer(kit), newcomer(kit)
    kit.people.set_language(one.id, "id")
    kit.people.set_language(two.id, "en")
    for person, words in ((one, "Percakapan Anda"), (two, "Your conversations"), (one, "Percakapan Anda")):
        changes = await chat.arrive(request_of(kit, person))
        assert words in changes[chat.list]
    i18n.use("en")

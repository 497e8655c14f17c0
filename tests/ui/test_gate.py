"""What stands before the pages: routes, people, session hashes, origins, sizes, headers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from assistant.pipeline.kit import Kit
from assistant.ui.front import BODY_LIMIT
from tests.ui.conftest import browser, newcomer, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOIN = "/gradio_api/queue/join"
CLOSED = [
    ("GET", "/gradio_api/file=/etc/passwd"), ("GET", "/gradio_api/file/etc/passwd"), ("GET", "/file=/etc/passwd"),
    ("GET", "/gradio_api/proxy=https://evil.example"), ("POST", "/gradio_api/upload"), ("GET", "/gradio_api/info"),
    ("POST", "/gradio_api/run/predict"), ("POST", "/gradio_api/api/ask"), ("POST", "/gradio_api/call/ask"),
    ("GET", "/gradio_api/call/ask/1"), ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/cancel"),
    ("GET", "/config"), ("GET", "/monitoring"), ("POST", "/login"), ("GET", "/logout"),
    ("POST", "/gradio_api/vibe-edit"),
    ("GET", "/gradio_api/vibe-code"), ("GET", "/gradio_api/runs"), ("GET", "/gradio_api/deep_link?session_hash=a"),
    ("GET", "/gradio_api/dev/reload"), ("GET", "/docs"), ("GET", "/openapi.json"), ("PUT", "/"), ("DELETE", "/desk"),
    ("GET", "/gradio_api/heartbeat/a/b"), ("GET", "/assets/"), ("GET", "/gradio_api/token"),
]  # fmt: skip


async def test_routes_that_no_page_needs_do_not_exist(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, newcomer(kit, roles=("employee", "administrator")))
        for method, path in CLOSED:
            assert (await client.request(method, path)).status_code in (404, 405), (method, path)


async def test_nobody_reaches_gradio_without_a_session(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        for path in ("/", "/desk"):
            done = await client.get(path)
            assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
        for path in ("/theme.css", "/gradio_api/queue/data?session_hash=a", "/gradio_api/heartbeat/a"):
            assert (await client.get(path)).status_code == 401
        assert (await client.post(JOIN, json={"session_hash": "a", "fn_index": 0, "data": []})).status_code == 401
        person = newcomer(kit)
        sign_in(kit, client, person)
        kit.people.set_suspended(person.name, True)
        assert (await client.post(JOIN, json={"session_hash": "a", "fn_index": 0, "data": []})).status_code == 401


async def test_a_session_hash_belongs_to_who_used_it_first(kit: Kit, app: FastAPI) -> None:
    body = {"session_hash": "tab1", "fn_index": 0, "data": [None], "trigger_id": 1}
    async with browser(app) as ann, browser(app) as eve:
        person = newcomer(kit)
        sign_in(kit, ann, person)
        sign_in(kit, eve, newcomer(kit))
        assert (await ann.post(JOIN, json=body)).status_code == 200
        for method, path in (("POST", JOIN), ("POST", "/gradio_api/reset"),
                             ("GET", "/gradio_api/queue/data?session_hash=tab1"),
                             ("GET", "/gradio_api/heartbeat/tab1")):  # fmt: skip
            done = await eve.request(method, path, json=body if method == "POST" else None)
            assert done.status_code == 404, path
        sign_in(kit, ann, person)  # the same person, signed in anew
        assert (await ann.post(JOIN, json=body)).status_code == 200


async def test_malformed_events_are_answered_and_the_app_lives(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, newcomer(kit))
        for content in (b"", b"[]", b"{", b"\xff", b'{"session_hash": 1}', b'{"session_hash": ""}', b"null"):
            assert (await client.post(JOIN, content=content)).status_code == 404, content
        assert (await client.get("/gradio_api/queue/data")).status_code == 404
        assert (await client.get("/")).status_code == 200


async def test_bodies_are_limited_before_anybody_is_asked_who_they_are(kit: Kit, app: FastAPI) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 50_000 + 2):
            yield b"x" * 50_000

    async with browser(app) as client:
        for path in (JOIN, "/auth/sign-in"):
            assert (await client.post(path, content=b"x" * (BODY_LIMIT + 1))).status_code == 413
            assert (await client.post(path, content=endless())).status_code == 413  # no length announced
            assert (await client.post(path, content=b"x", headers={"content-length": "1e9"})).status_code == 413


async def test_another_origin_is_refused_for_reading_too(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, newcomer(kit))
        headers = {"origin": "http://localhost:3000"}
        for path in ("/", "/gradio_api/queue/data?session_hash=a"):
            assert (await client.get(path, headers=headers)).status_code == 403
        done = await client.get("/sign-in")
        assert "access-control-allow-origin" not in done.headers


async def test_every_response_carries_the_headers(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        found = {"/sign-in": (await client.get("/sign-in")).headers}
        sign_in(kit, client, newcomer(kit))
        for path in ("/", "/desk", "/ui/steward.css", "/nowhere"):
            found[path] = (await client.get(path)).headers
    for path, headers in found.items():
        policy = headers["content-security-policy"]
        for part in ("default-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'",
                     "form-action 'self'", "connect-src 'self'", "object-src 'none'"):  # fmt: skip
            assert part in policy
        assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert ("no-store" in headers.get("cache-control", "")) == (not path.startswith("/ui/"))


async def test_pages_name_no_other_origin_and_every_script_has_the_nonce(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, newcomer(kit))
        for path in ("/", "/desk"):
            done = await client.get(path)
            nonce = re.search(r"'nonce-([^']+)'", done.headers["content-security-policy"])
            assert (
                nonce
                and f'<script nonce="{nonce.group(1)}"' in done.text
                and not re.search("<script(?! nonce=)", done.text)
            )
            loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"([^\"]+)\"", done.text)
            assert loaded and not [url for url in loaded if re.match(r"(https?:)?//", url)]
            assert "<base" not in done.text and "og:image" not in done.text and "/ui/steward.js" in done.text
        css = (await client.get("/theme.css")).text
        assert not re.search(r"url\(\W*(https?:)?//", css) and "@import" not in css


async def test_each_page_has_a_nonce_of_its_own(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        pages = [(await client.get("/sign-in")).headers["content-security-policy"] for _ in range(2)]
    assert pages[0] != pages[1]

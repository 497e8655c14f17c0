"""Signing in and out over HTTP."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from assistant.pipeline.kit import Kit
from assistant.ui.auth import NO_DEMO, WRONG
from assistant.ui.session import cookie_name
from tests.ui.conftest import browser, newcomer, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"


async def test_password_sign_in_sets_a_cookie_that_scripts_cannot_read(kit: Kit, app: FastAPI) -> None:
    name = newcomer(kit).name
    kit.people.set_password(name, PASSWORD)
    async with browser(app) as client:
        done = await client.post("/auth/sign-in", data={"name": f" {name.upper()} ", "password": PASSWORD})
        cookie = done.headers["set-cookie"].lower()
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/sign-in")).headers["location"] == "/"


async def test_secure_cookie_behind_tls(kit: Kit, app: FastAPI) -> None:
    name = newcomer(kit).name
    kit.people.set_password(name, PASSWORD)
    async with browser(app) as client:
        client.headers["origin"] = "https://127.0.0.1:7860"
        done = await client.post("/auth/sign-in", data={"name": name, "password": PASSWORD})
        assert "secure" in done.headers["set-cookie"].lower()


async def test_wrong_names_and_passwords_read_the_same(kit: Kit, app: FastAPI) -> None:
    known = newcomer(kit).name
    async with browser(app) as client:
        for form in ({"name": known, "password": "wrong wrong wrong"}, {"name": "nobody", "password": "x"}, {},
                     {"name": "<b>"}):  # fmt: skip
            done = await client.post("/auth/sign-in", data=form)
            assert done.status_code == 401 and WRONG in done.text and "set-cookie" not in done.headers
            assert "<b>" not in done.text


async def test_too_many_failures_say_when_to_try_again(kit: Kit, app: FastAPI) -> None:
    form = {"name": newcomer(kit).name, "password": "wrong wrong wrong"}
    async with browser(app) as client:
        for _ in range(5):
            assert (await client.post("/auth/sign-in", data=form)).status_code == 401
        done = await client.post("/auth/sign-in", data=form)
        assert done.status_code == 429 and "Wait about" in done.text


async def test_one_click_only_for_sample_people_in_demo_mode(kit: Kit, app: FastAPI) -> None:
    sample, real = newcomer(kit, sample=True), newcomer(kit)
    async with browser(app) as client:
        refused = await client.post("/auth/demo", data={"person": sample.name})
        assert refused.status_code == 403 and NO_DEMO in refused.text and sample.name not in refused.text
        kit.settings = kit.settings.model_copy(update={"demo": "on"})
        assert sample.name in (await client.get("/sign-in")).text
        assert (await client.post("/auth/demo", data={"person": real.name})).status_code == 404
        assert (await client.post("/auth/demo", data={"person": sample.name})).status_code == 303
    async with browser(app, "10.0.0.7") as far:
        assert (await far.post("/auth/demo", data={"person": sample.name})).status_code == 403


async def test_sign_out_ends_the_session_itself(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        token = sign_in(kit, client, newcomer(kit))
        assert (await client.get("/")).status_code == 200
        done = await client.post("/auth/sign-out")
        assert done.headers["location"] == "/sign-in"
        client.cookies.set(cookie_name(kit.settings), token)
        assert (await client.get("/")).headers["location"] == "/sign-in"


async def test_other_sites_change_nothing(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        token = sign_in(kit, client, newcomer(kit))
        del client.headers["origin"]
        for path in ("/auth/sign-in", "/auth/demo", "/auth/sign-out"):
            for origin in ("https://evil.example", "null", "http://127.0.0.1:9999", None):
                done = await client.post(path, headers={"origin": origin} if origin else {})
                assert done.status_code == 403, (path, origin)
        assert kit.people.session(token) is not None


async def test_malformed_forms_are_answered(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        for body in (b"\xff\xfe", b"{}", b"a=" + b"&a=" * 50, b""):
            for path in ("/auth/sign-in", "/auth/demo"):
                done = await client.post(path, content=body)
                assert 400 <= done.status_code < 500, (path, body)

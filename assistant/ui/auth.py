"""Signing in and out: plain forms that set and clear one cookie.

Every form must come from our own page (``front.same_origin``). Wrong names and wrong passwords read the same and take
the same time. One-click sign-in works only where ``session.demo_active`` says so, asked again at the click.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.errors import StewardError
from assistant.ui.i18n import LANGUAGES
from assistant.ui.pages import signin
from assistant.ui.session import cookie_name, demo_active, language_cookie, person_of, speak, token_of
from assistant.values import sentence

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

WRONG = sentence("The name or the password is not right. Check both and try again.")
YEAR_S = 365 * 24 * 3600
NO_DEMO = sentence("Signing in by one click is off here. Use your name and password.")
ENDED = sentence("You have been signed out. Sign in to go on.")
NO_SAMPLE = sentence("This sample person cannot sign in. Choose another.")


def routes(kit: Kit) -> APIRouter:
    """``/sign-in`` and ``/auth/*``."""
    router = APIRouter()

    def page(request: Request, sentence: str = "", name: str = "", status: int = 200) -> HTMLResponse:
        speak(kit, request)
        demo = demo_active(kit, request)
        samples = [p for p in kit.people.everyone() if p.sample and not p.suspended] if demo else []
        return HTMLResponse(signin.page(samples, kit.policies.access.groups, sentence, name), status)

    def enter(request: Request, person_id: str) -> Response:
        earlier = token_of(kit, request)
        if earlier:
            kit.people.close_session(earlier)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            cookie_name(kit.settings),
            kit.people.open_session(person_id, kit.settings.session_hours),
            max_age=int(kit.settings.session_hours * 3600),
            httponly=True,
            samesite="lax",  # not strict: a link in an e-mail or the intranet would find everybody signed out
            secure=request.headers.get("origin", "").startswith("https://"),
        )
        return response

    @router.get("/sign-in")
    async def sign_in_page(request: Request, out: str = "") -> Response:
        if person_of(kit, request):
            return RedirectResponse("/", 303)
        return page(request, ENDED if out else "")

    @router.post("/auth/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await _form(request)
        name = form.get("name", "").strip().lower()
        try:
            person = await asyncio.to_thread(kit.people.check_password, name, form.get("password", ""))
        except StewardError as error:
            return page(request, str(error), name, 429)
        if person is None:
            return page(request, WRONG, name, 401)
        return enter(request, person.id)

    @router.post("/auth/demo")
    async def demo(request: Request) -> Response:
        if not demo_active(kit, request):
            return page(request, NO_DEMO, status=403)
        person = kit.people.by_name((await _form(request)).get("person", ""))
        if person is None or not person.sample or person.suspended:
            return page(request, NO_SAMPLE, status=404)
        return enter(request, person.id)

    @router.post("/auth/sign-out")
    async def sign_out(request: Request) -> Response:
        token = token_of(kit, request)
        if token:
            kit.people.close_session(token)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(cookie_name(kit.settings), httponly=True, samesite="lax")
        return response

    @router.post("/auth/language")
    async def language(request: Request) -> Response:
        chosen, person = (await _form(request)).get("language", ""), person_of(kit, request)
        response = RedirectResponse(_back(request), 303)
        if chosen in LANGUAGES:
            if person is not None:
                await asyncio.to_thread(kit.people.set_language, person.id, chosen)
            response.set_cookie(language_cookie(kit.settings), chosen, max_age=YEAR_S, httponly=True, samesite="lax")
        return response

    return router


def _back(request: Request) -> str:
    """The page of ours that a form stood on; the first page where that is not known."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc.lower() != request.headers.get("host", "").lower() or not came.path.startswith("/"):
        return "/"
    return "/" + came.path.lstrip("/") + (f"?{came.query}" if came.query else "")


async def _form(request: Request) -> dict[str, str]:
    """The first value of each field. Anything that is not a form is an empty one."""
    try:
        fields = parse_qs((await request.body()).decode("utf-8"), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}

"""Files of ours that are made or have to lie at the root: the tokens, the service worker, the page for "away"."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from assistant.ui import i18n, theme
from assistant.ui.front import head
from assistant.ui.i18n import t

STATIC = Path(__file__).parent / "static"


def files() -> APIRouter:
    """``/ui/tokens.css``, ``/sw.js`` and ``/away``; none of them knows anybody."""
    router, tokens = APIRouter(), theme.css()

    @router.get("/ui/tokens.css")
    async def tokens_css() -> Response:
        return Response(tokens, media_type="text/css")

    @router.get("/sw.js")
    async def worker() -> Response:
        # At the root, because a service worker serves only what lies beside or below it.
        return FileResponse(STATIC / "sw.js", media_type="text/javascript")

    @router.get("/away")
    async def away(request: Request) -> Response:
        i18n.use(i18n.preferred(request.headers.get("accept-language", "")))
        return HTMLResponse(
            f'<!doctype html><html lang="{i18n.current()}"><head><meta charset="utf-8"><title>Steward</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{head()}</head>'
            f'<body id="signin"><main class="away"><h1>{t("Steward cannot be reached")}</h1>'
            f"<p>{t('Your conversations are safe on the server. Try again when you are back on the network.')}</p>"
            f'<p><a class="button" href="/">{t("Try again")}</a></p></main></body></html>'
        )

    return router

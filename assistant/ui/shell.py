"""The web application: sign-in, our own files, and Gradio's pages behind the gate.

``make_app(kit)`` builds it, ``listen`` takes the port before anything slow is done, ``serve`` runs until it is told
to stop. The turn does not live here: a page that goes away leaves it running.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from assistant.errors import StewardError
from assistant.settings import Settings
from assistant.ui import auth, belongings, guards, streams, uploads
from assistant.ui.files import files
from assistant.ui.front import Guarded
from assistant.ui.gate import Gate
from assistant.ui.pages.chat import Chat
from assistant.ui.pages.desk import DeskPage
from assistant.ui.pages.knowledge import KnowledgePage
from assistant.ui.streams import Streams
from assistant.ui.theme import theme
from assistant.work.saved_tests import SavedTests

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

STATIC = Path(__file__).parent / "static"
SHUTDOWN_S = 3


def pages(kit: Kit, tests: SavedTests | None = None) -> gr.Blocks:
    """Every page as one Gradio application."""
    with gr.Blocks(title="Steward", analytics_enabled=False, fill_width=True) as blocks:
        Chat(kit).build(blocks)
    with blocks.route("Desk", "/desk", show_in_navbar=False):
        DeskPage(kit).build(blocks)
    with blocks.route("Knowledge", "/knowledge", show_in_navbar=False):
        KnowledgePage(kit, tests or SavedTests(kit)).build(blocks)
    # Each event sets its own limit; an upload or a long answer must not make another event wait.
    blocks.queue(api_open=False, default_concurrency_limit=None)
    built: gr.Blocks = blocks
    return built


def make_app(kit: Kit) -> FastAPI:
    """The application for ``kit``. Gradio may read no file outside its own package (``allowed_paths`` is empty)."""
    app = FastAPI(title="Steward", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(auth.routes(kit))
    app.include_router(uploads.routes(kit))
    app.include_router(belongings.routes(kit))
    app.state.streams = streams.Streams(kit)
    app.include_router(app.state.streams.routes())
    app.add_exception_handler(StewardError, streams.failed)
    app.include_router(guards.routes(kit))
    app.state.saved_tests = SavedTests(kit)
    app.include_router(files())
    app.mount("/ui", StaticFiles(directory=STATIC))
    warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)  # said even when it is off
    gr.mount_gradio_app(
        app,
        pages(kit, app.state.saved_tests),
        path="/",
        theme=theme(),
        allowed_paths=[],
        show_error=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        pwa=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=1,
    )
    mounted = app.router.routes[-1]
    if not isinstance(mounted, Mount):
        raise StewardError("This release of Gradio mounts its pages in another way; they cannot be guarded.")
    mounted.app = app.state.gate = Gate(mounted.app, kit)
    app.add_middleware(Guarded)
    return app


def listen(settings: Settings) -> socket.socket:
    """The port, taken. Raises StewardError with what to do when it is busy or the address is not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        raise StewardError(
            f"Steward cannot listen on {settings.host}, port {settings.port}: {error.strerror}. "
            "Stop what uses the port, or set STEWARD_PORT (or STEWARD_HOST) to another."
        ) from None
    return taken


class Server(uvicorn.Server):
    """uvicorn, which lets its caller finish: left alone it raises SIGTERM anew once it has stopped serving."""

    def __init__(self, config: uvicorn.Config, gate: Gate, streams: Streams) -> None:
        super().__init__(config)
        self.gate, self.streams = gate, streams

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving at SIGINT and SIGTERM, and nothing more."""
        loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams of open pages first; they would be waited for."""
        self.gate.close()
        self.streams.close()
        await super().shutdown(sockets)


async def serve(app: FastAPI, taken: socket.socket, log_level: str = "info") -> None:
    """Serve until SIGINT or SIGTERM. No forwarding header is believed: there is no setting that names a proxy."""
    config = uvicorn.Config(
        app,
        log_level="warning" if log_level == "info" else log_level,
        access_log=log_level == "debug",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    watching = asyncio.create_task(app.state.saved_tests.watch())
    try:
        await Server(config, app.state.gate, app.state.streams).serve(sockets=[taken])
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

"""Steward: settings, build, pages, serve."""

from __future__ import annotations

import asyncio
import sys

from assistant import egress

egress.silence()

from assistant import settings
from assistant.errors import StewardError
from assistant.pipeline.kit import build
from assistant.ui.shell import listen, make_app, serve
from assistant.web import control


async def main() -> None:
    """Run until told to stop."""
    given = settings.load()
    port = listen(given)
    kit = await build(given, lambda line: print(line, flush=True))
    scripts = await control.serve(kit)
    try:
        print(f"Steward is ready: http://{given.host}:{given.port}", flush=True)
        await serve(make_app(kit), port, given.log_level)
    finally:
        scripts.close()
        await kit.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except StewardError as error:
        sys.exit(str(error))

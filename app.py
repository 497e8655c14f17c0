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
    try:
        async with await control.serve(kit):
            kit.inbox.start()
            app = make_app(kit)
            print(f"Steward is ready: http://{given.host}:{given.port}", flush=True)
            await serve(app, port, given.log_level)
    finally:
        await kit.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except StewardError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)

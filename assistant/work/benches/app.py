"""The app as a process of its own, for benches that measure it from outside."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.errors import StewardError
from assistant.settings import PREFIX, ROOT, Settings
from assistant.web.control import socket_path


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A ready app; it is stopped and waited for at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "app.py"),
        env=environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await _wait_for(process, settings)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def environment(settings: Settings) -> dict[str, str]:
    """What the app is started with: the settings and nothing of this process."""
    given = settings.model_dump(mode="json")
    path = {"PATH": "/usr/bin:/bin", "HOME": str(settings.data_dir)}
    return path | {PREFIX + name.upper(): str(value) for name, value in given.items()}


async def _wait_for(process: asyncio.subprocess.Process, settings: Settings, limit_s: float = 180.0) -> None:
    """Until the app answers on its socket, which it opens last, and on its port."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if process.returncode is not None:
            raise StewardError(f"The app ended with code {process.returncode} before it was ready.")
        try:
            _, control = await asyncio.open_unix_connection(Path(socket_path(settings)))
        except OSError:
            await asyncio.sleep(0.05)
            continue
        control.close()
        return
    raise StewardError(f"The app was not ready within {limit_s:.0f} s.")

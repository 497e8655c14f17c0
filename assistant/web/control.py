"""A local socket through which the scripts reach the running app, because one process owns the data.

One JSON line in, one JSON line out. The socket lies in the data folder with mode 0600, so only the user that runs
Steward can open it. There is no password on it: who can open it could read the data folder itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import DataFolderInUse, StewardError
from assistant.settings import Settings
from assistant.store.lock import owner
from assistant.web import commands

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

log = logging.getLogger("steward.control")

LONGEST = 1_000_000
SOCKET_PATH_LIMIT = 100


def socket_path(settings: Settings) -> Path:
    """In the data folder, or in the temporary folder where that path would be too long for a socket."""
    path = settings.data_dir.resolve() / "control.sock"
    if len(str(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.gettempdir()) / f"steward-{os.getuid()}-{sha256(str(path).encode()).hexdigest()[:16]}.sock"


async def serve(kit: Kit) -> asyncio.Server:
    """Listen until the server is closed. The caller holds the data folder's lock, so a socket left over is dead."""
    path = socket_path(kit.settings)
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(await _answer(kit, reader)).encode() + b"\n")
            await writer.drain()
        writer.close()

    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(answer, path, limit=LONGEST)
    finally:
        os.umask(before)


async def _answer(kit: Kit, reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        request = json.loads(await reader.readline())
        return {"ok": await commands.run(kit, str(request["command"]), dict(request["given"]))}
    except StewardError as error:
        return {"error": str(error)}
    except (ValueError, KeyError, TypeError):
        return {"error": f"The request is not one JSON line with 'command' and 'given', of up to {LONGEST:,} bytes."}
    except Exception as error:
        # The type alone: a message may hold what a person typed.
        log.error("a command failed: %s", type(error).__name__)
        return {"error": "The command failed in the running Steward. Its log says where."}


class Caller:
    """Runs commands in the running app, or alone where none runs. Use as an async context."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._kit: Kit | None = None

    async def __aenter__(self) -> Caller:
        if owner(self.settings.data_dir) is None or not socket_path(self.settings).exists():
            from assistant.pipeline.kit import build  # here: it takes seconds, and a running app makes it needless

            try:
                self._kit = await build(self.settings)
            except DataFolderInUse:
                if not socket_path(self.settings).exists():
                    raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._kit is not None:
            await self._kit.close()

    @property
    def kit(self) -> Kit | None:
        """The own kit, when no app is running."""
        return self._kit

    async def call(self, command: str, **given: Any) -> dict[str, Any]:
        """The command's result. Raises StewardError with its sentence."""
        if self._kit is not None:
            return await commands.run(self._kit, command, given)
        request = json.dumps({"command": command, "given": given}).encode() + b"\n"
        if len(request) > LONGEST:
            raise StewardError(f"That is too long: {len(request):,} bytes, and up to {LONGEST:,} can be sent.")
        try:
            reader, writer = await asyncio.open_unix_connection(socket_path(self.settings), limit=LONGEST)
        except OSError as error:
            raise StewardError(
                f"Another Steward holds {self.settings.data_dir} but does not answer ({error.strerror}). "
                "Wait until it has started, or stop it."
            ) from None
        line = b""
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
            line = await reader.readline()
        writer.close()
        if not line:
            raise StewardError("The running Steward ended before it answered. Try again.")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise StewardError(reply["error"])
        result: dict[str, Any] = reply["ok"]
        return result

"""A child process that opens files (``child.py``), as the app sees it: one request at a time, each with its limits.

Promises: the event loop never waits; a request ends within its time, by an answer or by an exception; the child is
started when first asked, started again when it is gone, and always waited for, so that no zombie stays. Cancelling the
call kills the child. Does not cover fairness between callers: requests are taken in the order they come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.ingest import wire
from assistant.loaders.limits import refusal

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from assistant.ingest import child; child.main()"
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""All that a child sees of the environment; one thread for each library, or a fork would not be safe. Without a home,
Python would ask the system's name service for one."""
START_SECONDS = 60.0
GRACE_SECONDS = 5.0
"""The child ends its own overruns by then; after that the whole group is killed."""


@dataclass(frozen=True)
class Limits:
    """What one file may take. Time grows with the file's size, up to ``most_seconds``."""

    seconds: float = 30.0
    seconds_per_megabyte: float = 20.0
    most_seconds: float = 300.0
    memory: int = 1536 * 1024 * 1024
    output: int = 64 * 1024 * 1024

    def for_size(self, size: int) -> dict[str, float]:
        """The limits for a file of ``size`` bytes as the child takes them."""
        seconds = min(self.most_seconds, self.seconds + self.seconds_per_megabyte * size / 1e6)
        return {"seconds": seconds, "memory": self.memory, "output": self.output}


def request(do: str, path: Path, called: Path, limits: Limits, **more: Any) -> dict[str, Any]:
    """What a child is asked to do with the file at ``path``. Raises DocumentRefused when it is not there."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise refusal(called, f"the file cannot be opened ({error.strerror})") from None
    except ValueError:
        raise refusal(called, "its name holds a null byte") from None
    place = str(path.absolute())
    return {"do": do, "path": place, "name": called.name, "limits": limits.for_size(size), **more}


class ChildDied(Exception):
    """The process of a request ended before its answer; ``how`` is a signal's name, "exit N", "late" or "gone".

    ``seconds`` of processor time and ``peak`` bytes of memory are 0 where they are not known.
    """

    def __init__(self, how: str, seconds: float = 0.0, peak: int = 0) -> None:
        super().__init__(how)
        self.how, self.seconds, self.peak = how, seconds, peak


class Child:
    """One child process. ``ask`` may be called from any event loop; ``close`` ends it for good."""

    def __init__(self, name: str = "steward-files") -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._running: object | None = None
        self._closed = False

    async def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The child's answer to ``request``, which carries "limits". Raises ChildDied."""
        token = object()
        with self._guard:
            if self._closed:
                raise ChildDied("gone")
            future = self._executor.submit(self._ask, request, token)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            with self._guard:
                if self._running is token:
                    self._signal()
            raise

    def close(self) -> None:
        """End the child; a request still running raises ChildDied."""
        with self._guard:
            self._closed = True
            self._signal()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._end()

    def _ask(self, request: dict[str, Any], token: object) -> tuple[dict[str, Any], bytes]:
        with self._guard:
            if self._closed:
                raise ChildDied("gone")
            self._running = token
        try:
            process = self._started()
            pipe = _there(process.stdin)
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()
            seconds = request["limits"]["seconds"] + 1 + GRACE_SECONDS
            head, body = self._answer(process, time.monotonic() + seconds, int(request["limits"]["output"]))
        except (OSError, ValueError) as error:
            self._end()
            raise ChildDied("gone") from error
        except ChildDied:
            self._end()
            raise
        finally:
            with self._guard:
                self._running = None
        if "died" in head:
            raise ChildDied(head["died"], head["seconds"], head["peak"])
        return head, body

    def _started(self) -> subprocess.Popen[bytes]:
        """The child, started if it is not there; ready when this returns."""
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self._end()
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and program
            [sys.executable, "-I", "-B", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
        with self._guard:
            self._process = process
            closed = self._closed
        weakref.finalize(self, _kill, process)
        if closed:
            raise ChildDied("gone")
        self._answer(process, time.monotonic() + START_SECONDS, 1024)
        return process

    def _answer(self, process: subprocess.Popen[bytes], deadline: float, most: int) -> tuple[dict[str, Any], bytes]:
        lengths = self._read(process, wire.LENGTHS.size, deadline)
        head, body = wire.LENGTHS.unpack(lengths)
        if head + body > most + 65536:
            raise ChildDied("SIGXFSZ")
        data = json.loads(self._read(process, head, deadline))
        return data, self._read(process, body, deadline)

    @staticmethod
    def _read(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        pipe = _there(process.stdout)
        parts: list[bytes] = []
        while size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise ChildDied("late")
            part = os.read(pipe.fileno(), min(size, 1 << 20))
            if not part:
                raise ChildDied("gone")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _signal(self) -> None:
        """Kill the child's group without waiting; whoever reads from it notices."""
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def _end(self) -> None:
        with self._guard:
            process, self._process = self._process, None
        if process is not None:
            _kill(process)


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildDied("gone")
    return pipe


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill ``process`` with its group, wait for it and close its pipes; nothing is left of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()

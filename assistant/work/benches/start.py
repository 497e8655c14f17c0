"""start: from the command to the first answer of an installed app, index made before, files in the page cache.

The plain alternative is the interpreter importing the same libraries and doing nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from assistant.errors import StewardError
from assistant.settings import PREFIX, ROOT, Settings
from assistant.web.control import Caller, socket_path
from assistant.work.benches.timing import Timings, peak_mb

QUESTION = "How many days of parental leave do I get, and from when?"
LIBRARIES = "import gradio, langchain.agents, chromadb, presidio_analyzer, guardrails, onnxruntime"


async def bench(settings: Settings, progress: Callable[[int, int], None], runs: int = 4) -> Timings:
    """The first run indexes and is reported as "first_run"."""
    found = Timings()
    for run in range(runs):
        progress(run, runs)
        name = "" if run else "first_run_"
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "app.py"),
            env=_environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await _wait_for(process, settings)
            found.add(f"{name}ready", (time.perf_counter() - began) * 1000)
            async with Caller(settings) as steward:
                await steward.call("ask", person="aisha", question=QUESTION)
            found.add(f"{name}first_answer", (time.perf_counter() - began) * 1000)
            found.figures["peak_memory_mb"] = peak_mb(process.pid)
        finally:
            process.terminate()
            await process.wait()
        if run:
            began = time.perf_counter()
            await asyncio.to_thread(
                subprocess.run, [sys.executable, "-c", LIBRARIES], check=True, env=_environment(settings)
            )
            found.add("libraries_alone", (time.perf_counter() - began) * 1000)
    summary = found.summary()
    if "libraries_alone" in summary:
        found.figures["first_answer_over_libraries"] = (
            summary["first_answer"]["median_ms"] / summary["libraries_alone"]["median_ms"]
        )
    return found


async def _wait_for(process: asyncio.subprocess.Process, settings: Settings, limit_s: float = 180.0) -> None:
    """Until the app answers on its socket, which it opens last."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if process.returncode is not None:
            raise StewardError(f"The app ended with code {process.returncode} before it was ready.")
        try:
            _, writer = await asyncio.open_unix_connection(Path(socket_path(settings)))
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise StewardError(f"The app was not ready within {limit_s:.0f} s.")


def _environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(mode="json")
    path = {"PATH": "/usr/bin:/bin", "HOME": str(settings.data_dir)}
    return path | {PREFIX + name.upper(): str(value) for name, value in given.items()}

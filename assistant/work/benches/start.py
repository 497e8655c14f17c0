"""start: from the command to the first answer of an installed app, index made before, files in the page cache.

The plain alternative is the interpreter importing the same libraries and doing nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

from assistant.settings import Settings
from assistant.web.control import Caller
from assistant.work.benches.app import environment, running
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
        async with running(settings) as process:
            found.add(f"{name}ready", (time.perf_counter() - began) * 1000)
            async with Caller(settings) as steward:
                await steward.call("ask", person="aisha", question=QUESTION)
            found.add(f"{name}first_answer", (time.perf_counter() - began) * 1000)
            found.figures["peak_memory_mb"] = peak_mb(process.pid)
        if run:
            began = time.perf_counter()
            await asyncio.to_thread(
                subprocess.run, [sys.executable, "-c", LIBRARIES], check=True, env=environment(settings)
            )
            found.add("libraries_alone", (time.perf_counter() - began) * 1000)
    summary = found.summary()
    if "libraries_alone" in summary:
        found.figures["first_answer_over_libraries"] = (
            summary["first_answer"]["median_ms"] / summary["libraries_alone"]["median_ms"]
        )
    return found

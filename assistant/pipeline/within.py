"""Runs a guard or check within its time: one that hangs ends the turn, it does not stop the app.

Guards run on threads of their own. A thread cannot be ended from outside, so one that hangs keeps its thread; when all
are taken, every further guard runs out of time too, and turns fail closed until Steward is started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from assistant.errors import CheckFailed

T = TypeVar("T")
THREADS = 16
_pool: ThreadPoolExecutor | None = None


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="guard")
    return _pool


async def within(seconds: float, what: str, call: Callable[..., T], *args: Any) -> T:
    """``call(*args)`` on a guard's thread. Raises CheckFailed, naming ``what``, when it takes longer."""
    running = asyncio.get_running_loop().run_in_executor(_threads(), call, *args)
    try:
        return await asyncio.wait_for(running, seconds)
    except TimeoutError:
        raise CheckFailed(f"{what}: no answer within {seconds:g} s") from None

"""One loaded encoder for all tests of this folder, and a way to hold its worker so that order is certain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from assistant.encoder.minilm import MiniLM
from assistant.encoder.worker import Worker


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    encoder = MiniLM.open(cache=tmp_path_factory.mktemp("encoder"))
    yield encoder
    asyncio.run(encoder.close())


@contextmanager
def hold_worker(worker: Worker) -> Iterator[None]:
    """Inside, the worker is busy with one piece; what is submitted meanwhile queues up."""
    busy, go = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        go.wait(10)

    piece = worker.submit(hold)
    busy.wait(10)
    try:
        yield
    finally:
        go.set()
        piece.result(10)


@pytest.fixture
def held() -> Callable[[Worker], AbstractContextManager[None]]:
    return hold_worker

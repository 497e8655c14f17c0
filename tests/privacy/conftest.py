"""The encoder, once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.encoder.minilm import MiniLM


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    import asyncio

    opened = MiniLM.open(cache=tmp_path_factory.mktemp("encoder"), threads=2)
    yield opened
    asyncio.run(opened.close())

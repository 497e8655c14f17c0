"""Real stores in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import egress

egress.silence()

from assistant.store.keys import KeyStore  # noqa: E402


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    store = KeyStore.open(tmp_path / "keys")
    yield store
    store.close()

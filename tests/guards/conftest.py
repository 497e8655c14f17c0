"""The real encoder, once for these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant import policy
from assistant.encoder.minilm import MiniLM
from assistant.guards.acceptable_use import UseCheck
from assistant.guards.injection import Injection
from assistant.policy import AcceptableUse
from assistant.privacy.normalise import normalise
from assistant.settings import ROOT


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    import asyncio

    opened = MiniLM.open(cache=tmp_path_factory.mktemp("encoder"), threads=2)
    yield opened
    asyncio.run(opened.close())


@pytest.fixture(scope="session")
def acceptable() -> AcceptableUse:
    return policy.load(ROOT / "policies").acceptable_use


@pytest.fixture(scope="session")
def injection(encoder: MiniLM, acceptable: AcceptableUse) -> Injection:
    return Injection.build(encoder, lambda text: normalise(text).text, acceptable.injection.document_threshold)


@pytest.fixture(scope="session")
def use(encoder: MiniLM, acceptable: AcceptableUse) -> UseCheck:
    return UseCheck(encoder, acceptable)

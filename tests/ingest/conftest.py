"""The real stores and encoder, in a folder of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.encoder.minilm import MiniLM
from assistant.ingest.index import Indexer
from assistant.ingest.parse import Parser
from assistant.store.catalogue import Catalogue
from assistant.store.keys import KeyStore
from assistant.store.ledger import Ledger
from assistant.store.nearest import Nearest
from assistant.store.originals import Originals


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    encoder = MiniLM.open(cache=tmp_path_factory.mktemp("encoder"))
    yield encoder
    asyncio.run(encoder.close())


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    parser = Parser()
    yield parser
    parser.close()


@pytest.fixture
def indexer(tmp_path: Path, encoder: MiniLM, parser: Parser) -> Iterator[Indexer]:
    catalogue = Catalogue.open(tmp_path / "catalogue.db")
    vectors = Nearest.open(tmp_path / "index", catalogue)
    originals = Originals.open(tmp_path / "originals")
    ledger = Ledger.open(tmp_path / "audit.db", KeyStore.open(tmp_path / "keys"))
    yield Indexer(catalogue, vectors, originals, encoder, ledger, ("everyone", "hr"), parser=parser)
    ledger.close()
    vectors.close()
    catalogue.close()

"""One loaded encoder for the tests of this folder, and passages written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from assistant.encoder.minilm import MiniLM
from assistant.values import Chunk, Document, Passage, Question


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniLM]:
    encoder = MiniLM.open(cache=tmp_path_factory.mktemp("encoder"))
    yield encoder
    asyncio.run(encoder.close())


def passage(title: str, text: str, score: float = 1.0, heading: tuple[str, ...] = ()) -> Passage:
    document = Document(title.lower(), "1", title, "everyone", "", "", "")
    chunk = Chunk(f"{title}-{len(text)}", document.key, 0, heading, None, text, 0, len(text))
    return Passage(chunk, document, score, score)


def question(text: str, *also: tuple[str, tuple[str, ...]]) -> Question:
    return Question(text, text, text, also=also)


PARKING = passage("Office guide", "A parking space costs SGD 165 a month. Spaces are given out by lot twice a year.")
LEAVE = passage("Annual leave", "You may carry over up to 5 days. Days carried over lapse on 31 March.")
LAPTOP = passage(
    "Equipment",
    "Your laptop is yours for four years. Lock it away overnight. A lost laptop must be reported in one hour.",
)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.store.catalogue import Catalogue
from assistant.store.spelling import slips
from assistant.values import Chunk, Document

TEXT = "Hearing care services are covered. Gender affirming care is covered. Health services should be in-network."


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.db")
    for audience, text in (("everyone", TEXT), ("everyone", TEXT + " More."), ("hr", "Severance package. " * 2)):
        number = len(opened.documents(["everyone", "hr"]))
        document = Document(f"d{number}", "1", "Plan", audience, "", f"d{number}.md", f"hash{number}")
        chunks = [Chunk(f"d{number}@1#{n}", document.key, n, (), None, text, 0, len(text)) for n in range(2)]
        opened.put(document, opened.made(document.title, text, chunks))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("hearin", "hearing"),
        ("servises", "services"),
        ("gendr", "gender"),
        ("helth", "health"),
        ("Helth", "health"),
        ("shuold", "should"),
        ("hearing", None),
        ("services", None),
        ("zeppelin", None),
        ("cae", None),
        ("h3alth", None),
        ("", None),
    ],
)
def test_one_slip_is_mended(catalogue: Catalogue, word: str, meant: str | None) -> None:
    assert catalogue.corrected(["everyone"], f"what {word} is") == ({word: meant} if meant else {})


def test_what_a_reader_may_not_see_corrects_nothing(catalogue: Catalogue) -> None:
    assert catalogue.corrected(["everyone"], "severance packege") == {}
    assert catalogue.corrected(["everyone", "hr"], "severance packege") == {"packege": "package"}
    assert catalogue.corrected([], "hearin") == {}


def test_slips_keep_the_first_letter() -> None:
    made = slips("abc")
    assert {"ab", "ac", "acb", "abcd", "aabc", "axc"} <= set(made)
    assert "abc" not in made and all(word.startswith("a") for word in made)

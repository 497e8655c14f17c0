from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import NotFound
from assistant.store.catalogue import Catalogue
from assistant.store.shelf import Left
from assistant.values import Chunk, Document, Span


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    store = Catalogue.open(tmp_path / "catalogue.db")
    yield store
    store.close()


def put(store: Catalogue, name: str, *texts: str, audience: str = "everyone", **more: Any) -> Document:
    version, title = more.pop("version", "1"), more.pop("title", name)
    document = Document(name, version, title, audience, "owner", f"{name}.md", f"hash-{name}-{version}", **more)
    chunks = [
        Chunk(f"{document.key}#{n}", document.key, n, ("Part", str(n)), n, text, 0, len(text), (Span(0, 1, "X", 0.5),))
        for n, text in enumerate(texts)
    ]
    store.put(document, store.made(title, "\n".join(texts), chunks))
    return document


def put_one(store: Catalogue, document: Document, chunk_id: str, text: str) -> Left:
    chunk = Chunk(chunk_id, document.key, 0, (), None, text, 0, len(text))
    return store.put(document, store.made(document.title, text, [chunk]))


def found(store: Catalogue, query: str, *audiences: str) -> list[str]:
    return [chunk for chunk, _ in store.words(audiences or ["everyone"], query, 10)]


def test_a_document_is_kept_as_given(catalogue: Catalogue) -> None:
    given_ = put(catalogue, "leave", "first text", "second", effective=date(2026, 1, 1), pages=3)
    assert catalogue.documents(["everyone"]) == [given_] == [catalogue.document("leave@1", ["everyone"])]
    assert catalogue.text("leave@1", ["everyone"]) == "first text\nsecond"
    chunk, document = catalogue.chunk("leave@1#1", ["x", "everyone"])
    assert (chunk.heading, chunk.page, chunk.spans, document) == (("Part", "1"), 1, (Span(0, 1, "X", 0.5),), given_)
    assert catalogue.chunk_ids("leave@1") == ["leave@1#0", "leave@1#1"]
    assert catalogue.by_hash("hash-leave-1") == ["leave@1"] and catalogue.by_hash("") == []


def test_nothing_of_another_audience_is_found_or_read(catalogue: Catalogue) -> None:
    put(catalogue, "pay", "secret salary table", audience="hr")
    put(catalogue, "menu", "lunch table")
    assert found(catalogue, "salary") == [] and found(catalogue, "salary", "hr") == ["pay@1#0"]
    assert [d.id for d in catalogue.documents(["everyone"])] == ["menu"]
    texts = set()
    for call, key in (
        (catalogue.document, "pay@1"),
        (catalogue.text, "pay@1"),
        (catalogue.chunk, "pay@1#0"),
        (catalogue.text, "nothing@1"),
    ):
        with pytest.raises(NotFound) as error:
            call(key, ["everyone", "HR", "hr' OR 1=1"])
        texts.add(str(error.value))
    assert len(texts) == 1, "a hidden document and none read the same"
    assert found(catalogue, "table", "everyone", "words_1", "1", "hr; DROP TABLE document") == ["menu@1#0"]


def test_scores_do_not_tell_of_hidden_documents(catalogue: Catalogue) -> None:
    put(catalogue, "menu", "lunch table", "merger of canteens")
    before = catalogue.words(["everyone"], "merger table", 10)
    for n in range(30):
        put(catalogue, f"deal{n}", "merger " * 5, audience="board")
    assert catalogue.words(["everyone"], "merger table", 10) == before


def test_a_tiny_audience_gains_nothing_by_being_tiny(catalogue: Catalogue) -> None:
    put(catalogue, "big", *[f"travel rules number {n} for staff" for n in range(40)])
    put(catalogue, "tiny", "travel rules number 99 for staff", audience="sales")
    scores = dict(catalogue.words(["everyone", "sales"], "travel rules", 50))
    assert len(scores) == 41
    same_shape = scores["big@1#10"]
    assert scores["tiny@1#0"] == pytest.approx(same_shape, rel=0.05)


def test_title_and_heading_count_more_and_forms_of_a_word_are_one(catalogue: Catalogue) -> None:
    put(catalogue, "a", "parental leave and other things", title="Holidays")
    put(catalogue, "b", "some text about other things here", title="Parental leave")
    put(catalogue, "c", "nothing of the kind in this one", title="Cars")
    assert found(catalogue, "What are the PARENTAL leaves?") == ["b@1#0", "a@1#0"]
    assert found(catalogue, "what is the") == ["c@1#0"], "only common words: they are looked up after all"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=40))
def test_a_query_is_data(catalogue: Catalogue, text: str) -> None:
    if not catalogue.documents(["everyone"]):
        put(catalogue, "menu", "lunch table")
    assert "menu@1#0" in found(catalogue, f"{text} table")


@pytest.mark.parametrize(
    "query", ['"', "table*", "NEAR(", "title:lunch", "^lunch", "a AND", "-x", "\x00table", "🙂", ""]
)
def test_fts_syntax_is_only_text(catalogue: Catalogue, query: str) -> None:
    put(catalogue, "menu", "lunch table")
    assert set(found(catalogue, query)) <= {"menu@1#0"}


def test_a_newer_version_takes_over_and_the_old_one_stays_readable(catalogue: Catalogue) -> None:
    put(catalogue, "leave", "fifteen days", version="2")
    version = catalogue.index_version()
    newer = Document("leave", "10", "Leave", "hr", "o", "l.md", "h10")
    left = put_one(catalogue, newer, "new", "twenty days")
    assert [audience for audience, _ in left.vectors] == ["everyone"] and left.searchable
    assert found(catalogue, "days", "everyone", "hr") == ["new"] and catalogue.documents(["everyone"]) == []
    assert catalogue.text("leave@2", ["everyone"]) == "fifteen days"
    assert catalogue.index_version() != version
    put(catalogue, "leave", "ten days", version="9.9")
    assert found(catalogue, "days", "everyone", "hr") == ["new"], "an older version put later stays superseded"
    put(catalogue, "leave", "thirty days", version="draft")
    assert found(catalogue, "days", "everyone", "hr") == ["leave@draft#0"]


def test_expired_documents_leave_the_search_by_themselves(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(catalogue, "menu", "lunch table", expires=date.today())
    put(catalogue, "old", "lunch list", expires=date.today() - timedelta(days=1))
    put(catalogue, "other", "lunch again")
    assert found(catalogue, "lunch") == ["menu@1#0", "other@1#0"]

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date.fromtimestamp(time.time() + 86400)

    monkeypatch.setattr("assistant.store.catalogue.date", Tomorrow)
    assert found(catalogue, "lunch") == ["other@1#0"] == [c for c, _ in catalogue.words(["everyone"], "lunch", 9)]
    assert len(catalogue.documents(["everyone"])) == 3 and catalogue.text("old@1", ["everyone"]) == "lunch list"


def test_putting_a_key_again_replaces_it(catalogue: Catalogue) -> None:
    put(catalogue, "menu", "lunch table", "second part")
    again = Document("menu", "1", "menu", "hr", "o", "m.md", "h2")
    left = put_one(catalogue, again, "menu@1#0", "dinner")
    assert [audience for audience, _ in left.vectors] == ["everyone", "everyone"]
    assert found(catalogue, "lunch dinner", "everyone") == [] and found(catalogue, "lunch dinner", "hr") == ["menu@1#0"]
    assert catalogue.words(["everyone", "hr"], "dinner", 5)[0][1] > 0


def test_a_put_that_fails_leaves_everything_as_it_was(catalogue: Catalogue) -> None:
    put(catalogue, "menu", "lunch table")
    twin = Document("other", "1", "Other", "everyone", "o", "m.md", "h2")
    chunks = [Chunk(name, twin.key, 0, (), None, "dinner", 0, 6) for name in ("fresh", "menu@1#0")]
    with pytest.raises(Exception, match="UNIQUE"):
        catalogue.put(twin, catalogue.made(twin.title, "dinner", chunks))
    assert found(catalogue, "lunch dinner") == ["menu@1#0"] and len(catalogue.documents(["everyone"])) == 1


def test_a_removed_document_leaves_no_byte(catalogue: Catalogue, tmp_path: Path) -> None:
    for n in range(20):
        put(catalogue, f"d{n}", f"ordinary words {n}")
    put(catalogue, "gone", "xylophonic plumbago", title="Quixotry")
    catalogue.remove("gone@1")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("catalogue.db*")).lower()
    assert not any(word in kept for word in (b"xylophon", b"plumbago", b"quixot"))
    with pytest.raises(NotFound):
        catalogue.remove("gone@1")
    assert found(catalogue, "ordinary xylophonic plumbago")

"""What a manager does with documents, on real stores: take in, list, compare, change, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.errors import NotFound, StewardError
from assistant.ingest.identity import Given
from assistant.ingest.index import Indexer
from assistant.ingest.library import Library, Manager
from assistant.ingest.running import Running, safe_name
from assistant.store.cards import Filter
from assistant.store.jobs import Item, Job, Jobs

BOTH = Manager("m1", ("everyone", "hr"))
ONLY_EVERYONE = Manager("m2", ("everyone",))
TO_EVERYONE = Given("everyone", owner="HR")


@pytest.fixture
async def library(indexer: Indexer, tmp_path: Path) -> AsyncIterator[Library]:
    jobs = Jobs.open(tmp_path / "jobs.db")
    running = Running(indexer, jobs, tmp_path / "uploads")
    running.start()
    yield Library(indexer, jobs, running)
    await running.close()
    jobs.close()


async def take(library: Library, who: Manager, given: Given, **files: str) -> list[Item]:
    """Hand over texts as Markdown files and wait for what becomes of them."""
    paths = []
    for name, text in files.items():
        path = Path(str(library._running._uploads.parent), f"{name}.part")
        path.write_text(text, encoding="utf-8")
        paths.append((f"{name}.md", path))
    job = await library.add(who, paths, given)
    return library.items(who, (await ended(library, who, job)).id)


async def ended(library: Library, who: Manager, job: Job) -> Job:
    async for told in library.watch(who, job.id):
        job = told.job
    return job


async def test_a_file_comes_in_with_what_was_said_about_it(library: Library) -> None:
    (item,) = await take(library, BOTH, TO_EVERYONE, leave="# Annual leave\n\n## Days\n\nYou have 25 days.")
    assert (item.state, item.chunks) == ("added", 1)
    (card,) = library.documents(BOTH).cards
    assert (card.document.title, card.document.audience, card.document.owner) == ("Annual leave", "everyone", "HR")
    assert card.document.review == date.today() + timedelta(days=365) and card.added.plain
    assert (card.state, card.added.by, card.chunks, card.understood.headings) == ("current", "m1", 1, 2)
    original = library.original(("everyone",), card.document.key)
    assert original.path.read_text() == "# Annual leave\n\n## Days\n\nYou have 25 days."
    assert (original.name, original.media_type, original.path.stat().st_mode & 0o777) == (
        "leave.md",
        "text/markdown",
        0o600,
    )
    with pytest.raises(NotFound):
        library.original(("hr",), card.document.key)
    assert library._indexer.ledger is not None
    (row,) = library._indexer.ledger.rows()
    assert (row["kind"], row["actor"]) == ("document.index", "m1") and "25 days" not in str(row)


async def test_the_same_name_again_is_the_next_version_and_tells_the_difference(library: Library) -> None:
    await take(library, BOTH, TO_EVERYONE, leave="# Leave\n\n## Days\n\nYou have 25 days.\n\n## Carry over\n\nFive.")
    (item,) = await take(
        library, BOTH, Given(), leave="# Leave\n\n## Days\n\nYou have 28 days.\n\n## Carry over\n\nFive."
    )
    assert item.state == "replaced"
    newer, older = library.versions(BOTH, "leave")
    assert [(c.document.version, c.state) for c in (newer, older)] == [("2", "current"), ("1", "superseded")]
    found = library.difference(BOTH, older.document.key, newer.document.key)
    assert [(s.heading, s.kind) for s in found.sections] == [(("Leave", "Days"), "changed")]
    assert [(line.kind, line.text) for line in found.sections[0].lines] == [
        ("removed", "You have 25 days."),
        ("added", "You have 28 days."),
    ]
    assert library.documents(BOTH, Filter(state="superseded")).total == 1


async def test_equal_and_nearly_equal_files_are_told(library: Library) -> None:
    text = "# Travel\n\n" + " ".join(f"Rule {n} is that hotels of class {n} cost {n * 10} dollars." for n in range(60))
    await take(library, BOTH, TO_EVERYONE, travel=text)
    same, near = await take(library, BOTH, TO_EVERYONE, copy=text, draft=text.replace("Rule 7 is", "Rule seven is"))
    assert (same.state, same.document_key, near.state) == ("duplicate", "travel@1", "added")
    assert [d.document_key for d in near.duplicates] == ["travel@1"] and 0.8 < near.duplicates[0].likeness < 1
    (hidden,) = await take(library, Manager("m3", ("hr",)), Given("hr"), other=text)
    assert hidden.state == "added" and hidden.duplicates == ()
    assert [d.document_key for d in library.card(BOTH, "travel@1").duplicates] == ["other@1", "draft@1"]
    assert [d.document_key for d in library.card(ONLY_EVERYONE, "travel@1").duplicates] == ["draft@1"]


async def test_a_bad_file_says_why_and_the_others_go_on(library: Library) -> None:
    bad, none, good = await take(
        library, BOTH, TO_EVERYONE, a="%PDF-1.4 broken", b="", c="# Parking\n\nBehind the house."
    )
    assert [i.state for i in (bad, none, good)] == ["refused", "refused", "added"]
    assert "a.md" in bad.reason and "uploads" not in bad.reason
    assert [item.name for _, item in library.not_taken(BOTH)] == ["uploads/a.md", "uploads/b.md"]
    (first, _) = library.documents(BOTH, Filter(state="refused")).cards
    assert first.reason == bad.reason and first.document.key == "@"
    assert library.not_taken(ONLY_EVERYONE) == []
    library.dismiss(BOTH, bad.job_id, bad.number)
    assert len(library.not_taken(BOTH)) == 1


async def test_an_audience_moves_a_document_and_dates_take_it_out(library: Library) -> None:
    await take(library, BOTH, TO_EVERYONE, leave="# Leave\n\nYou have 25 days of leave.")
    words = library._catalogue.words
    await library.change(BOTH, "leave@1", audience="hr", title="Annual leave")
    assert words(["everyone"], "leave", 5) == [] and words(["hr"], "leave", 5)
    with pytest.raises(NotFound):
        library.card(ONLY_EVERYONE, "leave@1")
    soon = date.today() + timedelta(days=20)
    await library.change(BOTH, "leave@1", expires=soon)
    assert [c.document.key for c in library.expiring(BOTH)] == ["leave@1"] and words(["hr"], "leave", 5)
    await library.change(BOTH, "leave@1", expires=date.today() - timedelta(days=1))
    assert words(["hr"], "leave", 5) == [] and library.card(BOTH, "leave@1").state == "expired"
    await library.change(BOTH, "leave@1", expires=None)
    assert words(["hr"], "leave", 5) and await library._indexer.mend() == 0
    assert library._indexer.ledger is not None
    kinds = [(r["kind"], r["row"].get("changed")) for r in library._indexer.ledger.rows()]
    assert kinds[1] == ("document.change", ["title", "audience"]) and len(kinds) == 5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"audience": "board"}, "do not belong to the audience 'board'"),
        ({"title": "two\nlines"}, "title must be printable"),
        ({"review": "soon"}, "review must be a date"),
        ({"id": "other"}, "id cannot be changed"),
    ],
)
async def test_values_that_cannot_be_are_told(library: Library, fields: dict[str, object], said: str) -> None:
    await take(library, BOTH, TO_EVERYONE, leave="# Leave\n\nText.")
    with pytest.raises(StewardError, match=said):
        await library.change(BOTH, "leave@1", **fields)
    assert library.card(BOTH, "leave@1").document.title == "Leave"


async def test_a_manager_reaches_no_document_of_another_audience(library: Library) -> None:
    await take(library, BOTH, Given("hr"), pay="# Pay\n\nSecret bands.")
    for call in (library.card, library.text, library.chunks, library.versions):
        with pytest.raises(NotFound):
            call(ONLY_EVERYONE, "pay" if call == library.versions else "pay@1")
    with pytest.raises(NotFound):
        await library.delete(ONLY_EVERYONE, "pay@1")
    with pytest.raises(StewardError, match="do not belong"):
        await take(library, ONLY_EVERYONE, Given("hr"), x="# X\n\nText.")
    (item,) = await take(library, ONLY_EVERYONE, Given("everyone"), pay="# Pay\n\nOpen bands.")
    assert item.state == "added" and item.document_key.startswith("pay-"), "it replaces nothing that it cannot see"
    (item,) = await take(library, ONLY_EVERYONE, Given("everyone", replaces="pay"), z="# Pay\n\nOther.")
    assert item.state == "refused" and "no document 'pay'" in item.reason
    assert library.text(BOTH, "pay@1") == "# Pay\n\nSecret bands."


async def test_a_job_is_cancelled_and_what_came_in_stays(library: Library) -> None:
    files = {f"f{n}": f"# Title {n}\n\n" + f"Sentence {n} about subject {n}. " * 200 for n in range(12)}
    paths = []
    for name, text in files.items():
        path = library._running._uploads.parent / f"{name}.part"
        path.write_text(text)
        paths.append((f"{name}.md", path))
    job = await library.add(BOTH, paths, TO_EVERYONE)
    async for told in library.watch(BOTH, job.id):
        if told.job.counts.get("added"):
            break
    job = await library.cancel(BOTH, job.id)
    assert job.state == "cancelled" and 1 <= job.counts["added"] < 12
    assert job.counts["added"] + job.counts["cancelled"] == 12
    assert library.documents(BOTH).total == job.counts["added"]
    assert list(library._running._uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.docx", "y.docx"),
        ("..", ""),
        ("a\u202egpj.exe", "agpj.exe"),
        ("nul\0byte.md", "nulbyte.md"),
        ("x" * 300 + ".md", "x" * 147 + ".md"),
    ],
)
def test_names_of_uploads_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe

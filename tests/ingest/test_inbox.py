"""The watched folder: what is put in is taken, what is refused stays and is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.ingest.inbox import REPORT, Inbox
from assistant.ingest.library import Library
from tests.ingest.test_library import BOTH, ONLY_EVERYONE, library

__all__ = ["library"]


@pytest.fixture
def inbox(library: Library, tmp_path: Path) -> Inbox:
    folder = tmp_path / "inbox"
    (folder / "hr").mkdir(parents=True)
    return Inbox(folder, library._running, library._jobs, ("everyone", "hr"))


async def test_a_file_is_taken_when_it_lies_still(library: Library, inbox: Inbox, tmp_path: Path) -> None:
    path = tmp_path / "inbox" / "hr" / "bands.md"
    path.write_text("# Salary bands\n\nBand one.")
    assert await inbox.look() == 0, "it may still be written"
    path.write_text("# Salary bands\n\nBand one and band two.")
    assert await inbox.look() == 0
    assert await inbox.look() == 1
    (card,) = library.documents(BOTH).cards
    assert (card.document.audience, card.document.source_name) == ("hr", "inbox/hr/bands.md")
    assert library.text(BOTH, card.document.key).endswith("band two.")
    assert not path.exists() and library.original(["hr"], card.document.key).path.is_file()
    assert library.documents(ONLY_EVERYONE).total == 0


async def test_a_refused_file_stays_and_is_named_until_it_changes(
    library: Library, inbox: Inbox, tmp_path: Path
) -> None:
    folder = tmp_path / "inbox"
    (folder / "whose.md").write_text("# Whose\n\nNobody says who may read this.")
    (folder / "hr" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    for _ in range(3):
        await inbox.look()
    told = (folder / REPORT).read_text()
    assert "whose.md: whose.md was not indexed: nobody says who may read it" in told and "hr/bad.pdf: bad.pdf" in told
    assert (folder / "whose.md").exists() and (folder / "hr" / "bad.pdf").exists()
    assert sorted(item.name for _, item in library.not_taken(BOTH)) == ["inbox/hr/bad.pdf", "inbox/whose.md"]
    assert library.not_taken(ONLY_EVERYONE) == []
    (folder / "whose.md").rename(folder / "hr" / "whose.md")
    (folder / "hr" / "bad.pdf").unlink()
    for _ in range(3):
        await inbox.look()
    assert not (folder / REPORT).exists() and list((folder / "hr").iterdir()) == []
    assert [card.document.title for card in library.documents(BOTH).cards] == ["Whose"]

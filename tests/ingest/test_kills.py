"""A real process that changes the catalogue is killed at ten moments: every document is in its old or its new state.

``scripts/bench.py kills`` does the same a hundred times.
"""

from __future__ import annotations

from pathlib import Path

from assistant.work.benches import kills


async def test_a_kill_leaves_every_document_in_one_state(tmp_path: Path) -> None:
    found = await kills.bench(tmp_path, 10, 7, lambda done, total: None)
    assert found.figures["documents checked"] == 120
    assert found.figures["documents in neither state"] == 0
    assert found.figures["kills"] >= 5, "most rounds ended before their kill: nothing was tried"


async def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    """Without this, "0 documents" could be a check that sees nothing."""
    await kills.work(tmp_path, 0)
    states: dict[int, kills.State] = dict.fromkeys(range(kills.DOCUMENTS), 0)
    assert await kills.check(tmp_path, 0, states) == []
    with kills.opened(tmp_path, "stand-in-0") as indexer, indexer.catalogue.file.write() as db:
        db.execute("DELETE FROM posting WHERE passage = (SELECT min(number) FROM passage)")
        db.execute("UPDATE content SET text = replace(text, 'mark0x3', 'mark9x3') WHERE document_key = 'doc-3@1'")
    faults = await kills.check(tmp_path, 0, states)
    assert any("word index is off" in fault for fault in faults)
    assert any("document 3" in fault for fault in faults)

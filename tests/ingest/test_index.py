"""The indexer on real stores: what is searched is what lies in the folder, also after a crash at any step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.errors import DocumentRefused, NotFound, RecordUnavailable, StewardError
from assistant.ingest.index import Indexer
from assistant.ingest.making import as_encoded
from assistant.values import Chunk

ALL = ("everyone", "hr")


def write(folder: Path, name: str, body: str, **changes: str) -> Path:
    keys = {"id": name, "title": name.title(), "audience": "everyone", "owner": "HR", "version": '"1"',
            "effective": "2026-01-01", "review": "2099-01-01"} | changes  # fmt: skip
    front = "\n".join(f"{key}: {value}" for key, value in keys.items())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{changes.get('version', '1').strip(chr(34))}.md"
    path.write_text(f"---\n{front}\n---\n# {name}\n\n{body}\n", encoding="utf-8")
    return path


def found(indexer: Indexer, words: str) -> set[str]:
    """Documents that a search by words finds; each of their passages must have its vector, and no other may."""
    for audience in ALL:
        searched = indexer.catalogue.generations.vector_names(indexer.catalogue.generations.current).get(
            audience, set()
        )
        assert indexer.vectors.names(audience) == searched
        assert indexer.vectors.count(audience) == len(searched)
    assert indexer.catalogue.generations.without_vectors() == {}
    hits = indexer.catalogue.words(ALL, words, 9)
    return {indexer.catalogue.chunk(chunk_id, ALL)[1].key for chunk_id, _ in hits}


async def test_a_document_is_found_and_unchanged_is_skipped(indexer: Indexer, tmp_path: Path) -> None:
    path = write(tmp_path / "in", "leave", "You have 25 days of annual leave.")
    steps: list[tuple[str, int, int]] = []
    document = await indexer.ingest(path, lambda *step: steps.append(step))
    assert document.key == "leave@1"
    assert steps == [("leave-1.md", 0, 1), ("leave-1.md", 1, 1)]
    assert found(indexer, "annual leave") == {"leave@1"}
    vector = (await indexer.encoder.encode(["How much holiday do I have?"]))[0].vector
    assert [indexer.catalogue.chunk(i, ALL)[1].key for i, _ in indexer.vectors.search(ALL, vector, 3)] == ["leave@1"]
    assert indexer.vectors.search(("hr",), vector, 3) == []
    steps.clear()
    assert await indexer.ingest(path, lambda *step: steps.append(step)) == document
    assert steps == []
    assert indexer.ledger is not None
    assert [(row["kind"], row["row"]["document"]) for row in indexer.ledger.rows()] == [("document.index", "leave@1")]


async def test_the_whole_text_holds_every_chunk_at_its_place(indexer: Indexer, tmp_path: Path) -> None:
    await indexer.ingest(write(tmp_path / "in", "leave", "One.\n\n## Two\n\n" + "Three is here. " * 150))
    text = indexer.catalogue.text("leave@1", ALL)
    chunks = [indexer.catalogue.chunk(i, ALL)[0] for i in indexer.catalogue.chunk_ids("leave@1")]
    assert len(chunks) > 2
    assert [text[c.start : c.end] for c in chunks] == [c.text for c in chunks]


async def test_changed_moved_and_gone_documents_leave_no_vectors(indexer: Indexer, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "leave", "You have 25 days of leave.")
    write(folder, "travel", "Hotels cost SGD 260.")
    assert (await indexer.ingest_folder(folder)).indexed == ("leave@1", "travel@1")
    write(folder, "leave", "You have 28 days of vacation.")
    assert (await indexer.ingest_folder(folder)).unchanged == ("travel@1",)
    assert found(indexer, "25") == set()
    assert found(indexer, "vacation") == {"leave@1"}
    write(folder, "leave", "You have 28 days of vacation.", audience="hr")
    await indexer.ingest_folder(folder)
    assert found(indexer, "vacation") == {"leave@1"}
    assert indexer.vectors.count("everyone") == 1
    (folder / "travel-1.md").unlink()
    assert (await indexer.ingest_folder(folder)).removed == ("travel@1",)
    assert found(indexer, "hotels") == set()
    with pytest.raises(NotFound):
        indexer.catalogue.document("travel@1", ALL)


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
async def test_an_older_version_stays_readable_and_out_of_search(
    indexer: Indexer, tmp_path: Path, order: tuple[str, str]
) -> None:
    for version in order:
        body = f"You have {20 + int(version)} days of leave."
        await indexer.ingest(write(tmp_path / "in", "leave", body, version=f'"{version}"'))
    assert found(indexer, "leave") == {"leave@2"}
    assert "21 days" in indexer.catalogue.text("leave@1", ALL)


async def test_a_bad_file_names_itself_and_the_others_go_on(indexer: Indexer, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "a", "Text.", audience="board")
    (folder / "b.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "c.html").write_text("<html><p>No sidecar</p></html>")
    (folder / "secret.md").symlink_to(tmp_path / "audit.db")
    write(folder, "z", "Text about parking.")
    report = await indexer.ingest_folder(folder)
    assert report.indexed == ("z@1",)
    assert len(report.refused) == 3
    assert "audience 'board' is not one of everyone, hr" in report.refused[0]
    assert report.refused[1].startswith("b.pdf was not read: the PDF is damaged")
    assert "c.html.yaml" in report.refused[2]


async def test_a_missing_folder_removes_nothing(indexer: Indexer, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "leave", "You have 25 days of leave.")
    await indexer.ingest_folder(folder)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StewardError, match="There is no folder"):
        await indexer.ingest_folder(folder)
    assert found(indexer, "leave") == {"leave@1"}


@pytest.mark.parametrize("step", ["vectors.add", "ledger.act", "catalogue.put", "vectors.remove"])
async def test_a_crash_leaves_the_old_or_the_new_document(
    indexer: Indexer, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await indexer.ingest(write(tmp_path / "in", "leave", "You have 25 days of leave."))
    path = write(tmp_path / "in", "leave", "You have 28 days of leave.")
    part, method = step.split(".")

    def crash(*_: Any) -> None:
        raise RecordUnavailable("crash")

    with monkeypatch.context() as patch:
        patch.setattr(type(getattr(indexer, part)), method, crash)
        with pytest.raises(RecordUnavailable):
            await indexer.ingest(path)
    (hit,) = {chunk_id for chunk_id, _ in indexer.catalogue.words(ALL, "leave", 9)}
    shown = indexer.catalogue.chunk(hit, ALL)[0].text
    assert ("28" in shown) == (step == "vectors.remove")
    vector = (await indexer.encoder.encode(["leave"]))[0].vector
    assert [chunk_id for chunk_id, _ in indexer.vectors.search(ALL, vector, 3)] == [hit]
    assert await indexer.mend() == (0 if step == "vectors.add" else 1)
    assert found(indexer, "leave") == {"leave@1"}
    await indexer.ingest(path)
    assert found(indexer, "28") == {"leave@1"}


async def test_lost_vectors_are_made_anew(indexer: Indexer, tmp_path: Path) -> None:
    await indexer.ingest(write(tmp_path / "in", "leave", "You have 25 days of leave."))
    names = indexer.vectors.names("everyone")
    before = indexer.catalogue.generations.vectors(list(names))
    indexer.vectors.remove([("everyone", name) for name in names])
    assert await indexer.mend() == 1
    assert indexer.vectors.names("everyone") == names
    (vector,) = before.values()
    (hit,) = indexer.vectors.search(ALL, vector, 3)
    assert hit[1] == pytest.approx(1.0, abs=1e-5)
    assert await indexer.mend() == 0


async def test_a_plain_file_needs_no_metadata_and_equal_names_do_not_meet(indexer: Indexer, tmp_path: Path) -> None:
    paths = [tmp_path / name / "Read Me!.md" for name in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"# Parking\n\nSpace {path.parent.name} is free.")
    keys = {(await indexer.ingest_plain(path, audience="hr")).key for path in paths}
    assert len(keys) == 2
    assert found(indexer, "parking") == keys
    with pytest.raises(DocumentRefused, match="audience 'board'"):
        await indexer.ingest_plain(paths[0], audience="board")


def test_the_encoder_sees_title_headings_and_cells_without_lines() -> None:
    table = "| City | Limit |\n| --- | --- |\n| Jakarta | SGD 150 |"
    chunk = Chunk("i", "k", 0, ("Travel policy", "Hotels"), 1, f"Limits:\n\n{table}", 0, 0)
    assert as_encoded("Travel Policy", chunk) == "Travel Policy > Hotels\nLimits:\nCity, Limit\nJakarta, SGD 150"

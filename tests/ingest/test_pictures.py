"""Page pictures: the passage is found where it stands, deletion clears what was kept, bad pages say so."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from assistant.errors import DocumentRefused
from assistant.ingest.matching import find
from assistant.ingest.pictures import Pictures
from assistant.loaders import pdf, registry


@pytest.fixture(scope="module")
def pictures() -> Iterator[Pictures]:
    pictures = Pictures()
    yield pictures
    pictures.close()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.pdf"
    path.write_bytes(pdf.EXAMPLES[0].make())
    return path


async def test_a_passage_is_marked_where_it_stands(pictures: Pictures, policy: Path) -> None:
    """Hyphenated over two lines in the file (base lines at 700 and 688 of 842 points)."""
    picture = await pictures.page("policy@1", policy, 1, "approval by the competent head of department", width=595)
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == (picture.width, picture.height) == (595, 842)
    assert picture.pages == 3
    assert picture.found == 1.0
    tops = [round(842 * box.bottom) for box in picture.boxes]
    assert [abs(top - (842 - line)) < 6 for top, line in zip(tops, (700, 688), strict=True)] == [True, True]
    assert picture.boxes[0].left > 0.5
    assert picture.boxes[1].left == pytest.approx(72 / 595, abs=0.01)


async def test_cells_of_a_table_are_marked(pictures: Pictures, policy: Path) -> None:
    loaded = registry.load(policy)
    (table,) = [block for block in loaded.blocks if block.kind == "table"]
    picture = await pictures.page("policy@1", policy, 1, table.text)
    assert picture.found > 0.95
    assert len(picture.boxes) >= 12
    assert all(842 - 620 < 842 * box.top < 842 - 520 for box in picture.boxes)


async def test_every_chunk_of_a_page_is_found(pictures: Pictures, policy: Path) -> None:
    for block in registry.load(policy).blocks:
        assert block.page is not None
        picture = await pictures.page("policy@1", policy, block.page, block.text)
        assert picture.found > 0.9 or "end of every" in block.text, block


async def test_pictures_are_kept_until_forgotten(policy: Path) -> None:
    pictures = Pictures()
    first = await pictures.page("policy@1", policy, 1)
    assert await pictures.page("policy@1", policy, 1) is first
    policy.write_bytes(b"gone")
    assert await pictures.page("policy@1", policy, 1) is first
    pictures.forget("policy@1")
    with pytest.raises(DocumentRefused, match="only the pages of a PDF have a picture"):
        await pictures.page("policy@1", policy, 1)
    pictures.close()


async def test_what_has_no_picture_says_so(pictures: Pictures, policy: Path, tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused, match=r"^Travel\.pdf was not read: it has no page 9, only 3"):
        await pictures.page("policy@1", policy, 9, name="Travel.pdf")
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(next(each for each in pdf.EXAMPLES if each.name == "locked.pdf").make())
    with pytest.raises(DocumentRefused, match="damaged or locked"):
        await pictures.page("locked@1", locked, 1)
    with pytest.raises(DocumentRefused, match="cannot be opened"):
        await pictures.page("gone@1", tmp_path / "gone.pdf", 1)


@pytest.mark.parametrize(
    ("page", "passage", "marked"),
    [
        ("Limits: SGD 260 a night", "SGD 260", ["SGD 260"]),
        ("the compe-\ntent head", "the competent head", ["the compe-\ntent head"]),
        ("City Limit\nPenang SGD 5", "| City | Limit |\n| --- | --- |\n| Penang | SGD 5 |",
         ["City", "Limit", "Penang", "SGD 5"]),
        ("- first item\n- second item", "- second item", ["second item"]),
        ("nothing of it", "Entirely other words here", []),
        ("ﬁnal ofﬁce", "final office", ["ﬁnal ofﬁce"]),
        ("128,721 of 900", "721", []),
        ("", "x", []),
        ("x", "", []),
    ],
)  # fmt: skip
def test_matching(page: str, passage: str, marked: list[str]) -> None:
    ranges, _ = find(page, passage)
    text = "|".join(page[start:end] for start, end in ranges)
    assert "".join(text.split()).replace("|", "") == "".join("".join(marked).split())

from __future__ import annotations

from pathlib import Path

from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Question
from tests.pipeline.conftest import FRONT, MakeKit


async def test_words_and_vectors_find_the_passage(make_kit: MakeKit) -> None:
    kit = await make_kit()
    for text in ("parking space SGD 165", "Where can I put my car, and what is the monthly price?"):
        found = await kit.retrieve.search(("everyone",), Question(text, text, text), 3)
        assert found[0].document.id == "parking"
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


async def test_only_the_readers_audiences_are_searched(make_kit: MakeKit) -> None:
    kit = await make_kit()
    text = "Cedar scheme that extends parental leave by 45 days"
    asked = Question(text, text, text)
    assert "topup" in {p.document.id for p in await kit.retrieve.search(("everyone", "hr"), asked, 8)}
    assert "topup" not in {p.document.id for p in await kit.retrieve.search(("everyone",), asked, 8)}
    assert await kit.retrieve.search((), asked, 8) == ()


async def test_other_words_for_the_same_widen_the_search_by_words(make_kit: MakeKit) -> None:
    kit = await make_kit()
    plain = Question("xylo", "xylo", "xylo")
    wider = Question("xylo", "xylo", "xylo", also=(("xylo", ("parking",)),))
    assert all(p.word_rank is None for p in await kit.retrieve.search(("everyone",), plain, 8))
    found = await kit.retrieve.search(("everyone",), wider, 8)
    assert [p.document.id for p in found if p.word_rank == 1] == ["parking"]


async def test_passages_for_a_model_are_masked(make_kit: MakeKit) -> None:
    kit = await make_kit()
    text = "Where do I write to register my leave?"
    found = await kit.retrieve.search(("everyone",), Question(text, text, text), 8)
    kept = PlaceholderMap({})
    masked = kit.retrieve.guard.passages(found, kept)
    assert "leave.desk@harbourline.example" in " ".join(p.chunk.text for p in found)
    assert "leave.desk@harbourline.example" not in " ".join(p.chunk.text for p in masked)
    assert "leave.desk@harbourline.example" in kept.values.values()


async def test_a_language_that_the_encoder_does_not_know_is_searched_by_words(
    make_kit: MakeKit, tmp_path: Path
) -> None:
    kit = await make_kit()
    texts = {
        "thai-leave": ("ลาคลอด", "พนักงานมีสิทธิลาคลอดได้ไม่เกินเก้าสิบแปดวันโดยได้รับค่าจ้าง"),
        "thai-parking": ("ที่จอดรถ", "ค่าที่จอดรถเดือนละหนึ่งพันสองร้อยบาท จองได้ที่ฝ่ายอาคาร"),
        "jp-leave": ("育児休業", "従業員は育児休業を最長一年間取得できます。"),
        "cuti": ("Cuti tahunan", "Karyawan berhak atas cuti tahunan selama dua belas hari kerja setiap tahun."),
    }
    folder = tmp_path / "languages"
    folder.mkdir()
    for name, (title, text) in texts.items():
        front = FRONT.format(id=name, title=title, audience="everyone")
        (folder / f"{name}.md").write_text(f"{front}# {title}\n\n{text}\n", encoding="utf-8")
    await kit.indexer.ingest_folder(folder)
    for asked, wanted in (
        ("พนักงานลาคลอดได้กี่วัน", "thai-leave"),
        ("ค่าที่จอดรถเท่าไหร่", "thai-parking"),
        ("育児休業は何年取得できますか", "jp-leave"),
    ):
        found = await kit.retrieve.search(("everyone",), Question(asked, asked, asked), 8)
        assert found[0].document.id == wanted, asked
        assert all(p.similarity is None and p.words > 0 for p in found)
        assert "by words alone" in kit.retrieve.note(found)
    asked = "Berapa hari cuti tahunan untuk karyawan?"
    found = await kit.retrieve.search(("everyone",), Question(asked, asked, asked), 8)
    assert found[0].document.id == "cuti" and found[0].word_rank == 1


async def test_typing_errors_are_mended_in_the_readers_own_words(make_kit: MakeKit) -> None:
    kit = await make_kit()
    text = "What is the prise of parkin?"
    found = await kit.retrieve.search(("everyone",), Question(text, text, text), 3)
    assert found[0].document.id == "parking" and found[0].word_rank == 1 and found[0].coverage > 0

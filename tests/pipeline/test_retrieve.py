from __future__ import annotations

from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Question
from tests.pipeline.conftest import MakeKit


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

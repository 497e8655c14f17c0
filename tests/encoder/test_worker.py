from __future__ import annotations

import threading

import pytest

from assistant.encoder.worker import Worker
from assistant.errors import EncoderUnavailable


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


def test_questions_go_first_and_keep_their_order(worker, held):
    done: list[str] = []
    with held(worker):
        pieces = [
            worker.submit(lambda name=name: done.append(name), background=name[0] == "b")
            for name in ("b1", "b2", "q1", "b3", "q2")
        ]
    [piece.result(10) for piece in pieces]
    assert done == ["q1", "q2", "b1", "b2", "b3"]


def test_a_cancelled_piece_never_runs(worker, held):
    done: list[int] = []
    with held(worker):
        first, second = (worker.submit(lambda n=n: done.append(n)) for n in (1, 2))
        assert first.cancel()
    second.result(10)
    assert done == [2]


def test_an_error_reaches_its_caller_and_the_worker_goes_on(worker):
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 / 0).result(10)
    assert worker.submit(lambda: 3).result(10) == 3


def test_pieces_never_overlap_whichever_thread_submits(worker):
    inside, overlaps, done = [0], [], []

    def piece() -> None:
        inside[0] += 1
        overlaps.append(inside[0] > 1)
        inside[0] -= 1

    def caller() -> None:
        done.extend(worker.submit(piece, background=n % 2 == 0).result(10) for n in range(50))

    threads = [threading.Thread(target=caller) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    assert len(done) == 400 and not any(overlaps)


def test_close_fails_what_waits_and_what_comes_later(held):
    worker = Worker()
    with held(worker):
        waiting = worker.submit(lambda: 1, background=True)
        closing = threading.Thread(target=worker.close)
        closing.start()
        with pytest.raises(EncoderUnavailable, match="closed"):
            waiting.result(10)
    closing.join(10)
    assert not closing.is_alive()
    with pytest.raises(EncoderUnavailable, match="closed"):
        worker.submit(lambda: 1)
    worker.close()

"""One thread that does the encoder's work piece by piece, questions before background work.

Promised: pieces run one at a time, in the order given within a class; a question waits for at most the one
piece that is running; a piece whose future was cancelled before its turn is never run.
Not covered: fairness (background work waits as long as questions keep coming), interrupting a running piece.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from assistant.errors import EncoderUnavailable

T = TypeVar("T")
_Piece = tuple[Future[Any], Callable[[], Any]]


class Worker:
    """Thread-safe. The thread starts at once and ends with ``close``, or with the process."""

    def __init__(self) -> None:
        self._questions: deque[_Piece] = deque()
        self._background: deque[_Piece] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="encoder", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], T], *, background: bool = False) -> Future[T]:
        """Queue ``call``; the future gets its result or exception. EncoderUnavailable once closed."""
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise _closed()
            (self._background if background else self._questions).append((future, call))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Fail what is queued with EncoderUnavailable and wait for the running piece. May be called again."""
        with self._changed:
            self._closed = True
            left = [*self._questions, *self._background]
            self._questions.clear()
            self._background.clear()
            self._changed.notify()
        for future, _ in left:
            if future.set_running_or_notify_cancel():
                future.set_exception(_closed())
        self._thread.join()

    def _next(self) -> _Piece | None:
        with self._changed:
            while not (self._questions or self._background or self._closed):
                self._changed.wait()
            if self._closed:
                return None
            return (self._questions or self._background).popleft()

    def _work(self) -> None:
        while (piece := self._next()) is not None:
            future, call = piece
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:
                    future.set_exception(error)
            del piece, future, call  # an idle thread must not keep the last text's arrays


def _closed() -> EncoderUnavailable:
    return EncoderUnavailable("The local encoder has been closed, so nothing can be searched. Start Steward again.")

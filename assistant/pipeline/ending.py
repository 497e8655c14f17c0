"""How a turn ends: the one place that turns an ending into the words the reader sees.

The text for the reader is not the text of the exception, unless the exception was written for the reader
(``errors.TurnEnded``). What broke goes into ``detail``, which the record keeps and the screen does not show.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from assistant.errors import (
    AskedBack,
    CheckFailed,
    FixedAnswer,
    HandedOff,
    ModelUnavailable,
    RecordUnavailable,
    Refused,
)
from assistant.pipeline.results import Ending
from assistant.values import sentence

if TYPE_CHECKING:
    from assistant.pipeline.story import Story

log = logging.getLogger("steward.turn")

STOPPED = sentence("*Stopped before the answer was complete.*")
RESTARTED = sentence("*Steward was shut down before the answer was complete. Your question is kept: ask it again.*")
BROKEN = sentence(
    "Something went wrong while this answer was made, so nothing is shown. Your question is on record. "
    "Please try again; if it happens again, ask a person."
)
CHECK_BROKEN = sentence(
    "A safety check could not run, so nothing is shown. Your question is on record. "
    "Please try again in a moment, or ask a person."
)
TOO_LONG = sentence(
    "This took too long and was given up. Your question is on record. Please try again or ask a person."
)


def ending_of(error: BaseException, story: Story) -> Ending:
    """The ending that ``error`` means. Total: what is not named here is "failed"."""
    match error:
        case HandedOff():
            promise = (error.topic, error.group, error.respond_hours)
            return Ending("handed_off", str(error), str(error), detail=error.topic, handoff=promise)
        case AskedBack():
            screen = story.guarded.placeholders.restore(str(error)) if story.guarded else str(error)
            return Ending(
                "asked_back", str(error), screen, detail="asked back", offer_person=False, choices=error.choices
            )
        case Refused():
            return Ending("refused", str(error), str(error), detail=error.why, offer_person=False)
        case FixedAnswer():
            return Ending("answered", str(error), str(error), detail=error.topic)
        case asyncio.CancelledError():
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            why, by = (RESTARTED, "by a restart") if story.ask.log.interrupted else (STOPPED, "by its reader")
            masked, screen = ("".join(part) for part in zip(*story.ask.log.shown, ("\n\n" + why,) * 2, strict=True))
            return Ending("stopped", masked.strip(), screen.strip(), detail=by, offer_person=False)
        case ModelUnavailable() | RecordUnavailable():
            return Ending("failed", str(error), str(error), detail=type(error).__name__)
        case TimeoutError():
            return Ending("failed", TOO_LONG, TOO_LONG, detail="turn timeout")
        case CheckFailed():
            log.error("turn %s: %s", story.ask.turn_id, error)
            return Ending("failed", CHECK_BROKEN, CHECK_BROKEN, detail=str(error))
    # The type alone goes to the log: a traceback's message may hold what a person typed.
    log.error("turn %s failed: %s", story.ask.turn_id, type(error).__name__, exc_info=_without_values(error))
    return Ending("failed", BROKEN, BROKEN, detail=type(error).__name__)


def _without_values(error: BaseException) -> BaseException:
    bare = RuntimeError(f"{type(error).__name__} (message left out: it may hold personal data)")
    return bare.with_traceback(error.__traceback__)

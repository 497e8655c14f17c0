"""One governed turn, read from top to bottom as it runs. This is the file to read first.

``run_turn`` promises: a row in the record before any work and another after it, whatever happens; nothing on the
screen that did not pass its checks; exactly one ``done`` event. It decides the order and nothing else: what each
stage does stands in the file of its name, and what every ending says in ``ending.py``.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import ModelUnavailable
from assistant.pipeline.ending import ending_of
from assistant.pipeline.results import Ending
from assistant.pipeline.story import Story

if TYPE_CHECKING:
    from assistant.pipeline.ask import Ask
    from assistant.pipeline.kit import Kit


async def run_turn(ask: Ask, kit: Kit) -> Story:
    """Answer ``ask`` with the parts of ``kit``; what happened is in the returned story and in ``ask.log``.

    Raises RecordUnavailable when the opening row cannot be written; every other failure is an outcome.
    """
    story = Story(ask, kit.policies.version)
    await story.run("audit.open", kit.audit.open, ask)
    try:
        async with asyncio.timeout(kit.settings.turn_timeout_s):
            ending = await _answer(ask, kit, story)
    except (Exception, asyncio.CancelledError) as error:
        ending = ending_of(error, story)
    closing = asyncio.ensure_future(_close(ask, kit, story, ending))
    while not closing.done():
        with suppress(asyncio.CancelledError):  # stopped once more: the closing row is written all the same
            await asyncio.shield(closing)
    return closing.result()


async def _answer(ask: Ask, kit: Kit, story: Story) -> Ending:
    guarded = await story.run("guard", kit.guard, ask)
    await kit.audit.asked(ask, guarded)
    kit.escalate.topic(guarded)
    await story.run("purpose", kit.purpose, ask, guarded)
    history = await story.run("history", kit.history, ask)
    question = await story.run("rewrite", kit.rewrite, guarded, history)
    passages = await story.run("retrieve", kit.gather, ask, question, guarded.placeholders)
    await story.run("clarify", kit.clarify, question, passages)
    route = await story.run("route", kit.route, question, passages, ask.attempt)
    while True:
        prompt = kit.generate.prompt(ask, question, history, passages, guarded.placeholders)
        try:
            with story.timed("generate"):
                deltas = await kit.generate(prompt, route)
            draft = await story.run("release", kit.release, ask, prompt, deltas, guarded.placeholders)
            report = await story.run("check", kit.check, draft, prompt)
        except ModelUnavailable as error:
            decision = kit.escalate.unavailable(error, story)
        else:
            story.tried(route, draft, report, prompt)
            decision = await story.run("escalate", kit.escalate, report, draft, story)
        if decision.tier is None:
            return await kit.release.finish(ask, draft, decision, guarded.placeholders)
        story.again(decision)
        route = replace(route, tier=decision.tier, reason=decision.reason)


async def _close(ask: Ask, kit: Kit, story: Story, ending: Ending) -> Story:
    """What was promised first, then the closing row, the conversation, the screen: what was shown is on record."""
    story.end(ending)
    try:
        await kit.handoffs.promise(story)
    except Exception as error:
        story.end(ending_of(error, story))
    try:
        await story.run("audit.close", kit.audit.close, story)
    except Exception as error:
        story.end(ending_of(error, story))
    await kit.audit.keep(story)
    ask.log.close(story)
    return story

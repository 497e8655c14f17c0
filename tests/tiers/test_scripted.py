"""The scripted model says its lines as they stand, also inside an agent."""

from __future__ import annotations

import time
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import tool

from assistant.errors import ModelUnavailable
from assistant.tiers.scripted import Call, Line, NoLineFits, ScriptedModel, Wait


async def test_deltas_come_as_written_and_tokens_are_counted_once() -> None:
    model = ScriptedModel(script=[Line("leave", ("You get ", "25 days [1]."))])
    chunks = [chunk async for chunk in model.astream("How much leave?")]
    assert [c.text for c in chunks if c.text] == ["You get ", "25 days [1]."]
    assert [c.usage_metadata["output_tokens"] for c in chunks if c.usage_metadata] == [5]
    assert [m.text for m in model.prompts[0]] == ["How much leave?"]


async def test_a_line_waits_and_raises_where_it_says_so() -> None:
    fault = ModelUnavailable("gone", "light")
    model = ScriptedModel(script=[Line("", ("half ", Wait(0.05), fault), times=1), Line("", ("whole",))])
    seen: list[str] = []
    began = time.monotonic()
    with pytest.raises(ModelUnavailable) as raised:
        async for chunk in model.astream("x"):
            seen.append(chunk.text)
    assert raised.value is fault
    assert seen == ["half "]
    assert time.monotonic() - began >= 0.05
    assert (await model.ainvoke("x")).text == "whole"
    assert len(model.prompts) == 2


async def test_a_question_without_a_line_is_an_error() -> None:
    with pytest.raises(NoLineFits, match="human: travel"):
        await ScriptedModel(script=[Line("leave", ("yes",))]).ainvoke("travel")


async def test_an_agent_runs_the_tool_that_a_line_calls() -> None:
    @tool
    async def look(query: str) -> str:
        """Look something up."""
        return f"found {query}"

    model = ScriptedModel(
        script=[Line("^human: ", (Call("look", '{"query": "leave"}'),)), Line("^tool: found leave", ("25 ", "days"))]
    )
    agent: Any = create_agent(model, [look])
    text = [
        message.text
        async for message, _ in agent.astream({"messages": [HumanMessage("leave?")]}, stream_mode="messages")
        if isinstance(message, AIMessageChunk) and message.text
    ]
    assert text == ["25 ", "days"]
    assert [len(prompt) for prompt in model.prompts] == [1, 3]

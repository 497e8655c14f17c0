"""A chat model that says what its script tells it, for tests: a real LangChain model without a server.

It promises to answer in exactly the deltas that a line lists, to wait where the line waits, to raise what the line
raises, and to keep every prompt it was given in ``prompts``. A question that no line fits raises ``NoLineFits``, so
that a test never passes on an answer that nobody wrote. Its token counts are words, not a model's tokens.
It does not check that tools which a line calls exist.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, PrivateAttr


class NoLineFits(LookupError):
    """The script has no line for this message."""


@dataclass(frozen=True)
class Wait:
    """A pause of ``seconds`` before the next step."""

    seconds: float


@dataclass(frozen=True)
class Call:
    """A call of the tool ``name``."""

    name: str
    arguments: str = "{}"
    """JSON, as a model writes it."""
    id: str = "call_1"


Step = str | Wait | Call | BaseException


@dataclass(frozen=True)
class Line:
    """``steps`` are taken in order when ``pattern`` is found in "role: text" of the last message.

    Roles are LangChain's: human, ai, system, tool; ``^tool: `` fits only what follows a tool's result.
    ``times`` is how often the line may be used before the next one that fits is; None: always.
    """

    pattern: str
    steps: tuple[Step, ...]
    times: int | None = None


@dataclass
class _Tally:
    """What a model was asked so far; shared by the copies that ``bind_tools`` makes."""

    prompts: list[list[BaseMessage]] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)


class ScriptedModel(BaseChatModel):
    """``ScriptedModel(script=[Line("leave", ("You get ", Wait(0.1), "25 days [1]."))])``.

    The first line of the script that fits counts.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    script: Sequence[Line]
    _tally: _Tally = PrivateAttr(default_factory=_Tally)

    @property
    def prompts(self) -> list[list[BaseMessage]]:
        """The messages of every call so far, in order."""
        return self._tally.prompts

    @property
    def _llm_type(self) -> str:
        return "steward-scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Takes any tools: what is called stands in the script."""
        return self.bind(**kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise TypeError("The scripted model is asynchronous: use astream or ainvoke.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, **kwargs))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        self._tally.prompts.append(list(messages))
        said: list[str] = []
        for at, step in enumerate(self._line(messages).steps):
            match step:
                case str():
                    said.append(step)
                    yield ChatGenerationChunk(message=AIMessageChunk(content=step))
                case Wait():
                    await asyncio.sleep(step.seconds)
                case Call():
                    call = tool_call_chunk(name=step.name, args=step.arguments, id=step.id, index=at)
                    yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[call]))
                case BaseException():
                    raise step
        tokens_in = sum(len(str(m.text).split()) for m in messages)
        tokens_out = len("".join(said).split())
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata={
                    "input_tokens": tokens_in,
                    "output_tokens": tokens_out,
                    "total_tokens": tokens_in + tokens_out,
                },
            )
        )

    def _line(self, messages: list[BaseMessage]) -> Line:
        last = f"{messages[-1].type}: {messages[-1].text}" if messages else ""
        for at, line in enumerate(self.script):
            used = self._tally.used.get(at, 0)
            if (line.times is None or used < line.times) and re.search(line.pattern, last):
                self._tally.used[at] = used + 1
                return line
        raise NoLineFits(f"No line of the script fits {last[:200]!r}.")

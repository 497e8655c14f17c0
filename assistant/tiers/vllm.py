"""A tier that is served by vLLM, or by any server that speaks OpenAI's chat completions.

``make(tier)`` gives a LangChain chat model. It promises: every failure is a ModelUnavailable with a sentence that says
what went wrong; a retry happens only while nothing of the answer was given out; an answer that was cut off is never
taken for a whole one; cancelling or closing the stream closes the request, so that the server stops working on it; and
nothing but ``tier.base_url`` is talked to (no proxy from the environment, no redirects). Tokens are the server's count,
on the last chunk. What the server says about a fault is kept as the cause of the error and is not in its sentence:
such texts can repeat parts of the prompt.

It does not cover: counting tokens beforehand, and hidden thoughts of reasoning models, which count as waiting.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI

from assistant.errors import ModelUnavailable, PolicyError
from assistant.policy import Tier
from assistant.tiers.faults import CONNECT_S, Failed, failure, transport

HEALTH_S = 3.0
BACK_OFF_S = 0.25


class VllmModel(ChatOpenAI):
    """The chat model of one tier. Asynchronous only. Made by ``make``, let go by ``close``."""

    tier: Tier

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise TypeError("The model of a vLLM tier is asynchronous: use astream or ainvoke.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Streams as well, so that time-outs, retries and errors are the same ones."""
        return await agenerate_from_stream(self._astream(messages, stop, **kwargs))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Chunks of the answer; the last one carries the server's token counts. LangChain calls the callbacks."""
        until = _now() + self.tier.timeout_s
        for left in range(self.tier.retries, -1, -1):
            started = False
            answer = self._try(super()._astream(messages, stop, **kwargs), until)
            try:
                async for chunk in answer:
                    started = True
                    yield chunk
                return
            except Failed as failed:
                pause = BACK_OFF_S * 2 ** (self.tier.retries - left)
                if started or not left or not failed.again or _now() + pause >= until:
                    raise ModelUnavailable(str(failed), self.tier.name) from failed.__cause__
            finally:
                await answer.aclose()
            await asyncio.sleep(pause)

    async def _try(
        self, chunks: AsyncIterator[ChatGenerationChunk], until: float
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        """One request. Gives out nothing before the first text or tool call, then everything. Raises Failed."""
        stream = cast(AsyncGenerator[ChatGenerationChunk, None], chunks)
        held: list[ChatGenerationChunk] = []
        started, ending = False, ""
        first_by = _now() + self.tier.first_token_timeout_s
        try:
            while True:
                # A server that fell silent in the middle is given up as early as one that never began.
                patience = _now() + self.tier.first_token_timeout_s if started else first_by
                try:
                    async with asyncio.timeout_at(min(patience, until)):
                        chunk = await anext(stream)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise Failed(self._too_slow(started, patience < until)) from None
                except Exception as error:
                    raise failure(error, self.tier, started) from error
                ending = str((chunk.generation_info or {}).get("finish_reason") or ending)
                held.append(chunk)
                if started or _says_something(chunk):
                    started = True
                    for each in held:
                        yield each
                    held.clear()
        finally:
            await stream.aclose()
        if started and ending in ("", "abort", "error"):
            # A connection that is simply closed looks like an end: only a reason to stop makes it one.
            raise Failed(f"The model server of tier {self.tier.name!r} broke off in the middle of its answer.")
        if not started:
            raise Failed(
                f"The model server of tier {self.tier.name!r} gave an empty answer or one that cannot be read.",
                again=not ending,
            )

    def _too_slow(self, started: bool, silent: bool) -> str:
        server, tier = f"The model server of tier {self.tier.name!r}", self.tier
        if started and silent:
            return f"{server} fell silent for {tier.first_token_timeout_s:g} s in the middle of its answer."
        if started or not silent:
            return f"{server} did not finish its answer within {tier.timeout_s:g} s."
        return f"{server} did not begin to answer within {tier.first_token_timeout_s:g} s."


def make(tier: Tier) -> VllmModel:
    """The chat model of ``tier``. Opens no connection yet. Raises PolicyError when its key file cannot be read."""
    key = _key(tier)

    async def give_key() -> str:
        return key

    return VllmModel(
        tier=tier,
        model=tier.model,
        base_url=tier.base_url,
        # As a coroutine function, so that ChatOpenAI builds no second, synchronous client with settings of its own.
        api_key=give_key,
        temperature=0.0,
        max_completion_tokens=tier.max_output_tokens,
        stream_usage=True,
        logprobs=True,  # confidence is made of them, among others
        max_retries=0,
        use_responses_api=False,
        # Without these two, ChatOpenAI takes a proxy and a time-out of its own from the environment.
        openai_proxy="",
        stream_chunk_timeout=None,
        http_async_client=_client(tier, openai.Timeout(None, connect=CONNECT_S)),
    )


async def close(model: BaseChatModel) -> None:
    """Close the connections of a model that ``make`` made; nothing to do for others."""
    if isinstance(model, VllmModel):
        await model.root_async_client.close()


async def health(tier: Tier) -> str | None:
    """None when the tier can answer, else a sentence for the operator. Takes three seconds at most per request."""
    if tier.backend != "vllm" or tier.base_url is None:
        return None
    base = tier.base_url.rstrip("/")
    server = f"The model server of tier {tier.name!r} at {base}"
    try:
        headers = {"Authorization": f"Bearer {_key(tier)}"}
        async with asyncio.timeout(2 * HEALTH_S), _client(tier, openai.Timeout(HEALTH_S)) as client:
            # vLLM says here whether its engine lives; /models answers even when that is dead. Servers that know no
            # such address are judged by their list of models alone.
            alive = await client.get(base.removesuffix("/v1") + "/health")
            if alive.status_code >= 500:
                return f"{server} says that it cannot serve (status {alive.status_code})."
            listed = await client.get(f"{base}/models", headers=headers)
        if listed.status_code in (401, 403):
            return f"{server} does not accept the key of api_key_file."
        if listed.status_code != 200:
            return f"{server} answered with status {listed.status_code}. Does base_url end in /v1?"
        names = sorted(str(model["id"]) for model in listed.json()["data"])
    except PolicyError as error:
        return str(error)
    except (ValueError, TypeError, KeyError):
        return f"{server} answered with something that is not a list of models."
    except TimeoutError:
        return f"{server} did not answer within {2 * HEALTH_S:g} s."
    except Exception as error:
        if not transport(error):
            raise
        return f"{server} cannot be reached ({type(error).__name__})."
    if tier.model not in names:
        return f"{server} does not know the model {tier.model!r}. It serves: {', '.join(names) or 'none'}."
    return None


def _says_something(chunk: ChatGenerationChunk) -> bool:
    message = chunk.message
    return bool(message.content) or (isinstance(message, AIMessageChunk) and bool(message.tool_call_chunks))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _key(tier: Tier) -> str:
    """The server's key. vLLM without ``--api-key`` takes any, the SDK wants one."""
    if tier.api_key_file is None:
        return "none"
    try:
        key = tier.api_key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"tiers.yaml: tier {tier.name!r}, key 'api_key_file', value {str(tier.api_key_file)!r}: {error}."
        ) from None
    if not key:
        raise PolicyError(f"tiers.yaml: tier {tier.name!r}: the file {str(tier.api_key_file)!r} is empty.")
    return key


def _client(tier: Tier, timeout: openai.Timeout) -> Any:
    """An HTTP client that ignores proxies of the environment and follows no redirect to another address."""
    # The system's certificates, where a company's own authority stands; reading them costs 20 ms, so not for http.
    verify: ssl.SSLContext | bool = ssl.create_default_context() if str(tier.base_url).startswith("https") else False
    return openai.DefaultAsyncHttpxClient(trust_env=False, follow_redirects=False, timeout=timeout, verify=verify)

"""tiers/vllm.py against small servers that misbehave: down, slow, dying, talking nonsense, refusing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from assistant.errors import ModelUnavailable, PolicyError
from assistant.policy import Tier
from assistant.tiers import vllm

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[[Writer], Awaitable[None]]

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def sse(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def delta(text: str, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return sse({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


USAGE = sse(
    {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
)
ROLE = delta("", role="assistant")
GOOD = [STREAM, ROLE, delta("25 "), delta("days"), delta("", "stop"), USAGE, DONE]


def says(*parts: bytes | float) -> Behaviour:
    """Writes the parts and closes; a number is a pause in seconds."""

    async def behave(writer: Writer) -> None:
        for part in parts:
            if isinstance(part, bytes):
                writer.write(part)
                await writer.drain()
            else:
                await asyncio.sleep(part)

    return behave


def status(code: int, message: str = "no", headers: str = "") -> Behaviour:
    body = json.dumps({"error": {"message": message, "type": "Error", "code": code}}).encode()
    head = f"HTTP/1.1 {code} Status\r\nContent-Type: application/json\r\n{headers}"
    return says(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)


class Misbehaving:
    """Answers the nth request with the nth behaviour, the last one again and again; keeps what was asked."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = behaviours
        self.heads: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.closed_by_client = asyncio.Event()
        self.port = 0

    async def answer(self, reader: Reader, writer: Writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(x[15:]) for x in head.splitlines() if x.lower().startswith("content-length:")), 0)
        self.bodies.append(json.loads(await reader.readexactly(length) or b"{}"))
        self.heads.append(head)
        behave = self.behaviours[min(len(self.heads), len(self.behaviours)) - 1]
        told = asyncio.create_task(behave(writer))
        gone = asyncio.create_task(reader.read())
        await asyncio.wait({told, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not told.done():
            self.closed_by_client.set()
        for task in (told, gone):
            task.cancel()
        await asyncio.gather(told, gone, return_exceptions=True)
        writer.close()


@asynccontextmanager
async def serving(*behaviours: Behaviour) -> AsyncIterator[Misbehaving]:
    made = Misbehaving(*behaviours)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def tier(port: int, **changes: Any) -> Tier:
    given = {"name": "mid", "backend": "vllm", "model": "m", "base_url": f"http://127.0.0.1:{port}/v1", "retries": 0}
    return Tier(**(given | changes))


async def ask(port: int, **changes: Any) -> tuple[list[str], str]:
    """Deltas that arrived, and the sentence of the error that ended them, if any."""
    model = vllm.make(tier(port, **changes))
    got: list[str] = []
    try:
        async for chunk in model.astream("secret question"):
            if chunk.text:
                got.append(chunk.text)
    except ModelUnavailable as error:
        assert error.tier == "mid"
        assert "secret question" not in str(error)
        return got, str(error)
    finally:
        await vllm.close(model)
    return got, ""


BAD = [
    ("slow", says(5.0), [], "did not begin to answer within 0.3 s"),
    ("role only, then slow", says(STREAM, ROLE, 5.0), [], "did not begin to answer within 0.3 s"),
    ("comments only", says(STREAM, *[b": alive\n\n", 0.1] * 30), [], "did not begin to answer within 0.3 s"),
    ("silent in the middle", says(STREAM, delta("a"), 5.0), ["a"], "fell silent for 0.3 s in the middle"),
    ("drips for ever", says(STREAM, *[delta("a"), 0.2] * 30), None, "did not finish its answer within 1 s"),
    ("dies before", says(), [], "closed the connection without an answer"),
    ("dies after the head", says(CHUNKED), [], "closed the connection without an answer"),
    ("dies in a chunk", says(CHUNKED, b"40\r\n"), [], "closed the connection without an answer"),
    (
        "dies in the middle",
        says(CHUNKED, b"%x\r\n%s\r\n" % (len(delta("a")), delta("a")), 0.05),
        ["a"],
        "broke off in the middle",
    ),
    ("closes politely in the middle", says(STREAM, delta("a")), ["a"], "broke off in the middle"),
    ("is told to abort", says(STREAM, delta("a"), delta("", "abort"), DONE), ["a"], "broke off in the middle"),
    (
        "reports an error in the middle",
        says(STREAM, delta("a"), sse({"error": {"message": "secret question", "code": 500}}), DONE),
        ["a"],
        "broke off in the middle",
    ),
    (
        "reports an error at once",
        says(STREAM, sse({"error": {"message": "engine", "code": 500}})),
        [],
        "reported a fault",
    ),
    ("not JSON", says(STREAM, b"data: {oops\n\n", 0.1), [], "cannot be read"),
    ("not UTF-8", says(STREAM, b"data: \xff\xfe\n\n", 0.1), [], "cannot be read"),
    ("JSON of another kind", says(STREAM, sse(["a", 1]), sse(3), DONE), [], "cannot be read"),
    ("choices of another kind", says(STREAM, sse({"choices": 5}), DONE), [], "cannot be read"),
    ("a web page", says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>hello</p>"), [], "cannot be read"),
    ("not HTTP", says(b"SSH-2.0-OpenSSH_9.2\r\n"), [], "without an answer"),
    ("an empty answer", says(STREAM, ROLE, delta("", "stop"), USAGE, DONE), [], "empty answer"),
    ("400 too long", status(400, "This model's maximum context length is 4 tokens"), [], "too long for the model"),
    ("400", status(400, "secret question is bad"), [], "refused the request with status 400"),
    ("401", status(401), [], "does not accept the key"),
    ("404", status(404), [], "does not know the model 'm'"),
    ("429", status(429), [], "too busy"),
    ("503", status(503), [], "refused the request with status 503"),
    ("redirect", status(307, headers="Location: http://127.0.0.1:1/v1/\r\n"), [], "with status 307"),
]


@pytest.mark.parametrize(("behaviour", "deltas", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_every_fault_is_a_clear_sentence(behaviour: Behaviour, deltas: list[str] | None, said: str) -> None:
    async with serving(behaviour) as server:
        got, sentence = await ask(server.port, first_token_timeout_s=0.3, timeout_s=1.0)
    assert said in sentence
    assert deltas is None or got == deltas
    assert len(server.heads) == 1


async def test_a_server_that_is_down_is_tried_again_and_named() -> None:
    async with serving(says()) as server:
        free = server.port
    got, sentence = await ask(free, retries=1)
    assert (got, sentence) == ([], "The model server of tier 'mid' is down: it cannot be reached.")


async def test_a_good_answer_and_what_the_server_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "OPENAI_PROXY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    key = tmp_path / "key"
    key.write_text("the-key\n")
    async with serving(says(*GOOD)) as server:
        model = vllm.make(tier(server.port, api_key_file=key, max_output_tokens=99))
        answer = await model.ainvoke("How much leave?")
        await vllm.close(model)
    assert answer.text == "25 days"
    assert answer.usage_metadata and (
        answer.usage_metadata["input_tokens"],
        answer.usage_metadata["output_tokens"],
    ) == (7, 3)
    body = server.bodies[0]
    assert (body["model"], body["temperature"], body["max_completion_tokens"]) == ("m", 0.0, 99)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert server.heads[0].startswith("POST /v1/chat/completions ")
    assert "authorization: bearer the-key" in server.heads[0].lower()


@pytest.mark.parametrize("first", [status(503), status(429), says(), says(STREAM, ROLE)])
async def test_a_passing_fault_is_tried_again_before_the_first_delta(first: Behaviour) -> None:
    async with serving(first, says(*GOOD)) as server:
        assert await ask(server.port, retries=1) == (["25 ", "days"], "")
    assert len(server.heads) == 2


@pytest.mark.parametrize("first", [says(STREAM, delta("25 ")), says(STREAM, delta("25 "), sse({"error": {"code": 1}}))])
async def test_nothing_is_tried_again_after_the_first_delta(first: Behaviour) -> None:
    async with serving(first, says(*GOOD)) as server:
        got, sentence = await ask(server.port, retries=3)
    assert got == ["25 "]
    assert "broke off in the middle" in sentence
    assert len(server.heads) == 1


@pytest.mark.parametrize("first", [status(400), status(401), status(404)])
async def test_a_lasting_refusal_is_not_tried_again(first: Behaviour) -> None:
    async with serving(first) as server:
        await ask(server.port, retries=3)
    assert len(server.heads) == 1


@pytest.mark.parametrize("before", [says(5.0), says(STREAM, ROLE, 5.0), says(STREAM, delta("a"), 5.0)])
async def test_cancelling_closes_the_request(before: Behaviour) -> None:
    async with serving(before) as server:
        model = vllm.make(tier(server.port))
        task = asyncio.create_task(model.ainvoke("x"))
        while not server.heads:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.closed_by_client.wait(), 1)
        await vllm.close(model)


def test_a_key_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="tier 'mid', key 'api_key_file'"):
        vllm.make(tier(1, api_key_file=tmp_path / "absent"))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(PolicyError, match="is empty"):
        vllm.make(tier(1, api_key_file=tmp_path / "empty"))


def served(body: Any, code: int = 200) -> Behaviour:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {code} Status\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
    return says(head.encode() + raw)


MODELS = {"data": [{"id": "m"}]}
HEALTH = [
    ("healthy", (served(b""), served(MODELS)), None),
    ("no /health address", (served(b"", 404), served(MODELS)), None),
    ("dead engine", (served(b"", 503), served(MODELS)), "cannot serve (status 503)"),
    ("another model", (served(b""), served({"data": [{"id": "a"}, {"id": "b"}]})), "It serves: a, b."),
    ("wrong key", (served(b""), served({}, 401)), "does not accept the key"),
    ("wrong address", (served(b"", 404), served({}, 404)), "Does base_url end in /v1?"),
    ("nonsense", (served(b""), served(b"<html>")), "not a list of models"),
    ("nonsense in JSON", (served(b""), served({"data": 5})), "not a list of models"),
    ("a list without names", (served(b""), served(["a"])), "not a list of models"),
    ("hangs", (says(9.0),), "cannot be reached (ReadTimeout)"),
    ("dies", (says(),), "cannot be reached (RemoteProtocolError)"),
]


@pytest.mark.parametrize(("behaviours", "said"), [row[1:] for row in HEALTH], ids=[row[0] for row in HEALTH])
async def test_health(behaviours: tuple[Behaviour, ...], said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "HEALTH_S", 0.2)
    async with serving(*behaviours) as server:
        found = await vllm.health(tier(server.port))
    assert found is None if said is None else said in str(found)


async def test_health_of_a_server_that_is_down_and_of_a_tier_without_one() -> None:
    async with serving(says()) as server:
        free = server.port
    assert f"at http://127.0.0.1:{free}/v1 cannot be reached (ConnectError)" in str(await vllm.health(tier(free)))
    assert await vllm.health(Tier(name="light", backend="builtin")) is None


async def test_close_leaves_other_models_alone() -> None:
    await vllm.close(FakeListChatModel(responses=["x"]))

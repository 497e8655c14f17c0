"""A browser tab without a browser: signs in, opens the page, asks, and reads the answer as Gradio's client does.

Speaks the real HTTP interface (cookies, origin, event queue, server-sent events); draws nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from assistant.errors import StewardError

CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)
PIECE = re.compile(r'aria-busy=\\?"true\\?".*?<div class=\\?"text\\?"[^>]*>(?!</div>)')
"""A running answer with something in it, in a raw event."""
TURN = re.compile(r'data-conversation=\\"(\w+)\\" data-turn=\\"(\w+)\\"')
"""Conversation and turn in what the event of asking gives back."""


@dataclass
class Answered:
    """One question: seconds to the first piece and to the end, everything that came, and what went wrong."""

    first_s: float | None = None
    whole_s: float = 0.0
    seen: str = ""
    error: str = ""


@dataclass
class Tab:
    """One tab of one person."""

    url: str
    client: httpx.AsyncClient
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    config: dict[str, Any] = field(default_factory=dict)
    here: str = ""
    """The conversation that the tab shows."""
    _beat: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, name: str, password: str) -> Tab:
        """Sign in with a password and load the page."""
        limits = httpx.Limits(max_connections=6)
        client = httpx.AsyncClient(base_url=url, headers={"origin": url}, timeout=120, limits=limits)
        tab = cls(url, client)
        done = await client.post("/auth/sign-in", data={"name": name, "password": password})
        if done.status_code != 303:
            raise StewardError(f"{name} could not sign in: status {done.status_code}.")
        await tab.load()
        return tab

    async def load(self, path: str = "/") -> None:
        """Load a page and do what it does by itself at first."""
        found = CONFIG.search((await self.client.get(path)).text)
        if found is None:
            raise StewardError(f"The page {path} holds no configuration of Gradio.")
        self.config = json.loads(found[1])
        if self._beat is None:
            self._beat = asyncio.create_task(self._heartbeat())
        load = next(d for d in self.events if any(t[1] == "load" for t in d["targets"]))
        await self.run(load["id"], [None] * len(load["inputs"]))

    async def ask(self, text: str) -> Answered:
        """Type a question, send it, and read until the answer is there."""
        began, answered = time.perf_counter(), Answered()
        asking = next(d for d in self.events if [self._id("box"), "submit"] in [list(t) for t in d["targets"]])
        coming_back = next(d for d in self.events if [self._id("resume"), "click"] in [list(t) for t in d["targets"]])
        try:
            begun = await self.run(asking["id"], self._values(asking["inputs"], text))
            found = TURN.search(begun)
            if found is None:
                raise StewardError(f"no turn began: {begun[-300:]}")
            self.here = found[1]
            async for line in self._follow(found[2]):
                answered.seen += line
                if answered.first_s is None and PIECE.search(line):
                    answered.first_s = time.perf_counter() - began
            values = self._values(coming_back["inputs"], "")
            answered.seen += await self.run(coming_back["id"], values, {"act": "resume"})
        except (httpx.HTTPError, StewardError) as error:
            answered.error = f"{type(error).__name__}: {error}"
        answered.whole_s = time.perf_counter() - began
        return answered

    async def close(self) -> None:
        """Shut the tab and its browser."""
        await self.close_beat()
        await self.client.aclose()

    async def close_beat(self) -> None:
        """Shut the tab; its browser goes on."""
        if self._beat is not None:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat

    @property
    def events(self) -> list[dict[str, Any]]:
        """The page's events as Gradio describes them."""
        found: list[dict[str, Any]] = self.config["dependencies"]
        return found

    def _id(self, elem_id: str) -> int:
        parts = self.config["components"]
        found: int = next(part["id"] for part in parts if part["props"].get("elem_id") == elem_id)
        return found

    def _values(self, inputs: list[int], text: str) -> list[Any]:
        known = {self._id("box"): text, self._id("here"): self.here}
        return [known.get(part) for part in inputs]

    async def _follow(self, turn: str) -> AsyncIterator[str]:
        """Lines of a turn's own stream, to its end."""
        async with self.client.stream("GET", f"/turns/{turn}/live") as stream:
            if stream.status_code != 200:
                raise StewardError(f"the turn cannot be followed: status {stream.status_code}.")
            async for line in stream.aiter_lines():
                yield line

    async def _heartbeat(self) -> None:
        async with self.client.stream("GET", f"/gradio_api/heartbeat/{self.session}", timeout=None) as beat:
            async for _ in beat.aiter_raw():
                pass

    async def run(self, event: int, data: list[Any], click: dict[str, str] | None = None) -> str:
        """Everything that one event sends back."""
        return "".join([line async for line in self._stream(event, data, click)])

    async def _stream(self, event: int, data: list[Any], click: dict[str, str] | None = None) -> AsyncIterator[str]:
        """Lines of one event, to its end."""
        body = {"data": data, "fn_index": event, "session_hash": self.session, "trigger_id": None, "event_data": click}
        joined = await self.client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            raise StewardError(f"the queue said {joined.status_code}: {joined.text[:200]}")
        async with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] == "process_completed" and not message.get("success", True):
                    raise StewardError(f"the event failed: {line[:300]}")
                yield line
                if message["msg"] == "close_stream":
                    return

"""stream: first checked sentence through Steward against a model server's own first sentence, same prompt.

For each question the whole turn is timed to its first piece; then the very prompt that the turn used goes straight to
the server, and its stream is timed to the end of its first sentence. The difference is what Steward adds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from assistant.errors import StewardError
from assistant.pipeline.kit import Kit
from assistant.pipeline.pieces import Pieces
from assistant.policy import Tier
from assistant.work.benches.timing import Timings
from assistant.work.measures import answers


async def bench(kit: Kit, questions: Path, progress: Callable[[int, int], None], rounds: int = 4) -> Timings:
    """Every plain question ``rounds`` times; the first round fills caches and is not counted.

    Raises StewardError when no tier is a model server.
    """
    tiers = {t.name: t for t in kit.policies.tiers.tiers if t.backend == "vllm"}
    if not tiers:
        raise StewardError("bench stream needs a model server: name it with --base-url and --model.")
    cases = [c for c in answers.read(questions) if not c.history and c.kind == "answerable"]
    found = Timings()
    nothing_shown = 0
    for done, case in enumerate(cases * rounds):
        progress(done, rounds * len(cases))
        person = kit.people.by_name(case.person)
        if person is None:
            continue
        began = time.perf_counter()
        running = kit.turns.start(person, None, case.question)
        first = None
        async for event in kit.turns.events(person, running.turn_id):
            if event.kind == "piece" and first is None:
                first = (time.perf_counter() - began) * 1000
        story = await running.task
        if first is None or story.prompt is None or story.route is None or story.route.tier not in tiers:
            nothing_shown += done >= len(cases)
            continue
        if done < len(cases):
            continue
        tier = tiers[story.route.tier]
        messages = [
            {"role": {"human": "user", "ai": "assistant"}.get(m.type, m.type), "content": str(m.content)}
            for m in kit.generate.messages(story.prompt, tier)
        ]
        own = await _first_sentence(tier, messages)
        found.add("steward_first_checked_sentence", first)
        found.add("server_first_sentence", own)
        found.add("added", first - own)
    found.figures["questions_without_a_shown_piece"] = nothing_shown
    return found


async def _first_sentence(tier: Tier, messages: list[dict[str, Any]]) -> float:
    """Milliseconds to the end of the first sentence, asked of the server with nothing in between."""
    body = {"model": tier.model, "messages": messages, "stream": True, "temperature": 0, "max_tokens": 200}
    key = tier.api_key_file.read_text(encoding="utf-8").strip() if tier.api_key_file else "none"
    headers = {"Authorization": f"Bearer {key}"}
    pieces = Pieces()
    async with httpx.AsyncClient(trust_env=False, timeout=tier.timeout_s) as client:
        began = time.perf_counter()
        async with client.stream("POST", f"{tier.base_url}/chat/completions", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                choices = json.loads(line[6:])["choices"]
                if choices and pieces.feed(choices[0]["delta"].get("content") or ""):
                    break
        return (time.perf_counter() - began) * 1000

"""The guard: what comes in is measured, cleaned and masked before anything else sees it.

Order: size, encoding, rate, then personal data and secrets through the one engine that is handed in. Fails closed: an
engine that raises ends the turn as CheckFailed. Recognition is by Presidio's patterns and a head for
names, which misses some: such a name reaches the model as typed (README says so).
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import defaultdict, deque
from dataclasses import dataclass, field

from assistant.errors import CheckFailed, Refused
from assistant.pipeline.ask import Ask
from assistant.pipeline.results import Guarded
from assistant.pipeline.within import within
from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.conversations import Conversations
from assistant.values import PersonalData, sentence

GARBAGE_SHARE = 0.1


@dataclass
class Guard:
    """Built once; the only state is when each person last asked, for the rate limit."""

    personal: PersonalData
    handler: Handler
    conversations: Conversations
    max_chars: int
    per_minute: int
    timeout_s: float = 10.0
    _asked: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    async def __call__(self, ask: Ask) -> Guarded:
        """The masked question, or Refused with what to do instead; CheckFailed when masking breaks."""
        clean = self._readable(ask.text)
        self._rate(ask.person.id)
        try:
            stored = await asyncio.to_thread(self.conversations.placeholders, ask.conversation_id)
            spans = await within(self.timeout_s, "personal data guard", self.personal.find, clean)
            placeholders = PlaceholderMap(stored)
            blocked = [s for s in spans if self.handler.policy.handling(s.entity) == "block"]
            to_mask = self.handler.to_replace(spans)
            masked = self.handler.mask(clean, to_mask, placeholders)
            if not blocked:
                await asyncio.to_thread(self.conversations.save_placeholders, ask.conversation_id, placeholders.values)
        except CheckFailed:
            raise
        except Exception as error:
            raise CheckFailed(f"guard: {type(error).__name__}") from error
        if blocked:
            raise Refused(
                "Your question holds what looks like a password, key or other secret, so it was not taken. "
                "Remove the secret and ask again; if it was real, change it."
            )
        kept = tuple(s for s in spans if s not in to_mask)
        return Guarded(clean, masked, placeholders, kept)

    def note(self, result: Guarded) -> str:
        """One line for the timeline."""
        count = len(result.masked.shown)
        return sentence(f"{count} value{'s' * (count != 1)} masked" if count else "nothing to mask")

    def _readable(self, text: str) -> str:
        if len(text) > self.max_chars:
            raise Refused(
                f"Your question has {len(text):,} characters; up to {self.max_chars:,} are taken. "
                "Shorten it, or ask about one part at a time."
            )
        kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
        lost = len(text) - len(kept) + kept.count("�")
        clean = kept.strip()
        if lost > GARBAGE_SHARE * len(text) and lost > 2:
            raise Refused(
                "Your question holds characters that cannot be read, perhaps from a file in another encoding. "
                "Type it in again or paste it as plain text."
            )
        if not any(c.isalnum() for c in clean):
            raise Refused("There is no question in what you sent. Type what you want to know, in your own words.")
        return clean

    def _rate(self, person_id: str) -> None:
        now, asked = time.monotonic(), self._asked[person_id]
        while asked and now - asked[0] > 60:
            asked.popleft()
        if len(asked) >= self.per_minute:
            wait = int(61 - (now - asked[0]))
            raise Refused(f"That is {self.per_minute} questions in a minute. Please wait {wait} seconds and ask again.")
        asked.append(now)

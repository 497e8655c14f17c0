"""What one could ask next: the sections around those that an answer cites, in documents that the reader may read.

Made from headings, without a model. A heading in which personal data was found is left out, so nothing needs masking.
Rights are asked anew at each call. Does not know whether the section answers more than its heading says.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.errors import NotFound
from assistant.values import Message, sentence

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

MOST = 3
GENERIC = re.compile(
    r"^(introduction|overview|contents?|table of contents|purpose|scope|definitions?|glossary|summary|references?|"
    r"version( history)?|document (control|history)|annex|appendix|contacts?|questions?)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"^(?:(?:section|chapter|part)\s+)?(?:\d+|[A-Z](?=[.)]))(?:\.\d+)*[.):]?\s+", re.IGNORECASE)


async def followups(kit: Kit, person: Person, answer: Message) -> list[str]:
    """Up to three questions, nearest sections first; none where the answer cites nothing."""
    if answer.outcome != "answered" or not answer.citations:
        return []
    audiences = kit.audiences(person)
    return await asyncio.to_thread(_followups, kit, audiences, answer)


def _followups(kit: Kit, audiences: tuple[str, ...], answer: Message) -> list[str]:
    cited = [c.chunk_id for c in answer.citations]
    named = {heading for c in answer.citations for heading in c.heading[-1:]}
    asked: dict[str, None] = {}
    for key in dict.fromkeys(c.document_key for c in answer.citations):
        try:
            document = kit.catalogue.document(key, audiences)
        except NotFound:
            continue
        ids = kit.catalogue.chunk_ids(key)
        for near in _near(ids, cited):
            chunk, _ = kit.catalogue.chunk(near, audiences)
            heading = NUMBER.sub("", chunk.heading[-1]).strip(" .:") if chunk.heading else ""
            if not heading or chunk.heading[-1] in named or GENERIC.match(heading) or kit.guard.personal.find(heading):
                continue
            named.add(chunk.heading[-1])
            asked[_question(heading, document.title)] = None
    return list(asked)[:MOST]


def _near(ids: list[str], cited: Iterable[str]) -> list[str]:
    """The document's passages that are not cited, those beside cited ones first, the following before the earlier."""
    at = [ids.index(c) for c in cited if c in ids]
    if not at:
        return []
    others = [n for n in range(len(ids)) if n not in at]
    return [ids[n] for n in sorted(others, key=lambda n: min((abs(n - a), n < a) for a in at))]


def _question(heading: str, title: str) -> str:
    if heading.endswith("?"):
        return heading
    if heading.lower() == title.lower():
        return sentence(f"What does {title} say?")
    return sentence(f"What does {title} say about {_lower(heading)}?")


def _lower(heading: str) -> str:
    """A heading within a sentence: its first letter small, unless the word is an abbreviation or a name."""
    first = heading.split(" ", 1)[0]
    plain = first[1:].islower() or len(first) == 1
    return heading[:1].lower() + heading[1:] if plain else heading

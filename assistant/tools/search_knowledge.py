"""``search_knowledge``: lets a model that can call tools look for more passages.

It searches with the reader's own rights (the search is bound to the reader before the agent starts), and what it
finds joins the numbered passages of the turn, so that citations, checks and the record treat it like the rest.
"""

from __future__ import annotations

import re
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, tool

from assistant.values import AnswerContext, Passage

EXAMPLES = (("parental leave Jakarta", "[1] Parental leave > Indonesia"),)
"""(query, start of the result) for a knowledge base that holds such a passage."""

LIMIT = 4
MARKS = re.compile(r"<(?=\s*/?\s*passage\b)", re.IGNORECASE)
BROKEN = "‹"
NOTHING = "No passage was found. Answer from the passages you have, or say that the documents do not say."


def numbered(passages: list[Passage], first: int = 1) -> str:
    """Passages as the model reads them: number, title and heading path, text, clearly marked as data.

    Marks of ours inside them are broken, so that no passage can end itself and speak in another voice.
    """
    return "\n\n".join(
        f'<passage number="{number}">\n[{number}] '
        f"{MARKS.sub(BROKEN, ' > '.join((p.document.title, *p.chunk.heading)))}\n"
        f"{MARKS.sub(BROKEN, p.chunk.text)}\n</passage>"
        for number, p in enumerate(passages, first)
    )


def make() -> BaseTool:
    """The tool; its reader's search comes from the agent's run-time context."""

    @tool
    async def search_knowledge(query: str, runtime: ToolRuntime[Any]) -> str:
        """Search the company's documents for passages about a topic. Use it when the passages given do not answer."""
        context: AnswerContext = runtime.context
        if context.search is None or not query.strip():
            return NOTHING
        known = {p.chunk.id for p in context.passages}
        found = [p for p in await context.search(query[:400], LIMIT) if p.chunk.id not in known]
        if not found:
            return NOTHING
        first = len(context.passages) + 1
        context.passages.extend(found)
        return numbered(found, first)

    made: BaseTool = search_knowledge
    return made

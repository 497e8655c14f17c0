"""What is made of a file: its text and passages, marked and described, ready to be encoded and put in.

``form`` names everything that decides what comes out: loaders, chunking, the words of the index and the encoder. When
it differs from the form that the index was built in, the index is built anew (``reindex.py``).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from assistant.errors import DocumentRefused
from assistant.ingest import chunks as chunking
from assistant.ingest.sources import FORM
from assistant.store import ranking
from assistant.values import Chunk, Document, LoadedDocument, PersonalData, Understood

CELLS = re.compile(r"\s*\|[\s|]*")
TABLE_RULE = re.compile(r"^\|( --- \|)+$", re.MULTILINE)


def form(encoder: str) -> str:
    """Twelve hex digits; ``encoder`` names the encoder's weights."""
    parts = (
        FORM,
        chunking.TARGET_WORDS,
        chunking.MOST_WORDS,
        chunking.WHOLE_TABLE_WORDS,
        chunking.TINY_WORDS,
        ranking.TOKENIZE,
        sorted(ranking.WEIGHTS.items()),
        encoder,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def passages(
    document: Document, loaded: LoadedDocument, personal: PersonalData | None, name: str
) -> tuple[str, list[Chunk], Understood]:
    """Whole text, passages with personal data marked, and what was understood. Raises DocumentRefused. Blocking."""
    text, found = chunking.chunk(document.key, loaded)
    found = [_below_title(each, document.title) for each in found]
    if not found:
        raise DocumentRefused(f"{name} was not indexed: it holds no text to search.{_unread(loaded)}")
    if personal is not None:
        found = [replace(each, spans=tuple(personal.find(each.text, background=True))) for each in found]
    return text, found, understood(text, loaded)


def understood(text: str, loaded: LoadedDocument) -> Understood:
    """What the loader made of a file, in figures."""
    kinds = [block.kind for block in loaded.blocks]
    return Understood(
        pages=loaded.pages,
        pages_without_text=loaded.pages_without_text,
        headings=kinds.count("heading"),
        tables=kinds.count("table"),
        words=len(text.split()),
        notes=_notes(loaded),
    )


def _notes(loaded: LoadedDocument) -> tuple[str, ...]:
    """What was read in another way than as text, and what was left out, one sentence each."""
    found: list[str] = []
    if pages := len(loaded.recognised):
        found.append(f"The text of {pages} page{'s' * (pages != 1)} was recognised from a picture; look it over.")
    if loaded.attachments:
        found.append(f"Attachments read: {', '.join(loaded.attachments)}.")
    if count := loaded.hidden:
        found.append(f"{count} stretch{'es' * (count != 1)} of text that no reader sees left out: it may give orders.")
    if loaded.skipped:
        found.append(f"Left out: {'; '.join(loaded.skipped)}.")
    return tuple(found)


def as_encoded(title: str, each: Chunk) -> str:
    """What the encoder sees of a chunk: title and headings, then its text with the lines of tables taken out."""
    path = [title, *(heading for heading in each.heading if heading.casefold() != title.casefold())]
    body = TABLE_RULE.sub("", each.text)
    body = "\n".join(CELLS.sub(", ", line).strip(", ") if line.startswith("|") else line for line in body.split("\n"))
    return " > ".join(path) + "\n" + re.sub(r"\n{2,}", "\n", body)


def encoded_mark(encoder: str, text: str) -> bytes:
    """Names a text as one encoder sees it: where it is the same, so is the vector."""
    return hashlib.sha256(f"{encoder}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]


def _below_title(each: Chunk, title: str) -> Chunk:
    """Without the first heading where it only repeats the document's title."""
    if each.heading and each.heading[0].strip().casefold() == title.strip().casefold():
        return replace(each, heading=each.heading[1:])
    return each


def _unread(loaded: LoadedDocument) -> str:
    """That pages hold pictures only, where that is why nothing was read."""
    pages = len(loaded.pages_without_text)
    return f" {pages} page{'s' * (pages != 1)} hold pictures only; scan them with text recognition." if pages else ""

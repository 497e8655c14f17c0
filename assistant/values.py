"""Values that travel between the parts: people, documents, passages, turns, verdicts.

Everything here is frozen data or a Protocol, with no behaviour beyond plain properties. A part that needs
something of another part on its own level takes it as a Protocol from this file; ``pipeline/kit.py`` hands it in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Role = Literal["employee", "knowledge_manager", "expert", "auditor", "administrator"]
ROLES: tuple[Role, ...] = ("employee", "knowledge_manager", "expert", "auditor", "administrator")

CheckAction = Literal["show", "mask", "withhold", "retry", "abstain", "hand_over"]
"""What follows when a check on an answer says no: show it all the same (it is on record), mask what was found, leave
the piece out, try a stronger tier, say that the documents do not answer, or hand the question to a person."""

Outcome = Literal["answered", "abstained", "asked_back", "refused", "handed_off", "stopped", "failed"]
"""How a turn ended. ``abstained``: the documents do not say it. ``asked_back``: the question has to be made
clear. ``failed``: a part broke and nothing was shown."""

ABSTAIN = "The documents do not say."
"""What a tier answers, word for word, when its passages do not hold the answer."""

QuestionKind = Literal["look_up", "list", "comparison", "summary", "calculation", "reasoning"]


def sentence(text: str) -> str:
    """Marks words that a reader of the pages may see and that are not raised as an error; changes nothing.

    Kept and recorded in English; the pages say them in the reader's language (``ui/i18n.py`` knows them by their
    template), and a test finds every mark and asks for its translation.
    """
    return text


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in. ``id`` is the pseudonym used in the record; ``name`` is the sign-in name."""

    id: str
    name: str
    display_name: str
    title: str = ""
    groups: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    suspended: bool = False
    sample: bool = False
    language: str = ""
    """The language they chose for the pages, or empty: then the browser's."""


@dataclass(frozen=True)
class Span:
    """A finding in a text: ``text[start:end]`` is of type ``entity`` with confidence ``score`` (0 to 1)."""

    start: int
    end: int
    entity: str
    score: float


@dataclass(frozen=True)
class Flag:
    """``text[start:end]`` seems to give orders to a model; ``reason`` in words, ``score`` from 0 to 1."""

    start: int
    end: int
    reason: str
    score: float


@dataclass(frozen=True)
class Masked:
    """A text with personal values replaced. ``shown`` lists (entity, placeholder) of what was replaced in it."""

    text: str
    shown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Block:
    """One piece of a document as a loader read it, in reading order.

    ``kind`` "heading" carries its ``level`` (1 to 6); "table" holds a Markdown table in ``text``.
    ``page`` counts from 1 where the format has pages, else None.
    """

    kind: Literal["heading", "paragraph", "list", "table"]
    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True)
class LoadedDocument:
    """What a loader understood of a file. ``pages_without_text`` lists page numbers that held no text.

    ``recognised`` lists pages whose text was read from their picture. ``hidden`` counts the stretches of text left out
    because no reader sees them. ``attachments`` names the files inside that were read; ``skipped`` says in a few words
    each what else was left out ("2 hidden sheets").
    """

    blocks: tuple[Block, ...]
    metadata: dict[str, Any] = field(default_factory=dict)
    pages: int | None = None
    pages_without_text: tuple[int, ...] = ()
    format: str = ""
    recognised: tuple[int, ...] = ()
    hidden: int = 0
    attachments: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def count(self, kind: str) -> int:
        """Blocks of ``kind``."""
        return sum(1 for block in self.blocks if block.kind == kind)


@dataclass(frozen=True)
class Document:
    """One version of a document in the catalogue. ``key`` is ``id@version`` and names it everywhere."""

    id: str
    version: str
    title: str
    audience: str
    owner: str
    source_name: str
    content_hash: str
    language: str = "en"
    effective: date | None = None
    review: date | None = None
    expires: date | None = None
    pages: int | None = None

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"

    def stale(self, today: date | None = None) -> str:
        """Why the document should be read with care, or an empty string."""
        today = today or date.today()
        if self.expires and self.expires < today:
            return sentence(f"expired on {self.expires.isoformat()}")
        if self.review and self.review < today:
            return sentence(f"review was due on {self.review.isoformat()}")
        return ""


@dataclass(frozen=True)
class Chunk:
    """A passage-sized piece of one document version.

    ``text`` is Markdown without the heading path; ``start`` and ``end`` are character positions in the
    document's whole text as stored in the catalogue, so that the passage can be shown highlighted.
    """

    id: str
    document_key: str
    position: int
    heading: tuple[str, ...]
    page: int | None
    text: str
    start: int
    end: int
    spans: tuple[Span, ...] = ()
    """Personal data found in ``text`` at ingestion."""
    flags: tuple[Flag, ...] = ()
    """Where ``text`` seems to give orders to a model; found at ingestion."""


DocumentState = Literal["indexing", "current", "superseded", "expired", "refused", "failed"]
"""``refused``: the file cannot be taken as it is. ``failed``: something of ours broke; trying again may help."""
STATES: tuple[DocumentState, ...] = ("indexing", "current", "superseded", "expired", "refused", "failed")


@dataclass(frozen=True)
class Understood:
    """What was made of a file, in figures. ``pages_without_text`` lists page numbers that held no text."""

    pages: int | None = None
    pages_without_text: tuple[int, ...] = ()
    headings: int = 0
    tables: int = 0
    words: int = 0
    notes: tuple[str, ...] = ()
    """What else a manager should know, one sentence each."""


@dataclass(frozen=True)
class Duplicate:
    """Another document with (nearly) the same text. ``likeness`` is the share of common shingles, 1 if equal."""

    document_key: str
    title: str
    likeness: float


@dataclass(frozen=True)
class Added:
    """How a document version came in. ``original`` is the SHA-256 of its file, empty where none is kept."""

    by: str = ""
    at: datetime | None = None
    size: int = 0
    media_type: str = ""
    original: str = ""
    plain: bool = False
    """Its title, owner and dates were not given but made up from the file."""


@dataclass(frozen=True)
class DocumentCard:
    """A document version as the Knowledge page shows it: everything but its text."""

    document: Document
    state: DocumentState
    added: Added = Added()
    understood: Understood = Understood()
    chunks: int = 0
    personal: tuple[tuple[str, int], ...] = ()
    """Personal data marked in it: (entity, how often), most frequent first."""
    flagged: int = 0
    """Chunks whose text seems to give orders to a model."""
    duplicates: tuple[Duplicate, ...] = ()
    reason: str = ""
    """Why it was refused or failed."""


@dataclass(frozen=True)
class Passage:
    """A chunk as retrieval found it for one reader. ``similarity`` is the cosine to the question (-1 to 1)."""

    chunk: Chunk
    document: Document
    score: float
    similarity: float | None = None
    word_rank: int | None = None
    vector_rank: int | None = None
    stale: str = ""
    """Why the document should be read with care (expired, review overdue), or empty."""
    words: float = 0.0
    """BM25 of the passage, 0 when it holds no word of the question."""
    coverage: float = 0.0
    """Share (0 to 1) of the question's telling words (weighed by idf) that the passage, its headings or title hold."""


@dataclass(frozen=True)
class Citation:
    """``[number]`` in an answer. ``quote`` is the sentence of the passage that the answer rests on, masked."""

    number: int
    chunk_id: str
    document_key: str
    title: str
    heading: tuple[str, ...]
    page: int | None
    quote: str = ""
    stale: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one check said about one text. ``action`` is what follows when it did not pass."""

    check: str
    passed: bool
    score: float | None = None
    detail: str = ""
    action: CheckAction = "show"


@dataclass(frozen=True)
class Question:
    """A question that stands alone, as cache, retrieval and routing see it.

    ``text`` is masked, ``search_text`` holds the real values and never leaves the process.
    ``stands_alone`` is False when the history did not resolve what it refers to.
    """

    text: str
    search_text: str
    original: str
    stands_alone: bool = True
    rewritten: bool = False
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(words of the question, other words for the same), from the company's vocabulary."""


@dataclass(frozen=True)
class Route:
    """The tier that is to answer, and why, in words that a person reads."""

    tier: str
    kind: QuestionKind
    reason: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one model call as the server counted them (``estimated`` when it did not)."""

    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False


@dataclass(frozen=True)
class Message:
    """One message of a conversation, masked. ``made`` holds "How this answer was made" for answers."""

    id: str
    role: Literal["user", "assistant", "expert", "notice"]
    text: str
    created: datetime
    turn_id: str = ""
    outcome: Outcome | None = None
    citations: tuple[Citation, ...] = ()
    author: str = ""
    """Display name of the expert, for role "expert"."""
    made: dict[str, Any] = field(default_factory=dict)
    parent: str = field(default="", compare=False)
    """The message before it in its branch, "" for a first one. The store gives it, and ``siblings``, when it reads."""
    siblings: tuple[str, ...] = field(default=(), compare=False)
    """Ids of the messages that stand in this one's place (itself among them), the oldest first."""


@dataclass(frozen=True)
class Conversation:
    """A person's conversation. ``title`` is made of masked text."""

    id: str
    person_id: str
    title: str
    created: datetime
    updated: datetime
    pinned: bool = False


@dataclass(frozen=True)
class HandOff:
    """A conversation that waits for, or is with, a human expert."""

    id: str
    conversation_id: str
    person_id: str
    turn_id: str
    group: str
    reason: str
    note: str
    created: datetime
    due: datetime
    state: Literal["waiting", "taken", "resolved"] = "waiting"
    expert_id: str = ""


@dataclass(frozen=True)
class Event:
    """One entry of a turn's event log; ``offset`` counts from 0 and is what a reader resumes from.

    Kinds and their data:
      stage     name, state ("start" | "done"), ms, note
      masked    items: [{"entity", "placeholder"}]
      piece     text: Markdown to append; it has passed its checks and is restored for its reader
      withdraw  reason: what was shown so far is taken back
      notice    text: something the reader should know (a tier was skipped, ...)
      done      outcome, text, citations, made: the whole answer as kept, restored for its reader
    """

    offset: int
    kind: Literal["stage", "masked", "piece", "withdraw", "notice", "done"]
    data: dict[str, Any]


Vector = NDArray[np.float32]


class Encoded(Protocol):
    """One text as the encoder saw it: ``vector`` [384], L2-normalised; ``unknown_share`` 0 to 1."""

    @property
    def vector(self) -> Vector: ...
    @property
    def unknown_share(self) -> float: ...


class Encoder(Protocol):
    """Turns texts into vectors; questions go before background work. ``name`` names the weights."""

    @property
    def name(self) -> str: ...
    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Sequence[Encoded]: ...


class PersonalData(Protocol):
    """Finds personal data and secrets in a text. Blocking; callers use ``asyncio.to_thread``."""

    def find(self, text: str, *, background: bool = False) -> list[Span]: ...


class Suspicion(Protocol):
    """Finds the parts of texts that give orders to a model."""

    async def flags(self, texts: Sequence[str], *, background: bool = False) -> Sequence[tuple[Flag, ...]]: ...


class Search(Protocol):
    """Finds passages for one reader; bound to that reader's audiences by whoever hands it out."""

    async def __call__(self, query: str, limit: int = 6) -> Sequence[Passage]: ...


@dataclass
class AnswerContext:
    """The typed run-time context of an agent: what a model, a tool or a middleware may know of the turn.

    ``passages`` are masked and numbered from 1 as they stand; a tool that finds more appends them, and they then
    count like any other for citations and checks. The agent fills in ``usage``, ``cost`` and ``model``.
    """

    question: Question
    passages: list[Passage]
    canary: str
    mask: Callable[[str], str]
    search: Search | None = None
    usage: Usage = field(default_factory=Usage)
    cost: float = 0.0
    model: str = ""
    likelihood: float | None = None
    """Mean log-probability of the answer's tokens (0 at best), where the tier gives them."""
    answerability: float | None = None
    """How likely the passages hold an answer (0 to 1), where the tier can tell."""

"""Files attached to one conversation: their bytes, text, passages and vectors, sealed under the conversation's key.

They lie in the conversations' own file and go with their conversation, or when their person takes them away. In the
clear are ids and times. Few and small: they are searched by reading all of them, without an index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np
from sqlite_utils import Database, Migrations

from assistant.errors import NotFound
from assistant.store.canonical import canonical
from assistant.store.conversations import Conversations
from assistant.store.keys import Seal
from assistant.store.shelf import chunk_of
from assistant.values import Chunk, Vector

NOT_THERE = "This file is not attached here, or is not yours."

migrations = Migrations("attachments")


@migrations()
def m001_attachment(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE attachment (
            id TEXT PRIMARY KEY, head BLOB NOT NULL, passages BLOB NOT NULL, vectors BLOB NOT NULL,
            original BLOB NOT NULL, created TEXT NOT NULL,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE)"""
    )
    db.conn.execute("CREATE INDEX attachment_conversation ON attachment (conversation_id)")


@dataclass(frozen=True)
class Attachment:
    """A file as its person sees it. ``size`` in bytes; ``pages`` where its format has them."""

    id: str
    conversation_id: str
    name: str
    size: int
    pages: int | None
    passages: int


class Attachments:
    """Callers have looked the conversation up as its person's before."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations, self._file = conversations, conversations.file
        self._file.apply(migrations)

    def add(
        self, given: Attachment, text: str, chunks: Sequence[Chunk], vectors: Sequence[Vector], data: bytes
    ) -> None:
        """Keep a file. Raises NotFound when the conversation is gone."""
        seal = self._conversations.seal(given.conversation_id)
        body = canonical({"text": text, "chunks": [canonical(asdict(chunk)) for chunk in chunks]})
        matrix = np.asarray(vectors, dtype=np.float32).tobytes()
        row = (
            seal.seal(canonical(asdict(given)), f"head:{given.id}"),
            seal.seal(body, f"passages:{given.id}"),
            seal.seal_bytes(matrix, f"vectors:{given.id}"),
            seal.seal_bytes(data, f"original:{given.id}"),
        )
        with self._file.write() as db:
            db.execute(
                """INSERT INTO attachment (id, head, passages, vectors, original, created, conversation_id)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (given.id, *row, datetime.now(UTC).isoformat(), given.conversation_id),
            )

    def of(self, conversation_id: str) -> list[Attachment]:
        """A conversation's files in the order they came. Raises NotFound when the conversation is gone."""
        with self._file.read() as db:
            rows = db.execute(
                "SELECT id, head FROM attachment WHERE conversation_id = ? ORDER BY rowid", (conversation_id,)
            ).fetchall()
        if not rows:
            return []
        seal = self._conversations.seal(conversation_id)
        return [_head(seal, row["id"], row["head"]) for row in rows]

    def conversation_of(self, attachment_id: str) -> str:
        """Which conversation a file belongs to. Raises NotFound."""
        with self._file.read() as db:
            row = db.execute("SELECT conversation_id FROM attachment WHERE id = ?", (attachment_id,)).fetchone()
        if row is None:
            raise NotFound(NOT_THERE)
        return str(row["conversation_id"])

    def passages(self, attachment_id: str) -> tuple[Attachment, str, list[Chunk], Vector]:
        """(file, whole text, passages, their vectors [n, width]). Raises NotFound."""
        seal = self._conversations.seal(self.conversation_of(attachment_id))
        with self._file.read() as db:
            row = db.execute("SELECT head, passages, vectors FROM attachment WHERE id = ?", (attachment_id,)).fetchone()
        if row is None:
            raise NotFound(NOT_THERE)
        body = json.loads(seal.open(row["passages"], f"passages:{attachment_id}"))
        chunks = [chunk_of(text) for text in body["chunks"]]
        flat = np.frombuffer(seal.open_bytes(row["vectors"], f"vectors:{attachment_id}"), dtype=np.float32)
        matrix = flat.reshape(len(chunks), -1) if chunks else flat.reshape(0, 0)
        return _head(seal, attachment_id, row["head"]), body["text"], chunks, matrix

    def original(self, attachment_id: str) -> bytes:
        """The file's bytes. Raises NotFound."""
        seal = self._conversations.seal(self.conversation_of(attachment_id))
        with self._file.read() as db:
            row = db.execute("SELECT original FROM attachment WHERE id = ?", (attachment_id,)).fetchone()
        if row is None:
            raise NotFound(NOT_THERE)
        return seal.open_bytes(row["original"], f"original:{attachment_id}")

    def remove(self, conversation_id: str, attachment_id: str) -> None:
        """Take a file away, bytes and all. Raises NotFound."""
        with self._file.write() as db:
            gone = db.execute(
                "DELETE FROM attachment WHERE id = ? AND conversation_id = ?", (attachment_id, conversation_id)
            )
        if gone.rowcount != 1:
            raise NotFound(NOT_THERE)
        self._file.empty_log()


def _head(seal: Seal, attachment_id: str, blob: bytes) -> Attachment:
    return Attachment(**json.loads(seal.open(blob, f"head:{attachment_id}")))

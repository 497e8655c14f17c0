"""What people think of answers: thumb, reasons and comment, with the answer as it was, sealed with the conversation.

One row per answer, of the person who asked; a second one replaces it. Goes with its conversation. In the clear are
ids, the time, the thumb and the reasons; the comment (masked) and the snapshot are sealed. What the record keeps of it
is its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlite_utils import Database, Migrations

from assistant.store.canonical import canonical
from assistant.store.conversations import Conversations

Thumb = Literal["up", "down"]

migrations = Migrations("feedback")


@migrations()
def m001_feedback(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE feedback (
            message_id TEXT PRIMARY KEY, thumb TEXT NOT NULL, reasons TEXT NOT NULL, body BLOB NOT NULL,
            created TEXT NOT NULL,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE)"""
    )
    db.conn.execute("CREATE INDEX feedback_conversation ON feedback (conversation_id)")


@dataclass(frozen=True)
class Feedback:
    """``comment`` is masked; ``snapshot`` is the question, the answer and its sources as they were rated, masked."""

    message_id: str
    thumb: Thumb
    reasons: tuple[str, ...]
    comment: str
    snapshot: dict[str, Any]
    created: datetime


class Feedbacks:
    """In the conversations' own file. Callers have looked the conversation up as its person's before."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations, self._file = conversations, conversations.file
        self._file.apply(migrations)

    def put(self, conversation_id: str, given: Feedback) -> None:
        """Keep it, in place of an earlier one. Raises NotFound."""
        text = canonical({"comment": given.comment, "snapshot": given.snapshot})
        sealed = self._conversations.seal(conversation_id).seal(text, f"feedback:{given.message_id}")
        row = (given.message_id, given.thumb, json.dumps(given.reasons), sealed, datetime.now(UTC).isoformat())
        with self._file.write() as db:
            db.execute(
                """INSERT OR REPLACE INTO feedback (message_id, thumb, reasons, body, created, conversation_id)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (*row, conversation_id),
            )

    def take_back(self, conversation_id: str, message_id: str) -> bool:
        """Remove it; whether there was one."""
        with self._file.write() as db:
            gone = db.execute(
                "DELETE FROM feedback WHERE message_id = ? AND conversation_id = ?", (message_id, conversation_id)
            )
            return gone.rowcount == 1

    def of(self, conversation_id: str) -> dict[str, Feedback]:
        """Everything said about a conversation's answers, by message. Raises NotFound."""
        with self._file.read() as db:
            rows = db.execute("SELECT * FROM feedback WHERE conversation_id = ?", (conversation_id,)).fetchall()
        seal = self._conversations.seal(conversation_id)
        found = {}
        for row in rows:
            body = json.loads(seal.open(row["body"], f"feedback:{row['message_id']}"))
            reasons = tuple(json.loads(row["reasons"]))
            created = datetime.fromisoformat(row["created"])
            found[row["message_id"]] = Feedback(
                row["message_id"], row["thumb"], reasons, body["comment"], body["snapshot"], created
            )
        return found

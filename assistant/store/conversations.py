"""Conversations and their messages, sealed under the conversation's key, itself sealed under its person's key.

In the clear are ids, owners and times. ``get`` and ``list_for`` ask for the owner; the other methods take the id of
a conversation that the caller has looked up with ``get`` before.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database, Migrations

from assistant.errors import NotFound
from assistant.store.canonical import canonical
from assistant.store.database import SqliteFile
from assistant.store.keys import KeyStore
from assistant.values import Citation, Conversation, Message

migrations = Migrations("conversations")


@migrations()
def m001_conversation(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE conversation (
            id TEXT PRIMARY KEY, person_id TEXT NOT NULL, key BLOB NOT NULL, title BLOB NOT NULL,
            placeholders BLOB NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL)"""
    )
    db.conn.execute("CREATE INDEX conversation_person ON conversation (person_id)")
    db.conn.execute(
        """CREATE TABLE message (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE)"""
    )
    db.conn.execute("CREATE INDEX message_conversation ON message (conversation_id, seq)")


class Lid(NamedTuple):
    """What opens and closes the texts of one conversation."""

    keys: KeyStore
    conversation_id: str
    person_id: str
    key: bytes

    def seal(self, text: str, what: str) -> bytes:
        context = f"{what}:{self.conversation_id}"
        return self.keys.conversation_seal(self.person_id, self.key, text, context)

    def open(self, blob: bytes, what: str) -> str:
        context = f"{what}:{self.conversation_id}"
        return self.keys.conversation_open(self.person_id, self.key, blob, context)


class Conversations:
    """Every person's conversations."""

    def __init__(self, file: SqliteFile, keys: KeyStore) -> None:
        self._file, self._keys = file, keys

    @classmethod
    def open(cls, path: Path, keys: KeyStore) -> Conversations:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations), keys)

    def create(self, person_id: str, title: str) -> Conversation:
        """A new, empty conversation."""
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, person_id, title, now, now)
        lid = Lid(self._keys, conversation.id, person_id, self._keys.new_conversation_key(person_id))
        sealed = (lid.key, lid.seal(title, "title"), lid.seal("{}", "placeholders"))
        with self._file.write() as db:
            db.execute(
                "INSERT INTO conversation VALUES (?, ?, ?, ?, ?, ?, ?)",
                (conversation.id, person_id, *sealed, now.isoformat(), now.isoformat()),
            )
        return conversation

    def get(self, person_id: str, conversation_id: str) -> Conversation:
        """Raises NotFound when there is none, or it is somebody else's."""
        with self._file.read() as db:
            row = db.execute(
                "SELECT * FROM conversation WHERE id = ? AND person_id = ?", (conversation_id, person_id)
            ).fetchone()
        if row is None:
            raise NotFound("This conversation does not exist, or is not yours.")
        return self._conversation(row)

    def list_for(self, person_id: str) -> list[Conversation]:
        """The person's conversations, the one changed last first."""
        with self._file.read() as db:
            rows = db.execute(
                "SELECT * FROM conversation WHERE person_id = ? ORDER BY updated DESC, rowid DESC",
                (person_id,),
            ).fetchall()
        return [self._conversation(row) for row in rows]

    def append(self, conversation_id: str, message: Message) -> None:
        """Add a message at the end. Raises NotFound."""
        body = self._lid(conversation_id).seal(canonical(asdict(message)), f"message:{message.id}")
        with self._file.write() as db:
            db.execute(
                "INSERT INTO message (id, conversation_id, body) VALUES (?, ?, ?)",
                (message.id, conversation_id, body),
            )
            self._touch(db, conversation_id)

    def messages(self, conversation_id: str) -> list[Message]:
        """All messages in order. Raises NotFound."""
        lid = self._lid(conversation_id)
        with self._file.read() as db:
            rows = db.execute(
                "SELECT id, body FROM message WHERE conversation_id = ? ORDER BY seq", (conversation_id,)
            ).fetchall()
        return [_message(lid.open(row["body"], f"message:{row['id']}")) for row in rows]

    def rename(self, conversation_id: str, title: str) -> None:
        """Give it another title. Raises NotFound."""
        self._update(conversation_id, "title", title)

    def placeholders(self, conversation_id: str) -> dict[str, str]:
        """The conversation's map, placeholder to value. Raises NotFound."""
        lid = self._lid(conversation_id)
        with self._file.read() as db:
            row = db.execute("SELECT placeholders FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
        found: dict[str, str] = json.loads(lid.open(row["placeholders"], "placeholders"))
        return found

    def save_placeholders(self, conversation_id: str, placeholders: dict[str, str]) -> None:
        """Replace the conversation's map, order kept. Raises NotFound."""
        self._update(conversation_id, "placeholders", json.dumps(placeholders))

    def close(self) -> None:
        self._file.close()

    def _update(self, conversation_id: str, column: str, text: str) -> None:
        sealed = self._lid(conversation_id).seal(text, column)
        with self._file.write() as db:
            db.execute(f"UPDATE conversation SET {column} = ? WHERE id = ?", (sealed, conversation_id))
            self._touch(db, conversation_id)

    def _touch(self, db: sqlite3.Connection, conversation_id: str) -> None:
        db.execute(
            "UPDATE conversation SET updated = ? WHERE id = ?",
            (datetime.now(UTC).isoformat(), conversation_id),
        )

    def _lid(self, conversation_id: str) -> Lid:
        with self._file.read() as db:
            row = db.execute("SELECT person_id, key FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
        if row is None:
            raise NotFound("This conversation does not exist, or is not yours.")
        return Lid(self._keys, conversation_id, row["person_id"], row["key"])

    def _conversation(self, row: sqlite3.Row) -> Conversation:
        lid = Lid(self._keys, row["id"], row["person_id"], row["key"])
        return Conversation(
            id=row["id"],
            person_id=row["person_id"],
            title=lid.open(row["title"], "title"),
            created=datetime.fromisoformat(row["created"]),
            updated=datetime.fromisoformat(row["updated"]),
        )


def _message(text: str) -> Message:
    data = json.loads(text)
    data["created"] = datetime.fromisoformat(data["created"])
    data["citations"] = tuple(Citation(**{**c, "heading": tuple(c["heading"])}) for c in data["citations"])
    return Message(**data)

"""Conversations and their messages, sealed under the conversation's key, itself sealed under its person's key.

In the clear are ids, owners, times, pins, and which message follows which. ``get`` and ``list_for`` ask for the owner;
the other methods take the id of a conversation that the caller has looked up with ``get`` before. Messages form a tree
(``thread.py``); the conversation remembers which branch is read. Deleting takes the rows and the conversation's key
with them; what lies in the record and in backups is not reached from here.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistant.errors import NotFound
from assistant.store.canonical import canonical
from assistant.store.database import SqliteFile
from assistant.store.keys import KeyStore, Ring, Seal
from assistant.store.thread import after_asides, newest, thread
from assistant.values import Citation, Conversation, Message

NOT_YOURS = "This conversation does not exist, or is not yours."

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


@migrations()
def m002_branches_and_pins(db: Database) -> None:
    """Conversations of before are one branch: every message follows the one added before it."""
    db.conn.execute("ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0")
    db.conn.execute("ALTER TABLE conversation ADD COLUMN leaf TEXT NOT NULL DEFAULT ''")
    db.conn.execute("ALTER TABLE message ADD COLUMN parent TEXT NOT NULL DEFAULT ''")
    db.conn.execute("ALTER TABLE message ADD COLUMN seen BLOB")
    db.conn.execute(
        """UPDATE message SET parent = coalesce((SELECT id FROM message earlier
            WHERE earlier.conversation_id = message.conversation_id AND earlier.seq < message.seq
            ORDER BY seq DESC LIMIT 1), '')"""
    )
    db.conn.execute(
        """UPDATE conversation SET leaf = coalesce((SELECT id FROM message
            WHERE conversation_id = conversation.id ORDER BY seq DESC LIMIT 1), '')"""
    )


class Conversations:
    """Every person's conversations. ``file`` is shared with what else belongs to a conversation and goes with it."""

    def __init__(self, file: SqliteFile, keys: KeyStore) -> None:
        self.file, self._keys = file, keys

    @classmethod
    def open(cls, path: Path, keys: KeyStore) -> Conversations:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations), keys)

    def create(self, person_id: str, title: str) -> Conversation:
        """A new, empty conversation."""
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, person_id, title, now, now)
        key = self._keys.new_conversation_key(person_id)
        seal = self._keys.ring(person_id).conversation(key)
        texts = (seal.seal(title, _in("title", conversation.id)), seal.seal("{}", _in("placeholders", conversation.id)))
        with self.file.write() as db:
            db.execute(
                """INSERT INTO conversation (id, person_id, key, title, placeholders, created, updated)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (conversation.id, person_id, key, *texts, now.isoformat(), now.isoformat()),
            )
        return conversation

    def get(self, person_id: str, conversation_id: str) -> Conversation:
        """Raises NotFound when there is none, or it is somebody else's."""
        with self.file.read() as db:
            row = db.execute(
                "SELECT * FROM conversation WHERE id = ? AND person_id = ?", (conversation_id, person_id)
            ).fetchone()
        if row is None:
            raise NotFound(NOT_YOURS)
        return _conversation(row, self._keys.ring(person_id))

    def list_for(self, person_id: str) -> list[Conversation]:
        """The person's conversations, pinned ones first, then the one changed last."""
        with self.file.read() as db:
            rows = db.execute(
                "SELECT * FROM conversation WHERE person_id = ? ORDER BY pinned DESC, updated DESC, rowid DESC",
                (person_id,),
            ).fetchall()
        ring = self._keys.ring(person_id) if rows else None
        return [_conversation(row, ring) for row in rows if ring]

    def append(self, conversation_id: str, message: Message, parent: str | None = None, seen: str = "") -> None:
        """Add a message after ``parent`` (None: at the end of the branch that is read), and read that branch.

        Adding it twice is adding it once. ``seen`` is what the model saw for it. Raises NotFound.
        """
        seal = self.seal(conversation_id)
        body = asdict(replace(message, parent="", siblings=()))
        sealed = seal.seal(canonical(body), _in(f"message:{message.id}", conversation_id))
        extra = seal.seal(seen, _in(f"seen:{message.id}", conversation_id)) if seen else None
        with self.file.write() as db:
            row = db.execute("SELECT leaf FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
            if row is None:  # deleted since its key was read
                raise NotFound(NOT_YOURS)
            added = db.execute(
                """INSERT INTO message (id, conversation_id, body, parent, seen) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING""",
                (message.id, conversation_id, sealed, row["leaf"] if parent is None else parent, extra),
            )
            if added.rowcount:
                db.execute(
                    "UPDATE conversation SET updated = ?, leaf = ? WHERE id = ?",
                    (datetime.now(UTC).isoformat(), message.id, conversation_id),
                )

    def messages(self, conversation_id: str, leaf: str | None = None) -> list[Message]:
        """The branch that is read, or the one that ends at ``leaf``, in order. Raises NotFound."""
        if leaf is None:
            with self.file.read() as db:
                row = db.execute("SELECT leaf FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
            leaf = row["leaf"] if row else ""
        return thread(self.every_message(conversation_id), leaf)

    def every_message(self, conversation_id: str) -> list[Message]:
        """All messages of all branches in the order they were added, without siblings. Raises NotFound."""
        seal = self.seal(conversation_id)
        with self.file.read() as db:
            rows = db.execute(
                "SELECT id, body, parent FROM message WHERE conversation_id = ? ORDER BY seq", (conversation_id,)
            ).fetchall()
        return [
            _message(seal.open(row["body"], _in(f"message:{row['id']}", conversation_id)), row["parent"])
            for row in rows
        ]

    def end_after_turn(self, conversation_id: str, turn_id: str) -> str | None:
        """The end of the branch that holds a turn, or None when no message is of that turn."""
        messages = self.every_message(conversation_id)
        of_turn = [m.id for m in messages if m.turn_id == turn_id]
        return newest(messages, of_turn[-1]) if of_turn else None

    def answer_goes_after(self, conversation_id: str, question_id: str) -> str:
        """The message that the next answer to a question stands under."""
        return after_asides(self.every_message(conversation_id), question_id)

    def choose(self, conversation_id: str, message_id: str) -> None:
        """Read the branch of this message from now on. Raises NotFound when it is not of this conversation."""
        messages = self.every_message(conversation_id)
        if message_id not in {m.id for m in messages}:
            raise NotFound("There is no such message in this conversation.")
        self._set(conversation_id, "leaf", newest(messages, message_id))

    def seen(self, conversation_id: str, message_id: str) -> str:
        """What the model saw for an answer, masked; "" where it is not known. Raises NotFound."""
        seal = self.seal(conversation_id)
        with self.file.read() as db:
            row = db.execute(
                "SELECT seen FROM message WHERE id = ? AND conversation_id = ?", (message_id, conversation_id)
            ).fetchone()
        return seal.open(row["seen"], _in(f"seen:{message_id}", conversation_id)) if row and row["seen"] else ""

    def rename(self, conversation_id: str, title: str) -> None:
        """Give it another title. Raises NotFound."""
        self._set(conversation_id, "title", self.seal(conversation_id).seal(title, _in("title", conversation_id)))

    def pin(self, conversation_id: str, pinned: bool) -> None:
        """Keep it on top of the list, or no longer."""
        self._set(conversation_id, "pinned", int(pinned))

    def delete(self, conversation_id: str) -> None:
        """Remove it with its key, messages, files and feedback, from the file and from its log."""
        with self.file.write() as db:
            db.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))
        self.file.empty_log()

    def placeholders(self, conversation_id: str) -> dict[str, str]:
        """The conversation's map, placeholder to value. Raises NotFound."""
        seal = self.seal(conversation_id)
        with self.file.read() as db:
            row = db.execute("SELECT placeholders FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
        found: dict[str, str] = json.loads(seal.open(row["placeholders"], _in("placeholders", conversation_id)))
        return found

    def save_placeholders(self, conversation_id: str, placeholders: dict[str, str]) -> None:
        """Replace the conversation's map, order kept. Raises NotFound."""
        sealed = self.seal(conversation_id).seal(json.dumps(placeholders), _in("placeholders", conversation_id))
        self._set(conversation_id, "placeholders", sealed)

    def seal(self, conversation_id: str) -> Seal:
        """What opens and closes the texts of one conversation. Raises NotFound."""
        with self.file.read() as db:
            row = db.execute("SELECT person_id, key FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
        if row is None:
            raise NotFound(NOT_YOURS)
        return self._keys.ring(row["person_id"]).conversation(row["key"])

    def close(self) -> None:
        self.file.close()

    def _set(self, conversation_id: str, column: str, value: bytes | str | int) -> None:
        with self.file.write() as db:
            db.execute(f"UPDATE conversation SET {column} = ? WHERE id = ?", (value, conversation_id))


def _in(what: str, conversation_id: str) -> str:
    return f"{what}:{conversation_id}"


def _conversation(row: sqlite3.Row, ring: Ring) -> Conversation:
    return Conversation(
        id=row["id"],
        person_id=row["person_id"],
        title=ring.conversation(row["key"]).open(row["title"], _in("title", row["id"])),
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        pinned=bool(row["pinned"]),
    )


def _message(text: str, parent: str) -> Message:
    data = json.loads(text)
    data["created"] = datetime.fromisoformat(data["created"])
    data["citations"] = tuple(Citation(**{**c, "heading": tuple(c["heading"])}) for c in data["citations"])
    data["parent"], data["siblings"] = parent, ()
    return Message(**data)

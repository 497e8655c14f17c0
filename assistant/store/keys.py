"""The keys that texts are sealed under: one per person, made on first use, in a folder apart from the data.

Sealing is AES-256-GCM with a fresh 96-bit nonce (``nonce | ciphertext | tag``); the context says what the text is
and where it belongs, so that a sealed text moved elsewhere does not open. Destroying a person's key makes
everything under it unreadable. Does not cover an attacker who reads this folder, or the memory of the process.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlite_utils import Database, Migrations

from assistant.errors import StewardError
from assistant.store.database import SqliteFile

NONCE_BYTES = 12
KEY_BITS = 256

migrations = Migrations("keys")


@migrations()
def m001_key(db: Database) -> None:
    db.conn.execute("CREATE TABLE key (person_id TEXT PRIMARY KEY, secret BLOB NOT NULL) WITHOUT ROWID")


class KeyStore:
    """Seals and opens texts of persons and of their conversations."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, folder: Path) -> KeyStore:
        """Open or make ``folder/keys.db``, readable by this user only. Raises StewardError."""
        file = SqliteFile.open(folder / "keys.db", migrations, synchronous="FULL")
        folder.chmod(0o700)
        return cls(file)

    def seal(self, person_id: str, text: str, context: str) -> bytes:
        """``text`` under the person's key, which is made if there is none."""
        return _seal(self._key(person_id, make=True), text.encode("utf-8", "surrogatepass"), context)

    def open_sealed(self, person_id: str, blob: bytes, context: str) -> str:
        """The text again. Raises StewardError when key, context or bytes are not the ones it was sealed with."""
        return _open(self._key(person_id, make=False), blob, context).decode("utf-8", "surrogatepass")

    def new_conversation_key(self, person_id: str) -> bytes:
        """A new key for a conversation, sealed under its person's key."""
        key = AESGCM.generate_key(KEY_BITS)
        return _seal(self._key(person_id, make=True), key, "conversation key")

    def ring(self, person_id: str) -> Ring:
        """What opens the conversations of a person; for one piece of work, not to be kept. Raises StewardError."""
        return Ring(self._key(person_id, make=False))

    def secret(self, purpose: str) -> bytes:
        """32 bytes of this installation for ``purpose``, made on first use; no person's erasure touches them."""
        return self._key(f"purpose:{purpose}", make=True)

    def destroy(self, person_id: str) -> None:
        """Erase the person's key and with it the meaning of every text under it."""
        with self._file.write() as db:
            db.execute("DELETE FROM key WHERE person_id = ?", (person_id,))
        self._file.empty_log()

    def close(self) -> None:
        self._file.close()

    def _key(self, person_id: str, *, make: bool) -> bytes:
        query = "SELECT secret FROM key WHERE person_id = ?"
        with self._file.read() as db:
            row = db.execute(query, (person_id,)).fetchone()
        if row is None and make:
            with self._file.write() as db:
                new = (person_id, AESGCM.generate_key(KEY_BITS))
                db.execute("INSERT INTO key VALUES (?, ?) ON CONFLICT DO NOTHING", new)
                row = db.execute(query, (person_id,)).fetchone()
        if row is None:
            raise StewardError(
                "This text cannot be read: the key of its person was erased, or the keys folder is not the one it "
                "was sealed with. If nobody was erased, restore the keys from their backup."
            )
        return bytes(row["secret"])


class Ring:
    """A person's key, read once, for the keys of many of their conversations."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def conversation(self, sealed_key: bytes) -> Seal:
        """Opens a conversation's own key. Raises StewardError."""
        return Seal(_open(self._secret, sealed_key, "conversation key"))


class Seal:
    """Seals and opens what lies under one conversation's key: texts, and bytes of attached files."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, text: str, context: str) -> bytes:
        """``text`` under the key."""
        return self.seal_bytes(text.encode("utf-8", "surrogatepass"), context)

    def open(self, blob: bytes, context: str) -> str:
        """The text again. Raises StewardError like ``KeyStore.open_sealed``."""
        return self.open_bytes(blob, context).decode("utf-8", "surrogatepass")

    def seal_bytes(self, data: bytes, context: str) -> bytes:
        """``data`` under the key."""
        return _seal(self._key, data, context)

    def open_bytes(self, blob: bytes, context: str) -> bytes:
        """The bytes again. Raises StewardError like ``KeyStore.open_sealed``."""
        return _open(self._key, blob, context)


def _seal(key: bytes, text: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, context.encode())


def _open(key: bytes, blob: bytes, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise StewardError(
            "This text cannot be read: it was changed, or sealed under another key. Restore data and keys from "
            "backups of the same day."
        ) from None

"""Who may sign in, with which rights, and the sign-ins that are open now.

Passwords are kept as argon2id hashes and session tokens as SHA-256, so that the file gives neither away. Rights
and suspension are read from the file at every ``session``: a change acts on the next request. Does not cover
limits per network address, or whether a group means anything (access.yaml says that).
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlite_utils import Database, Migrations

from assistant.errors import NotFound, StewardError
from assistant.store.database import SqliteFile
from assistant.values import ROLES, Person, Role

NAME = re.compile(r"[a-z0-9._-]{2,40}")
PASSWORD_CHARS = (10, 1000)
FAILURES = 5
FAILURE_SECONDS = 300

migrations = Migrations("people")


@migrations()
def m001_person(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE person (
            id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, title TEXT NOT NULL,
            groups TEXT NOT NULL, roles TEXT NOT NULL, suspended INTEGER NOT NULL, sample INTEGER NOT NULL,
            password TEXT)"""
    )
    db.conn.execute(
        """CREATE TABLE session (
            token TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person (id), expires REAL NOT NULL)"""
    )
    db.conn.execute("CREATE TABLE failure (name TEXT NOT NULL, at REAL NOT NULL)")
    db.conn.execute("CREATE INDEX failure_name ON failure (name, at)")


@migrations()
def m002_language(db: Database) -> None:
    db.conn.execute("ALTER TABLE person ADD COLUMN language TEXT NOT NULL DEFAULT ''")


class People:
    """Persons, their passwords and sessions."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    @classmethod
    def open(cls, path: Path) -> People:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations))

    def add(
        self,
        name: str,
        display_name: str,
        *,
        password: str | None,
        groups: Iterable[str],
        roles: Iterable[Role],
        title: str = "",
        sample: bool = False,
    ) -> Person:
        """A new person; without a password they cannot sign in by one. Raises StewardError with what to change."""
        if not NAME.fullmatch(name):
            raise StewardError(
                f"The sign-in name {name!r} cannot be used. Use 2 to 40 of a-z, 0-9, dot, hyphen and underscore."
            )
        if not display_name.strip():
            raise StewardError(f"{name} needs a display name. Give the name that colleagues know.")
        person = Person(
            uuid.uuid4().hex,
            name,
            display_name.strip(),
            title,
            frozenset(groups),
            _roles(roles),
            sample=sample,
        )
        hashed = None if password is None else self._hash(password)
        rights = (_list(person.groups), _list(person.roles))
        with self._file.write() as db:
            if db.execute("SELECT 1 FROM person WHERE name = ?", (name,)).fetchone():
                raise StewardError(f"The sign-in name {name!r} is taken. Choose another.")
            db.execute(
                "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, '')",
                (person.id, name, person.display_name, title, *rights, sample, hashed),
            )
        return person

    def everyone(self) -> list[Person]:
        """All persons by sign-in name."""
        with self._file.read() as db:
            return [_person(row) for row in db.execute("SELECT * FROM person ORDER BY name")]

    def by_name(self, name: str) -> Person | None:
        """The person with this sign-in name."""
        return self._one("SELECT * FROM person WHERE name = ?", name)

    def get(self, person_id: str) -> Person | None:
        """The person with this id."""
        return self._one("SELECT * FROM person WHERE id = ?", person_id)

    def set_suspended(self, name: str, suspended: bool) -> None:
        """Shut a person out (which ends their sessions) or let them in again. Raises NotFound."""
        self._change(name, "suspended = ?", (suspended,), sign_out=suspended)

    def set_password(self, name: str, password: str) -> None:
        """Another password; ends all sessions of the person. Raises NotFound, StewardError."""
        self._change(name, "password = ?", (self._hash(password),), sign_out=True)

    def set_access(self, name: str, groups: Iterable[str], roles: Iterable[Role]) -> None:
        """Other groups and roles, from the next request on. Raises NotFound, StewardError."""
        self._change(name, "groups = ?, roles = ?", (_list(groups), _list(_roles(roles))), sign_out=False)

    def set_language(self, person_id: str, language: str) -> None:
        """The language that the pages speak to this person."""
        with self._file.write() as db:
            db.execute("UPDATE person SET language = ? WHERE id = ?", (language, person_id))

    def check_password(self, name: str, password: str) -> Person | None:
        """The person, or None. Takes about 50 ms, for unknown names too.

        Raises StewardError after five failures for a name (known or not) within five minutes.
        """
        name = name if NAME.fullmatch(name) else ""  # nobody has the empty name
        self._count_attempt(name)
        row = self._row("SELECT * FROM person WHERE name = ?", name)
        known = row is not None and row["password"] is not None
        right: bool
        try:
            right = self._hasher.verify(row["password"] if row and known else self._nobody, password)
        except (Argon2Error, InvalidHashError, UnicodeError):
            right = False
        if row is None or not (known and right) or row["suspended"]:
            return None
        with self._file.write() as db:
            db.execute("DELETE FROM failure WHERE name = ?", (name,))
        return _person(row)

    def open_session(self, person_id: str, hours: float) -> str:
        """A token for a cookie, good for ``hours``. Raises NotFound for unknown or suspended persons."""
        token, now = secrets.token_urlsafe(32), time.time()
        with self._file.write() as db:
            if not db.execute("SELECT 1 FROM person WHERE id = ? AND NOT suspended", (person_id,)).fetchone():
                raise NotFound("This person does not exist, or is suspended.")
            db.execute("DELETE FROM session WHERE expires <= ?", (now,))
            db.execute("INSERT INTO session VALUES (?, ?, ?)", (_digest(token), person_id, now + hours * 3600))
        return token

    def session(self, token: str) -> Person | None:
        """Whose token it is, with the rights of this moment; None when over, unknown or suspended."""
        row = self._row(
            """SELECT person.* FROM session JOIN person ON person.id = person_id
            WHERE token = ? AND expires > ? AND NOT suspended""",
            _digest(token),
            time.time(),
        )
        return None if row is None else _person(row)

    def close_session(self, token: str) -> None:
        """Sign out; an unknown token is no error."""
        with self._file.write() as db:
            db.execute("DELETE FROM session WHERE token = ?", (_digest(token),))

    def close(self) -> None:
        self._file.close()

    def _count_attempt(self, name: str) -> None:
        """Every attempt counts as a failure until it succeeds, so that attempts at once do not slip through."""
        now = time.time()
        with self._file.write() as db:
            db.execute("DELETE FROM failure WHERE at <= ?", (now - FAILURE_SECONDS,))
            times = [row["at"] for row in db.execute("SELECT at FROM failure WHERE name = ? ORDER BY at", (name,))]
            if len(times) < FAILURES:
                db.execute("INSERT INTO failure VALUES (?, ?)", (name, now))
                return
        minutes = max(1, round((times[0] + FAILURE_SECONDS - now) / 60 + 0.5))
        raise StewardError(f"Too many failed sign-ins for this name. Wait about {minutes} min, then try again.")

    def _change(self, name: str, assignment: str, values: tuple[object, ...], *, sign_out: bool) -> None:
        with self._file.write() as db:
            if db.execute(f"UPDATE person SET {assignment} WHERE name = ?", (*values, name)).rowcount != 1:
                raise NotFound(f"There is nobody with the sign-in name {name!r}.")
            if sign_out:
                db.execute("DELETE FROM session WHERE person_id = (SELECT id FROM person WHERE name = ?)", (name,))

    def _hash(self, password: str) -> str:
        low, high = PASSWORD_CHARS
        if not low <= len(password) <= high:
            raise StewardError(f"The password has {len(password)} characters. Use {low} to {high:,}.")
        try:
            return self._hasher.hash(password)
        except UnicodeError:
            raise StewardError("The password holds characters that cannot be stored. Choose another.") from None

    def _one(self, query: str, value: str) -> Person | None:
        row = self._row(query, value)
        return None if row is None else _person(row)

    def _row(self, query: str, *values: object) -> sqlite3.Row | None:
        with self._file.read() as db:
            row: sqlite3.Row | None = db.execute(query, values).fetchone()
        return row


def _roles(roles: Iterable[Role]) -> frozenset[Role]:
    chosen = frozenset(roles)
    if unknown := sorted(chosen - set(ROLES)):
        raise StewardError(f"{unknown[0]!r} is not a role. Roles are: {', '.join(ROLES)}.")
    return chosen


def _list(names: Iterable[str]) -> str:
    return json.dumps(sorted(set(names)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        display_name=row["display_name"],
        title=row["title"],
        groups=frozenset(json.loads(row["groups"])),
        roles=frozenset(json.loads(row["roles"])),
        suspended=bool(row["suspended"]),
        sample=bool(row["sample"]),
        language=row["language"],
    )

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import StewardError
from assistant.store.keys import KeyStore


def test_a_text_opens_only_for_its_person_place_and_bytes(keys: KeyStore) -> None:
    blob = keys.seal("anna", "naïve \ud800 text", "note:1")
    keys.seal("ben", "x", "note:1")
    assert keys.open_sealed("anna", blob, "note:1") == "naïve \ud800 text"
    wrong = [("ben", blob, "note:1"), ("anna", blob, "note:2"), ("anna", blob[:-1], "note:1"), ("anna", b"", "note:1")]
    for person, bytes_, context in wrong:
        with pytest.raises(StewardError, match="cannot be read"):
            keys.open_sealed(person, bytes_, context)
    assert keys.seal("anna", "same", "c") != keys.seal("anna", "same", "c")


def test_keys_last_and_are_private(tmp_path: Path, keys: KeyStore) -> None:
    blob = keys.seal("anna", "kept", "c")
    again = KeyStore.open(tmp_path / "keys")
    assert again.open_sealed("anna", blob, "c") == "kept"
    again.close()
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in (tmp_path / "keys").iterdir())


def test_destroying_one_key_takes_everything_under_it(tmp_path: Path, keys: KeyStore) -> None:
    sealed_key = keys.new_conversation_key("anna")
    message = keys.ring("anna").conversation(sealed_key).seal("hello", "m")
    other = keys.seal("ben", "stays", "c")
    assert keys.ring("anna").conversation(sealed_key).open(message, "m") == "hello"
    secret = keys._key("anna", make=False)
    keys.destroy("anna")
    with pytest.raises(StewardError, match="erased"):
        keys.ring("anna").conversation(sealed_key).open(message, "m")
    assert keys.open_sealed("ben", other, "c") == "stays"
    assert not any(secret in file.read_bytes() for file in (tmp_path / "keys").iterdir())

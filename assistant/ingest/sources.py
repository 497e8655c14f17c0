"""Files as the index sees them: which files of a folder are documents, what they are called, when they changed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from assistant.errors import StewardError
from assistant.ingest import metadata
from assistant.loaders.limits import MAX_BYTES, refusal

FORM = b"1"
"""Part of every content hash: raised when loaders or chunks change what they make of a file."""


def documents_in(folder: Path) -> list[Path]:
    """Documents under ``folder``, "-v2" before "-v10"; not hidden files, sidecars, notes for people, or links out."""
    if not folder.is_dir():
        raise StewardError(f"There is no folder {folder}. Create it, or point STEWARD_KNOWLEDGE_DIR elsewhere.")
    root = folder.resolve()
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in (".yaml", ".yml")
        and path.name.lower() != "readme.md"
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and path.resolve().is_relative_to(root)
    ]
    return sorted(found, key=lambda path: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", str(path))])


def source_name(folder: Path, path: Path) -> str:
    """Name of a document by its folder, which stays when the installation moves."""
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def content_hash_of(path: Path, plain_for: str | None) -> str:
    """SHA-256 over all that a document is made of: file, sidecar, and the form that this version makes of them."""
    digest = hashlib.sha256(FORM)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise refusal(path, f"it is over {MAX_BYTES // (1024 * 1024)} MB; split it")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        beside = metadata.sidecar(path)
        if plain_for is not None:
            digest.update(f"{plain_for}\0{path.resolve()}".encode())
        elif beside.is_file() and beside.stat().st_size <= metadata.MAX_SIDECAR:
            digest.update(beside.read_bytes())
    except OSError as error:
        raise refusal(path, f"it cannot be opened ({error.strerror})") from None
    return digest.hexdigest()

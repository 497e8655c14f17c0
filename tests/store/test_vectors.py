from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import StewardError
from assistant.store.vectors import Vectors
from assistant.values import Vector


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[Vectors]:
    store = Vectors.open(folder)
    yield store
    store.close()


def some(count: int, seed: int = 0) -> Vector:
    made = np.random.default_rng(seed).standard_normal((count, 384)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def test_search_is_by_cosine_over_the_readers_audiences_alone(index: Vectors) -> None:
    near, far, hidden = some(3)
    index.add("everyone", ["far"], [far])
    index.add("hr", ["near"], [near])
    index.add("board", ["hidden"], [near])
    found = index.search(["everyone", "hr", "nobody", "hr"], near, 10)
    assert [name for name, _ in found] == ["near", "far"]
    assert found[0][1] == pytest.approx(1.0, abs=1e-5) and found[1][1] == pytest.approx(float(near @ far), abs=1e-5)
    assert index.search(["everyone"], near, 10)[0][0] == "far" and index.search([], near, 10) == []
    assert index.search(["Board", "board "], hidden, 10) == [] and index.count("board ") == 0
    assert len(index.search(["everyone", "hr"], near, 1)) == 1


def test_vectors_are_replaced_removed_and_last(index: Vectors, folder: Path) -> None:
    made = some(2500)
    names = [f"c{n}" for n in range(2500)]
    index.add("everyone", names, made)
    index.add("everyone", ["c0"], [made[1]])
    index.remove("everyone", ["c5", "unknown"])
    index.remove("nobody", ["c1"])
    index.close()
    again = Vectors.open(folder)
    assert again.count("everyone") == 2499 and again.search(["everyone"], made[7], 1)[0][0] == "c7"
    held = again.vectors("everyone", ["c9", "c5", "c0"])
    assert set(held) == {"c9", "c0"} and np.allclose(held["c0"], made[1], atol=1e-6)
    again.close()


def test_wrong_shapes_are_refused(index: Vectors) -> None:
    with pytest.raises(ValueError, match="finite"):
        index.add("everyone", ["a"], some(1) * np.float32("nan"))
    with pytest.raises(ValueError, match="2 finite"):
        index.add("everyone", ["a", "b"], some(1))
    index.add("everyone", [], [])
    assert index.count("everyone") == 0


@pytest.mark.parametrize("harm", ["segment gone", "segment cut", "database gone", "database damaged", "file"])
def test_a_damaged_folder_says_that_it_is_built_anew(folder: Path, harm: str) -> None:
    index = Vectors.open(folder)
    index.add("everyone", [f"c{n}" for n in range(1500)], some(1500))
    index.close()
    gc.collect()
    segment = next(folder.glob("*/data_level0.bin"))
    if harm == "segment gone":
        shutil.rmtree(segment.parent)
    elif harm == "segment cut":
        with segment.open("r+b") as file:
            file.truncate(segment.stat().st_size // 2)
    elif harm == "database gone":
        (folder / "chroma.sqlite3").unlink()
    elif harm == "database damaged":
        (folder / "chroma.sqlite3").write_bytes(b"garbage " * 4096)
    else:
        shutil.rmtree(folder)
        folder.write_text("not a folder")
    with pytest.raises(StewardError, match="builds it anew from the stored documents"):
        Vectors.open(folder)
    if folder.is_dir():
        folder.rename(folder.with_name("aside"))
    else:
        folder.unlink()
    fresh = Vectors.open(folder)
    assert fresh.count("everyone") == 0
    fresh.add("everyone", ["c1"], some(1))
    assert fresh.search(["everyone"], some(1)[0], 5)[0][0] == "c1"
    fresh.close()


def test_a_folder_deleted_while_open_is_told_on_the_next_change(index: Vectors, folder: Path) -> None:
    index.add("everyone", ["a"], some(1))
    shutil.rmtree(folder)
    with pytest.raises(StewardError, match="builds it anew"):
        index.add("everyone", ["b"], some(1))

"""The house rules that a machine can check: which way imports go, who may import what, importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEVELS = {
    "values": 0, "errors": 0, "settings": 0,
    "policy": 1, "encoder": 1, "egress": 1,
    "privacy": 2, "guards": 2, "validators": 2, "tiers": 2, "tools": 2, "loaders": 2, "store": 2,
    "pipeline": 3, "ingest": 3,
    "work": 4, "web": 4,
    "ui": 5,
}  # fmt: skip
SAME_LEVEL_ALLOWED = {
    ("errors", "values"), ("policy", "errors"), ("settings", "errors"),
    # kit.py, the one file that builds everything, builds the indexer too; and the benches call the running app.
    ("pipeline", "ingest"), ("work", "web"),
}  # fmt: skip
ONLY_IN = {
    "gradio": {"assistant/ui"},
    "presidio_analyzer": {"assistant/privacy"},
    "onnxruntime": {"assistant/encoder"},
    "guardrails": {"assistant/validators"},
    "chromadb": {"assistant/store"},
    "langchain.agents": {"assistant/pipeline/generate.py"},
}
FORBIDDEN = {"pickle", "marshal", "shelve"}
MODULES = sorted(p for p in (ROOT / "assistant").rglob("*.py"))


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def part_of(module: str) -> str:
    return module.split(".")[1] if module.startswith("assistant.") else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports(path: Path) -> None:
    relative = path.relative_to(ROOT)
    own = relative.parts[1].removesuffix(".py")
    for name in imports_of(path):
        assert name.split(".")[0] not in FORBIDDEN, f"{relative} imports {name}"
        for library, places in ONLY_IN.items():
            if name == library or name.startswith(f"{library}."):
                assert any(relative.as_posix().startswith(p) for p in places), f"{relative} imports {name}"
        other = part_of(name)
        if other and other != own and own in LEVELS:
            lower = LEVELS[other] < LEVELS[own] or (own, other) in SAME_LEVEL_ALLOWED
            assert lower, f"{relative} ({own}) imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_environment_is_read_in_two_places(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name not in ("settings.py", "egress.py") or path.parent.name != "assistant":
        assert "os.environ" not in text and "os.getenv" not in text
    assert "yaml.load(" not in text and "shell=True" not in text and "eval(" not in text.replace("literal_eval(", "")


def test_importing_does_nothing(tmp_path: Path) -> None:
    """Import every module in a fresh process: no file, no socket, no thread, no output."""
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in MODULES]
    program = (
        "import sys, threading\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from assistant import egress; egress.silence()\n"
        f"import importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        "own = [t.name for t in threading.enumerate() if t.name.startswith('steward')]\n"
        "assert not own, own\n"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules and 'sklearn' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_turn_stays_the_file_to_read_first() -> None:
    lines = (ROOT / "assistant/pipeline/turn.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 85


def test_banned_releases_are_not_locked() -> None:
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for banned in (
        "guardrails-ai==0.10.1",
        "litellm==1.82.7",
        "litellm==1.82.8",
        "torch==",
        "scipy==",
        "scikit-learn==",
    ):
        assert f"\n{banned}" not in f"\n{locked}"

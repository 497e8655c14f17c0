"""Parts of the documentation that are made from the code: settings, policy keys, file tree. Called by cog."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel

from assistant import policy, settings

FOLDERS = {
    "knowledge/samples": "the sample company: documents, questions.yaml, starters.yaml",
    "assistant/ui/static": "style, script and sign of the pages",
    "assistant/ui/languages": "the words of the pages in other languages than English, one folder each",
    "docs": "the screenshot above",
    "policies/prompts": "the prompts, one file each",
    "tests": "mirrors assistant/; browser/, leaks/ and real_vllm/ besides",
}
OPENED = {
    "knowledge": "what Steward answers from",
    "policies": "what a compliance officer decides",
    "scripts": "what an operator runs, each with --help",
}
HIDDEN = {"__pycache__", "var", "test-results"}


def settings_table() -> str:
    """Every setting with default and help text, as a Markdown table."""
    lines = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in settings.Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = f"{default.relative_to(ROOT)}"
        lines.append(f"| `{settings.PREFIX}{name.upper()}` | `{default}` | {field.description} |")
    return "\n".join(lines)


def policy_keys(name: str) -> str:
    """Every key of one policy file, nested ones indented by their path, as a Markdown table."""
    lines = ["| key | allowed | meaning |", "| --- | --- | --- |"]
    lines += _keys(policy.FILES[name], "")
    return "\n".join(lines)


def _keys(model: type[BaseModel], prefix: str) -> list[str]:
    lines = []
    for name, field in model.model_fields.items():
        nested = [a for a in (field.annotation, *get_args(field.annotation)) if _is_model(a)]
        lines.append(f"| `{prefix}{name}` | {_allowed(field.annotation)} | {field.description or ''} |")
        for inner in nested:
            lines += _keys(inner, f"{prefix}{name}[].")
    return lines


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _allowed(annotation: Any) -> str:
    if str(get_origin(annotation)) == "typing.Literal":
        return ", ".join(f"`{a}`" for a in get_args(annotation))
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        return f"map of {_allowed(key)} to {_allowed(value)}"
    if get_origin(annotation) is list:
        return f"list of {_allowed(get_args(annotation)[0])}"
    if _is_model(annotation):
        return "entries with the keys below"
    parts = [a for a in get_args(annotation) if a is not type(None)]
    if parts:
        return f"{_allowed(parts[0])}, or nothing"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true, false", "Path": "path"}
    return names.get(getattr(annotation, "__name__", ""), str(annotation))


def tree() -> str:
    """The files of the project, one line each, described by their own first line."""
    rows: list[tuple[str, str]] = []
    _walk(ROOT, "", rows)
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name.ljust(width)}{text}".rstrip() for name, text in rows)


def _walk(folder: Path, indent: str, rows: list[tuple[str, str]]) -> None:
    entries = [e for e in folder.iterdir() if e.name not in HIDDEN and not e.name.startswith((".", "audit.db"))]
    for entry in sorted(entries, key=lambda e: (e.is_dir(), e.name)):
        relative = entry.relative_to(ROOT).as_posix()
        if entry.is_dir():
            if not any(f.is_file() for f in entry.rglob("*") if "__pycache__" not in f.parts):
                continue
            rows.append(
                (
                    f"{indent}{entry.name}/",
                    FOLDERS.get(relative) or OPENED.get(relative) or _about(entry / "__init__.py"),
                )
            )
            if relative not in FOLDERS:
                _walk(entry, indent + "  ", rows)
        elif entry.name != "__init__.py" and not entry.name.startswith(".") and entry.suffix != ".pyc":
            rows.append((f"{indent}{entry.name}", _about(entry)))


KNOWN = {
    "LICENSE": "Apache License 2.0",
    "requirements.txt": "every package of the app, pinned with hashes (made by scripts/lock)",
    "requirements-dev.txt": "the same with what the tests need",
    "requirements-encoder.txt": "the encoder's weights, pinned, installed without dependencies",
    "pyproject.toml": "what is needed, and the settings of formatter, linter, type checker, tests",
    "README.md": "this file",
    "CHANGELOG.md": "what changed for those who use Steward",
    "CONTRIBUTING.md": "how to work on it",
    "assistant/encoder/graph.onnx": "the encoder's graph, without weights",
    "assistant/encoder/heads/names.json": "the card of names.npz: labels, data, licences, figures",
    "assistant/encoder/heads/names.npz": "weights of the head that marks names, places and addresses",
    "assistant/guards/document.json": "the card of document.npz: data, licences, figures",
    "assistant/guards/document.npz": "weights of the head that reads sentences of documents",
    "assistant/guards/question.json": "the card of question.npz: data, licences, figures",
    "assistant/guards/question.npz": "weights of the head that reads questions",
    "assistant/validators/grounding.json": "weights of the grounding score, with their card",
    "assistant/work/cards/report-card.css": "style of the report card's page",
    "assistant/tiers/answerable.json": "weights of the built-in answerer's heads, with their card",
    "assistant/ui/static/steward.svg": "the sign",
    "docs/chat.png": "the screenshot above",
}


def _about(path: Path) -> str:
    """First line of a docstring, of a leading comment, or of a heading."""
    relative = path.relative_to(ROOT).as_posix()
    if relative in KNOWN:
        return KNOWN[relative]
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return ""
    if path.suffix == ".py":
        line = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    elif path.suffix == ".md":
        line = next((row.lstrip("# ") for row in text.splitlines() if row.strip()), "")
    else:
        found = re.search(r"^\s*(?:#(?!!)|/\*+|//)\s*(.+?)(?:\*/)?$", text[:2000], re.MULTILINE)
        line = found.group(1) if found else ""
    line = line.split(". ")[0].strip().rstrip(".:")
    return line if len(line) <= 100 else line[:97].rsplit(" ", 1)[0] + " …"

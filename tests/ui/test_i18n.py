"""Every word of the pages in every language: nothing missing, nothing left over, nothing that would break a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from assistant import policy
from assistant.settings import ROOT
from assistant.ui import i18n

CODE = ROOT / "assistant"
OTHERS = [code for code in i18n.LANGUAGES if code != "en"]
# What only an operator reads, in a terminal.
TERMINAL = ("web/", "work/measures/", "work/benches/", "encoder/", "settings.py", "policy.py", "ui/shell.py")
TERMINAL_ERRORS = {"SettingsError", "PolicyError", "DataFolderInUse", "EncoderUnavailable", "CheckFailed"}
KINDS = ("look-up", "list", "comparison", "summary", "calculation", "reasoning")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def errors() -> set[str]:
    """Names of the classes whose text a reader may see."""
    known, grown = {"StewardError", "Failed"}, True
    classes = [n for path in CODE.rglob("*.py") for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef)]
    while grown:
        grown = False
        for node in classes:
            if {b.id for b in node.bases if isinstance(b, ast.Name)} & known and node.name not in known:
                known.add(node.name)
                grown = True
    return known - TERMINAL_ERRORS


def texts(node: ast.expr) -> Iterator[str]:
    """The templates that an expression can be: a hole for each value of an f-string, both arms of a condition."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)  # type: ignore[misc]
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one)
            yield from texts(other)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for first in [*texts(left)] or ["{}"]:
                for second in [*texts(right)] or ["{}"]:
                    yield first + second


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def sentences(tree: ast.Module, shown: set[str]) -> Iterator[str]:
    """Ready-made sentences: raised, marked by ``sentence``, or the detail of a verdict that passed."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if name_of(node) in shown or name_of(node) == "sentence":
            first = node.args[0]
            yield from texts(constants.get(first.id, first) if isinstance(first, ast.Name) else first)
        elif name_of(node) == "Verdict" and len(node.args) > 3 and getattr(node.args[1], "value", None) is True:
            yield from (text for text in texts(node.args[3]) if text)


def of_pages(tree: ast.Module) -> Iterator[str]:
    """Words of the pages. They have to stand in the call, or nothing could find them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in ("t", "later", "plural") and isinstance(node.func, ast.Name):
            at = 1 if name_of(node) == "plural" else 0
            assert isinstance(node.args[at], ast.Constant), (
                f"line {node.lineno}: give {name_of(node)} the words themselves"
            )
            yield node.args[at].value  # type: ignore[attr-defined]


def scripts() -> Iterator[str]:
    for path in (CODE / "ui" / "static").glob("*.js"):
        yield from re.findall(r"\bsay\('([^']+)'", path.read_text(encoding="utf-8"))


@cache
def used() -> dict[str, str]:
    """Every text that needs an entry, and where it stands."""
    found: dict[str, str] = {}
    shown = errors()
    for path in sorted(CODE.rglob("*.py")):
        where = path.relative_to(CODE).as_posix()
        if not where.startswith(TERMINAL):
            found |= {text: where for text in sentences(tree(path), shown) if re.search("[a-z]{2}", text)}
        if where.startswith("ui/") and path.name != "i18n.py":
            found |= dict.fromkeys(of_pages(tree(path)), where)
    return found | dict.fromkeys(scripts(), "steward.js")


@cache
def of_policies() -> set[str]:
    """Words that may be translated because the shipped policies and samples say them."""
    policies = policy.load(ROOT / "policies")
    rules = policies.escalation.rules
    entities = {name.replace("_", " ").lower() for name in policies.pii.entities}
    people = (ROOT / "assistant" / "pipeline" / "samples.py").read_text(encoding="utf-8")
    titles = {node.value for node in ast.walk(ast.parse(people)) if isinstance(node, ast.Constant) and node.value != ""}
    said = {r.text for r in rules} | {r.topic for r in rules} | set(policies.access.groups.values())
    return said | entities | titles | set(KINDS)


def catalogue(language: str) -> dict[str, str]:
    return dict(i18n._catalogue(language))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing(language: str) -> None:
    words = catalogue(language)
    missing = {text: where for text, where in used().items() if text not in words}
    assert not missing, "give these an entry in assistant/ui/languages:\n" + yaml.safe_dump(
        missing, allow_unicode=True, width=1000
    )
    assert {rule.text for rule in policy.load(ROOT / "policies").escalation.rules} - {""} <= set(words)


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_over(language: str) -> None:
    assert set(catalogue(language)) - set(used()) - of_policies() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_entry_stands_twice(language: str) -> None:
    seen: dict[str, Path] = {}
    for path in sorted((i18n.FOLDER / language).glob("*.yaml")):
        keys = [node.value for node, _ in yaml.compose(path.read_text(encoding="utf-8")).value]
        assert len(keys) == len(set(keys)), f"{path.name}: {sorted(k for k in set(keys) if keys.count(k) > 1)}"
        assert not (again := set(keys) & set(seen)), f"{path.name} repeats {again}"
        seen |= dict.fromkeys(keys, path)


@pytest.mark.parametrize("language", OTHERS)
def test_entries_fit_their_text(language: str) -> None:
    for text, words in catalogue(language).items():
        assert isinstance(words, str) and words.strip(), text
        assert not set('<>"&') & set(text + words), f"would break HTML: {text} -> {words}"
        names = sorted(re.findall(r"\{([a-z_]+)\}", text))
        assert sorted(re.findall(r"\{([a-z_]+)\}", words)) == names, text
        holes = text.count("{}")
        numbers = [int(n) for n in re.findall(r"\{(\d+)\}", words)]
        assert words.count("{}") <= holes and all(n < holes for n in numbers), text
        assert not (numbers and "{}" in words), f"all holes numbered or none: {text}"
        assert len(re.sub(r"\{[^}]*\}|\W", "", text)) >= 6 or "{}" not in text, (
            f"says too little to be recognised: {text}"
        )


def test_words_numbers_and_days_follow_the_language() -> None:
    i18n.use("id")
    assert i18n.t("Send") == "Kirim" and i18n.t("nothing like it") == "nothing like it"
    assert i18n.number(1234.5, 1) == "1.234,5" and i18n.day(date(2026, 5, 3)) == "3 Mei 2026"
    assert i18n.minute(datetime(2026, 8, 3, 9, 5)) == "3 Agu, 09:05"
    assert i18n.plural("{n} sentence", "{n} sentences", 1) == "1 kalimat"
    i18n.use("en")
    assert i18n.plural("{n} sentence", "{n} sentences", 1) == "1 sentence"
    assert i18n.plural("{n} sentence", "{n} sentences", 1200) == "1,200 sentences"
    assert i18n.number(1234.5, 1) == "1,234.5" and i18n.day(date(2026, 5, 3)) == "3 May 2026"
    i18n.use("xx")
    assert i18n.current() == "en"


TOLD = [
    ("Type your question first.", "Ketik pertanyaan Anda terlebih dahulu."),
    (
        "That is 30 questions in a minute. Please wait 12 seconds and ask again.",
        "Itu 30 pertanyaan dalam satu menit. Tunggu 12 detik, lalu tanyakan lagi.",
    ),
    ("2 values masked", "2 nilai disamarkan"),
    ("1 value masked", "1 nilai disamarkan"),
    ("expired on 2026-05-03", "kedaluwarsa sejak 3 Mei 2026"),
    ("retry: its answer on light did not pass the checks", "coba lagi: jawaban light tidak lolos pemeriksaan"),
    ("read as: how many days?", "dibaca sebagai: how many days?"),
    ("Nobody has translated this.", "Nobody has translated this."),
    ("Nobody: has translated this", "Nobody: has translated this"),
    ("x" * 5000, "x" * 5000),
]  # fmt: skip


@pytest.mark.parametrize(("english", "indonesian"), TOLD)
def test_ready_made_sentences_are_recognised(english: str, indonesian: str) -> None:
    i18n.use("id")
    assert i18n.tell(english) == indonesian
    i18n.use("en")
    assert i18n.tell(english) == english


def test_marks_become_words_as_a_page_goes_out() -> None:
    i18n.use("id")
    assert i18n.finish('{"label":"' + i18n.later("Send") + '"}') == '{"label":"Kirim"}'
    assert i18n.now(f"<b>{i18n.later('Send')}</b>") == "<b>Kirim</b>"
    i18n.use("en")


ACCEPTED = [
    ("", "en"),
    ("id", "id"),
    ("id-ID,id;q=0.9,en;q=0.8", "id"),
    ("fr, id;q=0.3, en;q=0.2", "id"),
    ("en-GB, id;q=0.9", "en"),
    ("id;q=0, en;q=0.1", "en"),
    ("fr", "en"),
    (";;;q=x,,id;q=?,", "en"),
    ("*", "en"),
]


@pytest.mark.parametrize(("header", "language"), ACCEPTED)
def test_the_browser_says_which_language_first(header: str, language: str) -> None:
    assert i18n.preferred(header) == language

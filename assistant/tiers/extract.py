"""Takes passages apart into units that can be quoted: sentences, list items and table rows.

A unit keeps what gives it meaning: the heading path, the line that leads into a list, the header of a table. A table
row is quoted as "first cell — header: cell; header: cell", with every word taken from the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.values import Passage

SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9<])")
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|etc|no|nos|mr|mrs|ms|dr|prof|st|vs|approx|dept|sec|art|fig)\.|\b[A-Z]\.)$", re.I
)
ITEM = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)]|[a-z][.)])\s+")
RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
EMPHASIS = re.compile(r"(\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|`)")
WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*%?")
NUMBER_WORD = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety"
    r"|hundred|thousand|half|twice|once|third|quarter|no limit|unlimited"
)
PLAIN = frozenset(
    """
    a an the i me my mine we us our ours you your yours he she it its they them their theirs this that these those
    there here is are was were be been being am do does did done doing have has had having will would can could may
    might shall should must of in on at to for from by with about as into than then and or but so if not no yes how
    what when where which who whom whose why any some all each every more most much many other such only own very
    just also too else ok okay please thanks thank hi hello hey get got tell need want know let s t m re ve ll d
    long far soon often ever happen happens possible someone somebody anyone anybody something anything thing things way
    really actually still already maybe am im ive dont doesnt cant say says said mean means think believe heard does
    per up out over under work company harbourline employee employees staff people person
    """.split()  # noqa: SIM905 (a list of 150 strings is harder to read)
)


@dataclass(frozen=True)
class Unit:
    """A quotable piece. ``number`` is the passage's place, counted from 1; ``around`` is what it is read with."""

    number: int
    position: int
    text: str
    kind: str
    around: str
    lead: str = ""
    paragraph: int = 0


def units(passage: Passage, number: int) -> list[Unit]:
    """The units of a passage, in reading order."""
    around = " ".join(dict.fromkeys((passage.document.title, *passage.chunk.heading)))
    found: list[Unit] = []
    table: list[str] = []
    lead, block = "", 0

    def add(text: str, kind: str, lead: str = "") -> None:
        text = EMPHASIS.sub("", " ".join(text.split())).strip()
        if WORD.search(text):
            found.append(Unit(number, len(found), text, kind, around, lead, block))

    def close_table() -> None:
        for row in rows(table):
            add(row, "row", lead)
        table.clear()

    paragraph: list[str] = []

    def close_paragraph() -> None:
        nonlocal lead, block
        block += bool(paragraph)
        for sentence in sentences(" ".join(paragraph)):
            add(sentence, "sentence")
            lead = sentence if sentence.rstrip().endswith(":") else lead
        if paragraph and not " ".join(paragraph).rstrip().endswith(":"):
            lead = ""
        paragraph.clear()

    for line in passage.chunk.text.splitlines():
        if line.lstrip().startswith("|"):
            close_paragraph()
            table.append(line)
            continue
        close_table()
        if not line.strip() or line.lstrip().startswith("#"):
            close_paragraph()
        elif ITEM.match(line):
            close_paragraph()
            add(ITEM.sub("", line), "item", lead)
        else:
            paragraph.append(line.strip())
    close_paragraph()
    close_table()
    return found


def sentences(text: str) -> list[str]:
    """``text`` cut after sentence ends, abbreviations kept together."""
    parts: list[str] = []
    for part in SENTENCE.split(text):
        if parts and ABBREVIATION.search(parts[-1]):
            parts[-1] = f"{parts[-1]} {part}"
        else:
            parts.append(part)
    return [p.strip() for p in parts if p.strip()]


def rows(lines: list[str]) -> list[str]:
    """Each body row of a Markdown table as one line of text."""
    cells = [[c.strip() for c in line.strip().strip("|").split("|")] for line in lines if not RULE.match(line)]
    if len(cells) < 2:
        return ["; ".join(c for c in row if c) for row in cells]
    header = cells[0]
    out = []
    for row in cells[1:]:
        named = [
            f"{header[i]}: {cell}" if i < len(header) and header[i] else cell
            for i, cell in enumerate(row)
            if cell and i > 0
        ]
        first = row[0] if row else ""
        out.append(f"{first} — {'; '.join(named)}" if first and named else first or "; ".join(named))
    return out


def stem(word: str) -> str:
    """A light English stem: enough to match plural, tense and adverb forms, not more."""
    w = word.lower().replace("’", "'").removesuffix("'s")
    if w[:1].isdigit() or len(w) < 4:
        return w.replace(",", "")
    for ending, put in (
        ("ations", "ate"), ("ation", "ate"), ("ments", ""), ("ment", ""), ("nesses", ""), ("ness", ""),
        ("ities", "ity"), ("ically", "ic"), ("ies", "y"), ("ied", "y"), ("ings", ""), ("ing", ""), ("edly", ""),
        ("sses", "ss"), ("ers", ""), ("ed", ""), ("er", ""), ("ly", ""), ("es", "e"), ("s", ""),
    ):  # fmt: skip
        if w.endswith(ending) and not (ending == "s" and w.endswith(("ss", "us", "is"))) and len(w) - len(ending) >= 3:
            w = w[: -len(ending)] + put
            break
    if len(w) > 3 and w[-1] == w[-2] and w[-1] not in "lsz":
        w = w[:-1]
    return w[:-1] if w.endswith("e") and len(w) > 3 else w


def stems(text: str) -> list[str]:
    """Stems of the content words of ``text``, in order, compounds both whole and in parts."""
    out = []
    for match in WORD.finditer(text):
        word = match.group()
        parts = re.split(r"[-’']", word) if re.search(r"[-]", word) else [word]
        out += [stem(p) for p in parts if p and p.lower() not in PLAIN]
    return [s for s in out if len(s) > 1 or s.isdigit()]

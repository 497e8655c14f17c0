"""What the recognizers of identity numbers have in common: forms, a check, and the words that stand beside them.

A form is a pattern with two scores, alone and beside a word for the number; 0 means "not a finding". ``check`` says
False for what cannot be one, True where a check digit proves it (then the higher score counts), None where nothing can
be proved. Words are compared as whole words in scripts with spaces, and as they stand in Thai, which has none. A number
right after a word that says what else it is ("invoice", "policy no.") is left alone unless its own word is nearer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from presidio_analyzer import LocalRecognizer, RecognizerResult

BEFORE, AFTER = 64, 40
"""Characters in which a word counts as beside."""
SEP = r"[ \n\t]?[-./·]?[ \n\t]?"
"""What may stand between the groups of a number, a line break included."""
LETTER = r"[^\W\u0e00-\u0e7f]"
"""A letter or digit, Thai ones aside: a number may stand right after a Thai word."""
OTHER = (
    "invoice", "order", "po", "policy", "polis", "claim", "klaim", "tuntutan", "ticket", "tiket", "case",
    "kasus", "ref", "reference", "rujukan", "referensi", "nomor referensi", "batch", "tracking", "resi",
    "awb", "serial", "seri", "sku", "part", "model", "contract", "kontrak", "project", "cost centre",
    "cost center", "ledger", "journal", "faktur", "pesanan", "invois", "form", "borang", "version",
    "versi", "amount", "total", "jumlah", "sum", "isbn", "barcode", "hóa đơn", "đơn hàng", "mã vận đơn",
    "hợp đồng", "số tham chiếu", "phiên bản", "mã lô", "ใบแจ้งหนี้", "คำสั่งซื้อ", "เลขที่อ้างอิง",
    "พัสดุ", "สัญญา", "กรมธรรม์", "เวอร์ชัน", "ล็อต", "transaction", "transaksi", "giao dịch", "ธุรกรรม",
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """One way to write a number. ``pattern`` stands between what is no letter, digit or sign of a longer number."""

    pattern: str
    alone: float
    beside: float = 0.85


def words_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Any of ``words``: whole words, but for scripts without spaces; any white space between their parts."""
    parts = []
    for word in sorted(words, key=len, reverse=True):
        body = r"\s+".join(map(re.escape, word.split()))
        parts.append(body if "\u0e00" <= word[0] <= "\u0e7f" else rf"(?<!{LETTER}){body}(?!{LETTER})")
    return re.compile("|".join(parts), re.IGNORECASE)


OTHER_WORDS = words_pattern(OTHER)


class Identifier(LocalRecognizer):
    """``entity`` written as one of ``forms``; ``words`` are its names in the languages of the place."""

    entity: str
    forms: Sequence[Form]
    words: Sequence[str]

    def __init__(self) -> None:
        super().__init__(supported_entities=[self.entity], name=type(self).__name__)
        self._words = words_pattern(self.words)
        self._forms = [
            (re.compile(rf"(?<!{LETTER})(?<!{LETTER}[-./])(?:{f.pattern})(?!{LETTER})(?![-./]\d)", re.IGNORECASE), f)
            for f in self.forms
        ]

    def load(self) -> None:
        """Nothing to load."""

    def check(self, value: str) -> bool | None:
        """False: cannot be one. True: proved by a check digit. ``value`` holds letters in upper case and digits."""
        return None

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Findings in ``text``."""
        keys = RecognizerResult
        origin = {keys.RECOGNIZER_NAME_KEY: type(self).__name__, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}
        found = []
        for pattern, form in self._forms:
            for match in pattern.finditer(text):
                score = self._score(match, text, form)
                if score:
                    found.append(RecognizerResult(self.entity, *match.span(), score, recognition_metadata=dict(origin)))
        return found

    def _score(self, match: re.Match[str], text: str, form: Form) -> float:
        sure = self.check("".join(c for c in match.group().upper() if c.isalnum()))
        if sure is False:
            return 0.0
        before, after = text[max(0, match.start() - BEFORE) : match.start()], text[match.end() : match.end() + AFTER]
        own = [m.end() for m in self._words.finditer(before)]
        other = [m.end() for m in OTHER_WORDS.finditer(before[-32:])]
        if own and not (other and other[-1] + max(0, len(before) - 32) > own[-1]):
            return 1.0 if sure else form.beside
        if other:
            return 0.0
        if self._words.search(after.split("\n")[0]):
            return 1.0 if sure else form.beside
        return form.alone


def is_date(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True

"""Thailand's identity number: thirteen digits, 1-2345-67890-12-1.

The last is 11 minus the weighted sum (13 to 2) modulo 11, modulo 10; the first is 1 to 8 (Department of Provincial
Administration). Presidio's own recognizer takes only the undivided form.
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("เลขประจำตัวประชาชน 1-1017-00203-45-0", [("1-1017-00203-45-0", "TH_TNIN")]),
    ("my Thai ID is 1101700203450", [("1101700203450", "TH_TNIN")]),
    ("1 1017 00203 45 0", [("1 1017 00203 45 0", "TH_TNIN")]),
    ("บัตรประชาชน 1-1017-00203-45-2", []),
    ("order 1101700203450", []),
)


class ThaiIdRecognizer(Identifier):
    """Score 1.0 beside its word, 0.7 divided, 0.5 undivided."""

    entity = "TH_TNIN"
    forms = (
        Form(rf"[1-8]{SEP}-{SEP}\d{{4}}{SEP}-{SEP}\d{{5}}{SEP}-{SEP}\d{{2}}{SEP}-{SEP}\d", 0.7),
        Form(rf"[1-8]{SEP}\d{{4}}{SEP}\d{{5}}{SEP}\d{{2}}{SEP}\d", 0.5),
    )
    words = (
        "เลขประจำตัวประชาชน", "เลขบัตรประชาชน", "บัตรประชาชน", "เลขประจำตัว", "รหัสปชช", "thai id",
        "thai national id", "national id", "tnin", "citizen id", "identity card", "id card", "id number",
    )  # fmt: skip

    def check(self, value: str) -> bool | None:
        total = sum((13 - at) * int(digit) for at, digit in enumerate(value[:12]))
        return (11 - total % 11) % 10 == int(value[12])

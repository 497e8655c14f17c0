"""Indonesia's tax number (NPWP): 15 digits, or 16 since 2024.

99.999.999.9-999.999: the ninth digit is Luhn's check digit of the eight before it. The new form (Ministry of Finance
regulation PMK 112/PMK.03/2022) is a person's NIK, or a 0 before the 15 digits of an organisation.
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier
from assistant.privacy.recognizers.payment_card import luhn

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("NPWP 01.310.668.1-091.000", []),
    ("NPWP: 01.310.668.7-091.000", [("01.310.668.7-091.000", "ID_NPWP")]),
    ("01.310.668.7-091.000 is on the form", [("01.310.668.7-091.000", "ID_NPWP")]),
    ("nomor pokok wajib pajak 013106687091000", [("013106687091000", "ID_NPWP")]),
    ("NPWP16 0013106687091000", [("0013106687091000", "ID_NPWP")]),
    ("batch 013106687091000", []),
)


class NpwpRecognizer(Identifier):
    """Score 1.0 beside its word, 0.7 divided as usual, 0.3 undivided without a word."""

    entity = "ID_NPWP"
    forms = (
        Form(
            rf"\d{{2}}{SEP}\.{SEP}\d{{3}}{SEP}\.{SEP}\d{{3}}{SEP}\.{SEP}\d{SEP}-?{SEP}\d{{3}}{SEP}\.?{SEP}\d{{3}}", 0.7
        ),
        Form(rf"0?\d{{2}}{SEP}\d{{3}}{SEP}\d{{3}}{SEP}\d{SEP}\d{{3}}{SEP}\d{{3}}|\d{{5}}{SEP}\d{{5}}{SEP}\d{{5}}", 0.3),
    )
    words = (
        "npwp",
        "npwp15",
        "npwp16",
        "nomor pokok wajib pajak",
        "wajib pajak",
        "tax number",
        "tax id",
        "taxpayer",
        "pajak",
    )

    def check(self, value: str) -> bool | None:
        if len(value) == 16:
            value = value[1:] if value[0] == "0" else "x"
        return len(value) == 15 and value.isdigit() and luhn(value[:9]) and value[:2] != "00"

"""Indonesia's population number (NIK), on the identity card (KTP) and family card (KK).

Sixteen digits: province, regency, district, date of birth (40 added to the day for women), serial; no check digit.
Province codes as the Ministry of Home Affairs publishes them (Permendagri 137/2017 and its successors).
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier, is_date

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("NIK saya 3174091203900001.", [("3174091203900001", "ID_NIK")]),
    ("KTP 3273 0152 0785 0003 a.n. Dewi", [("3273 0152 0785 0003", "ID_NIK")]),
    ("3174091203900001 is mine", [("3174091203900001", "ID_NIK")]),
    ("NIK 0174091203900001 names no province, 3174093203900001 no day, 3174091203900000 no serial", []),
    ("faktur 3174091203900001", []),
)
PROVINCES = {11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65, 71, 72, 73,
             74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96}  # fmt: skip


class NikRecognizer(Identifier):
    """Score 0.85 beside its word, else 0.5."""

    entity = "ID_NIK"
    forms = (Form(rf"\d{{4}}{SEP}\d{{4}}{SEP}\d{{4}}{SEP}\d{{4}}|\d{{6}}{SEP}\d{{6}}{SEP}\d{{4}}", 0.5),)
    words = (
        "nik", "n.i.k.", "ktp", "e-ktp", "nomor induk kependudukan", "nomor ktp", "no ktp", "no. ktp",
        "kartu tanda penduduk", "kartu keluarga", "identity number", "id number",
    )  # fmt: skip

    def check(self, value: str) -> bool | None:
        day, month, year = int(value[6:8]), int(value[8:10]), int(value[10:12])
        day -= 40 if day > 40 else 0
        born = is_date(2000 + year, month, day) or is_date(1900 + year, month, day)
        placed = int(value[:2]) in PROVINCES and value[2:4] != "00" and value[4:6] != "00"
        return None if born and placed and value[12:] != "0000" else False

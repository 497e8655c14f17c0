"""Vietnam's citizen identity numbers: CCCD (twelve digits) and the older CMND (nine digits).

CCCD: province, a digit for century and sex, two of the year of birth, six at random; no check digit. Province codes
001 to 096 as in the annex of Circular 59/2021/TT-BCA. A CMND has no structure that can be checked, so it is taken only
beside a word for it.
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("Số CCCD của tôi là 001085012345.", [("001085012345", "VN_CCCD")]),
    ("căn cước công dân 079 190 001 234", [("079 190 001 234", "VN_CCCD")]),
    ("CMND 024567890", [("024567890", "VN_CCCD")]),
    ("001190001234 signed it", [("001190001234", "VN_CCCD")]),
    ("mã vận đơn 079190001234, 024567890 boxes, CCCD 999085012345", []),
)
PROVINCES = {
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44,
    45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87,
    89, 91, 92, 93, 94, 95, 96
}  # fmt: skip


class CccdRecognizer(Identifier):
    """Score 0.85 beside its word; a CCCD 0.5 without."""

    entity = "VN_CCCD"
    forms = (
        Form(rf"0\d{{2}}{SEP}\d{{3}}{SEP}\d{{3}}{SEP}\d{{3}}|0\d{{3}}{SEP}\d{{4}}{SEP}\d{{4}}", 0.5),
        Form(rf"\d{{3}}{SEP}\d{{3}}{SEP}\d{{3}}", 0.0),
    )
    words = (
        "cccd", "cmnd", "cmtnd", "căn cước", "căn cước công dân", "thẻ căn cước", "chứng minh nhân dân",
        "chứng minh thư", "số định danh", "can cuoc", "chung minh nhan dan", "citizen id", "citizen identity",
        "national id", "identity card", "id number",
    )  # fmt: skip

    def check(self, value: str) -> bool | None:
        if len(value) == 9:
            return None
        return None if int(value[:3]) in PROVINCES and value[3] in "0123" else False

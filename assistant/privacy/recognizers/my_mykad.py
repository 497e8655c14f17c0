"""Malaysia's identity card number (MyKad, MyPR, MyKid): date of birth, place of birth, serial.

YYMMDD-PB-###G without a check digit. Date and place code (as the National Registration Department, JPN, publishes
them: 01 to 59 for states, 60 to 68, 71, 72, 74 to 79, 82 to 93, 98 and 99 for other countries) leave about one number
in thirty; undivided and without a word beside it, it is only taken when date and place fit.
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier, is_date

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("My IC is 850412-14-5678.", [("850412-14-5678", "MY_MYKAD")]),
    ("No. KP: 900101105432", [("900101105432", "MY_MYKAD")]),
    ("kad pengenalan 000229 01 1234 saya", [("000229 01 1234", "MY_MYKAD")]),
    ("851312-14-5678 has no thirteenth month, 850412-00-5678 no place", []),
    ("order 850412145678", []),
)
PLACES = {*range(1, 17), *range(21, 60), *range(60, 69), 71, 72, *range(74, 80), *range(82, 94), 98, 99}


class MyKadRecognizer(Identifier):
    """Score 0.85 beside its word, 0.6 divided, 0.45 undivided."""

    entity = "MY_MYKAD"
    forms = (
        Form(rf"\d{{6}}{SEP}-{SEP}\d{{2}}{SEP}-{SEP}\d{{4}}", 0.6),
        Form(rf"\d{{6}}{SEP}\d{{2}}{SEP}\d{{4}}", 0.45),
    )
    words = (
        "mykad", "my kad", "mypr", "mykid", "ic", "i.c.", "nric", "ic number", "ic no", "no ic", "no. ic",
        "no kp", "no. kp", "kp", "kad pengenalan", "nombor kad pengenalan", "identity card",
        "identification card", "id card",
    )  # fmt: skip

    def check(self, value: str) -> bool | None:
        year, month, day, place = int(value[:2]), int(value[2:4]), int(value[4:6]), int(value[6:8])
        born = is_date(2000 + year, month, day) or is_date(1900 + year, month, day)
        return None if born and place in PLACES else False

"""US driver's licence numbers, only right beside a word for them.

The states use letters and four to fourteen digits in many orders (listed by AAMVA), which fits half of all codes in an
office: without a word such as "driver's license" nothing is taken. Presidio's own recognizer takes "H1" for one.
"""

from __future__ import annotations

from assistant.privacy.identifier import Form, Identifier

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("My driver's license number is D1234567.", [("D1234567", "US_DRIVER_LICENSE")]),
    ("drivers licence: S514-2391-0887", [("S514-2391-0887", "US_DRIVER_LICENSE")]),
    ("Can H1 and H2 budgets move? A driver needs a licence for class B vans.", []),
    ("driver's license renewal costs 12345 in 2026", []),
)


class UsDriverLicenseRecognizer(Identifier):
    """Score 0.85 beside its word."""

    entity = "US_DRIVER_LICENSE"
    forms = (
        Form(
            r"[A-Z]{1,2}\s?\d{5,14}|[A-Z]\d{3}[- ]\d{3,4}[- ]\d{3,4}(?:[- ]\d{3})?"
            r"|(?=(?:[A-Z0-9-]*\d){6})[A-Z0-9]{2,5}(?:-[A-Z0-9]{2,5}){1,3}|\d{7,12}[A-Z]?|\d{2,3}[A-Z]{2,3}\d{4,6}",
            0.0,
        ),
    )
    words = (
        "driver license", "driver's license", "drivers license", "driver licence", "driver's licence",
        "drivers licence", "driver’s license", "driver’s licence", "driving license", "driving licence",
        "license number", "licence number", "dl number", "dl no", "dl#",
    )  # fmt: skip

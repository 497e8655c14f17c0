"""Philippine numbers: TIN, SSS, PhilHealth, UMID (CRN) and PhilSys.

Forms as the agencies print them: TIN 123-456-789(-000), SSS 34-1234567-8, PhilHealth 12-345678901-2, CRN
0111-1234567-8, PhilSys card number 1234-5678-9012-3456 and number 1234-5678-9012 (Republic Act 11055). No agency
publishes a check digit. Only the groupings of SSS, PhilHealth and CRN are taken without a word beside them.
"""

from __future__ import annotations

from assistant.privacy.identifier import SEP, Form, Identifier

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("My TIN is 123-456-789-000.", [("123-456-789-000", "PH_TIN")]),
    ("SSS no. 34-1234567-8", [("34-1234567-8", "PH_SSS")]),
    ("PhilHealth 12-345678901-2 please", [("12-345678901-2", "PH_PHILHEALTH")]),
    ("CRN 0111-1234567-8", [("0111-1234567-8", "PH_UMID")]),
    ("PhilSys ID 1234-5678-9012-3456", [("1234-5678-9012-3456", "PH_PHILSYS")]),
    ("call 123-456-789, room 34-12, serial 34-1234567-8", []),
)


class PhTinRecognizer(Identifier):
    """Score 0.85 beside its word."""

    entity = "PH_TIN"
    forms = (Form(rf"\d{{3}}{SEP}\d{{3}}{SEP}\d{{3}}(?:{SEP}(?:\d{{5}}|\d{{3}}))?", 0.0),)
    words = ("tin", "t.i.n.", "tin number", "tax identification number", "taxpayer identification", "bir")


class PhSssRecognizer(Identifier):
    """Score 0.85 beside its word, 0.5 divided as usual."""

    entity = "PH_SSS"
    forms = (Form(r"\d{2}\s?-\s?\d{7}\s?-\s?\d", 0.5), Form(rf"\d{{2}}{SEP}\d{{7}}{SEP}\d", 0.0))
    words = ("sss", "sss number", "social security system")


class PhPhilHealthRecognizer(Identifier):
    """Score 0.85 beside its word, 0.5 divided as usual."""

    entity = "PH_PHILHEALTH"
    forms = (Form(r"\d{2}\s?-\s?\d{9}\s?-\s?\d", 0.5), Form(rf"\d{{2}}{SEP}\d{{9}}{SEP}\d", 0.0))
    words = ("philhealth", "phil health", "phic", "philhealth id", "pin ng philhealth")


class PhUmidRecognizer(Identifier):
    """Score 0.85 beside its word, 0.5 divided as usual."""

    entity = "PH_UMID"
    forms = (Form(r"0\d{3}\s?-\s?\d{7}\s?-\s?\d", 0.5), Form(rf"0\d{{3}}{SEP}\d{{7}}{SEP}\d", 0.0))
    words = ("umid", "crn", "common reference number", "unified multi-purpose id")


class PhPhilSysRecognizer(Identifier):
    """Score 0.85 beside its word."""

    entity = "PH_PHILSYS"
    forms = (Form(rf"\d{{4}}{SEP}\d{{4}}{SEP}\d{{4}}(?:{SEP}\d{{4}})?", 0.0),)
    words = ("philsys", "philid", "phil id", "national id", "psn", "pcn", "ephilid", "pambansang id")

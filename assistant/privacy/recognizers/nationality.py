"""Nationalities and the larger religions, as words, in any case.

The head for names finds them in a sentence that it understands; this list finds the rest. Names of languages are the
same words ("the French version") and are found too: by default they are only on record and not masked.
"""

from __future__ import annotations

import re

from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("A Norwegian and a bruneian met.", [("Norwegian", "NRP"), ("bruneian", "NRP")]),
    ("She has a South African passport", [("South African", "NRP")]),
    ("polish the table, Turkey and Swissport", []),
)
WORDS = (
    "Afghan", "Albanian", "Algerian", "American", "Andorran", "Angolan", "Argentine", "Argentinian", "Armenian",
    "Australian", "Austrian", "Azerbaijani", "Bahamian", "Bahraini", "Bangladeshi", "Barbadian", "Belarusian",
    "Belgian", "Belizean", "Belizian", "Beninese", "Bhutanese", "Bolivian", "Bosnian", "Brazilian", "British",
    "Bruneian", "Bulgarian", "Burmese", "Burundian", "Cambodian", "Cameroonian", "Canadian", "Chadian", "Chechen",
    "Chilean", "Chinese", "Colombian", "Congolese", "Croatian", "Cuban", "Cypriot", "Czech", "Danish",
    "Djiboutian", "Dominican", "Dutch", "Ecuadorian", "Egyptian", "English", "Eritrean", "Estonian", "Ethiopian",
    "Fijian", "Filipino", "Filipina", "Finnish", "French", "Gabonese", "Gambian", "Georgian", "German",
    "Ghanaian", "Greek", "Grenadian", "Guatemalan", "Guinean", "Guyanese", "Haitian", "Honduran", "Hungarian",
    "Icelandic", "Indian", "Indonesian", "Iranian", "Iraqi", "Irish", "Israeli", "Italian", "Ivorian", "Jamaican",
    "Japanese", "Jordanian", "Kazakh", "Kenyan", "Korean", "Kosovan", "Kuwaiti", "Kyrgyz", "Laotian", "Latvian",
    "Lebanese", "Liberian", "Libyan", "Lithuanian", "Luxembourgish", "Macedonian", "Malagasy", "Malawian",
    "Malaysian", "Maldivian", "Malian", "Maltese", "Mauritanian", "Mauritian", "Mexican", "Moldovan", "Mongolian",
    "Montenegrin", "Moroccan", "Mozambican", "Namibian", "Nepalese", "Nepali", "Nicaraguan", "Nigerian",
    "Norwegian", "Omani", "Pakistani", "Palestinian", "Panamanian", "Paraguayan", "Peruvian", "Portuguese",
    "Qatari", "Romanian", "Russian", "Rwandan", "Samoan", "Saudi", "Scottish", "Senegalese", "Serbian",
    "Singaporean", "Slovak", "Slovakian", "Slovene", "Slovenian", "Somali", "Spanish", "Sudanese", "Surinamese",
    "Swedish", "Swiss", "Syrian", "Taiwanese", "Tajik", "Tanzanian", "Thai", "Togolese", "Tongan", "Tunisian",
    "Turkish", "Turkmen", "Ugandan", "Ukrainian", "Uruguayan", "Uzbek", "Venezuelan", "Vietnamese", "Welsh",
    "Yemeni", "Zambian", "Zimbabwean", "Buddhist", "Hindu", "Muslim", "Sikh", "Jewish", "Christian", "Catholic",
    "Protestant",
)  # fmt: skip
CAPITALS = ("Polish", "South African", "New Zealander", "Sri Lankan", "Costa Rican", "North Korean", "Puerto Rican")
"""Taken as written alone: "polish" in small letters is something else."""


class NationalityRecognizer(PatternRecognizer):
    """Score 0.6."""

    def __init__(self) -> None:
        any_case = Pattern("nationality", rf"(?i:(?<!\w)(?:{'|'.join(WORDS)})(?!\w))", 0.6)
        as_written = Pattern("nationality as written", rf"(?<!\w)(?:{'|'.join(CAPITALS)})(?!\w)", 0.6)
        flags = re.MULTILINE
        super().__init__("NRP", name="NationalityRecognizer", patterns=[any_case, as_written], global_regex_flags=flags)

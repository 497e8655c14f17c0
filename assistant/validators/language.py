"""Is the answer in the language of the question or of its passages?

Two signs: the script of the letters, and for Latin letters the small words of English, Indonesian and Malay, German,
French and Spanish. A text that shows too few of them is let through, and so are quotations: what a passage says may
stand in its own language. Languages beyond these are told by script alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.piece import MARK, PLACEHOLDER, AnswerCheck, Piece, example, passage_text
from assistant.values import Verdict

WORD = re.compile(r"[^\W\d_]+")
_WORDS = {
    "en": "the of and to is are for you your with from that this not must may be which when by on at it will can",
    "id": "yang dan di dari untuk dengan pada adalah tidak anda ini itu dapat akan atau oleh harus jika ke dalam",
    "de": "der die das und ist sind nicht mit für von auf ein eine zu den dem sie werden wird bei",
    "fr": "le la les des et est sont pour vous avec une un du dans pas que qui sur ou au",
    "es": "el la los las de y es son para con una un del en no que se por su al",
}
SMALL = {name: frozenset(words.split()) for name, words in _WORDS.items()}
LEAST = 3
"""Small words of one language, and twice as many as of the next, before a text counts as being in it."""

_LEAVE = "Employees receive 18 days of annual leave from the first day of work."
_ASKED = "How many days of annual leave do I get from the company?"
_CUTI = "Anda dapat cuti 18 hari dari hari pertama dan itu tidak dipotong. [1]"
_BERAPA = "Berapa hari cuti yang saya dapat dari perusahaan dan untuk siapa itu?"
_OLD = "Cuti yang tidak diambil dapat dibayar untuk tahun itu"
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("the question's language", example("You get 18 days from the first day. [1]", _LEAVE, question=_ASKED), True),
    ("too short to tell", example("Cuti: 18 hari. [1]", _LEAVE, question=_ASKED), True),
    ("another language", example(_CUTI, _LEAVE, question=_ASKED), False),
    ("another script", example("พนักงานได้รับวันลาพักร้อนสิบแปดวันต่อปี [1]", _LEAVE, question=_ASKED), False),
    ("asked in that language", example(_CUTI, _LEAVE, question=_BERAPA), True),
    ("the passage's language", example(f"{_OLD}. [1]", f"{_OLD} dan tidak hangus.", question=_ASKED), True),
)


@register_validator(name="steward/language", data_type="string")
class Language(AnswerCheck):
    """Passes a piece in a language that the question or a passage is in."""

    name = "language"

    def judge(self, piece: Piece) -> Verdict:
        said = language(PLACEHOLDER.sub(" ", MARK.sub(" ", piece.text)))
        if not said or not piece.question or piece.abstains:
            return Verdict(self.name, True)
        known = {language(piece.question)} | {language(passage_text(p)) for p in piece.passages}
        if said in known or not language(piece.question):
            return Verdict(self.name, True)
        return Verdict(self.name, False, None, "it is in another language")


def language(text: str) -> str:
    """A script's or language's name, or "" where too little is there to tell."""
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in text if c.isalpha())
    if not scripts:
        return ""
    script, count = scripts.most_common(1)[0]
    if script != "LATIN":
        return script if count >= LEAST else ""
    words = [w.lower() for w in WORD.findall(text)]
    found = sorted(((sum(w in small for w in words), name) for name, small in SMALL.items()), reverse=True)
    return found[0][1] if found[0][0] >= LEAST and found[0][0] >= 2 * found[1][0] else ""

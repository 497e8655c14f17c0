"""A conversation's title, made without a model from its first masked question.

Greetings, thanks, who one is and polite openings are taken off; what is left begins at the topic and is cut at a word.
Works on English and Indonesian openings; other languages keep their first words.
"""

from __future__ import annotations

import re

TITLE_CHARS = 60
GREETING = re.compile(
    r"^(hi|hello|hey|dear|good (morning|afternoon|evening)|greetings|hai|halo|selamat (pagi|siang|sore|malam))"
    r"( there| all| team| everyone| steward| semua)?\s*"
    r"([,.!:;–-]+\s*|$|(?=<)|\s+(?=(i|can|could|please|what|how|my)\b))",
    re.IGNORECASE,
)
OPENING = re.compile(
    r"^(thanks?( you)?( in advance)?[,.! ]+|sorry( to bother( you)?)?[,.! ]+|quick question[:,. -]+|"
    r"(i am|i'm|this is|my name is|saya|nama saya) <[A-Z0-9_]+>( from [\w ]{2,30})?[,.;! ]+(and )?|"
    r"<[A-Z0-9_]+>[,:;!] *|please[, ]+|tolong[, ]+|mohon[, ]+|ok(ay)?[,. ]+|so[, ]+|"
    r"(can|could|would|will) you (please )?(tell|explain|help|show|give)( to)?( me| us)?( with| about| out)?[, ]*|"
    r"(bisa|bisakah|dapatkah) anda (jelaskan|beritahu|membantu)( saya| kami)?( tentang)?[, ]*|"
    r"(please )?(tell|explain|show|give)( to)? (me|us)( about)?[, ]+|"
    r"i (would like|want|need|wish|wanted)( to (know|ask|understand|find out|check))?( about| if| whether)?[, ]+|"
    r"i'd like( to (know|ask|understand|find out))?( about| if| whether)?[, ]+|"
    r"(do you know|i was wondering|i wonder|any idea)( if| whether| about)?[, ]+|(is it possible to know)[, ]+)",
    re.IGNORECASE,
)
THE_REST = re.compile(r"[,;]?\s+(please|thanks?( you)?|thank you( very much)?|terima kasih)[.!]*\s*$", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[?!.])\s+(?=[A-Z<\"'“‘])")


def title_of(masked: str) -> str:
    """At most ``TITLE_CHARS`` characters, and never empty for a text that holds a letter or a digit."""
    whole = " ".join(masked.split())
    sentences = [_topic(part) for part in SENTENCE.split(whole)]
    best = next((part for part in sentences if len(re.findall(r"\w{3,}", part)) >= 2), "") or whole
    best = best.rstrip(" ?!.,;:").strip() or whole
    best = best[:1].upper() + best[1:]
    if len(best) <= TITLE_CHARS:
        return best
    clause = re.split(r"(?<=\w{3})[,;:] ", best, maxsplit=1)[0]
    if 20 <= len(clause) <= TITLE_CHARS:
        return clause
    return best[: TITLE_CHARS - 2].rsplit(" ", 1)[0].rstrip(",;:-– ") + " …"


def _topic(text: str) -> str:
    """``text`` without what comes before and behind its matter."""
    text = THE_REST.sub("", text)
    while True:
        shorter = OPENING.sub("", GREETING.sub("", text, count=1).lstrip(), count=1).lstrip(" ,.;:!-–")
        if shorter == text:
            return text
        text = shorter

from __future__ import annotations

import pytest

ENGLISH = [
    "How many days of annual leave do I get?",
    "Reset my VPN password for S1234567D in room B2, grade A1, Q3 FY26.",
    "Thanks 🎉🎉",
    "Krishnamurthy Venkataraghavan's café résumé",
    "4711 / 2026",
    "",
    "   ",
]
UNKNOWN = [
    "ขอลาพักร้อนได้กี่วันต่อปี",
    "พนักงาน ลา ป่วย ได้ กี่ วัน",
    "我可以请几天假？",
    "何日休めますか",
    "휴가는 며칠인가요",
    "Сколько дней отпуска?",
    "كم يوم إجازة لدي؟",
    "इस साल कितनी छुट्टी",
    "VPN ขอใช้งานหน่อยครับ",
    "🎉🎉",
    "\u200b\u200b\u2060",
    "𝐇𝐨𝐰 𝐦𝐚𝐧𝐲 𝐝𝐚𝐲𝐬",
]


@pytest.mark.parametrize("text", ENGLISH)
async def test_english_numbers_codes_and_emoji_are_known(encoder, text):
    [encoded] = await encoder.encode([text])
    assert encoded.unknown_share <= 0.05


@pytest.mark.parametrize("text", UNKNOWN)
async def test_other_scripts_are_unknown(encoder, text):
    [encoded] = await encoder.encode([text])
    assert 0.75 <= encoded.unknown_share <= 1


async def test_a_foreign_name_in_an_english_question_is_a_small_share(encoder):
    [encoded] = await encoder.encode(["How do I use the VPN in the Bangkok office กรุงเทพ?"])
    assert 0 < encoded.unknown_share < 0.2


async def test_one_unspaced_sentence_outweighs_a_few_english_words(encoder):
    [encoded] = await encoder.encode(["About leave: พนักงานลาป่วยได้กี่วันต่อปีและต้องแจ้งใคร"])
    assert encoded.unknown_share > 0.75

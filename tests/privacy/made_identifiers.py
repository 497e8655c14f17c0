"""A labelled set of identity numbers in running text of four languages, valid and near-miss, and ten ways to hide them.

Everything is made from a seed. ``python -m tests.privacy.made_identifiers FILE [--hidden]`` writes it in the format
that ``scripts/measure.py pii`` reads.
"""

from __future__ import annotations

import base64
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.privacy.recognizers import id_nik, my_mykad, vn_cccd
from assistant.privacy.recognizers.payment_card import luhn
from assistant.privacy.recognizers.sg_nric_fin import check_letter

R = random.Random
SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "My {word} is {value}, please update my record.",
        "Please check the {word} {value} that is on the form.",
        "The customer wrote that her {word} is {value} and wants to be called back.",
        "{word}: {value}",
    ),
    "id": (
        "{word} saya {value}, mohon diperbarui.",
        "Tolong periksa {word} {value} di formulir itu.",
        "Nasabah menulis bahwa {word} beliau {value} dan minta dihubungi.",
        "{word}: {value}",
    ),
    "th": (
        "{word}ของฉันคือ {value} กรุณาแก้ไขข้อมูล",
        "ช่วยตรวจสอบ{word} {value} ในแบบฟอร์มด้วย",
        "ลูกค้าแจ้งว่า {word} {value} และขอให้โทรกลับ",
        "{word}: {value}",
    ),
    "vi": (
        "{word} của tôi là {value}, xin cập nhật hồ sơ.",
        "Vui lòng kiểm tra {word} {value} trên biểu mẫu.",
        "Khách hàng ghi {word} {value} và muốn được gọi lại.",
        "{word}: {value}",
    ),
}
MISSES: dict[str, tuple[str, ...]] = {
    "en": ("Order {value} has not arrived.", "Invoice no. {value} is due.", "Batch {value} passed the test.",
           "Tracking number {value} shows no movement.", "The serial number {value} is on the back."),
    "id": ("Pesanan {value} belum tiba.", "Faktur {value} jatuh tempo.", "Nomor referensi {value} tidak ditemukan.",
           "Resi {value} belum bergerak.", "Nomor seri {value} ada di belakang."),
    "th": ("คำสั่งซื้อ {value} ยังไม่มาถึง", "ใบแจ้งหนี้ {value} ครบกำหนดแล้ว", "เลขที่อ้างอิง {value} ไม่พบในระบบ",
           "พัสดุ {value} ยังไม่ส่ง", "กรมธรรม์ {value} หมดอายุแล้ว"),
    "vi": ("Đơn hàng {value} chưa đến.", "Hóa đơn {value} đến hạn.", "Số tham chiếu {value} không tìm thấy.",
           "Mã vận đơn {value} chưa di chuyển.", "Hợp đồng {value} đã hết hạn."),
}  # fmt: skip
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "SG_NRIC_FIN": dict.fromkeys(SENTENCES, ("NRIC", "FIN", "NRIC number")),
    "MY_MYKAD": {
        "en": ("MyKad", "IC number", "identity card"),
        "id": ("No. KP", "kad pengenalan", "nombor kad pengenalan"),
        "th": ("MyKad",),
        "vi": ("MyKad",),
    },
    "ID_NIK": {
        "en": ("NIK", "KTP"),
        "id": ("NIK", "nomor KTP", "nomor induk kependudukan"),
        "th": ("NIK",),
        "vi": ("NIK",),
    },
    "ID_NPWP": {
        "en": ("NPWP", "tax number"),
        "id": ("NPWP", "nomor pokok wajib pajak"),
        "th": ("NPWP",),
        "vi": ("NPWP",),
    },
    "TH_TNIN": {
        "en": ("Thai ID", "national ID"),
        "id": ("Thai ID",),
        "th": ("เลขประจำตัวประชาชน", "เลขบัตรประชาชน"),
        "vi": ("Thai ID",),
    },
    "VN_CCCD": {
        "en": ("CCCD", "citizen ID"),
        "id": ("CCCD",),
        "th": ("CCCD",),
        "vi": ("CCCD", "số căn cước công dân", "thẻ căn cước"),
    },
    "PH_TIN": dict.fromkeys(SENTENCES, ("TIN",)),
    "PH_SSS": dict.fromkeys(SENTENCES, ("SSS number", "SSS")),
    "PH_PHILHEALTH": dict.fromkeys(SENTENCES, ("PhilHealth",)),
    "PH_UMID": dict.fromkeys(SENTENCES, ("UMID", "CRN")),
    "PH_PHILSYS": dict.fromkeys(SENTENCES, ("PhilSys", "PCN")),
    "PHONE_NUMBER": {
        "en": ("mobile", "phone number"),
        "id": ("nomor HP", "telepon"),
        "th": ("เบอร์โทร", "มือถือ"),
        "vi": ("số điện thoại", "di động"),
    },
    "CREDIT_CARD": {"en": ("card",), "id": ("kartu kredit",), "th": ("บัตรเครดิต",), "vi": ("thẻ tín dụng",)},
    "EMAIL_ADDRESS": {"en": ("e-mail",), "id": ("surel",), "th": ("อีเมล",), "vi": ("email",)},
}


def digits(r: R, count: int) -> str:
    return "".join(r.choice("0123456789") for _ in range(count))


def day(r: R) -> tuple[int, int, int]:
    return r.randint(50, 99), r.randint(1, 12), r.randint(1, 28)


def nric(r: R) -> str:
    series, number = r.choice("STFGM"), digits(r, 7)
    return f"{series}{number}{check_letter(series, number)}"


def mykad(r: R) -> str:
    year, month, date = day(r)
    parts = f"{year:02}{month:02}{date:02}", f"{r.choice(sorted(my_mykad.PLACES)):02}", digits(r, 4)
    return r.choice(("-", "-", "", " ")).join(parts)


def nik(r: R) -> str:
    year, month, date = day(r)
    date += 40 * r.randint(0, 1)
    place = f"{r.choice(sorted(id_nik.PROVINCES))}{r.randint(1, 79):02}{r.randint(1, 40):02}"
    value = f"{place}{date:02}{month:02}{year:02}{r.randint(1, 9999):04}"
    return value if r.random() < 0.6 else f"{value[:6]} {value[6:12]} {value[12:]}"


def npwp(r: R) -> str:
    head = f"{r.randint(1, 99):02}{digits(r, 6)}"
    value = head + next(c for c in "0123456789" if luhn(head + c)) + digits(r, 3) + "000"
    return f"{value[:2]}.{value[2:5]}.{value[5:8]}.{value[8]}-{value[9:12]}.{value[12:]}" if r.random() < 0.7 else value


def thai(r: R) -> str:
    head = r.choice("12345678") + digits(r, 11)
    value = head + str((11 - sum((13 - at) * int(d) for at, d in enumerate(head)) % 11) % 10)
    return f"{value[0]}-{value[1:5]}-{value[5:10]}-{value[10:12]}-{value[12]}" if r.random() < 0.5 else value


def cccd(r: R) -> str:
    value = f"{r.choice(sorted(vn_cccd.PROVINCES)):03}{r.randint(0, 3)}{digits(r, 8)}"
    return value if r.random() < 0.7 else f"{value[:3]} {value[3:6]} {value[6:9]} {value[9:]}"


def phone(r: R) -> str:
    return r.choice((
        f"+65 9{digits(r, 3)} {digits(r, 4)}", f"8{r.randint(1, 8)}{digits(r, 2)} {digits(r, 4)}",
        f"+60 12-{r.randint(200, 999)} {digits(r, 4)}", f"012-{r.randint(200, 999)} {digits(r, 4)}",
        f"+62 812 {r.randint(1000, 9999)} {digits(r, 4)}", f"0812-{r.randint(1000, 9999)}-{digits(r, 4)}",
        f"+66 81 {r.randint(200, 999)} {digits(r, 4)}", f"081-{r.randint(200, 999)}-{digits(r, 4)}",
        f"+84 91 {r.randint(200, 999)} {digits(r, 4)}", f"091{r.randint(2, 9)} {digits(r, 3)} {digits(r, 3)}",
        f"+63 917 {r.randint(200, 999)} {digits(r, 4)}", f"0917 {r.randint(200, 999)} {digits(r, 4)}",
    ))  # fmt: skip


def card(r: R) -> str:
    head = "4" + digits(r, 14)
    value = head + next(c for c in "0123456789" if luhn(head + c))
    return value if r.random() < 0.5 else " ".join(value[at : at + 4] for at in range(0, 16, 4))


def mail(r: R) -> str:
    name, firm = r.choice(("siti", "nguyen", "wei.ming", "somchai")), r.choice(("firma", "congty", "firm"))
    return f"{name}{r.randint(1, 99)}@{firm}.com"


MAKERS: dict[str, Callable[[R], str]] = {
    "SG_NRIC_FIN": nric, "MY_MYKAD": mykad, "ID_NIK": nik, "ID_NPWP": npwp, "TH_TNIN": thai, "VN_CCCD": cccd,
    "PH_TIN": lambda r: f"{digits(r, 3)}-{digits(r, 3)}-{digits(r, 3)}-{r.choice(('000', '00000'))}",
    "PH_SSS": lambda r: f"{digits(r, 2)}-{digits(r, 7)}-{digits(r, 1)}",
    "PH_PHILHEALTH": lambda r: f"{digits(r, 2)}-{digits(r, 9)}-{digits(r, 1)}",
    "PH_UMID": lambda r: f"0{digits(r, 3)}-{digits(r, 7)}-{digits(r, 1)}",
    "PH_PHILSYS": lambda r: "-".join(digits(r, 4) for _ in range(r.choice((3, 4)))),
    "PHONE_NUMBER": phone, "CREDIT_CARD": card, "EMAIL_ADDRESS": mail,
}  # fmt: skip


def near_miss(r: R, kind: str) -> str:
    """What looks like one and cannot be: a wrong check digit, no such day, no such place; or a plain number."""
    value = MAKERS[kind](r)
    match kind:
        case "SG_NRIC_FIN":
            return value[:8] + r.choice([c for c in "ABCDEFGHIJKLNPQRTUWXZM" if c != value[8]])
        case "MY_MYKAD":
            return f"{value[:2]}{r.randint(13, 99)}{value[4:]}"
        case "ID_NIK":
            return "0" + value[1:]
        case "ID_NPWP" | "TH_TNIN" | "CREDIT_CARD":
            at = 9 if kind == "ID_NPWP" and "." not in value else 12 if kind == "ID_NPWP" else len(value)
            return value[: at - 1] + str((int(value[at - 1]) + r.randint(1, 8)) % 10) + value[at:]
        case "VN_CCCD":
            return "9" + value[1:].replace(" ", "")
    return digits(r, r.choice((8, 9, 10, 12)))


def rows(seed: int = 1, each: int = 3) -> list[dict[str, Any]]:
    """``each`` valid sentences of every type and language, and two thirds as many near misses."""
    r = R(seed)
    made = []
    for kind, words in WORDS.items():
        for language, texts in SENTENCES.items():
            for number in range(each):
                value = MAKERS[kind](r)
                template = texts[number % len(texts)]
                before, after = template.replace("{word}", r.choice(words[language])).split("{value}")
                made.append(row(before, value, after, kind, language))
                if number * 3 < each * 2 and kind != "EMAIL_ADDRESS":
                    text = r.choice(MISSES[language]).replace("{value}", near_miss(r, kind))
                    made.append({"id": "", "text": text, "spans": [], "language": language, "group": f"miss-{kind}"})
    return [{**m, "id": f"made-{i}"} for i, m in enumerate(made)]


def row(before: str, value: str, after: str, kind: str, language: str) -> dict[str, Any]:
    span = {"start": len(before), "end": len(before) + len(value), "type": kind}
    return {"id": "", "text": before + value + after, "spans": [span], "language": language, "group": kind}


def spaced(value: str) -> str:
    return (
        " ".join(c for c in value if c.isalnum()) if "@" not in value else value.replace("@", " @ ").replace(".", " . ")
    )


def spelled(value: str) -> str:
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    if "@" in value:
        return value.replace("@", " [at] ").replace(".com", " (dot) com")
    return " ".join(words[int(c)] if c.isdigit() else c for c in value if c.isalnum())


HIDING: dict[str, Callable[[str], str]] = {
    "zero width": lambda v: "\u200b".join(v),
    "full width": lambda v: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in v),
    "other digits": lambda v: "".join(chr(0x0660 + int(c)) if c.isdigit() else c for c in v),
    "bidi": lambda v: "\u202d" + v + "\u202c",
    "combining": lambda v: "".join(c + "\u0336" for c in v),
    "look-alikes": lambda v: v.translate(str.maketrans("aceopxSTMBAEHKCO", "асеорхЅТМВАЕНКСО")),
    "dashes": lambda v: v.replace("-", "\u2014").replace(" ", "\u00a0"),
    "spaced": spaced,
    "spelled": spelled,
    "base64": lambda v: base64.b64encode(f"value={v};".encode()).decode(),
}
"""Ten ways, each over the value alone."""


def hidden(given: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every row that holds a value, in each of the ten ways."""
    for each in given:
        for way, change in HIDING.items():
            for span in each["spans"]:
                text = each["text"]
                new = row(
                    text[: span["start"]],
                    change(text[span["start"] : span["end"]]),
                    text[span["end"] :],
                    span["type"],
                    each["language"],
                )
                yield {**new, "id": f"{each['id']}-{way}", "group": way}


if __name__ == "__main__":
    plain = rows(seed=2, each=12)
    chosen = list(hidden(plain)) if "--hidden" in sys.argv else plain
    Path(sys.argv[1]).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in chosen), encoding="utf-8")

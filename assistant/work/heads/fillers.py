"""Made-up names, addresses, dates and numbers that fill the slots of own training sentences."""

from __future__ import annotations

import random
from typing import Any

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TYPE_OF = {
    "person": "PERSON", "given": "PERSON", "family": "PERSON", "city": "LOCATION", "country": "LOCATION",
    "region": "LOCATION", "building": "LOCATION",
    "org": "ORGANIZATION", "address": "STREET_ADDRESS", "street": "STREET_ADDRESS",
    "date": "DATE_TIME", "year": "DATE_TIME", "time": "DATE_TIME", "monthyear": "DATE_TIME", "age": "AGE",
    "title": "TITLE", "job": "TITLE",
    "nrp": "NRP", "zip": "ZIP_CODE", "card": "", "phone": "", "email": "", "money": "", "number": "",
    "digit": "", "product": "", "department": "", "officeword": "", "office": "",
}  # fmt: skip
"""Slot to the type it is labelled with; "" where there is nothing to learn."""


class Fillers:
    """``fill("city")`` gives ("Penang", "LOCATION")."""

    def __init__(self, lists: dict[str, Any], source: random.Random) -> None:
        self.random = source
        self.lists = {k: v.split() if isinstance(v, str) else v for k, v in lists.items()}

    def __call__(self, slot: str) -> tuple[str, str]:
        """A value and its type. KeyError for a slot that is not known."""
        return str(getattr(self, f"_{slot}")()), TYPE_OF[slot]

    def of_type(self, kind: str, old: str) -> str | None:
        """Another value of a type in the manner of ``old``, where there is one."""
        words = len(old.split())
        match kind:
            case "PERSON":
                return self._person() if words > 1 else self.random.choice((self._given, self._given, self._family))()
            case "LOCATION":
                return self.random.choice((self._city, self._country, self._region))()
            case "ORGANIZATION":
                return self._org()
            case "STREET_ADDRESS":
                return self._address() if words > 3 else self._street()
            case "NRP":
                return self._nrp()
        return None

    def _pick(self, name: str) -> str:
        return str(self.random.choice(self.lists[name]))

    def _given(self) -> str:
        return self._pick("given")

    def _family(self) -> str:
        return self._pick("family").title() if self.random.random() < 0.9 else f"{self._given()}-{self._given()}"

    def _person(self) -> str:
        way = self.random.random()
        given, family = self._given(), self._family()
        if way < 0.55:
            return f"{given} {family}"
        if way < 0.65:
            return f"{given} {self.random.choice('ABCDEFGHJKLMNPRSTVW')}{self.random.choice(('.', ''))} {family}"
        if way < 0.73:
            return f"{given} {self._given()} {family}"
        if way < 0.8:
            return f"{family} {given} {self._given()}"
        if way < 0.86:
            return f"{given} {self.random.choice(('bin', 'binti', 'binte', 'a/l', 's/o'))} {self._given()}"
        if way < 0.9:
            return f"{given[0]}. {family}"
        if way < 0.94:
            return f"{given} {family}-{self._family()}"
        return given

    def _city(self) -> str:
        return self._pick("cities")

    def _country(self) -> str:
        name = self._pick("countries")
        return name.removeprefix("the ")

    def _region(self) -> str:
        return self._pick("regions")

    def _building(self) -> str:
        return self._pick("buildings")

    def _job(self) -> str:
        return self._pick("jobs")

    def _nrp(self) -> str:
        return self._pick("nationalities")

    def _title(self) -> str:
        return self._pick("titles")

    def _org(self) -> str:
        way = self.random.random()
        if way < 0.35:
            return self._pick("companies")
        if way < 0.75:
            return f"{self._pick('company_words')} {self._pick('company_forms')}"
        if way < 0.9:
            return f"{self._family()}{self.random.choice((' & ', ' and ', '-', ', '))}{self._family()}"
        return f"{self._family()} {self._pick('company_forms')}"

    def _zip(self) -> str:
        n = self._n
        ways = (n(5), n(6), n(4), f"SW{n(2)}A", f"{n(5)}-{n(4)}", f"K{n(1)}P {n(1)}B{n(1)}")
        return self.random.choice(ways)

    def _street(self) -> str:
        number = self.random.choice((self._n(1), self._n(2), self._n(3), self._n(4), f"{self._n(2)}A"))
        street = self._pick("streets")
        return f"{number} {street}" if self.random.random() < 0.6 else f"{street} {number}"

    def _address(self) -> str:
        gap = self.random.choice((", ", ", ", "\n", " ", "\n "))
        unit = self.random.choice(("", "", f"Apt. {self._n(3)}", f"Suite {self._n(3)}", f"#{self._n(2)}-{self._n(2)}",
                                   f"Unit {self._n(2)}", f"Block {self._n(3)}", f"Level {self._n(1)}"))  # fmt: skip
        city = self._city() if self.random.random() < 0.8 else self._city().upper()
        place = self.random.choice(
            (f"{city} {self._zip()}", f"{self._zip()} {city}", city, f"{city}, {self._region()}")
        )
        parts = [self._street(), unit, place, self._country() if self.random.random() < 0.4 else ""]
        return gap.join(p for p in parts if p)

    def _year(self) -> str:
        return str(self.random.randint(1930, 2030))

    def _age(self) -> str:
        return str(self.random.randint(1, 99))

    def _time(self) -> str:
        return self.random.choice((f"{self.random.randint(1, 12)} {self.random.choice(('am', 'pm'))}",
                                   f"{self.random.randint(0, 23)}:{self.random.randint(0, 59):02}"))  # fmt: skip

    def _monthyear(self) -> str:
        month, year = self.random.randint(1, 12), self.random.randint(2020, 2035)
        return self.random.choice((f"{month:02}/{year % 100}", f"{month:02}/{year}", f"{MONTHS[month - 1]} {year}"))

    def _date(self) -> str:
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self._year()
        name = MONTHS[month - 1]
        return self.random.choice((
            f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}/{month}/{year}", f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}", f"{name} {day}", f"{day} {name[:3]}", f"{name} {year}",
            self.random.choice(DAYS),
            f"{day}th of {name}", year, f"{month:02}/{day:02}/{year}", "yesterday", f"the {day}th",
            f"next {self.random.choice(DAYS)}",
        ))  # fmt: skip

    def _phone(self) -> str:
        return self.random.choice(
            (f"+65 {self._n(4)} {self._n(4)}", f"{self._n(3)}-{self._n(3)}-{self._n(4)}", f"0{self._n(9)}")
        )

    def _email(self) -> str:
        return f"{self._given()}{self.random.choice(('.', '_', ''))}{self._pick('family')}@firm.example".lower()

    def _card(self) -> str:
        return self._n(16)

    def _number(self) -> str:
        return self._n(self.random.randint(1, 8))

    def _digit(self) -> str:
        return self._n(1)

    def _money(self) -> str:
        return f"{self.random.choice(('SGD', 'USD', 'RM', '$', 'EUR'))} {self._n(2)},{self._n(3)}"

    def _product(self) -> str:
        return self._pick("products")

    def _department(self) -> str:
        return self._pick("departments")

    def _officeword(self) -> str:
        return self._pick("office_words")

    def _office(self) -> str:
        rank = self.random.choice(("Head of", "Manager,", "Senior Officer,", "Director of"))
        return f"{rank} {self._pick('departments')}"

    def _n(self, digits: int) -> str:
        return str(self.random.randint(10 ** (digits - 1), 10**digits - 1))

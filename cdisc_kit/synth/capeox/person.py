"""Who the subject is and when screening happened."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.protocol import Protocol

SURNAMES = ("ZH", "WA", "LI", "CH", "LU", "YA", "HU", "SU", "GA", "XI")
LETTERS = "ABCDEFGHJLMNPQRSTWXYZ"
NATIONS = ("汉族",) * 16 + ("满族", "回族", "蒙古族", "壮族")
ACCRUAL_DAYS = 424


@dataclass(frozen=True)
class Person:
    """Screening facts. Heights in cm, weights in kg; `first_dose` is None for the untreated."""

    number: int
    subjid: str
    initials: str
    sex: str
    birth: dt.date
    nation: str
    height: int
    weight: float
    hbv: bool
    hypertensive: bool
    consent: dt.date
    screening: dt.date
    baseline_scan: dt.date
    lab: dt.date
    enrolled: dt.date | None
    first_dose: dt.date | None

    @property
    def age(self) -> int:
        """Completed years at consent."""
        before_birthday = (self.consent.month, self.consent.day) < (self.birth.month, self.birth.day)
        return self.consent.year - self.birth.year - before_birthday

    @property
    def childbearing(self) -> bool:
        return self.sex == "F" and self.age < 50


def bsa(height: float, weight: float) -> float:
    """Body surface area in m2 by Mosteller, two decimals, as the EDC shows it."""
    return round(math.sqrt(height * weight / 3600), 2)


def draw_person(number: int, subjects: int, role: Role, protocol: Protocol, chance: Chance) -> Person:
    """Subject `number` (from 0); consents are spread evenly over the accrual period."""
    consent = protocol.first_consent + dt.timedelta(days=round(number * ACCRUAL_DAYS / max(subjects - 1, 1)))
    # Some women of childbearing potential whatever the seed: only they have a pregnancy test.
    young_woman = number % 11 == 3
    female = young_woman or chance.happens(0.2)
    enrolled = consent + dt.timedelta(days=chance.integer(7, 11))
    dose = enrolled + dt.timedelta(days=chance.integer(1, 3))
    return Person(
        number=number,
        subjid=f"B{number + 1:03d}",
        # The last two letters count, so that no two subjects share initials, sex and month of birth.
        initials=chance.choice(SURNAMES) + LETTERS[number // 21 % 21] + LETTERS[number % 21],
        sex="F" if female else "M",
        birth=dt.date(
            chance.integer(1980, 1990) if young_woman else chance.integer(1952, 1985),
            chance.integer(1, 12),
            chance.integer(1, 28),
        ),
        nation=chance.choice(NATIONS),
        height=chance.integer(154, 166) if female else chance.integer(164, 180),
        weight=round(chance.normal(57 if female else 66, 7, 45, 86), 1),
        hbv=chance.happens(0.85),
        hypertensive=chance.happens(0.25),
        consent=consent,
        screening=consent + dt.timedelta(days=chance.integer(0, 2)),
        baseline_scan=consent + dt.timedelta(days=chance.integer(2, 4)),
        lab=enrolled - dt.timedelta(days=chance.integer(1, 3)),
        enrolled=enrolled if role.kind != "failure" else None,
        first_dose=dose if role.kind == "treated" else None,
    )

"""Cycles and doses: what was planned, what was given, what was held and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.person import Person, bsa
from cdisc_kit.synth.capeox.protocol import Protocol

OXA, CAP, BEV = "OXALIPLATIN", "CAPECITABINE", "BEVACIZUMAB"
DRUGS = (OXA, CAP, BEV)
REDUCED_OXA = 100
REDUCED_CAP = 0.75
DELAY_DAYS = 7
# Toxicities that put a cycle off by a week, and those that lower the oxaliplatin dose from that cycle on.
DELAYING = ("NEUTROPENIA", "PNEUMONIA")
OXA_REDUCING = {"NEUTROPENIA": "中性粒细胞减少", "PLATELETS": "血小板减少", "NEUROPATHY": "周围神经病变"}
OXA_PARTIAL = {"INTERRUPTION": ("INTERRUPTED", "输注反应", 0.6), "ALLERGY": ("INTERRUPTED", "过敏反应", 0.4)}
OXA_STOPPING = {"ALLERGY": 1, "NEUROPATHY_STOP": 0}
STOP_REASON = {"ALLERGY": "过敏反应", "NEUROPATHY_STOP": "周围神经病变"}
BEV_MISSING = {"PROTEINURIA": "NONHEM", "DECLINED": "PATIENT"}


class Cycle(NamedTuple):
    """`due` is the day before any delay; weight in kg, `surface` in m2 on day 1."""

    number: int
    due: dt.date
    day: dt.date
    weight: float
    surface: float


class Infusion(NamedTuple):
    """One planned infusion; `planned` in mg/m2 or mg/kg, `actual` in mg (None: not given)."""

    drug: str
    cycle: Cycle
    planned: float
    actual: int | None = None
    start: str = ""
    end: str = ""
    missing: str = ""
    adjustment: str = "NONE"
    reason: str = ""


class Oral(NamedTuple):
    """One interval of the capecitabine diary; `planned` in mg, `tablets` (500 mg, 150 mg) at a time."""

    cycle: Cycle
    start: dt.date
    end: dt.date
    planned: int
    tablets: tuple[int, int]
    frequency: str
    held: str
    reason: str
    missed: int

    @property
    def taken(self) -> bool:
        return not self.held

    @property
    def milligrams(self) -> int:
        """Per administration."""
        return 500 * self.tablets[0] + 150 * self.tablets[1]


@dataclass
class Treatment:
    cycles: list[Cycle] = field(default_factory=list)
    infusions: list[Infusion] = field(default_factory=list)
    orals: list[Oral] = field(default_factory=list)

    def last_dose(self, drug: str) -> dt.date:
        """Last day on which the drug was received."""
        if drug == CAP:
            return max(oral.end for oral in self.orals if oral.taken)
        return max(i.cycle.day for i in self.infusions if i.drug == drug and i.actual)

    def last_day(self) -> dt.date:
        return max(self.last_dose(drug) for drug in DRUGS)


def draw_treatment(
    person: Person, role: Role, stop: dt.date | None, protocol: Protocol, chance: Chance
) -> Treatment:
    """Cycles up to the day treatment stops (or the cut-off)."""
    treatment, until = Treatment(), min(stop or protocol.cutoff, protocol.cutoff)
    assert person.first_dose is not None
    due, weight = person.first_dose, person.weight
    for number in range(1, protocol.max_cycles + 1):
        delayed = number > 1 and any(c == number and k in DELAYING for c, k in role.toxicity)
        day = due + dt.timedelta(days=DELAY_DAYS * delayed)
        # Once the decision to stop is made no further cycle starts.
        if day > protocol.cutoff or (stop is not None and day >= stop):
            break
        cycle = Cycle(number, due, day, weight, bsa(person.height, weight))
        treatment.cycles.append(cycle)
        treatment.infusions += _oxaliplatin(cycle, role, protocol, chance)
        treatment.infusions.append(_bevacizumab(cycle, role, protocol, chance))
        treatment.orals += _orals(cycle, until, role, protocol, chance)
        due = day + dt.timedelta(days=protocol.cycle_days + chance.integer(0, 2))
        weight = round(max(42.0, weight + chance.normal(-0.2, 0.5, -1.2, 0.8)), 1)
    return treatment


def _oxaliplatin(cycle: Cycle, role: Role, protocol: Protocol, chance: Chance) -> list[Infusion]:
    """Nothing once the drug has been stopped for good."""
    planned = Infusion(OXA, cycle, protocol.oxa_dose)
    for number, kind in role.toxicity:
        stopped = number + OXA_STOPPING.get(kind, protocol.max_cycles)
        if cycle.number > stopped:
            return []
        if cycle.number == stopped:
            return [planned._replace(missing="NONHEM", adjustment="STOPPED", reason=STOP_REASON[kind])]
    return [_given_oxaliplatin(planned, role, chance)]


def _given_oxaliplatin(planned: Infusion, role: Role, chance: Chance) -> Infusion:
    cycle = planned.cycle
    now = {kind for number, kind in role.toxicity if number == cycle.number}
    lowered = [OXA_REDUCING[k] for n, k in role.toxicity if k in OXA_REDUCING and n <= cycle.number]
    dose, share = planned.planned, 1.0
    adjustment, reason = "NONE", ""
    if lowered:
        dose, adjustment, reason = REDUCED_OXA, "REDUCED", lowered[0]
    for kind in sorted(now & OXA_PARTIAL.keys()):
        adjustment, reason, share = OXA_PARTIAL[kind]
    start = 11 * 60 + chance.integer(0, 40)
    return planned._replace(
        actual=5 * round(dose * cycle.surface * share / 5),
        start=_clock(start),
        end=_clock(start + round((150 if "SLOWED" in now else 120) * share)),
        adjustment=adjustment,
        reason=reason,
    )


def _bevacizumab(cycle: Cycle, role: Role, protocol: Protocol, chance: Chance) -> Infusion:
    planned = Infusion(BEV, cycle, protocol.bev_dose)
    start = 9 * 60 + 10 + chance.integer(0, 30)
    for number, kind in role.toxicity:
        if number == cycle.number and kind in BEV_MISSING:
            return planned._replace(missing=BEV_MISSING[kind])
    return planned._replace(
        actual=25 * round(protocol.bev_dose * cycle.weight / 25),
        start=_clock(start),
        end=_clock(start + (90 if cycle.number == 1 else 60)),
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


# Diary of a cycle with a toxicity: (first day, last day, reason held or '').
DIARY = {
    "HANDFOOT": ((1, 9, ""), (10, 14, "HFS")),
    "DIARRHEA": ((1, 8, ""), (9, 11, "DIARRHEA"), (12, 14, "")),
    "FORGOTTEN": ((1, 5, ""), (6, 7, "MISSED"), (8, 14, "")),
}
CAP_REDUCING = {"HANDFOOT": "HFS", "DIARRHEA": "DIARRHEA"}
CAP_DAILY = "ONCE_DAILY"


def _orals(cycle: Cycle, until: dt.date, role: Role, protocol: Protocol, chance: Chance) -> list[Oral]:
    now = next((k for n, k in role.toxicity if n == cycle.number and k in DIARY), "")
    earlier = [CAP_REDUCING[k] for n, k in role.toxicity if k in CAP_REDUCING and n < cycle.number]
    daily = any(k == CAP_DAILY and n <= cycle.number for n, k in role.toxicity)
    planned = round(protocol.cap_dose * cycle.surface)
    intervals = []
    for first, last, held in DIARY.get(now, ((1, protocol.cap_days, ""),)):
        start = cycle.day + dt.timedelta(days=first - 1)
        end = min(cycle.day + dt.timedelta(days=last - 1), until)
        if start > end:
            break
        # What is resumed after a toxicity is resumed at the lower dose.
        reason = earlier[0] if earlier else CAP_REDUCING.get(now, "") if first > 1 else ""
        dose = tablets(round(planned * (REDUCED_CAP if reason else 1.0)))
        why = reason or ("DIARRHEA" if daily else "")
        missed = chance.choice((0, 0, 0, 0, 1, 2))
        intervals.append(Oral(cycle, start, end, planned, dose, "QD" if daily else "BID", held, why, missed))
    return intervals


def tablets(milligrams: int) -> tuple[int, int]:
    """(500 mg, 150 mg) tablets for a dose: one strength where that is within 5 %, else the nearest sum."""
    single = round(milligrams / 500)
    if abs(500 * single - milligrams) * 20 <= milligrams:
        return single, 0
    pairs = [(whole, part) for whole in range(1, 5) for part in range(4)]
    return min(pairs, key=lambda pair: (abs(500 * pair[0] + 150 * pair[1] - milligrams), pair[1]))

"""The truth of the operation, the induction, and the maintenance immunosuppression."""

from __future__ import annotations

import datetime as dt

import numpy as np

from cdisc_kit.synth.atg import terms
from cdisc_kit.synth.atg.chance import around, between, clock, days, happens, one_of, stream
from cdisc_kit.synth.atg.layout import Layout
from cdisc_kit.synth.atg.plan import Slot
from cdisc_kit.synth.atg.truth import Infusion, Medication, Subject, Transplant

_VIAL_STEP = 2.5  # mg; finer than a vial, as doses are drawn up by volume


def operate(subject: Subject, slot: Slot, seed: int) -> None:
    """The transplantation of a treated subject."""
    rng = stream(seed, subject.index, "operation")
    if slot.operation is None:
        raise ValueError("the plan has no operation for this subject")
    subject.transplant = Transplant(
        start=slot.operation,
        end=slot.operation + dt.timedelta(minutes=5 * between(rng, 66, 108)),
        donor=one_of(rng, ("1", "2", "3"), (0.80, 0.14, 0.06)),
        graft="1",
        cava=one_of(rng, ("1", "2"), (0.4, 0.6)),
        abo=one_of(rng, ("1", "2", "3"), (0.86, 0.11, 0.03)),
        cold=between(rng, 240, 560),
        warm=between(rng, 4, 30),
        anhepatic=between(rng, 38, 85),
        blood=50 * between(rng, 8, 60),
        explant=one_of(rng, ("HCC", "NECROSIS", "MIXED"), (0.78, 0.18, 0.04)),
    )


def induce(subject: Subject, slot: Slot, layout: Layout, seed: int) -> None:
    """The planned infusions, each given, reduced or withheld by the roles of the plan."""
    rng = stream(seed, subject.index, "induction")
    plan = _atg if subject.arm == "ATG" else _basiliximab
    subject.infusions = plan(subject, slot.roles, layout, rng)


def _lot(subject: Subject, prefix: str) -> str:
    return f"{prefix}{int(subject.site):02d}{subject.operated:%y%m}"


def _withheld(number: int, planned: str, reason: str) -> Infusion:
    return Infusion(number, planned, given=False, reason=reason, adjusted="")


def _atg(subject: Subject, roles: dict[str, str], layout: Layout, rng: np.random.Generator) -> list[Infusion]:
    per_kg = layout.number("atg_dose_mg_per_kg")
    full = min(round(per_kg * subject.weight / _VIAL_STEP) * _VIAL_STEP, layout.number("atg_cap_mg_per_day"))
    stop = roles.get("stop", "")
    first_withheld = {"1": 3, "3": 2}.get(stop, 99)
    infusions = []
    for number, pod in enumerate(layout.numbers("atg_pods"), start=1):
        if number >= first_withheld or (number == 2 and "skip" in roles):
            infusions.append(_withheld(number, f"{per_kg:.1f}", stop or roles["skip"]))
            continue
        halved = number == 2 and "halve" in roles
        start = _start(subject, int(pod), rng, 48, 66)
        infusions.append(
            Infusion(
                number,
                f"{per_kg:.1f}",
                given=True,
                dose=round(full / 2 / _VIAL_STEP) * _VIAL_STEP if halved else full,
                start=start,
                end=start + dt.timedelta(minutes=5 * between(rng, 48, 72)),
                adjusted=roles["halve"] if halved else "0",
                lot=_lot(subject, "TH"),
            )
        )
    return infusions


def _basiliximab(
    subject: Subject, roles: dict[str, str], layout: Layout, rng: np.random.Generator
) -> list[Infusion]:
    dose = layout.number("bas_dose_mg")
    infusions = []
    for number, pod in enumerate(layout.numbers("bas_pods"), start=1):
        if number == 2 and "stop" in roles:
            infusions.append(_withheld(number, f"{dose:g}", roles["stop"]))
            continue
        start = _start(subject, int(pod), rng, 60, 84)
        end = start + dt.timedelta(minutes=5 * between(rng, 4, 6))
        infusions.append(Infusion(number, f"{dose:g}", True, dose, start, end, lot=_lot(subject, "SK")))
    return infusions


def _start(subject: Subject, pod: int, rng: np.random.Generator, least: int, most: int) -> dt.datetime:
    """On POD 0 some five-minute steps into the operation (still the same day), later in the morning."""
    if pod == 0 and subject.transplant is not None:
        return subject.transplant.start + dt.timedelta(minutes=5 * between(rng, least, most))
    return dt.datetime.combine(subject.operated + days(pod), clock(rng, 8, 11))


def ending(subject: Subject, date: dt.date) -> dt.date | None:
    """The end of a drug meant to last until `date`: none if it goes on, the death date if that is first."""
    if date <= subject.end:
        return date
    return subject.death.date if subject.death else None


def maintain(subject: Subject, seed: int) -> None:
    """A09: tacrolimus with one change of dose, mycophenolate, steroids, sometimes a switch."""
    rng = stream(seed, subject.index, "maintenance")
    day0 = subject.operated
    forever = day0 + days(9999)
    change = day0 + days(between(rng, 9, 18))
    reason = one_of(rng, terms.DOSE_CHANGE_REASONS)
    new_dose = "1.5" if reason == terms.DOSE_CHANGE_REASONS[0] else "2.5"
    switch = day0 + days(between(rng, 32, 60)) if happens(rng, 0.35) else forever
    lines = [
        _line("1", "2 mg Q12H", day0 + days(1), ending(subject, change - days(1))),
        _line("2", "0.5 g BID", day0 + days(1), ending(subject, switch - days(1))),
        _line("3", "500 mg ONCE", day0, day0, route="IV"),
    ]
    if happens(rng, 0.5):
        lines.append(_line("4", "20 mg QD", day0 + days(7), ending(subject, day0 + days(90))))
    if change <= subject.end:
        to_cyclosporine = happens(rng, 0.04)
        later = change + days(between(rng, 60, 90)) if to_cyclosporine else forever
        lines.append(_line("1", f"{new_dose} mg Q12H", change, ending(subject, later - days(1)), reason))
        if later <= subject.end:
            lines.append(_line("7", "100 mg Q12H", later, ending(subject, forever)))
    if switch <= subject.end:
        drug = one_of(rng, ("5", "6"), (0.8, 0.2))
        lines.append(_line(drug, "1 mg QD", switch, ending(subject, forever), terms.SIROLIMUS_REASON))
    subject.maintenance = sorted(lines, key=lambda line: (line.start, line.cls))


def _line(
    drug: str, regimen: str, start: dt.date, end: dt.date | None, reason: str = "", *, route: str = "ORAL"
) -> Medication:
    dose, unit, frequency = regimen.split(" ")
    return Medication("", drug, reason, dose, unit, frequency, route, start.isoformat(), end)


def weigh(subject: Subject, pod: int, rng: np.random.Generator) -> float:
    """Body weight in kg on a postoperative day: a loss after surgery that comes back."""
    change = 0.0 if pod < 5 else -2.5 if pod < 60 else 0.5
    return round(subject.weight + change + around(rng, 0, 0.4, -0.9, 0.9), 1)

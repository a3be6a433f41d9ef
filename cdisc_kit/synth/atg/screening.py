"""The truth before randomisation: the person, the tumour, earlier treatment and history."""

from __future__ import annotations

import datetime as dt

import numpy as np

from cdisc_kit.synth.atg import terms
from cdisc_kit.synth.atg.chance import around, between, days, happens, one_of, stream
from cdisc_kit.synth.atg.plan import Slot
from cdisc_kit.synth.atg.truth import History, PriorTherapy, Subject

_STATUS = {
    "treated": "ongoing",
    "not treated": "not treated",
    "in screening": "in screening",
}


def person(slot: Slot, seed: int, cutoff: dt.date) -> Subject:
    """The subject with everything known at screening."""
    rng = stream(seed, slot.index, "person")
    sex = "1" if happens(rng, 0.84) else "2"
    birth = slot.consent - days(int(around(rng, 55, 9, 28, 73) * 365.25) + between(rng, 1, 360))
    subject = Subject(
        index=slot.index,
        site=slot.site,
        attempts=slot.attempts,
        initials=_initials(rng),
        birth=birth,
        sex=sex,
        nation=one_of(rng, [n for n, _ in terms.NATIONS], [w for _, w in terms.NATIONS]),
        height=round(around(rng, 170 if sex == "1" else 159, 6, 148, 188)),
        weight=round(around(rng, 68 if sex == "1" else 57, 9, 45, 92), 1),
        ecog="3" if "I02" in slot.attempts[-1].unmet else one_of(rng, ("0", "1", "2"), (0.45, 0.45, 0.10)),
        status=_STATUS.get(slot.kind, "screen failure"),
        end=cutoff,
        arm=slot.arm,
        randno=slot.randno,
        randomised=slot.randomised,
    )
    if slot.kind != "withdrew":
        _tumour(subject, slot, stream(seed, slot.index, "tumour"))
        subject.history = _history(subject, slot, stream(seed, slot.index, "history"))
    return subject


def _initials(rng: np.random.Generator) -> str:
    """Four letters the way a Chinese CRF prints them: 张林 gives ZHLI, three characters give A B C + c."""
    family, first = one_of(rng, terms.SURNAMES), one_of(rng, terms.GIVEN)
    if happens(rng, 0.35):
        return family[:2] + first[:2]
    last = one_of(rng, terms.GIVEN)
    return family[0] + first[0] + last[:2]


def partial(date: dt.date, rng: np.random.Generator, year_only: float = 0.05, no_day: float = 0.25) -> str:
    """ISO text of a date as remembered: now and then without its day, or without day and month."""
    drawn = rng.random()
    text = date.isoformat()
    return text[:4] if drawn < year_only else text[:7] if drawn < year_only + no_day else text


def _tumour(subject: Subject, slot: Slot, rng: np.random.Generator) -> None:
    unmet = slot.attempts[-1].unmet
    therapies = _therapies(slot, unmet, rng)
    earliest = min([start for start, _ in therapies], default=slot.visited - days(60))
    subject.therapies = [therapy for _, therapy in sorted(therapies, key=lambda pair: pair[0])]
    diagnosed = earliest - days(between(rng, 10, 150))
    etiology = one_of(rng, ("1", "2", "3", "1;3", "9"), (0.80, 0.05, 0.06, 0.05, 0.04))
    if "E03" in unmet:
        etiology = "4"
    method = "3" if "I03" in unmet else one_of(rng, ("1", "2"), (0.88, 0.12))
    count = one_of(rng, (1, 1, 1, 2, 3, 4, 6))
    diameter = round(around(rng, 4.2, 2.2, 1.0, 11.0), 1)
    thrombus = one_of(rng, ("0", "Vp1", "Vp2", "Vp3", "Vp4"), (0.80, 0.06, 0.07, 0.05, 0.02))
    within = thrombus == "0" and (diameter <= 5 if count == 1 else count <= 3 and diameter <= 3)
    subject.hcc = {
        "HCCDXDT": partial(diagnosed, rng),
        "HCCDXMETH": method,
        "HISTTYPE": "肝细胞癌",
        "ETIO": etiology,
        "CNLC": _cnlc(count, diameter, thrombus),
        "BCLC": _bclc(count, diameter, thrombus, within),
        "MILAN": "Y" if within else "N",
        "NTUMOR": str(count),
        "MAXDIAM": f"{diameter:.1f}",
        "PVTT": thrombus,
        "MELDSC": str(between(rng, 6, 24)),
    }


def _cnlc(count: int, diameter: float, thrombus: str) -> str:
    if thrombus != "0":
        return "IIIa"
    if count == 1:
        return "Ia" if diameter <= 5 else "Ib"
    if count <= 3:
        return "Ib" if diameter <= 3 else "IIa"
    return "IIb"


def _bclc(count: int, diameter: float, thrombus: str, within: bool) -> str:
    if thrombus != "0":
        return "C"
    if count == 1:
        return "0" if diameter <= 2 else "A"
    return "A" if within else "B"


def _therapies(
    slot: Slot, unmet: tuple[str, ...], rng: np.random.Generator
) -> list[tuple[dt.date, PriorTherapy]]:
    """The lines of A05 with their start dates; the last PD-1 dose lies 30 to 180 days before surgery."""
    operation = slot.operation.date() if slot.operation else slot.visited + days(14)
    last = min(operation - days(between(rng, 33, 165)), slot.attempts[0].consent - days(1))
    if "I06" in unmet:
        last = slot.attempts[0].consent - days(8)
    cycles = between(rng, 2, 12)
    first = last - days(21 * (cycles - 1))
    lines = []
    if "I05" not in unmet:
        name = one_of(rng, terms.PD1)
        dose = terms.PD1_DOSE.get(name, "200")
        lines.append((first, _line(("1", name), f"{dose} Q3W", cycles, (first, last), rng)))
    if happens(rng, 0.70):
        name, dose, frequency = one_of(rng, terms.TKI)
        start, end = first + days(between(rng, 0, 5)), last + days(between(rng, -10, 0))
        end = max(start, end)
        lines.append((start, _line(("2", name), f"{dose} {frequency}", 0, (start, end), rng)))
    if happens(rng, 0.08):
        lines.append((first, _line(("9", terms.BEVACIZUMAB), "900 Q3W", cycles, (first, last), rng)))
    for cls, name, share in terms.PROCEDURES:
        if happens(rng, share):
            start = first - days(between(rng, 10, 260))
            sessions = between(rng, 1, 3) if cls in "34" else 1
            end = min(start + days(30 * (sessions - 1)), last)
            lines.append((start, _line((cls, name), " ", sessions, (start, end), rng)))
    return lines


def _line(
    drug: tuple[str, str], regimen: str, cycles: int, span: tuple[dt.date, dt.date], rng: np.random.Generator
) -> PriorTherapy:
    """`drug` is (class, name), `regimen` mg and frequency; a PD-1 inhibitor ends with its last dose."""
    cls, name = drug
    reasons = ("4", "4", "1", "2", "3") if cls in "129" else ("1", "1", "2")
    dose, frequency = regimen.split(" ")
    start, end = span
    return PriorTherapy(
        cls=cls,
        name=name,
        dose=dose,
        unit="mg" if dose else "",
        frequency=frequency,
        cycles=str(cycles) if cycles else "",
        start=partial(start, rng),
        end=end.isoformat(),
        last_dose=end.isoformat() if cls == "1" else "",
        best=one_of(rng, ("CR", "PR", "SD", "PD", "UNK"), (0.08, 0.35, 0.35, 0.12, 0.10)),
        reason=one_of(rng, reasons),
    )


def _history(subject: Subject, slot: Slot, rng: np.random.Generator) -> list[History]:
    etiology = subject.hcc["ETIO"].split(";")
    found = [text for text, share, _ in terms.CONDITIONS if happens(rng, share)]
    lasting = {text for text, _, lasts in terms.CONDITIONS if lasts}
    for code, text in (
        ("1", terms.HEPATITIS_B),
        ("2", terms.HEPATITIS_C),
        ("4", terms.AUTOIMMUNE_HEPATITIS),
    ):
        if code in etiology:
            found.insert(0, text)
            lasting.add(text)
    lines = []
    for text in found:
        start = slot.consent - days(between(rng, 900, 9000))
        end = start + days(between(rng, 20, 400))
        shown_end = "" if text in lasting else partial(end, rng, 0.4, 0.3)
        shown_start = partial(start, rng, 0.45, 0.35)
        if shown_end:
            shown_start = shown_start[: len(shown_end)]
        lines.append(History(text, shown_start, shown_end))
    return lines

"""Visit forms: vital signs, ECOG, Child-Pugh and laboratory at every visit made."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.capeox.book import Book
from cdisc_kit.synth.capeox.laboratory import Laboratory, child_pugh
from cdisc_kit.synth.capeox.person import Person, bsa
from cdisc_kit.synth.capeox.subject import Subject, Visit

ROUTINE = ("LBHEM", "LBCHEM", "LBURI")
# What the laboratory and the cuff showed at the visit where an event was found.
FOUND = {
    "NEUTROPENIA": {"NEUT": "0.84"},
    "PLATELETS": {"PLT": "61"},
    "PROTEINURIA": {"UPRO": "3+", "U24P": "2.35"},
    "NEPHROTIC": {"UPRO": "3+", "U24P": "3.82"},
}
PRESSURE = {"HYPERTENSION": (154, 94)}
FAILED = {
    ("I10", "1A"): {"NEUT": "1.21"},
    ("I10", "2A"): {"ALB": "28.4"},
    ("I08", ""): {"ALB": "31.2", "TBIL": "38.6"},
}
FAILED_PRESSURE = {("E10", ""): (152, 96)}


def add_visits(book: Book, subject: Subject, seed: int) -> None:
    """The forms of every visit but doses and imaging."""
    chance = subject.chance(seed, "laboratory")
    laboratory = Laboratory(book, subject.person, chance)
    weights = {f"C{c.number}D1": c.weight for c in subject.treatment.cycles}
    weight = subject.person.weight
    only_consent = subject.ending == "WITHDRAWN" and not subject.person.enrolled
    for visit in [] if only_consent else subject.visits:
        weight = weights.get(visit.event, weight)
        given = _given(subject, visit)
        cycle = sum(c.day < visit.date for c in subject.treatment.cycles)
        values = laboratory.values(cycle, weight, _tumour(subject, visit.date), given)
        if visit.event == "UNS":
            laboratory.add("LBHEM", "UNS", visit.date, visit.date, values, striking=set(given))
            continue
        _add_bedside(book, subject, visit, weight, laboratory)
        _add_laboratory(book, subject, visit, values, laboratory, striking=set(given))


def _given(subject: Subject, visit: Visit) -> dict[str, str]:
    """Results fixed by an event found at this visit (or by the criterion a screening failure failed)."""
    if visit.event == "SCR":
        return {k: v for fail in subject.role.fails for k, v in FAILED.get(fail, {}).items()}
    found: dict[str, str] = {}
    for event in subject.events:
        known = FOUND.get(event.kind, {})
        at_start = event.kind != "NEPHROTIC" and event.start == visit.date
        if at_start or (event.kind == "NEPHROTIC" and visit.event == "EOT"):
            found |= known
    return found


def _tumour(subject: Subject, day: dt.date) -> float:
    """Size of the targets relative to baseline at the last complete assessment."""
    seen = subject.imaging.assessments if subject.imaging else ()
    sums = [(a.sum, a.baseline) for a in seen if a.sum is not None and a.date <= day]
    return max(sums[-1][0] / sums[-1][1], 0.05) if sums else 1.0


def _add_bedside(book: Book, subject: Subject, visit: Visit, weight: float, laboratory: Laboratory) -> None:
    person, event, day = subject.person, visit.event, visit.date
    chance = laboratory.chance
    high = any(e.kind in PRESSURE and e.start == day for e in subject.events)
    systolic, diastolic = chance.integer(108, 130), chance.integer(66, 82)
    if high:
        systolic, diastolic = PRESSURE["HYPERTENSION"]
    if event == "SCR":
        systolic, diastolic = next(
            (FAILED_PRESSURE[f] for f in subject.role.fails if f in FAILED_PRESSURE), (systolic, diastolic)
        )
    book.add(
        "VS",
        person,
        event,
        day,
        SBP1=systolic,
        DBP1=diastolic,
        SBP2=systolic - chance.integer(-2, 4),
        DBP2=diastolic - chance.integer(-2, 2),
        HR=chance.integer(62, 92),
        TEMP=round(chance.normal(36.6, 0.2, 36.1, 37.1), 1),
        RR=chance.integer(16, 20),
        WT=weight,
        HT=person.height if event == "SCR" else None,
        BSA=bsa(person.height, weight),
    )
    book.add("ECOG", person, event, day, ECOG=_ecog(subject, event, laboratory))


def _ecog(subject: Subject, event: str, laboratory: Laboratory) -> int:
    worse = event in ("EOT", "SFU") and subject.death is not None
    return laboratory.chance.choice((1, 2, 2)) if worse else laboratory.chance.choice((0, 1, 1))


def _add_laboratory(
    book: Book,
    subject: Subject,
    visit: Visit,
    values: dict[str, str],
    laboratory: Laboratory,
    *,
    striking: set[str],
) -> None:
    person, event, day = subject.person, visit.event, visit.date
    screening, end = event == "SCR", event == "EOT"
    even = event.startswith("C") and int(event[1:-2]) % 2 == 0
    sampled = person.lab if screening else day
    sheets = ROUTINE if screening or end or event == "SFU" or event.startswith("C") else ()
    for sheet in (*sheets, *(("LBCOAG", "LBTM") if screening or even or end else ())):
        shown = values | ({"PIVKA": "ND"} if person.number % 8 == 5 and not screening else {})
        laboratory.add(sheet, event, day, sampled, shown, striking=striking)
    if screening or even or end:
        failed = ("I08", "") in subject.role.fails
        book.add("CPS", person, event, day, **child_pugh(values, ascites=2 if failed and screening else 1))
    if screening:
        _add_screening_only(book, subject, laboratory)
    if screening or event == "C3D1":
        _add_specimen(book, person, event, day, sampled)


def _add_screening_only(book: Book, subject: Subject, laboratory: Laboratory) -> None:
    person, chance = subject.person, laboratory.chance
    day, sampled = person.screening, person.lab
    if person.childbearing:
        result = {"HCGVAL": "0.6"} if person.number % 2 else {"HCG": "阴性"}
        laboratory.add("LBPREG", "SCR", day, sampled, result, striking=set())
    viral = {
        "HBSAG": "阳性" if person.hbv else "阴性",
        "HBVDNA": chance.choice(("<20", "<20", "未检出", "1350")) if person.hbv else "未检出",
        "HCVAB": "阴性" if person.hbv else "阳性",
        "HCVRNA": "ND" if person.hbv and chance.happens(0.6) else "未检出",
    }
    laboratory.add("LBVIR", "SCR", day, sampled, viral, striking=set())
    persistent = ("E06", "") in subject.role.fails
    retested = persistent or person.number % 12 == 7
    laboratory.add("STOOL", "SCR", day, day, {"FOB": "阳性" if retested else "阴性"}, striking={"FOB"})
    if retested:
        laboratory.add(
            "STOOL", "SCR", day, sampled, {"FOB": "阳性" if persistent else "阴性"}, striking={"FOB"}
        )
    book.add(
        "EGCV", person, "SCR", day,
        QTCF=chance.integer(388, 440), LVEF=chance.integer(58, 70), EGDT=day, UCGDT=sampled,
    )  # fmt: skip


def _add_specimen(book: Book, person: Person, event: str, day: dt.date, sampled: dt.date) -> None:
    """Blood into the freezer, of every third subject an aliquot into liquid nitrogen; destroyed after use."""
    name = f"{person.subjid}-S{1 if event == 'SCR' else 2:02d}"
    used = sampled + dt.timedelta(days=60 + 7 * (person.number % 9))
    common = {"SPECTYPE": "1", "COLDT": f"{sampled.isoformat()}T07:30", "STOREDT": sampled}
    destroyed = used if used <= book.cutoff else None
    book.add(
        "SPEC", person, event, day, SPECNO=name, VOL=8, STORE="M80", DESTDT=destroyed, **common
    )  # fmt: skip
    if person.number % 3 == 0:
        book.add("SPEC", person, event, day, SPECNO=f"{name}-A", VOL=2, STORE="LN2", PARENT=name, **common)

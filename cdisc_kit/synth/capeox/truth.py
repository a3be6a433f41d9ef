"""`truth.json`: the hidden truth in the words the outputs are compared with."""

from __future__ import annotations

from typing import Any

from cdisc_kit.synth.capeox.book import Tables
from cdisc_kit.synth.capeox.counts import expected_counts
from cdisc_kit.synth.capeox.imaging import Assessment
from cdisc_kit.synth.capeox.outcomes import outcomes
from cdisc_kit.synth.capeox.protocol import Protocol
from cdisc_kit.synth.capeox.subject import Subject
from cdisc_kit.synth.capeox.treatment import BEV, CAP, DRUGS, OXA
from cdisc_kit.synth.capeox.tumour import best_of

ARM = "CAPOXBEV"


def state_truth(people: list[Subject], tables: Tables, protocol: Protocol) -> dict[str, Any]:
    """The whole document; dates are ISO 8601, doses in the protocol's unit, sizes in mm, times in days."""
    counts, parts = expected_counts(people, tables)
    return {
        "study": "capeox",
        "cutoff": protocol.cutoff.isoformat(),
        "subjects": {subject.id: _subject(subject, protocol) for subject in people},
        "counts": counts,
        "parts": parts,
        "doses": _doses(people),
        "exposure": {subject.id: _exposure(subject) for subject in people if subject.treated},
        "lesions": {s.id: _lesions(s) for s in people if s.imaging},
        "responses": {
            s.id: [_assessment(a) for a in s.imaging.assessments] for s in people if s.imaging and s.treated
        },
        "outcomes": outcomes(people, protocol),
    }


def _subject(subject: Subject, protocol: Protocol) -> dict[str, Any]:
    person, treatment = subject.person, subject.treatment
    last = treatment.last_day() if subject.treated else None
    arm = ARM if person.enrolled else None
    return {
        "role": subject.role.name,
        "arm": arm,
        "actual_arm": ARM if subject.treated else None,
        "armnrs": None if subject.treated else "ASSIGNED, NOT TREATED" if arm else "SCREEN FAILURE",
        "age": person.age,
        "sex": person.sex,
        "consent": person.consent.isoformat(),
        "enrolled": _iso(person.enrolled),
        "first_dose": _iso(person.first_dose),
        "first_dose_time": _dose_time(subject, first=True),
        "last_dose": _iso(last),
        "last_dose_time": _dose_time(subject, first=False),
        "ongoing": subject.treated and len(subject.discontinued) < len(DRUGS),
        "discontinued": {
            drug: [day.isoformat(), reason] for drug, (day, reason) in subject.discontinued.items()
        },
        "progression": _iso(subject.imaging.progression) if subject.imaging else None,
        "best_response": best_of(subject, protocol, confirmed=True) or None,
        "best_response_unconfirmed": best_of(subject, protocol, confirmed=False) or None,
        "subsequent_therapy": _iso(subject.next_therapy),
        "death": _iso(subject.death),
        "left": _iso(subject.left),
        "ending": subject.ending or None,
        "last_contact": subject.until.isoformat(),
        "unmet_criteria": [number + part for number, part in subject.role.fails],
    }


def _iso(date: object) -> str | None:
    return None if date is None else str(date)


def _dose_time(subject: Subject, *, first: bool) -> str | None:
    """RFXSTDTC or RFXENDTC: the day, with the earliest (latest) time recorded on it, if any was."""
    if not subject.treated:
        return None
    day = subject.person.first_dose if first else subject.treatment.last_day()
    times = [
        i.start if first else i.end for i in subject.treatment.infusions if i.cycle.day == day and i.actual
    ]
    chosen = (min if first else max)(times) if times else ""
    return f"{day}T{chosen}" if chosen else str(day)


def _doses(people: list[Subject]) -> dict[str, dict[str, int]]:
    """Per drug: administrations or intervals received, planned but not received, milligrams in all.

    Capecitabine milligrams are those the diary intervals ask for, without the doses noted as missed.
    """
    infusions = [i for subject in people for i in subject.treatment.infusions]
    orals = [o for subject in people for o in subject.treatment.orals]
    result = {}
    for drug in (OXA, BEV):
        mine = [i for i in infusions if i.drug == drug]
        given = [i.actual for i in mine if i.actual is not None]
        result[drug] = {"received": len(given), "not_received": len(mine) - len(given), "mg": sum(given)}
    taken = [o for o in orals if o.taken]
    administrations = [
        (o, ((o.end - o.start).days + 1) * (2 if o.frequency == "BID" else 1) - o.missed) for o in taken
    ]
    result[CAP] = {
        "received": len(taken),
        "not_received": len(orals) - len(taken),
        "mg": sum(o.milligrams * number for o, number in administrations),
    }
    return result


def _exposure(subject: Subject) -> list[dict[str, Any]]:
    """The EX records: dose in mg/m2 (one decimal) or mg/kg (two decimals)."""
    records: list[dict[str, Any]] = []
    for i in subject.treatment.infusions:
        if i.actual is not None:
            dose = (
                round(i.actual / i.cycle.surface, 1) if i.drug == OXA else round(i.actual / i.cycle.weight, 2)
            )
            start, end = f"{i.cycle.day}T{i.start}", f"{i.cycle.day}T{i.end}"
            records.append(
                {"drug": i.drug, "cycle": i.cycle.number, "dose": dose, "start": start, "end": end}
            )
    for o in subject.treatment.orals:
        if o.taken:
            dose = round(o.milligrams / o.cycle.surface, 1)
            records.append(
                {"drug": CAP, "cycle": o.cycle.number, "dose": dose, "start": str(o.start), "end": str(o.end)}
            )
    return sorted(records, key=lambda record: (record["drug"], record["start"]))


def _lesions(subject: Subject) -> list[dict[str, Any]]:
    assert subject.imaging is not None
    return [
        {
            "link": lesion.link,
            "kind": {"1": "TARGET", "2": "NON-TARGET", "3": "NEW"}[lesion.kind],
            "organ": lesion.site.organ,
            "node": lesion.site.node,
            "baseline": lesion.baseline or None,
        }
        for lesion in subject.imaging.lesions
    ]


def _assessment(assessment: Assessment) -> dict[str, Any]:
    return {
        "number": assessment.number,
        "event": assessment.event,
        "date": assessment.date.isoformat(),
        "last_scan": assessment.last.isoformat(),
        "sum": assessment.sum,
        "nadir": assessment.nadir,
        "target": assessment.target or None,
        "nontarget": assessment.nontarget or None,
        "new": assessment.new or None,
        "overall": assessment.overall or None,
    }

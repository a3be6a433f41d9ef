"""The truth of time: when the subject leaves, which visits take place, which are missed."""

from __future__ import annotations

import datetime as dt

import numpy as np

from cdisc_kit.synth.atg.chance import around, between, days, happens, one_of, stream
from cdisc_kit.synth.atg.layout import Layout
from cdisc_kit.synth.atg.plan import Slot
from cdisc_kit.synth.atg.terms import FATAL
from cdisc_kit.synth.atg.truth import UNPLANNED, Death, Exit, Subject, Visit

_MAY_BE_MISSED = ("V7", "V9")
_INPATIENT = ("V2", "V3", "V4", "V5", "V6")
_FREE_GAP = 2  # days kept between an unplanned visit and any other


def set_exit(subject: Subject, slot: Slot, layout: Layout, seed: int) -> None:
    """Death, loss to follow-up or withdrawal, where the plan says so; otherwise the subject goes on."""
    rng = stream(seed, subject.index, "exit")
    if not slot.treated:
        if slot.randomised is not None:
            gone = slot.randomised.date() + days(between(rng, 1, 3))
            subject.end = min(gone, layout.cutoff)
            subject.exit = Exit(subject.end, "7", subject.end)
        return
    followed = (layout.cutoff - subject.operated).days
    if "death" in slot.roles:
        _die(subject, int(slot.roles["death"]), followed, rng)
    elif "lost" in slot.roles:
        gone = subject.operated + days(between(rng, 196, min(followed, 240)))
        subject.exit = Exit(gone, "2", dt.date.min)
        subject.status = "lost to follow-up"
    elif "withdrew" in slot.roles:
        subject.end = subject.operated + days(between(rng, 24, min(followed - 1, 150)))
        subject.exit = Exit(subject.end, "3", subject.end)
        subject.status = "withdrawn"


def _die(subject: Subject, course: int, followed: int, rng: np.random.Generator) -> None:
    category, cause, _ = FATAL[course]
    least = 210 if category == "RECURRENCE" else 22
    date = subject.operated + days(between(rng, least, min(followed - 1, 330)))
    place = "HOME" if category == "RECURRENCE" else "HOSPITAL"
    source = "FAMILY" if place == "HOME" else one_of(rng, ("RECORD", "CERTIFICATE"), (0.8, 0.2))
    subject.death = Death(date, cause, category, place, source)
    subject.end = date
    subject.exit = Exit(date, "1", date)
    subject.status = "died"


def set_visits(subject: Subject, slot: Slot, layout: Layout, seed: int) -> None:
    """Planned visits up to the exit or the cut-off, then the unplanned ones between them."""
    rng = stream(seed, subject.index, "visits")
    subject.visits = [Visit("V1", slot.visited, "1")]
    if subject.transplant is None:
        return
    last_day = _last_clinical_day(subject, layout)
    for planned in list(layout.visits.values())[1:]:
        date = _date(subject, planned.code, layout, rng)
        skipped = planned.code in _MAY_BE_MISSED and happens(rng, 0.05)
        mode = _mode(planned.code, rng)
        if date <= last_day and not skipped:
            subject.visits.append(Visit(planned.code, date, mode))
    _close(subject, layout)
    _add_unplanned(subject, slot, rng)
    subject.visits.sort(key=lambda visit: visit.date)


def _last_clinical_day(subject: Subject, layout: Layout) -> dt.date:
    if subject.death is not None:
        return subject.death.date - days(1)
    if subject.status == "lost to follow-up":
        return subject.operated + days(layout.visits["V8"].last_pod)
    return subject.end


def _date(subject: Subject, code: str, layout: Layout, rng: np.random.Generator) -> dt.date:
    planned = layout.visits[code]
    spread = (planned.last_pod - planned.first_pod) / 4
    offset = around(rng, planned.nominal_pod, spread / 2, planned.first_pod, planned.last_pod)
    return subject.operated + days(round(offset))


def _mode(code: str, rng: np.random.Generator) -> str:
    if code in _INPATIENT:
        return "3"
    if code == "V9":
        return one_of(rng, ("1", "2"), (0.92, 0.08))
    return one_of(rng, ("1", "3"), (0.95, 0.05))


def _close(subject: Subject, layout: Layout) -> None:
    """Completion, the last contact of the lost, and the planned visits that were due and did not happen."""
    last = max(visit.date for visit in subject.visits)
    if any(visit.code == "V10" for visit in subject.visits):
        subject.status, subject.end = "completed", last
        subject.exit = Exit(last, "", last)
    elif subject.status == "lost to follow-up" and subject.exit is not None:
        subject.end = last
        subject.exit = Exit(subject.exit.date, "2", last)
    left = min(subject.exit.date, layout.cutoff) if subject.exit else layout.cutoff
    attended = {visit.code for visit in subject.visits}
    subject.missed = [
        planned.code
        for planned in layout.visits.values()
        if planned.code not in attended and subject.operated + days(planned.last_pod) < left
    ]


def _add_unplanned(subject: Subject, slot: Slot, rng: np.random.Generator) -> None:
    if slot.roles.get("rejection") in ("cause", "clinical", "antibody"):
        _add(subject, subject.operated + days(between(rng, 20, 75)), "rejection")
    if "check" in slot.roles:
        span = (subject.end - subject.operated).days
        _add(subject, subject.operated + days(between(rng, 42, max(42, span - 8))), "check")
    if subject.death is not None:
        mode = "3" if subject.death.place == "HOSPITAL" else "2"
        subject.visits.append(Visit(UNPLANNED, subject.death.date, mode, "death"))
    elif subject.status == "lost to follow-up" and subject.exit is not None:
        subject.visits.append(Visit(UNPLANNED, subject.exit.date, "2", "lost"))


def _add(subject: Subject, date: dt.date, purpose: str) -> None:
    """An unplanned visit on the first day from `date` that is clear of the other visits."""
    taken = [visit.date for visit in subject.visits]
    while any(abs((date - other).days) < _FREE_GAP for other in taken):
        date += days(1)
    if date < subject.end:
        subject.visits.append(Visit(UNPLANNED, date, "1", purpose))

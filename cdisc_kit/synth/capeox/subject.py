"""The hidden truth of one subject: screening, imaging, treatment, how it ended, and the visits made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from cdisc_kit.synth.capeox.cast import Role
from cdisc_kit.synth.capeox.chance import Chance
from cdisc_kit.synth.capeox.imaging import Imaging, baseline_imaging, draw_imaging, schedule
from cdisc_kit.synth.capeox.lesions import draw_lesions
from cdisc_kit.synth.capeox.person import Person, draw_person
from cdisc_kit.synth.capeox.protocol import Protocol
from cdisc_kit.synth.capeox.toxicity import Event, draw_events
from cdisc_kit.synth.capeox.treatment import BEV, DRUGS, OXA, Treatment, draw_treatment


class Visit(NamedTuple):
    event: str
    date: dt.date


class Contact(NamedTuple):
    """One survival follow-up: the visit it belongs to, how, and what was learnt (code of FU.SURV)."""

    event: str
    date: dt.date
    mode: str
    status: str


@dataclass
class Subject:
    """`stop`: when the decision to end treatment was made; `left`: end of participation; `until`: last day
    on which anything about the living subject was recorded."""

    person: Person
    role: Role
    imaging: Imaging | None = None
    treatment: Treatment = field(default_factory=Treatment)
    events: list[Event] = field(default_factory=list)
    stop: dt.date | None = None
    death: dt.date | None = None
    left: dt.date | None = None
    ending: str = ""
    until: dt.date = dt.date.min
    visits: list[Visit] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    next_therapy: dt.date | None = None
    discontinued: dict[str, tuple[dt.date, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.person.subjid

    @property
    def treated(self) -> bool:
        return self.person.first_dose is not None

    def chance(self, seed: int, topic: str) -> Chance:
        return Chance(seed, self.person.number, topic)


def draw_subject(number: int, subjects: int, role: Role, seed: int, protocol: Protocol) -> Subject:
    """Everything that happens to subject `number` (from 0) up to the cut-off."""
    person = draw_person(number, subjects, role, protocol, Chance(seed, number, "person"))
    subject = Subject(person, role)
    if role.imaged:
        _image(subject, seed, protocol)
    if subject.treated:
        _treat(subject, seed, protocol)
        _follow(subject, seed, protocol)
    else:
        _leave_untreated(subject)
    subject.events = draw_events(
        role, subject.treatment, person.screening, subject.until, subject.chance(seed, "safety")
    )
    return subject


def _leave_untreated(subject: Subject) -> None:
    person, role = subject.person, subject.role
    subject.visits = [Visit("SCR", person.screening)]
    subject.ending = "WITHDRAWN" if role.stop == "WITHDRAWN" else "FAILED"
    subject.left = subject.until = (person.enrolled or person.lab) + dt.timedelta(days=2)


def _image(subject: Subject, seed: int, protocol: Protocol) -> None:
    person, role = subject.person, subject.role
    chance = subject.chance(seed, "imaging")
    lesions = draw_lesions(role, subject.chance(seed, "lesions"))
    baseline = baseline_imaging(lesions, person.baseline_scan, chance)
    visits = []
    if person.first_dose:
        # Who is lost, withdraws or dies is not imaged any more; who stops for toxicity is.
        gone = role.stop in ("LOST", "WITHDRAWN", "DEATH")
        until = person.first_dose + dt.timedelta(days=role.stop_day) if gone else protocol.cutoff
        visits = schedule(person.first_dose, min(until, protocol.cutoff), role, protocol, chance)
    subject.imaging = draw_imaging(lesions, baseline, visits, role, chance)


def _treat(subject: Subject, seed: int, protocol: Protocol) -> None:
    person, role = subject.person, subject.role
    assert person.first_dose is not None and subject.imaging is not None
    stop = subject.imaging.progression
    if role.stop_day:
        stop = person.first_dose + dt.timedelta(days=role.stop_day)
    if stop and stop > protocol.cutoff:
        stop = None
    subject.treatment = draw_treatment(person, role, stop, protocol, subject.chance(seed, "treatment"))
    cycles = subject.treatment.cycles
    finished = cycles[-1].day + dt.timedelta(days=protocol.cycle_days - 1)
    if not stop and len(cycles) == protocol.max_cycles and finished <= protocol.cutoff:
        stop = finished
    subject.stop = stop
    _discontinue(subject)


def _discontinue(subject: Subject) -> None:
    """Per drug, the last dose and the reason for ending (code of EOT.EOTRSN), where it has ended."""
    role, treatment = subject.role, subject.treatment
    early = next((i for i in treatment.infusions if i.adjustment == "STOPPED"), None)
    progressed = subject.imaging is not None and subject.imaging.progression == subject.stop
    reasons = {"WITHDRAWN": "SUBJECT", "AE": "PHYSICIAN", "LOST": "LOST", "DEATH": "DEATH"}
    for drug in DRUGS:
        reason = "PD" if progressed else reasons.get(role.stop, "COMPLETED")
        if (drug == OXA and early) or (drug == BEV and reason == "PHYSICIAN"):
            reason = "AE"
        if subject.stop or (drug == OXA and early):
            subject.discontinued[drug] = (treatment.last_dose(drug), reason)


def _follow(subject: Subject, seed: int, protocol: Protocol) -> None:
    """Visits, contacts, next therapy and the end of participation."""
    role, stop, cutoff = subject.role, subject.stop, protocol.cutoff
    chance = subject.chance(seed, "follow-up")
    assert subject.imaging is not None
    subject.visits = [Visit("SCR", subject.person.screening)]
    subject.visits += [Visit(f"C{c.number}D1", c.day) for c in subject.treatment.cycles]
    subject.visits += _unscheduled(subject)
    if stop and role.survival and stop + dt.timedelta(days=role.survival) <= cutoff:
        subject.death = stop + dt.timedelta(days=role.survival)
    if stop and role.stop == "LOST":
        subject.left, subject.ending = min(stop + dt.timedelta(days=84), cutoff), "LOST"
    elif stop and role.stop == "WITHDRAWN":
        subject.left, subject.ending = stop + dt.timedelta(days=1), "WITHDRAWN"
    elif stop and role.stop != "DEATH":
        _visits_after_treatment(subject, stop, protocol, chance)
    if subject.death:
        subject.left, subject.ending = subject.death, "DEATH"
        number = 1 + sum(c.event.startswith("SURV") for c in subject.contacts)
        subject.contacts.append(
            Contact(f"SURV{number}", subject.death, chance.choice(("PHONE", "WARD")), "DEAD")
        )
    if subject.ending == "LOST" and subject.left:
        subject.contacts.append(Contact("SURV1", subject.left, "PHONE", "LOST"))
    subject.until = _last_day(subject, cutoff)
    _next_therapy(subject, chance)


def _unscheduled(subject: Subject) -> list[Visit]:
    """Low counts are found at visits outside the schedule."""
    due = {cycle.number: cycle.due for cycle in subject.treatment.cycles}
    offsets = {"NEUTROPENIA": 0, "PLATELETS": -9}
    return [
        Visit("UNS", due[number] + dt.timedelta(days=offsets[kind]))
        for number, kind in subject.role.toxicity
        if kind in offsets and number in due
    ]


def _visits_after_treatment(subject: Subject, stop: dt.date, protocol: Protocol, chance: Chance) -> None:
    last, horizon = subject.treatment.last_day(), min(subject.death or protocol.cutoff, protocol.cutoff)
    extra = subject.role.extra
    end = max(stop, last) + dt.timedelta(days=chance.integer(1, 5))
    if extra and extra[0] == "EOT" and subject.person.first_dose:
        end = subject.person.first_dose + dt.timedelta(days=extra[1])
    safety = last + dt.timedelta(days=protocol.sfu_days + chance.integer(-3, 6))
    planned = [Visit("EOT", end), Visit("SFU", max(safety, end + dt.timedelta(days=3)))]
    weeks = [protocol.survival_weeks * k for k in range(1, protocol.survival_visits + 1)]
    planned += [
        Visit(f"SURV{k}", last + dt.timedelta(days=7 * week + chance.integer(-5, 5)))
        for k, week in enumerate(weeks, 1)
    ]
    made = [
        visit for visit in planned if visit.date < horizon or (visit.date == horizon and not subject.death)
    ]
    subject.visits += [visit for visit in made if not visit.event.startswith("SURV")]
    subject.contacts += [
        Contact(
            v.event,
            v.date,
            "CLINIC" if v.event == "SFU" else chance.choice(("CLINIC", "PHONE", "PHONE")),
            "ALIVE",
        )
        for v in made
        if v.event != "EOT"
    ]
    if made and made[-1].event == f"SURV{protocol.survival_visits}":
        subject.left, subject.ending, subject.death = made[-1].date, "COMPLETED", None


def _last_day(subject: Subject, cutoff: dt.date) -> dt.date:
    """Death, or the last visit, scan, dose or contact of the living."""
    if subject.death:
        return subject.death
    assert subject.imaging is not None
    days = [visit.date for visit in subject.visits] + [a.last for a in subject.imaging.assessments]
    days += [contact.date for contact in subject.contacts if contact.status == "ALIVE"]
    days.append(subject.treatment.last_day())
    return min(max(days), cutoff)


def _next_therapy(subject: Subject, chance: Chance) -> None:
    """The next anti-cancer therapy is learnt at a follow-up contact after its start."""
    start = subject.stop
    if not subject.role.subsequent or not start:
        return
    began = start + dt.timedelta(days=chance.integer(20, 45))
    if any(contact.date >= began for contact in subject.contacts) and began < subject.until:
        subject.next_therapy = began

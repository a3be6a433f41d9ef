"""The truth of adverse events, infections and the drugs given for them."""

from __future__ import annotations

import datetime as dt

import numpy as np

from cdisc_kit.synth.atg import terms
from cdisc_kit.synth.atg.chance import between, days, happens, one_of, stream
from cdisc_kit.synth.atg.plan import Slot
from cdisc_kit.synth.atg.screening import partial
from cdisc_kit.synth.atg.terms import DRUGS, InfectionTerm
from cdisc_kit.synth.atg.treatment import ending
from cdisc_kit.synth.atg.truth import AdverseEvent, Infection, Medication, Subject

_FATAL_GRADE = 5
_NOT_APPLICABLE = "9"
_SERIOUS_FROM = 4
_EARLY = 88  # an infection of the plan starts by this postoperative day, inside the 90-day window


def suffer(subject: Subject, slot: Slot, seed: int) -> None:
    """Every adverse event of a treated subject, numbered by start date."""
    rng = stream(seed, subject.index, "events")
    events = [*_of_the_roles(subject, slot, rng), *_infections(subject, slot, rng)]
    used = {event.text for event in events}
    for term in terms.EVENTS:
        share = term.atg if subject.arm == "ATG" else term.bas
        if happens(rng, share) and term.text not in used:
            event = _ordinary(subject, term, rng)
            if event is not None:
                events.append(event)
    subject.events = sorted(events, key=lambda event: (event.start, event.text))
    for number, event in enumerate(subject.events, start=1):
        event.number = number


def _make(
    subject: Subject,
    text: str,
    start: dt.date,
    length: int,
    rng: np.random.Generator,
    *,
    grade: int,
    relation: str,
    action: str,
    criteria: str = "",
    infection: Infection | None = None,
) -> AdverseEvent:
    """An event that ends after `length` days if the subject is still followed then."""
    end = start + days(length)
    ended = end < subject.end
    outcome = one_of(rng, ("1", "4"), (0.97, 0.03)) if ended else one_of(rng, ("3", "2"))
    if grade >= _SERIOUS_FROM and not criteria:
        criteria = "2"
    return AdverseEvent(
        text, start, end if ended else None, grade, relation, action, outcome, criteria, infection
    )


def _of_the_roles(subject: Subject, slot: Slot, rng: np.random.Generator) -> list[AdverseEvent]:
    """The events behind a withheld or halved infusion, a lost graft, a bleeding biopsy, a death."""
    roles, day0, events = slot.roles, subject.operated, []
    stop = roles.get("stop", "")
    next_day = day0 + days(1)
    if subject.arm == "ATG" and stop == "1":
        event = _make(subject, terms.LEUKOPENIA, next_day, 9, rng, grade=3, relation="2", action="4")
        events.append(event)
    elif subject.arm == "ATG" and stop == "3":
        reaction = terms.INFUSION_REACTION
        events.append(_make(subject, reaction, day0, 1, rng, grade=3, relation="1", action="4", criteria="6"))
    elif stop == "2":
        events.append(_infect(subject, terms.INFECTIONS[0], day0 + days(3), "4", rng))
    if "halve" in roles:
        event = _make(subject, terms.LEUKOPENIA, next_day, 6, rng, grade=2, relation="2", action="2")
        events.append(event)
    if subject.graft_loss is not None and subject.graft_loss.retransplanted is not None:
        events.append(_graft_failure(subject, subject.graft_loss.date, rng))
    if "bleeding" in roles:
        events += _bleeding(subject, rng)
    return events + _fatal(subject, slot, rng)


def _graft_failure(subject: Subject, lost: dt.date, rng: np.random.Generator) -> AdverseEvent:
    text, action = terms.GRAFT_FAILURE, _NOT_APPLICABLE
    return _make(subject, text, lost, 16, rng, grade=4, relation="5", action=action, criteria="2;3")


def _bleeding(subject: Subject, rng: np.random.Generator) -> list[AdverseEvent]:
    done = next((b for b in subject.biopsies if b.specimen and b.visit.code == "V6"), None)
    if done is None:
        return []
    grade = between(rng, 1, 2)
    text, day, action = terms.BIOPSY_BLEEDING, done.visit.date, _NOT_APPLICABLE
    event = _make(subject, text, day, 8, rng, grade=grade, relation="5", action=action)
    done.event = event
    return [event]


def _fatal(subject: Subject, slot: Slot, rng: np.random.Generator) -> list[AdverseEvent]:
    if subject.death is None:
        return []
    text = terms.FATAL[int(slot.roles["death"])][2]
    if not text:
        return []
    lost = subject.graft_loss
    start = lost.date if lost else subject.death.date - days(between(rng, 0, 5))
    infection = None
    if text == terms.SEPSIS.text:
        organism = one_of(rng, terms.SEPSIS.organisms)
        infection = Infection(terms.SEPSIS.site, terms.SEPSIS.type, organism, "2", terms.SEPSIS.drug, "V")
    return [
        AdverseEvent(
            text,
            start,
            subject.death.date,
            _FATAL_GRADE,
            one_of(rng, ("4", "5")),
            _NOT_APPLICABLE,
            "5",
            "1;3",
            infection,
        )
    ]


def _ordinary(subject: Subject, term: terms.Event, rng: np.random.Generator) -> AdverseEvent | None:
    start = subject.operated + days(between(rng, term.first, term.last))
    length = between(rng, term.shortest, term.longest)
    grade = one_of(rng, term.grades)
    related = term.related and subject.arm == "ATG"
    relation = one_of(rng, ("1", "2", "2", "3")) if related else one_of(rng, "34455556")
    if start >= subject.end:
        return None
    criteria = "3" if grade == 3 and happens(rng, 0.3) else ""
    action = "1" if start <= _last_infusion(subject) else _NOT_APPLICABLE
    if action == "1" and related and start == subject.operated and happens(rng, 0.3):
        action = "5"
    return _make(
        subject,
        term.text,
        start,
        length,
        rng,
        grade=grade,
        relation=relation,
        action=action,
        criteria=criteria,
    )


def _last_infusion(subject: Subject) -> dt.date:
    return max(i.start.date() for i in subject.given if i.start is not None)


def _infections(subject: Subject, slot: Slot, rng: np.random.Generator) -> list[AdverseEvent]:
    weights = (4, 2, 3, 3, 2, 2, 2, 1, 1, 1)
    events = []
    if "infection" in slot.roles:
        span = min(_EARLY, (subject.end - subject.operated).days - 1)
        start = subject.operated + days(between(rng, 3, span))
        events.append(_infect(subject, one_of(rng, terms.INFECTIONS, weights), start, "", rng))
    late = subject.operated + days(between(rng, 95, 300))
    if happens(rng, 0.10) and late < subject.end:
        events.append(_infect(subject, one_of(rng, terms.INFECTIONS[-4:]), late, "", rng))
    return events


def _infect(
    subject: Subject, term: InfectionTerm, start: dt.date, action: str, rng: np.random.Generator
) -> AdverseEvent:
    grade = 3 if action else one_of(rng, (2, 2, 3, 3, 4))
    clavien = {2: "II", 3: "IIIa", 4: "IVa"}[grade]
    organism = one_of(rng, term.organisms)
    infection = Infection(term.site, term.type, organism, "2" if organism else "1", term.drug, clavien)
    relation = one_of(rng, ("2", "3", "3", "4"))
    criteria = {2: "", 3: one_of(rng, ("3", "")), 4: "2;3"}[grade]
    if not action:
        action = "1" if start <= _last_infusion(subject) else _NOT_APPLICABLE
    length = between(rng, 6, 24)
    return _make(
        subject,
        term.text,
        start,
        length,
        rng,
        grade=grade,
        relation=relation,
        action=action,
        criteria=criteria,
        infection=infection,
    )


def medicate(subject: Subject, seed: int) -> None:
    """A20: what was given for events and rejection, and the drugs taken anyway."""
    rng = stream(seed, subject.index, "medications")
    drug_of = {term.text: term.drug for term in terms.EVENTS if term.drug}
    lines = []
    for event in subject.events:
        text = event.infection.treatment if event.infection else drug_of.get(event.text, "")
        if text and (event.infection or event.grade > 1):
            lines.append(_given(text, event.text, event.start.isoformat(), event.end, event))
    for episode in subject.rejections:
        if "1" in episode.treatment.split(";"):
            end = ending(subject, episode.date + days(2))
            lines.append(_given("甲泼尼龙琥珀酸钠", "急性排斥反应", episode.date.isoformat(), end))
    lines += _standing(subject, rng)
    subject.medications = sorted(lines, key=lambda line: (line.start, line.text))


def _given(
    text: str, indication: str, start: str, end: dt.date | None, event: AdverseEvent | None = None
) -> Medication:
    drug = DRUGS[text]
    return Medication(
        text, drug.cls, indication, drug.dose, drug.unit, drug.frequency, drug.route, start, end, event
    )


def _standing(subject: Subject, rng: np.random.Generator) -> list[Medication]:
    day0, lines = subject.operated, []
    forever = ending(subject, day0 + days(9999))
    before = partial(subject.attempts[0].consent - days(between(rng, 200, 2500)), rng, 0.3, 0.5)
    conditions = {item.text for item in subject.history}
    if terms.HEPATITIS_B in conditions:
        drug = one_of(rng, ("恩替卡韦", "富马酸丙酚替诺福韦"))
        lines.append(_given(drug, terms.HEPATITIS_B, before, forever))
    if terms.HYPERTENSION in conditions:
        lines.append(_given("硝苯地平控释片", terms.HYPERTENSION, before, forever))
    if happens(rng, 0.6):
        end = ending(subject, day0 + days(90))
        lines.append(_given("复方磺胺甲噁唑", "预防肺孢子菌肺炎", (day0 + days(7)).isoformat(), end))
    if happens(rng, 0.25):
        lines.append(_given("阿司匹林肠溶片", "预防肝动脉血栓", (day0 + days(5)).isoformat(), forever))
    return lines

"""Forms A15 to A19 and A21: biopsies, pathology, rejection, infections, adverse events, follow-up."""

from __future__ import annotations

from cdisc_kit.synth.atg.pages import Forms, Row, day_text, log_date, page, visit_page, yes
from cdisc_kit.synth.atg.truth import AdverseEvent, Biopsy, FollowUp, Rejection, Subject

_ASKED_AT = ("V6", "V8")


def print_graft(subject: Subject) -> Forms:
    """The pages of the graft and of safety."""
    forms: Forms = {
        "A15": [_biopsy(subject, n, b) for n, b in enumerate(subject.biopsies, start=1)],
        "A16": [_pathology(subject, b) for b in subject.biopsies if b.specimen],
        "A17": _rejections(subject),
        "A18": [],
        "A19": [_event(subject, event) for event in subject.events],
        "A21": [_follow_up(subject, n, f) for n, f in enumerate(subject.followups, start=1)],
    }
    infections = [event for event in subject.events if event.infection]
    forms["A18"] = [_infection(subject, n, e) for n, e in enumerate(infections, start=1)]
    return forms


def _biopsy(subject: Subject, row: int, biopsy: Biopsy) -> Row:
    done = bool(biopsy.specimen)
    return visit_page(
        subject,
        biopsy.visit,
        ROWNO=str(row),
        BXTYPE=biopsy.type,
        BXDONE=yes(done),
        BXNDRS=biopsy.not_done,
        BXDT=biopsy.visit.date.isoformat() if done else "",
        BXTM=biopsy.time,
        BXIND=biopsy.indication,
        BXMETH=biopsy.method,
        BXNO=biopsy.specimen,
        BXADQ=yes(biopsy.adequate) if done else "",
        BXAE=str(biopsy.event.number) if biopsy.event else "",
    )


def _pathology(subject: Subject, biopsy: Biopsy) -> Row:
    reading = biopsy.pathology
    if reading is None:
        raise ValueError("a biopsy that was done has a reading")
    return page(
        subject,
        None,
        BXNO=biopsy.specimen,
        RPTDT=reading.reported.isoformat(),
        PORTAL=str(reading.portal),
        BILE=str(reading.bile),
        VENOUS=str(reading.venous),
        RAI=str(reading.rai),
        BANFFDX=reading.diagnosis,
        C4D=reading.c4d,
        NPORTAL=str(reading.tracts),
        PATHTXT=reading.text,
        PATHOLOGIST=f"病理医师{subject.site}",
    )


def _rejections(subject: Subject) -> list[Row]:
    """Every episode on its visit; at V6 and V8 an explicit 否 where none occurred since the last question."""
    episodes = {id(episode.visit): episode for episode in subject.rejections}
    rows: list[Row] = []
    since = 0
    for visit in subject.visits:
        episode = episodes.get(id(visit))
        if episode is not None:
            rows.append(_episode(subject, episode))
            since += 1
        elif visit.code in _ASKED_AT and not since:
            rows.append(visit_page(subject, visit, AROCC="N"))
        if visit.code in _ASKED_AT:
            since = 0
    for number, row in enumerate(rows, start=1):
        row["ROWNO"] = str(number)
    return rows


def _episode(subject: Subject, episode: Rejection) -> Row:
    return visit_page(
        subject,
        episode.visit,
        AROCC="Y",
        ARDT=episode.date.isoformat(),
        ARBASIS=episode.basis,
        ARBXNO=episode.specimen,
        ARGRADE=episode.grade,
        ARTRT=episode.treatment,
        ARSTERES=yes(episode.steroid_resistant),
        AROUT=episode.outcome,
        ARENDT=day_text(episode.resolved),
    )


def _infection(subject: Subject, row: int, event: AdverseEvent) -> Row:
    infection = event.infection
    if infection is None:
        raise ValueError("A18 is printed for infections only")
    return page(
        subject,
        log_date(subject, event.start),
        ROWNO=str(row),
        INFAENO=str(event.number),
        INFSITE=infection.site,
        INFTYPE=infection.type,
        INFORG=infection.organism,
        INFDX=infection.basis,
        INFDT=event.start.isoformat(),
        INFTRT=infection.treatment,
        CLAVIEN=infection.clavien,
    )


def _event(subject: Subject, event: AdverseEvent) -> Row:
    treated = any(line.event is event for line in subject.medications)
    return page(
        subject,
        log_date(subject, event.start),
        ROWNO=str(event.number),
        AETXT=event.text,
        AESTDT=event.start.isoformat(),
        AEENDT=day_text(event.end),
        AEONGO=yes(event.end is None),
        AEGR=str(event.grade),
        AESERZH=yes(event.serious),
        AESERCR=event.criteria,
        AERELI=event.relation,
        AEACT=event.action,
        AECMTRT=yes(treated),
        AEOUTZH=event.outcome,
        AEINF=yes(event.infection is not None),
    )


def _follow_up(subject: Subject, row: int, entry: FollowUp) -> Row:
    lost = entry.survival == "3"
    loss = entry.loss
    again = loss.retransplanted if loss else None
    return visit_page(
        subject,
        entry.visit,
        ROWNO=str(row),
        FUDT=entry.visit.date.isoformat(),
        FUMODE=entry.visit.mode,
        SURV=entry.survival,
        GRAFT=entry.graft,
        GRLOSSDT=day_text(loss.date if loss else None),
        GRLOSSRS=loss.reason if loss else "",
        RETX="" if lost else yes(again is not None),
        RETXDT=day_text(again),
        RECUR=entry.recurrence,
        RECDT=day_text(entry.recurred),
        RECSITE=entry.recurred_at,
    )

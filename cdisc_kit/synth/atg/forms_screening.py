"""Forms A01 to A06: consent, criteria, randomisation, tumour, earlier treatment, history."""

from __future__ import annotations

from cdisc_kit.synth.atg.chance import days
from cdisc_kit.synth.atg.pages import Forms, page, yes
from cdisc_kit.synth.atg.terms import CRITERIA, UNMET_NOTES
from cdisc_kit.synth.atg.truth import Attempt, Subject


def print_screening(subject: Subject) -> Forms:
    """The screening forms; an earlier, failed attempt has its consent and criteria only."""
    forms: Forms = {name: [] for name in ("A01", "A02", "A03", "A04", "A05", "A06")}
    for attempt in subject.attempts:
        forms["A01"].append(_consent(subject, attempt))
        if attempt.asked:
            forms["A02"] += _criteria(subject, attempt)
    if subject.randomised is not None:
        forms["A03"].append(_randomisation(subject))
    visited = subject.visits[0].date
    if subject.hcc:
        forms["A04"].append(page(subject, visited, VISIT="V1", VISDT=visited.isoformat(), **subject.hcc))
    for number, line in enumerate(subject.therapies, start=1):
        forms["A05"].append(
            page(
                subject,
                visited,
                ROWNO=str(number),
                TXCLASS=line.cls,
                TXNAME=line.name,
                TXDOSE=line.dose,
                TXDOSEU=line.unit,
                TXFRQ=line.frequency,
                NCYC=line.cycles,
                TXSTDT=line.start,
                TXENDT=line.end,
                LASTDOSE=line.last_dose,
                TXBEST=line.best,
                TXRSN=line.reason,
            )
        )
    for number, item in enumerate(subject.history, start=1):
        forms["A06"].append(
            page(
                subject,
                visited,
                ROWNO=str(number),
                MHTXT=item.text,
                MHSTDT=item.start,
                MHONGO=yes(item.ongoing),
                MHENDT=item.end,
            )
        )
    return forms


def _visit_day(subject: Subject, attempt: Attempt) -> str:
    """The screening visit of an attempt; the last attempt's is the subject's V1."""
    last = attempt is subject.attempts[-1]
    return (subject.visits[0].date if last else attempt.consent + days(1)).isoformat()


def _consent(subject: Subject, attempt: Attempt) -> dict[str, str]:
    return page(
        subject,
        attempt.closed,
        attempt.subjno,
        VISIT="V1",
        VISDT=_visit_day(subject, attempt),
        ICFDT=attempt.consent.isoformat(),
        ICFVER="V1.0",
        BRTHDT=subject.birth.isoformat(),
        SEXZH=subject.sex,
        NATION=subject.nation,
        SCRNO=attempt.screening_no,
        PREVSUBJ=attempt.previous,
        SCRRES=attempt.result,
        SCRFAILRS=attempt.failure,
    )


def _criteria(subject: Subject, attempt: Attempt) -> list[dict[str, str]]:
    rows = []
    for code, text in CRITERIA.items():
        unmet = code in attempt.unmet
        answer = "1" if code.startswith("I") != unmet else "2"
        if code == "E06" and subject.sex == "1":
            answer = "9"
        rows.append(
            page(
                subject,
                attempt.closed,
                attempt.subjno,
                VISIT="V1",
                VISDT=_visit_day(subject, attempt),
                IENO=code,
                IETXT=text,
                IERES=answer,
                IECMT=UNMET_NOTES.get(code, "") if unmet else "",
            )
        )
    return rows


def _randomisation(subject: Subject) -> dict[str, str]:
    if subject.randomised is None:
        raise ValueError("the subject was not randomised")
    return page(
        subject,
        subject.randomised.date(),
        RANDDT=subject.randomised.date().isoformat(),
        RANDTM=subject.randomised.strftime("%H:%M"),
        RANDNO=subject.randno,
        RANDGRP=subject.arm,
        RANDBY=f"随机管理员{subject.site}",
    )

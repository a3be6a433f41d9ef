"""Forms A07 to A09 and A20: operation, induction, maintenance, concomitant drugs."""

from __future__ import annotations

import datetime as dt

from cdisc_kit.synth.atg.pages import Forms, day_text, log_date, number, page, yes
from cdisc_kit.synth.atg.truth import Infusion, Medication, Subject


def print_treatment(subject: Subject) -> Forms:
    """The pages of what was done and given."""
    forms: Forms = {"A07": [], "A08": [], "A09": [], "A20": []}
    if subject.transplant is None:
        return forms
    forms["A07"].append(_operation(subject))
    forms["A08"] = [_infusion(subject, infusion) for infusion in subject.infusions]
    forms["A09"] = [_maintenance(subject, n, m) for n, m in enumerate(subject.maintenance, start=1)]
    forms["A20"] = [_medication(subject, n, m) for n, m in enumerate(subject.medications, start=1)]
    return forms


def _operation(subject: Subject) -> dict[str, str]:
    transplant = subject.transplant
    if transplant is None:
        raise ValueError("the subject was not transplanted")
    day = transplant.start.date()
    return page(
        subject,
        log_date(subject, day),
        VISIT="V2",
        VISDT=day.isoformat(),
        LTDT=day.isoformat(),
        LTSTTM=_time(transplant.start),
        LTENTM=_time(transplant.end),
        DONTYPE=transplant.donor,
        LTTYPE=transplant.graft,
        LTCAVA=transplant.cava,
        ABOCOMP=transplant.abo,
        CIT=str(transplant.cold),
        WIT=str(transplant.warm),
        ANHEP=str(transplant.anhepatic),
        BLOODLOSS=str(transplant.blood),
        EXPLPATH=transplant.explant,
    )


def _time(moment: dt.datetime | None) -> str:
    return moment.strftime("%H:%M") if moment else ""


def _infusion(subject: Subject, infusion: Infusion) -> dict[str, str]:
    start, end = infusion.start, infusion.end
    return page(
        subject,
        start.date() if start else subject.operated,
        ROWNO=str(infusion.number),
        INDDRUG=subject.arm,
        INDPLAN=infusion.planned,
        INDWT=f"{subject.weight:.1f}" if subject.arm == "ATG" else "",
        INDGIVEN=yes(infusion.given),
        INDDOSE=number(infusion.dose) if infusion.given else "",
        INDSTDT=day_text(start.date() if start else None),
        INDSTTM=_time(start),
        INDENDT=day_text(end.date() if end else None),
        INDENTM=_time(end),
        INDNOTRS=infusion.reason,
        INDADJ=infusion.adjusted,
        INDLOT=infusion.lot,
    )


def _maintenance(subject: Subject, row: int, line: Medication) -> dict[str, str]:
    return page(
        subject,
        dt.date.fromisoformat(line.start),
        ROWNO=str(row),
        IMSDRUG=line.cls,
        IMSDOSE=line.dose,
        IMSDOSU=line.unit,
        IMSFRQ=line.frequency,
        IMSRTE=line.route,
        IMSSTDT=line.start,
        IMSENDT=day_text(line.end),
        IMSONGO=yes(line.end is None),
        IMSRSN=line.indication,
    )


def _medication(subject: Subject, row: int, line: Medication) -> dict[str, str]:
    recorded = dt.date.fromisoformat(line.start) if len(line.start) == 10 else subject.operated
    return page(
        subject,
        log_date(subject, max(recorded, subject.operated)),
        ROWNO=str(row),
        CMTXT=line.text,
        CMCLASSZH=line.cls,
        CMINDZH=line.indication,
        CMAENO=str(line.event.number) if line.event else "",
        CMDOSE=line.dose,
        CMDOSU=line.unit,
        CMFRQ=line.frequency,
        CMRTE=line.route,
        CMSTDT=line.start,
        CMENDT=day_text(line.end),
        CMONGO=yes(line.end is None),
    )

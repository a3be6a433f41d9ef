"""Forms A22 to A24: death, end of study, protocol deviations; and the remarks in the margin of any form."""

from __future__ import annotations

from cdisc_kit.synth.atg.chance import between, days, happens, one_of, stream
from cdisc_kit.synth.atg.pages import Forms, Row, log_date, page
from cdisc_kit.synth.atg.terms import DEVIATIONS, REMARK_NOT_OPERATED, REMARKS
from cdisc_kit.synth.atg.truth import Subject

_REMARK_RATE = 0.02
_DEVIATION_RATE = 0.06


def print_outcome(subject: Subject, seed: int) -> Forms:
    """The pages of the end, and a deviation for a few."""
    forms: Forms = {"A22": [], "A23": [], "A24": _deviations(subject, seed)}
    if subject.death is not None:
        death = subject.death
        forms["A22"].append(
            page(
                subject,
                death.date,
                DTHDT=death.date.isoformat(),
                DTHCAUSE=death.cause,
                DTHCAT=death.category,
                DTHPLACE=death.place,
                DTHSRC=death.source,
            )
        )
    if subject.exit is not None:
        left = subject.exit
        row = page(
            subject,
            left.date,
            EOSDT=left.date.isoformat(),
            EOSRES="2" if left.reason else "1",
            EOSRSN=left.reason,
            LASTCONT=left.last_contact.isoformat(),
        )
        if left.reason == "7":
            row["REMARK"] = REMARK_NOT_OPERATED
        forms["A23"].append(row)
    return forms


def _deviations(subject: Subject, seed: int) -> list[Row]:
    rng = stream(seed, subject.index, "deviations")
    if subject.transplant is None or not happens(rng, _DEVIATION_RATE):
        return []
    text, category, severity = one_of(rng, DEVIATIONS)
    span = max(1, (subject.end - subject.operated).days)
    date = subject.operated + days(between(rng, 1, min(span, 120)))
    return [
        page(
            subject,
            log_date(subject, date),
            ROWNO="1",
            DVTXT=text,
            DVCATZH=category,
            DVSEVZH=severity,
            DVDT=date.isoformat(),
        )
    ]


def annotate(subject: Subject, forms: Forms, seed: int) -> None:
    """Write a remark on a few rows of the subject's forms (in place: the forms are still being made)."""
    rng = stream(seed, subject.index, "remarks")
    for name, remarks in REMARKS.items():
        for row in forms.get(name, []):
            if happens(rng, _REMARK_RATE):
                row["REMARK"] = one_of(rng, remarks)

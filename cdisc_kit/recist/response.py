"""Non-target, new-lesion and overall response, and a whole history of them (RECIST 1.1, section 4.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cdisc_kit.recist.lesion import (
    ABSENT,
    CR,
    EQUIVOCAL,
    NA,
    NE,
    NED,
    NEW,
    NO_NEW,
    NON_CR_NON_PD,
    PD,
    PR,
    PRESENT,
    UP,
    Assessment,
    NewLesion,
    Target,
)
from cdisc_kit.recist.target import Total, baseline_total, nadir, percent_change, target_response, total


def nontarget_response(states: Sequence[str], *, marker_normal: bool = True) -> str:
    """CR, NON-CR/NON-PD, PD, NE or NA from the states PRESENT, ABSENT, UP and NE of the non-targets.

    Raises ValueError for any other state.
    """
    unknown = set(states) - {PRESENT, ABSENT, UP, NE}
    if unknown:
        raise ValueError(
            f"a non-target is {PRESENT}, {ABSENT}, {UP} or {NE}; {len(unknown)} other state(s) given"
        )
    if not states:
        return NA
    if UP in states:
        return PD
    if NE in states:
        return NE
    return CR if marker_normal and PRESENT not in states else NON_CR_NON_PD


def new_lesion(lesions: Iterable[NewLesion]) -> str:
    """Y (one is unequivocal), EQUIVOCAL or N."""
    states = {lesion.state for lesion in lesions}
    if PRESENT in states:
        return NEW
    return EQUIVOCAL if EQUIVOCAL in states else NO_NEW


def overall_response(target: str, nontarget: str, new: str) -> str:
    """RECIST 1.1, tables 1 and 2; an equivocal new lesion counts as none."""
    if new == NEW or PD in (target, nontarget):
        return PD
    if target == CR:
        return CR if nontarget in (CR, NA) else PR
    if target == NA:
        return NED if nontarget == NA else nontarget
    return target


@dataclass(frozen=True)
class Timepoint:
    """One assessment evaluated. Sums in mm, None where incomplete; `nadir` is the smallest one before it."""

    assessment: Assessment
    total: Total
    nadir: Fraction | None
    percent_from_baseline: Decimal | None
    percent_from_nadir: Decimal | None
    change_from_nadir: Fraction | None
    target: str
    nontarget: str
    new: str
    overall: str


def evaluate(targets: Sequence[Target], assessments: Iterable[Assessment]) -> tuple[Timepoint, ...]:
    """Every assessment after baseline, in the order given (chronological)."""
    baseline = baseline_total(targets)
    totals = [baseline]
    done: list[Timepoint] = []
    for assessment in assessments:
        complete_before = any(timepoint.overall == CR for timepoint in done)
        done.append(_evaluate(targets, assessment, totals, complete_before=complete_before))
        totals.append(done[-1].total)
    return tuple(done)


def _evaluate(
    targets: Sequence[Target], assessment: Assessment, before: Sequence[Total], *, complete_before: bool
) -> Timepoint:
    lowest, now = nadir(before), total(targets, assessment.measurements)
    target = target_response(
        targets, assessment.measurements, lowest, after_complete_response=complete_before
    )
    nontarget = nontarget_response(assessment.nontargets, marker_normal=assessment.marker_normal)
    new = new_lesion(assessment.new_lesions)
    baseline = before[0].mm if before[0].complete else None
    return Timepoint(
        assessment=assessment,
        total=now,
        nadir=lowest,
        percent_from_baseline=_percent(now, baseline),
        percent_from_nadir=_percent(now, lowest),
        change_from_nadir=now.mm - lowest if now.complete and lowest is not None else None,
        target=target,
        nontarget=nontarget,
        new=new,
        overall=overall_response(target, nontarget, new),
    )


def _percent(now: Total, reference: Fraction | None) -> Decimal | None:
    return percent_change(now.mm, reference) if now.complete and reference is not None else None


@dataclass(frozen=True)
class Backdating:
    """A new lesion first seen as equivocal at `suspected` and unequivocal at `confirmed`."""

    lesion: str
    suspected: Assessment
    confirmed: Assessment


def backdatings(assessments: Iterable[Assessment]) -> tuple[Backdating, ...]:
    """New lesions whose progression dates from the scan where they were only suspected.

    A suspicion that was cleared (ABSENT) in between does not count.
    """
    suspected: dict[str, Assessment] = {}
    found: dict[str, Backdating] = {}
    for assessment in assessments:
        for lesion in assessment.new_lesions:
            if lesion.state == EQUIVOCAL:
                suspected.setdefault(lesion.lesion, assessment)
            elif lesion.state == ABSENT:
                suspected.pop(lesion.lesion, None)
            elif lesion.lesion in suspected and lesion.lesion not in found:
                found[lesion.lesion] = Backdating(lesion.lesion, suspected[lesion.lesion], assessment)
    return tuple(found.values())


def progression_date(timepoints: Sequence[Timepoint]) -> dt.date | None:
    """Earliest scan of the first PD, or of the assessment that first suspected a new lesion, if earlier.

    None without PD. A suspicion counts once the lesion has been found unequivocal.
    """
    first = [t.assessment for t in timepoints if t.overall == PD][:1]
    suspected = [backdating.suspected for backdating in backdatings(t.assessment for t in timepoints)]
    dates = (assessment.first_scan for assessment in (*first, *suspected))
    return min((date for date in dates if date is not None), default=None)

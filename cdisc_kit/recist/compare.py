"""Collected sums and responses at each assessment against the recomputed ones."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product

from cdisc_kit.findings import Finding
from cdisc_kit.recist.course import Course
from cdisc_kit.recist.layout import Limits
from cdisc_kit.recist.lesion import CR, EQUIVOCAL, NA, NE, NO_NEW, NON_CR_NON_PD, PD, PR, PRESENT, SD, Mark
from cdisc_kit.recist.records import MeasurementRecord, ResponseRecord
from cdisc_kit.recist.response import Timepoint, backdatings, overall_response
from cdisc_kit.recist.rules import finding
from cdisc_kit.recist.target import baseline_total

Expected = dict[str, tuple[Fraction | Decimal, Decimal]]


def sums(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-SUM at each collected sum, or change of it, that is off by more than the tolerance."""
    table = course.layout.measurements
    baseline = baseline_total(course.targets)
    known = {t.assessment.name: _expected(course, t, limits) for t in _comparable(course)}
    if course.targets and baseline.complete and table.baseline in course.comparable:
        known[table.baseline] = {table.sum: (baseline.mm, limits.sum_tolerance_mm)}
    for record in course.subject.measurements:
        collected = record.number()
        expected = known.get(record.assessment, {}).get(record.test)
        if record.link or collected is None or expected is None:
            continue
        value, tolerance = expected
        if abs(collected - Fraction(value)) > Fraction(tolerance):
            shown = f"{record.test} {record.result}; {plain(value)}"
            yield finding("RX-SUM", record.place, table.result, shown)


def _comparable(course: Course) -> Iterator[Timepoint]:
    return (t for t in course.timepoints if t.assessment.name in course.comparable)


def _expected(course: Course, timepoint: Timepoint, limits: Limits) -> Expected:
    """Test code -> recomputed value and tolerance; nothing where the sum is incomplete."""
    if not timepoint.total.complete:
        return {}
    table, mm, percent = course.layout.measurements, limits.sum_tolerance_mm, limits.percent_tolerance
    values = {
        table.sum: (timepoint.total.mm, mm),
        table.percent_from_baseline: (timepoint.percent_from_baseline, percent),
        table.percent_from_nadir: (timepoint.percent_from_nadir, percent),
        table.change_from_nadir: (timepoint.change_from_nadir, mm),
    }
    return {test: (value, tolerance) for test, (value, tolerance) in values.items() if value is not None}


def plain(value: Fraction | Decimal) -> str:
    """A number as decimal text: 56, 12.5, -28.8."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{value.normalize() + 0:f}"


def responses(course: Course, _: Limits) -> Iterator[Finding]:
    """RX-TRESP, RX-NTRESP and RX-ORESP; ERROR where one of the two says PD and the other does not."""
    table = course.layout.responses
    doubtful = {(course.assessment_of[r.place.row], r.test) for r in course.contradicting_responses}
    for timepoint in _comparable(course):
        for rule, test, recomputed in (
            ("RX-TRESP", table.target, timepoint.target),
            ("RX-NTRESP", table.nontarget, timepoint.nontarget),
            ("RX-ORESP", table.overall, timepoint.overall),
        ):
            name = timepoint.assessment.name
            record = course.collected.get((name, test))
            if (name, test) in doubtful:
                continue
            if record is not None and record.result != recomputed:
                severity = "ERROR" if PD in (record.result, recomputed) else ""
                shown = f"{name}: {record.result}; {recomputed}"
                yield finding(rule, record.place, table.result, shown, severity)


def matrix(course: Course, _: Limits) -> Iterator[Finding]:
    """RX-MATRIX where no reading of the collected parts gives the collected overall response.

    A blank target (non-target) response means NA for a subject without such lesions, anything otherwise.
    """
    table = course.layout.responses
    for name, record in _overall(course):
        parts = [course.collected.get((name, test)) for test in (table.target, table.nontarget, table.new)]
        target, nontarget, new = ("" if part is None else part.result for part in parts)
        possible = {
            overall_response(t, n, table.new_states.get(new, NO_NEW))
            for t, n in product(
                _readings(target, (CR, PR, SD, PD, NE), bool(course.targets)),
                _readings(nontarget, (CR, NON_CR_NON_PD, PD, NE), bool(course.nontarget_lesions)),
            )
        }
        if record.result not in possible:
            shown = f"{name}: {target or NA} + {nontarget or NA} + {new or NO_NEW}; {record.result}"
            yield finding("RX-MATRIX", record.place, table.result, shown)


def _overall(course: Course) -> Iterator[tuple[str, ResponseRecord]]:
    """The overall response of each assessment whose responses do not contradict each other."""
    doubtful = {course.assessment_of[record.place.row] for record in course.contradicting_responses}
    for (name, test), record in course.collected.items():
        if test == course.layout.responses.overall and name not in doubtful:
            yield name, record


def _readings(collected: str, possible: tuple[str, ...], has_lesions: bool) -> tuple[str, ...]:
    if collected:
        return (collected,)
    return possible if has_lesions else (NA,)


def suspicions(course: Course, _: Limits) -> Iterator[Finding]:
    """RX-EQNEW at the last look at an unsettled suspicion, RX-BACKDATE where a proven lesion was first seen.

    A suspicion that comes with progression for another reason changes nothing and is left alone.
    """
    table = course.layout.measurements
    assessments = [timepoint.assessment for timepoint in course.timepoints]
    for backdating in backdatings(assessments):
        record = _state_row(course, backdating.suspected.name, backdating.lesion)
        shown = f"{backdating.lesion}: {backdating.suspected.name}, {backdating.confirmed.name}"
        yield finding("RX-BACKDATE", record.place, table.date, shown)
    last: dict[str, tuple[Timepoint, str]] = {}
    for timepoint in course.timepoints:
        if timepoint.overall == PD:
            break
        settled = ((n.lesion, n.state) for n in timepoint.assessment.new_lesions if n.state != NE)
        last |= {lesion: (timepoint, state) for lesion, state in settled}
    later = {n.lesion for a in assessments for n in a.new_lesions if n.state == PRESENT}
    for lesion, (timepoint, state) in last.items():
        if state == EQUIVOCAL and lesion not in later:
            record = _state_row(course, timepoint.assessment.name, lesion)
            yield finding("RX-EQNEW", record.place, table.result, lesion)


def _state_row(course: Course, name: str, link: str) -> MeasurementRecord:
    tests = course.layout.measurements.state
    return next(r for r in course.by_assessment[name] if r.link == link and r.test in tests)


def merged(course: Course, _: Limits) -> Iterator[Finding]:
    """RX-MERGE at the first row of a target that is measured as part of another lesion."""
    told: set[str] = set()
    for name in course.after_baseline:
        for link, record in course.diameters(course.by_assessment[name]).items():
            if link not in told and course.value(record) is Mark.MERGED:
                told.add(link)
                yield finding("RX-MERGE", record.place, course.layout.measurements.result, link)


def methods(course: Course, _: Limits) -> Iterator[Finding]:
    """RX-METHOD at each diameter taken by another method than at baseline."""
    before = course.diameters(course.baseline)
    for name in course.after_baseline:
        for link, record in course.diameters(course.by_assessment[name]).items():
            origin = course.parts[link]
            known = before[origin].method if origin in before else ""
            method = known or course.identified[origin].method
            if record.done and record.method and method and record.method != method:
                shown = f"{link}, {name}: {method}; {record.method}"
                yield finding("RX-METHOD", record.place, course.layout.measurements.method, shown)


CHECKS = (sums, responses, matrix, suspicions, merged, methods)

"""A subject's assessments as a sequence: best overall response, confirmation, intervals, baseline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from cdisc_kit.findings import Finding
from cdisc_kit.recist.best import (
    RESPONSE,
    Point,
    best_response,
    considered,
    partial_after_complete,
)
from cdisc_kit.recist.course import Course, scans
from cdisc_kit.recist.layout import Limits
from cdisc_kit.recist.records import Place
from cdisc_kit.recist.rules import finding


class Response(NamedTuple):
    """An overall response of `points`, and the row it stands on."""

    point: Point
    place: Place
    variable: str


def overall_responses(course: Course, limits: Limits) -> list[Response]:
    """The responses that count for the best one, in the order of time.

    None for a subject never treated, nor where two responses of an assessment contradict each other.

    The collected response of an assessment, the recomputed one where none was collected, so that a wrong
    response is reported where it stands and not again in everything that follows from it.
    """
    first = course.subject.first_dose
    if first is None or course.contradicting_responses:
        return []
    found = [
        Response(Point((day - first).days, response), place, variable)
        for day, response, place, variable in _dated(course)
        if day is not None
    ]
    found.sort(key=lambda response: response.point.day)
    kept = considered([response.point for response in found], _last_day(course, first, limits))
    after = [response for response in found if response.point.day > 0]
    return after[: len(kept)]


def _dated(course: Course) -> Iterator[tuple[dt.date | None, str, Place, str]]:
    responses, measurements = course.layout.responses, course.layout.measurements
    for timepoint in course.timepoints:
        name, last = timepoint.assessment.name, timepoint.assessment.last_scan
        record = course.collected.get((name, responses.overall))
        if record is not None:
            yield last or record.date, record.result, record.place, responses.result
        else:
            place = course.by_assessment[name][0].place
            yield last, timepoint.overall, place, measurements.assessment
    for (name, test), record in course.collected.items():
        if test == responses.overall and name not in course.by_assessment:
            yield record.date, record.result, record.place, responses.result


def _last_day(course: Course, first: dt.date, limits: Limits) -> int | None:
    """The last day that counts: the start of other therapy, or so many days after treatment stopped."""
    ends = []
    if course.subject.next_therapy is not None:
        ends.append((course.subject.next_therapy - first).days)
    if limits.stop_days is not None and course.subject.last_dose is not None:
        ends.append((course.subject.last_dose - first).days + limits.stop_days)
    return min(ends, default=None)


def best(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-BOR at a collected best response that neither setting gives."""
    table = course.layout.responses
    if course.contradicting_responses:
        return
    points = [response.point for response in overall_responses(course, limits)]
    either = {best_response(points, limits.best, confirmed=confirmed) for confirmed in (False, True)}
    for (_, test), record in course.collected.items():
        if test == table.best and course.subject.first_dose and record.result not in either:
            shown = f"{record.result}; {' / '.join(sorted(either))}"
            yield finding("RX-BOR", record.place, table.result, shown)


def unconfirmed(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-CONF at the first response of a responder who is none once confirmation is asked for."""
    responses = overall_responses(course, limits)
    points = [response.point for response in responses]
    responder = best_response(points, limits.best, confirmed=False) in RESPONSE
    if responder and best_response(points, limits.best, confirmed=True) not in RESPONSE:
        first = next(response for response in responses if response.point.response in RESPONSE)
        yield finding("RX-CONF", first.place, first.variable, first.point.response)


def doubtful_complete_response(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-CRPR at a PR that follows a CR."""
    responses = overall_responses(course, limits)
    partial = partial_after_complete([response.point for response in responses])
    for response in responses:
        if response.point is partial:
            yield finding("RX-CRPR", response.place, response.variable, response.point.response)


def gaps(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-GAP at the first row of an assessment too long after the one before.

    Before the first assessment the clock starts with treatment, where that is later than the baseline.
    """
    table = course.layout.measurements
    before, _ = scans(course.baseline)
    if before is not None and course.subject.first_dose is not None:
        before = max(before, course.subject.first_dose)
    for name in course.after_baseline:
        first, _ = scans(course.by_assessment[name])
        if first is not None and before is not None and (first - before).days > limits.gap_days:
            place = course.by_assessment[name][0].place
            yield finding("RX-GAP", place, table.date, f"{name}: {(first - before).days} d")
        before = first or before


def no_baseline(course: Course, limits: Limits) -> Iterator[Finding]:
    """RX-NOBASE: treated before the baseline scans, too long after them, or without any."""
    table, first_dose = course.layout.measurements, course.subject.first_dose
    if first_dose is None:
        return
    if not course.baseline:
        places = [
            *(record.place for record in course.subject.measurements),
            *(record.place for record in course.subject.responses),
            *(record.place for record in course.subject.lesions),
        ]
        yield finding("RX-NOBASE", places[0], "")
        return
    first, last = scans(course.baseline)
    if first is None or last is None:
        return
    if last > first_dose or (first_dose - first).days > limits.baseline_days:
        shown = f"{first} – {last}; {first_dose}" if first != last else f"{first}; {first_dose}"
        yield finding("RX-NOBASE", course.baseline[0].place, table.date, shown)


CHECKS = (best, unconfirmed, doubtful_complete_response, gaps, no_baseline)

"""Whether a subject's lesions, measurements and responses fit together before anything is computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from cdisc_kit.findings import Finding
from cdisc_kit.recist.course import Course
from cdisc_kit.recist.layout import Limits
from cdisc_kit.recist.lesion import NED, Mark
from cdisc_kit.recist.records import LesionRecord, ResponseRecord
from cdisc_kit.recist.rules import finding
from cdisc_kit.recist.target import millimetres

NODES = "lymph nodes"


def too_many_targets(course: Course, limits: Limits) -> Iterator[Finding]:
    """TU-MAX5 at the first target over the limit."""
    lesions = list(course.target_lesions.values())
    if len(lesions) > limits.max_targets:
        variable = course.layout.lesions.result
        yield finding("TU-MAX5", lesions[limits.max_targets].place, variable, str(len(lesions)))


def too_many_in_one_organ(course: Course, limits: Limits) -> Iterator[Finding]:
    """TU-ORG2 at the first target over the limit of its organ.

    Neither sides nor parts (which controlled terms name after a comma) make two organs of one, and all
    lymph nodes together are one organ.
    """
    organs: dict[str, list[LesionRecord]] = defaultdict(list)
    for link, lesion in course.target_lesions.items():
        organ = lesion.location.partition(",")[0]
        organs[NODES if course.is_nodal(link) else organ].append(lesion)
    for organ, lesions in organs.items():
        if organ and len(lesions) > limits.max_per_organ:
            place = lesions[limits.max_per_organ].place
            yield finding("TU-ORG2", place, course.layout.lesions.location, f"{organ}: {len(lesions)}")


def doubtful_size(course: Course, limits: Limits) -> Iterator[Finding]:
    """TU-NODE15, TU-MEAS10 and TU-NODEDIM at the baseline diameter of a target."""
    rows = course.diameters(course.baseline)
    variable = course.layout.measurements.result
    for link in course.target_lesions.keys() & rows.keys():
        value = course.value(rows[link])
        if value in (Mark.NOT_EVALUABLE, Mark.MERGED):
            continue
        mm, nodal = millimetres(value), course.is_nodal(link)
        floor = limits.node_mm if nodal else max(limits.measurable_mm, 2 * (rows[link].slice_mm or 0))
        if mm < Fraction(floor):
            yield finding(
                "TU-NODE15" if nodal else "TU-MEAS10", rows[link].place, variable, rows[link].result
            )
        elif nodal and mm >= Fraction(limits.node_doubt_mm):
            yield finding("TU-NODEDIM", rows[link].place, variable, rows[link].result)


def late_targets(course: Course, _: Limits) -> Iterator[Finding]:
    """TU-LATE at each target first registered after the baseline scans."""
    for lesion in course.late_targets:
        yield finding("TU-LATE", lesion.place, course.layout.lesions.result, lesion.link)


def reused_numbers(course: Course, _: Limits) -> Iterator[Finding]:
    """TU-REUSE at each lesion whose number another one had before: of another kind, organ or date.

    Records of a split or a merge speak of a lesion that is known already.
    """
    table = course.layout.lesions
    first: dict[str, LesionRecord] = {}
    for lesion in course.subject.lesions:
        if not lesion.link or lesion.test in (*table.split, *table.merged):
            continue
        known = first.setdefault(lesion.link, lesion)
        if (lesion.kind, lesion.location, lesion.date) != (known.kind, known.location, known.date):
            yield finding("TU-REUSE", lesion.place, table.link, lesion.link)


def measured_but_not_registered(course: Course, _: Limits) -> Iterator[Finding]:
    """TR-NOTU at each row of a lesion that the subject does not have."""
    for record in course.subject.measurements:
        if record.link and record.link not in course.identified:
            yield finding("TR-NOTU", record.place, course.layout.measurements.link, record.link)


def registered_but_not_measured(course: Course, _: Limits) -> Iterator[Finding]:
    """TU-NOTR at each lesion without a row at any assessment."""
    measured = {record.link for record in course.subject.measurements}
    for link, lesion in course.identified.items():
        if link not in measured:
            yield finding("TU-NOTR", lesion.place, course.layout.lesions.link, link)


def missing_targets(course: Course, _: Limits) -> Iterator[Finding]:
    """TR-MISS at the first row of the assessment that lacks a target (what is missing has no row)."""
    ever = {record.link for record in course.subject.measurements}
    for name in sorted(course.by_assessment):
        records = [record for record in course.by_assessment[name] if record.link]
        here = {record.link for record in records}
        for link in course.expected(records) if records else ():
            # A lesion without any row is TU-NOTR; saying it again at each assessment helps nobody.
            if link in ever and link not in here:
                variable = course.layout.measurements.link
                yield finding("TR-MISS", records[0].place, variable, f"{link}, {name}")


def contradicting_results(course: Course, _: Limits) -> Iterator[Finding]:
    """TR-CONFLICT and RS-CONFLICT at each result that another one of its assessment contradicts."""
    for record in course.contradicting:
        shown = f"{record.link}, {record.assessment}: {record.result}"
        yield finding("TR-CONFLICT", record.place, course.layout.measurements.result, shown)
    for response in course.contradicting_responses:
        shown = f"{course.assessment_of[response.place.row]}: {response.result}"
        yield finding("RS-CONFLICT", response.place, course.layout.responses.result, shown)


def responses_without_lesions(course: Course, _: Limits) -> Iterator[Finding]:
    """RS-NOTR once for each assessment, at its overall response where there is one."""
    table = course.layout.responses
    lacking: dict[str, list[ResponseRecord]] = defaultdict(list)
    for response in course.subject.responses:
        name = course.assessment_of[response.place.row]
        if response.test != table.best and response.result and name not in course.by_assessment:
            lacking[name or f"{response.visit} {response.date}"].append(response)
    for name, responses in lacking.items():
        main = next((r for r in responses if r.test == table.overall), responses[0])
        if not (main.result == NED and not course.identified):
            yield finding("RS-NOTR", main.place, table.result, f"{name}: {main.result}")


CHECKS = (
    too_many_targets,
    too_many_in_one_organ,
    doubtful_size,
    late_targets,
    reused_numbers,
    measured_but_not_registered,
    registered_but_not_measured,
    missing_targets,
    contradicting_results,
    responses_without_lesions,
)

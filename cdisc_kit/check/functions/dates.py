"""ISO 8601: form and existence of dates and durations, and study days computed again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.conditions import of_subject
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.isodate import days
from cdisc_kit.standard.anchors import REFERENCE_START

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_POINT = re.compile(
    r"(?P<year>\d{4}|-)(?:-(?P<month>\d{2}|-)(?:-(?P<day>\d{2}|-)"
    r"(?:T(?P<hour>\d{2}|-)(?::(?P<minute>\d{2}|-)(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,  # a full-width digit is no digit of ISO 8601
)
_LENGTH = re.compile(
    r"[+-]?P(?=[\dT])(?:\d+(?:[.,]\d+)?W|(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
)
_EARLIEST, _LATEST = 1880, 2100  # years: nobody alive was born before, no trial is planned beyond
_CONSISTENT = 3  # study days of one subject that are all off by the same number


def iso_form(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of variables whose `format` (in the guide, or by `suffixes` elsewhere) they are not of.

    `format` is `date` (also intervals of two) or `duration`.
    """
    is_date = rule.text("format") == "date"
    yield from _cells(study, rule, lambda v: not (_dates(v) if is_date else _LENGTH.fullmatch(v)))


def iso_real(study: Study, rule: Rule) -> Iterator[Hit]:
    """Dates of the right form that no calendar has: 30 February, hour 25, year 0202."""
    yield from _cells(study, rule, lambda v: any(not real(point) for point in _dates(v)))


def _cells(study: Study, rule: Rule, wrong: Callable[[str], bool]) -> Iterator[Hit]:
    suffixes = rule.texts("suffixes")
    for records in study.scope(rule.scope):
        for name, variable in records.variables.items():
            standard = study.standard_variable(records, name)
            told = standard.format if standard else ""
            wanted = (
                rule.text("format") in told.replace("datetime", "date") if told else name.endswith(suffixes)
            )
            if wanted and variable.type == "Char" and (told.startswith("ISO") or not told):
                cells = records.text(name).values
                # a duration or interval of the guide may be either
                either = " or " in told and rule.text("format") == "duration"
                bad = np.array([bool(v) and not (either and _dates(str(v))) and wrong(str(v)) for v in cells])
                if bad.any():
                    yield from at_rows(records, name, records.where(name, bad.astype(bool)))


@cache
def _dates(value: str) -> tuple[re.Match[str], ...]:
    """The points in time of a date, or of an interval of two (or of one and a duration); () for others."""
    parts = value.split("/")
    points = [_POINT.fullmatch(part) for part in parts]
    found = tuple(p for p in points if p)
    rest = [part for part, point in zip(parts, points, strict=True) if not point]
    fine = len(parts) <= 2 and len(found) >= 1 and all(_LENGTH.fullmatch(part) for part in rest)
    return found if fine and not value.endswith("-") else ()


def is_date(value: str) -> bool:
    """True for a date of ISO 8601, also partial, or an interval."""
    return bool(_dates(value))


def is_duration(value: str) -> bool:
    """True for a duration of ISO 8601."""
    return bool(_LENGTH.fullmatch(value))


def real(point: re.Match[str]) -> bool:
    """True where the parts of the date and time exist."""
    part = {k: int(v) for k, v in point.groupdict().items() if v and v != "-"}
    if not _EARLIEST <= part.get("year", 2000) <= _LATEST:
        return False
    try:
        date(part.get("year", 2000), part.get("month", 1), part.get("day", 1))
    except ValueError:
        return False
    return part.get("hour", 0) <= 23 and part.get("minute", 0) <= 59 and part.get("second", 0) <= 59


def study_day(study: Study, rule: Rule) -> Iterator[Hit]:
    """Study days that are not those of the date beside them, counted from the subject's reference start.

    There is no day 0. Where all days of a subject are off by one and the same number, the reference start is
    the odd one, and the only hit.
    """
    dataset, _, start = REFERENCE_START.partition(".")
    reference = study.datasets.get(dataset)
    if reference is None or "USUBJID" not in reference:
        return
    wrong, checked = [], dict.fromkeys(reference.text("USUBJID").values.tolist(), 0)
    offsets: dict[str, list[float]] = {}
    for records in study.scope(rule.scope):
        for day in map(records.expand, rule.texts("days")):
            when = day.removesuffix("DY") + "DTC"
            if day in records and when in records and "USUBJID" in records and records.rows:
                found = _off(reference, start, records, day, when)
                subjects = records.cells("USUBJID")
                for at in np.flatnonzero(~np.isnan(found)).tolist():
                    checked[subjects[at]] = checked.get(subjects[at], 0) + 1
                    if found[at]:
                        offsets.setdefault(subjects[at], []).append(found[at])
                wrong.append((records, day, np.flatnonzero(np.nan_to_num(found) != 0)))
    odd = {s for s, o in offsets.items() if len(o) >= _CONSISTENT and len(o) * 2 > checked[s]}
    for records, day, rows in wrong:
        yield from at_rows(records, day, rows[~np.isin(records.cells("USUBJID")[rows], list(odd))])
    yield from at_rows(reference, start, np.flatnonzero(np.isin(reference.cells("USUBJID"), list(odd))))


def _off(reference: Records, start: str, records: Records, day: str, when: str) -> np.ndarray:
    """Days by which each study day differs; NaN where it cannot be computed. A day without dates is off."""
    first = days(records.text(when).column())
    zero = days(of_subject(reference, start, records).column())
    elapsed = (first - zero).astype("timedelta64[D]")
    known = ~np.isnat(elapsed)
    expected = np.where(known, elapsed.astype(np.int64), 0)
    expected = expected + (expected >= 0)
    stated = records.numbers(day)
    off = np.where(known & ~np.isnan(stated), stated - expected, np.nan)
    return np.asarray(off, dtype=np.float64)

"""Dates against the trial: the data cut-off, the elements a subject went through, days and ages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.conditions import holds, of_subject
from cdisc_kit.check.functions.dates import is_date
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.columns import combined, first_of
from cdisc_kit.isodate import days
from cdisc_kit.standard.anchors import ELEMENT_END, ELEMENT_START, ELEMENTS, EPOCH, REFERENCE_START

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_DAY = 10  # characters of a complete date


def day_missing(study: Study, rule: Rule) -> Iterator[Hit]:
    """Blank study days beside a complete date, where the subject's reference start is complete, too."""
    dataset, _, start = REFERENCE_START.partition(".")
    reference = study.datasets.get(dataset)
    for records in study.scope(rule.scope) if reference else ():
        for day in map(records.expand, rule.texts("days")):
            when = day.removesuffix("DY") + "DTC"
            if day in records and when in records and "USUBJID" in records and records.rows and reference:
                zero = days(of_subject(reference, start, records).column())
                known = ~np.isnat(days(records.text(when).column())) & ~np.isnat(zero)
                yield from at_rows(records, day, np.flatnonzero(known & np.isnan(records.numbers(day))))


def after_cutoff(study: Study, rule: Rule) -> Iterator[Hit]:
    """Dates after the data cut-off (`parameter` in the trial summary), else after the Define-XML was made.

    Only records where `when` is true: what is planned may lie ahead.
    """
    cutoff, source = _cutoff(study, rule)
    for records in study.scope(rule.scope) if cutoff else ():
        for name, variable in records.variables.items():
            if variable.type == "Char" and name.endswith(rule.texts("suffixes")):
                cells = records.text(name)
                late = [
                    is_date(str(v)) and str(v)[: len(cutoff)] > cutoff[: len(str(v))] for v in cells.values
                ]
                rows = records.where(name, np.array(late, dtype=bool))
                rows = rows[holds(study, records, rule.text("when"))[rows]] if len(rows) else rows
                yield from at_rows(records, name, rows, facts={"cutoff": cutoff, "source": source})


def _cutoff(study: Study, rule: Rule) -> tuple[str, str]:
    """The day of the cut-off and who says it; '' where nobody does."""
    summary = study.datasets.get(rule.text("dataset"))
    if summary is not None and summary.rows:
        at = np.flatnonzero(summary.cells(rule.text("code")) == rule.text("parameter"))
        told = [summary.cell(rule.text("value"), int(row))[:_DAY] for row in at]
        dates = [text for text in told if len(text) == _DAY and is_date(text)]
        if dates:
            return max(dates), rule.text("parameter")
    made = str(study.define.root.get("CreationDateTime", ""))[:_DAY] if study.define else ""
    return (made, "CreationDateTime") if len(made) == _DAY and is_date(made) else ("", "")


def epoch_of_record(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records whose epoch is not that of an element the subject was in on the day of `date`.

    The day on which one element ends and the next begins belongs to both; a day in no element says nothing.
    """
    elements = study.datasets.get(ELEMENTS)
    if elements is None or EPOCH not in elements or "USUBJID" not in elements:
        return
    spans: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    cells = (elements.cells(name) for name in ("USUBJID", ELEMENT_START, ELEMENT_END, EPOCH))
    for subject, start, end, epoch in zip(*cells, strict=True):
        if len(start) >= _DAY:
            spans[subject].append((start[:_DAY], end[:_DAY], epoch))
    for records in study.scope(rule.scope):
        date = records.expand(rule.text("date"))
        if date in records and EPOCH in records and records.rows and records is not elements:
            yield from at_rows(records, EPOCH, _in_another_epoch(records, date, spans))


def _in_another_epoch(
    records: Records, date: str, spans: Mapping[str, Sequence[tuple[str, str, str]]]
) -> np.ndarray:
    columns = [records.text(name) for name in ("USUBJID", date, EPOCH)]
    alike = combined(columns, records.rows)
    first = first_of(alike)
    asked = zip(*(column.values[column.codes[first]] for column in columns), strict=True)
    odd = [_another(spans.get(subject, ()), str(day)[:_DAY], epoch) for subject, day, epoch in asked]
    return np.flatnonzero(np.array(odd, dtype=bool)[alike])


def _another(spans: Sequence[tuple[str, str, str]], day: str, epoch: str) -> bool:
    """True where the day is in elements, but in none of the epoch."""
    if len(day) < _DAY or not epoch:
        return False
    held = {of for start, end, of in spans if start <= day and (len(end) < _DAY or day <= end)}
    return bool(held) and epoch not in held


def age_of_birth(study: Study, rule: Rule) -> Iterator[Hit]:
    """Ages in years that no day between birth (perhaps partial) and one of the dates `at` gives."""
    for records in study.scope(rule.scope):
        age, birth = rule.text("age"), rule.text("birth")
        if age not in records or birth not in records or not records.rows:
            continue
        stated, born = records.numbers(age), records.cells(birth)
        asked = (records.cells(rule.text("unit")) == "YEARS") & ~np.isnan(stated) & (born != "")
        points = [records.cells(name) for name in rule.texts("at")]
        rows = [row for row in np.flatnonzero(asked).tolist() if is_date(str(born[row]))]
        wrong = [
            row
            for row in rows
            if any(_ages(born[row], p[row]) for p in points)
            and not any(low <= stated[row] <= high for p in points for low, high in _ages(born[row], p[row]))
        ]
        yield from at_rows(records, age, np.array(wrong, dtype=np.int64))


def _ages(born: str, at: str) -> list[tuple[int, int]]:
    """The least and the greatest age on the day `at`; none where that is no complete date."""
    if len(at) < _DAY or not is_date(at):
        return []
    known = born[:4] if "--" in born else born[:_DAY]
    first, last = (known + any_year[len(known) :] for any_year in ("0000-01-01", "0000-12-31"))
    years = int(at[:4]) - int(born[:4])
    return [(years - (last[4:] > at[4:_DAY]), years - (first[4:] > at[4:_DAY]))]

"""Rows of final datasets as plain records, grouped by subject. Order is the order of the rows."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.isodate import days, span
from cdisc_kit.recist.layout import Layout, LesionTable, MeasurementTable, PeriodTable, ResponseTable
from cdisc_kit.recist.lesion import Mark, Value

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Frames = Mapping[str, pd.DataFrame]
R = TypeVar("R")


@dataclass(frozen=True)
class Place:
    """Where a row is: `row` is 1-based within the dataset."""

    dataset: str
    row: int
    usubjid: str
    seq: str


@dataclass(frozen=True)
class LesionRecord:
    """One registered lesion. `kind` is the result as collected; `parent` the lesion it split off from."""

    place: Place
    link: str
    parent: str
    test: str
    kind: str
    location: str
    method: str
    date: dt.date | None


@dataclass(frozen=True)
class MeasurementRecord:
    """One test of one lesion (or of a sum, then `link` is empty) at one assessment."""

    place: Place
    link: str
    assessment: str
    visit: str
    test: str
    original: str
    result: str
    done: bool
    reasons: tuple[str, ...]
    slice_mm: Fraction | None
    method: str
    date: dt.date | None

    @property
    def measured(self) -> tuple[str, str, str]:
        """What the row speaks of: assessment, lesion, test."""
        return self.assessment, self.link, self.test

    @property
    def said(self) -> tuple[bool, str]:
        """What the row says of it."""
        return self.done, self.result

    def number(self) -> Fraction | None:
        """The standard result, exact; None where it is no number."""
        return number(self.result)


@dataclass(frozen=True)
class ResponseRecord:
    """One collected response; `assessment` may be empty where the data link only the overall response."""

    place: Place
    assessment: str
    visit: str
    test: str
    result: str
    date: dt.date | None


@dataclass
class Subject:
    """Everything about one subject; dates of the first and last dose and of the next therapy, if known."""

    usubjid: str
    lesions: list[LesionRecord] = field(default_factory=list)
    measurements: list[MeasurementRecord] = field(default_factory=list)
    responses: list[ResponseRecord] = field(default_factory=list)
    first_dose: dt.date | None = None
    last_dose: dt.date | None = None
    next_therapy: dt.date | None = None


def number(value: str) -> Fraction | None:
    """Decimal text as an exact number."""
    return Fraction(value) if _NUMBER.fullmatch(value) else None


def diameter(record: MeasurementRecord, table: MeasurementTable, *, merged: bool) -> Value:
    """The record as a value to add up."""
    if merged:
        return Mark.MERGED
    if not record.done:
        return Mark.NOT_EVALUABLE
    if {record.original, record.result} & set(table.too_small):
        return Mark.TOO_SMALL
    mm = record.number()
    return Mark.NOT_EVALUABLE if mm is None else mm


def read_subjects(frames: Frames, layout: Layout) -> list[Subject]:
    """Subjects that have a lesion, a measurement or a response, sorted by identifier."""
    subjects: dict[str, Subject] = {}

    def of(record: LesionRecord | MeasurementRecord | ResponseRecord) -> Subject:
        usubjid = record.place.usubjid
        return subjects.setdefault(usubjid, Subject(usubjid))

    for lesion in _lesions(frames, layout.subject, layout.lesions):
        of(lesion).lesions.append(lesion)
    for measurement in _measurements(frames, layout.subject, layout.measurements):
        of(measurement).measurements.append(measurement)
    for response in _responses(frames, layout.subject, layout.responses):
        of(response).responses.append(response)
    starts, ends = _periods(frames, layout.subject, layout.doses)
    therapies, _ = _periods(frames, layout.subject, layout.therapy)
    for usubjid, subject in subjects.items():
        subject.first_dose = starts.get(usubjid)
        subject.last_dose = ends.get(usubjid)
        subject.next_therapy = therapies.get(usubjid)
    return [subjects[usubjid] for usubjid in sorted(subjects)]


class _Columns:
    """The rows of one dataset that satisfy `where`, as columns of text. A dataset that is absent has none."""

    def __init__(self, frames: Frames, dataset: str, where: Mapping[str, str]) -> None:
        frame = frames.get(dataset, pd.DataFrame())
        kept = pd.Series(True, index=frame.index)
        for name, wanted in where.items():
            kept &= text(frame[name]) == wanted if name in frame else False
        self._frame = frame[kept]
        self._dataset = dataset
        self._rows = (kept.to_numpy(dtype=bool).nonzero()[0] + 1).tolist()

    def text(self, name: str) -> list[str]:
        if name not in self._frame:
            return [""] * len(self._rows)
        return [str(value) for value in text(self._frame[name]).tolist()]

    def dates(self, name: str) -> list[dt.date | None]:
        """Complete dates; None for partial and blank ones."""
        return self._dates(name, days)

    def first_dates(self, name: str) -> list[dt.date | None]:
        """The first day each date can mean."""
        return self._dates(name, lambda column: span(column)[0])

    def last_dates(self, name: str) -> list[dt.date | None]:
        """The last day each date can mean."""
        return self._dates(name, lambda column: span(column)[1])

    def _dates(self, name: str, read: Callable[[pd.Series], np.ndarray]) -> list[dt.date | None]:
        if name not in self._frame:
            return [None] * len(self._rows)
        found: list[dt.date | None] = read(self._frame[name]).tolist()
        return found

    def places(self, subject: str, sequence: str) -> Iterator[Place]:
        named = zip(self._rows, self.text(subject), self.text(sequence), strict=True)
        return (Place(self._dataset, row, usubjid, seq) for row, usubjid, seq in named)


def _lesions(frames: Frames, subject: str, table: LesionTable) -> Iterator[LesionRecord]:
    cells = (table.link, table.parent, table.test, table.result, table.location, table.method)
    return _dated(LesionRecord, frames, subject, table, cells)


def _responses(frames: Frames, subject: str, table: ResponseTable) -> Iterator[ResponseRecord]:
    cells = (table.assessment, table.visit, table.test, table.result)
    return _dated(ResponseRecord, frames, subject, table, cells)


def _dated(
    record: Callable[..., R],
    frames: Frames,
    subject: str,
    table: LesionTable | ResponseTable,
    cells: tuple[str, ...],
) -> Iterator[R]:
    """A record of each row: its place, the text of `cells`, its date."""
    columns = _Columns(frames, table.dataset, table.where)
    places, dates = columns.places(subject, table.sequence), columns.dates(table.date)
    return map(record, places, *map(columns.text, cells), dates)


def _measurements(frames: Frames, subject: str, table: MeasurementTable) -> Iterator[MeasurementRecord]:
    columns = _Columns(frames, table.dataset, table.where)
    qualifiers = _qualifiers(frames, subject, table)
    places = list(columns.places(subject, table.sequence))
    extras = [qualifiers.get((place.usubjid, place.seq), {}) for place in places]
    explained = [extra.get(table.supplement_reason, "") for extra in extras]
    return map(
        MeasurementRecord,
        places,
        columns.text(table.link),
        columns.text(table.assessment),
        columns.text(table.visit),
        columns.text(table.test),
        columns.text(table.original),
        columns.text(table.result),
        [status not in table.not_done for status in columns.text(table.status)],
        zip(columns.text(table.reason), explained, strict=True),
        [number(extra.get(table.supplement_slice, "")) for extra in extras],
        columns.text(table.method),
        columns.dates(table.date),
    )


def _qualifiers(
    frames: Frames, subject: str, table: MeasurementTable
) -> dict[tuple[str, str], dict[str, str]]:
    """(subject, sequence number) -> qualifier -> value (SDTMIG 3.4, section 8.4)."""
    columns = _Columns(frames, table.supplement, {"IDVAR": table.sequence})
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    names = (subject, "IDVARVAL", "QNAM", "QVAL")
    for usubjid, seq, name, value in zip(*map(columns.text, names), strict=True):
        found[usubjid, seq.strip()][name] = value
    return found


def _periods(
    frames: Frames, subject: str, table: PeriodTable
) -> tuple[dict[str, dt.date], dict[str, dt.date]]:
    """Earliest start and latest end of each subject; a partial date is the first (last) day it can mean."""
    columns = _Columns(frames, table.dataset, table.where)
    usubjids = columns.text(subject)
    starts, ends = columns.first_dates(table.start), columns.last_dates(table.end)
    return _extreme(zip(usubjids, starts, strict=True), min), _extreme(zip(usubjids, ends, strict=True), max)


def _extreme(
    dates: Iterable[tuple[str, dt.date | None]], pick: Callable[[dt.date, dt.date], dt.date]
) -> dict[str, dt.date]:
    found: dict[str, dt.date] = {}
    for usubjid, date in dates:
        if date is not None:
            found[usubjid] = pick(found.get(usubjid, date), date)
    return found

"""A subject's records put together: targets, assessments, and the responses collected for each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from cdisc_kit.recist.layout import Layout
from cdisc_kit.recist.lesion import (
    ABSENT,
    EQUIVOCAL,
    NE,
    PRESENT,
    UP,
    Assessment,
    Mark,
    Measurement,
    NewLesion,
    Target,
    Value,
)
from cdisc_kit.recist.records import LesionRecord, MeasurementRecord, ResponseRecord, Subject, diameter
from cdisc_kit.recist.response import Timepoint, evaluate


@dataclass(frozen=True)
class Course:
    """One subject's history; assessments after baseline are in the order of time."""

    subject: Subject
    layout: Layout

    @cached_property
    def by_assessment(self) -> dict[str, list[MeasurementRecord]]:
        """Rows of each assessment, the baseline included."""
        found: dict[str, list[MeasurementRecord]] = defaultdict(list)
        for record in self.subject.measurements:
            if record.assessment:
                found[record.assessment].append(record)
        return dict(found)

    @property
    def baseline(self) -> list[MeasurementRecord]:
        return self.by_assessment.get(self.layout.measurements.baseline, [])

    @cached_property
    def after_baseline(self) -> tuple[str, ...]:
        """Names of the assessments after baseline: by first scan, or by name where a scan has no date."""
        names = sorted(self.by_assessment.keys() - {self.layout.measurements.baseline}, key=_natural)
        firsts = {name: scans(self.by_assessment[name])[0] for name in names}
        dated = {name: first for name, first in firsts.items() if first is not None}
        return tuple(sorted(names, key=lambda name: dated[name]) if len(dated) == len(names) else names)

    @cached_property
    def identified(self) -> dict[str, LesionRecord]:
        """The record that first names each lesion."""
        found: dict[str, LesionRecord] = {}
        for lesion in self.subject.lesions:
            if lesion.link:
                found.setdefault(lesion.link, lesion)
        return found

    @cached_property
    def target_lesions(self) -> dict[str, LesionRecord]:
        """Targets chosen at baseline. One added later has no baseline and takes no part (RECIST 1.1)."""
        return self._chosen(self.layout.lesions.target)

    @cached_property
    def nontarget_lesions(self) -> dict[str, LesionRecord]:
        """Non-targets recorded at baseline."""
        return self._chosen(self.layout.lesions.nontarget)

    @property
    def late_targets(self) -> list[LesionRecord]:
        """Targets registered after the baseline scans."""
        return [lesion for lesion in self._of_kind(self.layout.lesions.target) if self._is_late(lesion)]

    def _chosen(self, kinds: Iterable[str]) -> dict[str, LesionRecord]:
        return {lesion.link: lesion for lesion in self._of_kind(kinds) if not self._is_late(lesion)}

    def _of_kind(self, kinds: Iterable[str]) -> list[LesionRecord]:
        """Lesions of their own, not parts of a split one."""
        table = self.layout.lesions
        parts = (*table.split, *table.merged)
        found = self.identified.values()
        return [
            lesion
            for lesion in found
            if lesion.kind in kinds and not (lesion.parent and lesion.test in parts)
        ]

    def _is_late(self, lesion: LesionRecord) -> bool:
        _, last = scans(self.baseline)
        if last is None or lesion.date is None or any(r.link == lesion.link for r in self.baseline):
            return False
        return lesion.date > last

    @cached_property
    def parts(self) -> dict[str, str]:
        """Lesion -> the target whose share it measures: itself, or the one it split off from."""
        own = {link: link for link in self.target_lesions}
        split = {
            lesion.link: lesion.parent
            for lesion in self.identified.values()
            if lesion.parent in own and lesion.link not in own
        }
        return own | split

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        first = {m.lesion: m.value for m in reversed(self.measurements(self.baseline))}
        return tuple(Target(link, self.is_nodal(link), first[link]) for link in self.target_lesions)

    def is_nodal(self, link: str) -> bool:
        """True where the first diameter taken of the lesion is a short axis."""
        tests = self.layout.measurements
        found = [r.test for r in [*self.baseline, *self.subject.measurements] if r.link == link]
        return next((t for t in found if t in (*tests.longest, *tests.short_axis)), "") in tests.short_axis

    def measurements(self, records: Sequence[MeasurementRecord]) -> list[Measurement]:
        """Diameters of the targets; of a split target those of its parts, not its own."""
        rows = self.diameters(records)
        return [
            Measurement(target, self.value(rows[link]) if link in rows else Mark.NOT_EVALUABLE)
            for link, target in self.expected(records).items()
        ]

    def value(self, record: MeasurementRecord) -> Value:
        """The diameter of a row; not evaluable where another row of the assessment says something else."""
        if record.measured in self._contradicted:
            return Mark.NOT_EVALUABLE
        return diameter(record, self.layout.measurements, merged=self.is_merged(record))

    def expected(self, records: Sequence[MeasurementRecord]) -> dict[str, str]:
        """Lesions to be measured at an assessment with these rows -> their target.

        Once a part of a split target has a row, all parts known by then take the place of the target.
        """
        _, last = scans(records)
        here = {record.link for record in records}
        split = {target for link, target in self.parts.items() if link in here and link != target}
        return {
            link: target
            for link, target in self.parts.items()
            if (link == target) != (target in split)
            and (link in here or link == target or _not_before(last, self.identified[link].date))
        }

    def diameters(self, records: Iterable[MeasurementRecord]) -> dict[str, MeasurementRecord]:
        """Lesion -> its (first) diameter row, for the targets and the parts of split ones."""
        tests = (*self.layout.measurements.longest, *self.layout.measurements.short_axis)
        found: dict[str, MeasurementRecord] = {}
        for record in records:
            if record.link in self.parts and record.test in tests:
                found.setdefault(record.link, record)
        return found

    def is_merged(self, record: MeasurementRecord) -> bool:
        """True for a row without a value that gives the merge as its reason, or follows a record of it."""
        if record.done:
            return False
        merges = (
            lesion
            for lesion in self.subject.lesions
            if lesion.link == record.link and lesion.test in self.layout.lesions.merged
        )
        given = set(record.reasons) & set(self.layout.measurements.merged_reasons)
        return bool(given) or any(_not_before(record.date, lesion.date) for lesion in merges)

    @cached_property
    def timepoints(self) -> tuple[Timepoint, ...]:
        """The recomputation."""
        return evaluate(self.targets, [self._assessment(name) for name in self.after_baseline])

    def _assessment(self, name: str) -> Assessment:
        records = self.by_assessment[name]
        first, last = scans(records)
        states = self.states(records)
        return Assessment(
            name=name,
            measurements=tuple(self.measurements(records)),
            nontargets=tuple(_nontarget(states.get(link, NE)) for link in self.nontarget_lesions),
            new_lesions=tuple(
                NewLesion(link, _new(state))
                for link, state in states.items()
                if link in self.identified and self.identified[link].kind in self.layout.lesions.new
            ),
            first_scan=first,
            last_scan=last,
        )

    def states(self, records: Iterable[MeasurementRecord]) -> dict[str, str]:
        """Lesion -> state (NE where it was not done or has another word), of the state tests."""
        table = self.layout.measurements
        found: dict[str, str] = {}
        for record in records:
            if record.link and record.test in table.state:
                known = record.done and record.measured not in self._contradicted
                found.setdefault(record.link, table.states.get(record.result, NE) if known else NE)
        return found

    @cached_property
    def contradicting(self) -> tuple[MeasurementRecord, ...]:
        """Rows of a lesion that say something else than an earlier row of the same test and assessment."""
        first: dict[tuple[str, str, str], MeasurementRecord] = {}
        named = [record for record in self.subject.measurements if record.link and record.assessment]
        return tuple(r for r in named if first.setdefault(r.measured, r).said != r.said)

    @cached_property
    def _contradicted(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(record.measured for record in self.contradicting)

    @cached_property
    def comparable(self) -> frozenset[str]:
        """The assessments at which recomputed and collected can be compared.

        Not one with contradicting rows, nor one after contradicting diameters: the nadir depends on them.
        """
        states = self.layout.measurements.state
        contradicted = {record.assessment for record in self.contradicting}
        sizes = {record.assessment for record in self.contradicting if record.test not in states}
        names = (self.layout.measurements.baseline, *self.after_baseline)
        end = next((at for at, name in enumerate(names) if name in sizes), len(names))
        return frozenset(names[:end]) - contradicted

    @cached_property
    def assessment_of(self) -> dict[int, str]:
        """Row number of a response -> its assessment, '' where none can be told.

        Only the overall response need name its assessment; the others are found by visit and date.
        """
        linked: dict[tuple[str, dt.date | None], str] = {}
        for response in self.subject.responses:
            if response.assessment:
                linked.setdefault((response.visit, response.date), response.assessment)
        return {
            response.place.row: response.assessment
            or linked.get((response.visit, response.date), "")
            or self._by_visit_or_date(response)
            for response in self.subject.responses
        }

    def _by_visit_or_date(self, response: ResponseRecord) -> str:
        for attribute, value in (("visit", response.visit), ("date", response.date)):
            names = {
                r.assessment for r in self.subject.measurements if value and getattr(r, attribute) == value
            }
            if len(names) == 1:
                return names.pop()
        return ""

    @cached_property
    def collected(self) -> dict[tuple[str, str], ResponseRecord]:
        """(assessment, test) -> the response with a result."""
        found: dict[tuple[str, str], ResponseRecord] = {}
        for response in self.subject.responses:
            if response.result:
                found.setdefault((self.assessment_of[response.place.row], response.test), response)
        return found

    @cached_property
    def contradicting_responses(self) -> tuple[ResponseRecord, ...]:
        """Responses that differ from an earlier one of the same test and assessment."""
        given = [response for response in self.subject.responses if response.result]
        keys = [(self.assessment_of[response.place.row], response.test) for response in given]
        pairs = zip(given, keys, strict=True)
        return tuple(r for r, key in pairs if key[0] and self.collected[key].result != r.result)


def scans(records: Iterable[MeasurementRecord]) -> tuple[dt.date | None, dt.date | None]:
    """Earliest and latest complete date of the rows of lesions (rows of sums have a date of their own)."""
    dates = [record.date for record in records if record.link and record.date is not None]
    return (min(dates), max(dates)) if dates else (None, None)


def _not_before(date: dt.date | None, other: dt.date | None) -> bool:
    return date is None or other is None or date >= other


def _natural(name: str) -> tuple[int, str]:
    """A9 before A10."""
    return len(name), name


def _nontarget(state: str) -> str:
    return PRESENT if state == EQUIVOCAL else state


def _new(state: str) -> str:
    """A growing new lesion is unequivocal; one that could not be evaluated says nothing."""
    if state == UP:
        return PRESENT
    return state if state in (PRESENT, EQUIVOCAL) else ABSENT if state == ABSENT else NE

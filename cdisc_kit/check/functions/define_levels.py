"""Value-level metadata evaluated: which records each value level is about, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.functions.conditions import of_subject
from cdisc_kit.check.hit import Hit

if TYPE_CHECKING:
    from cdisc_kit.check.defined import Condition, DefinedItem
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_SETS = ("IN", "NOTIN")
_SIZES = ("LT", "LE", "GT", "GE")
_NEGATED = ("NE", "NOTIN")


@dataclass(frozen=True)
class ValueLevel:
    """A value level of `variable`: `rows` marks its records, None where that cannot be said."""

    records: Records
    variable: DefinedItem
    item: DefinedItem
    rows: np.ndarray | None


def value_levels(study: Study) -> Iterator[ValueLevel]:
    """Every value level of a variable that stands in a file, those of one variable together."""
    for records in study.datasets.values():
        dataset = study.define.datasets.get(records.name) if study.define else None
        for variable in dataset.by_name.values() if dataset else ():
            if study.define and variable.name in records:
                for item in study.define.value_lists.get(variable.value_list, ()):
                    yield ValueLevel(records, variable, item, _rows(study, records, item))


def _rows(study: Study, records: Records, item: DefinedItem) -> np.ndarray | None:
    """The records where one of the where clauses holds; None where there is none, or one cannot be judged."""
    found = np.zeros(records.rows, dtype=bool)
    for clause in item.clauses:
        held = np.ones(records.rows, dtype=bool)
        for condition in clause:
            one = _holds(study, records, condition)
            if one is None:
                return None
            held &= one
        found |= held
    return found if item.clauses else None


def _holds(study: Study, records: Records, condition: Condition) -> np.ndarray | None:
    """Where the condition is true; of another dataset's variable, for the record's subject."""
    source = study.datasets.get(condition.dataset)
    if source is None or condition.variable not in source or not _well_formed(condition):
        return None
    if _unordered(source, condition):
        return None
    met = _judge(condition, number=source.variables[condition.variable].type == "Num")
    if source is records:
        coded = records.text(condition.variable)
        return np.asarray(_mask(coded.values, met)[coded.codes])
    if "USUBJID" not in source or len(source.text("USUBJID").distinct()) < source.rows:
        return None
    coded = of_subject(source, condition.variable, records)
    return np.asarray(_mask(coded.values, met)[coded.codes])


def _mask(values: np.ndarray, met: Callable[[str], bool]) -> np.ndarray:
    return np.fromiter((met(str(value)) for value in values), dtype=bool, count=len(values))


def _judge(condition: Condition, *, number: bool) -> Callable[[str], bool]:
    """Whether a value meets the condition; numbers are compared as numbers."""
    comparator, wanted = condition.comparator, [_comparable(v, number) for v in condition.values]
    if comparator in ("EQ", "NE", *_SETS):
        return lambda value: (_comparable(value, number) in wanted) != (comparator in _NEGATED)
    limit = wanted[0]
    order = {"LT": (-1,), "LE": (-1, 0), "GT": (1,), "GE": (1, 0)}[comparator]

    def compared(value: str) -> bool:
        held = _comparable(value, number)
        if value == "" or isinstance(held, str) != isinstance(limit, str):
            return False
        return (held > limit) - (held < limit) in order  # type: ignore[operator]  # of one type here

    return compared


def _comparable(value: str, number: bool) -> float | str:
    try:
        return float(value) if number else value
    except ValueError:
        return value


def _well_formed(condition: Condition) -> bool:
    """True where the comparator has the number of values it takes."""
    if condition.comparator in _SETS:
        return bool(condition.values)
    return len(condition.values) == 1 and condition.comparator in ("EQ", "NE", *_SIZES)


def _unordered(source: Records, condition: Condition) -> bool:
    """True where words are compared by size: neither numbers nor dates, which begin with a digit."""
    words = source.variables[condition.variable].type == "Char" and not condition.values[0][:1].isdigit()
    return condition.comparator in _SIZES and words


def where_wrong(study: Study, rule: Rule) -> Iterator[Hit]:
    """Where clauses, by `part`.

    `variable`: on what is no variable of a file; `values`: of a wrong number of values; `order`: which word
    is greater.
    """
    define, named = study.define, set()
    for level in study.value_levels if define else ():
        for condition in (one for clause in level.item.clauses for one in clause):
            source = study.datasets.get(condition.dataset)
            known = source is not None and condition.variable in source
            if rule.text("part") == "values":
                wrong = not _well_formed(condition)
            elif rule.text("part") == "order":
                held = source if known and _well_formed(condition) else None
                wrong = held is not None and _unordered(held, condition)
            else:
                told = source is not None and study.told_missing(source, condition.variable)
                absent = not known and bool(condition.variable)
                wrong = absent and not told and not _unread(study, condition.dataset)
            if wrong and condition not in named:
                named.add(condition)
                value = " ".join((condition.oid, condition.comparator, *condition.values))
                yield on_level(study, level, value)


def _unread(study: Study, dataset: str) -> bool:
    """True for a dataset whose file is there, but cannot be read, or that is missing: told elsewhere."""
    return bool(dataset) and dataset not in study.datasets


def on_level(study: Study, level: ValueLevel, value: str, **facts: str) -> Hit:
    """A hit about what the document says of a value level."""
    assert study.define is not None
    file, line = study.define.file, level.item.ref_line
    return Hit(level.records.name, level.variable.name, value=value, facts=facts, file=file, line=line)


def where_empty(study: Study, rule: Rule) -> Iterator[Hit]:
    """Value levels whose condition no record meets."""
    for level in study.value_levels:
        if level.rows is not None and level.records.rows and not level.rows.any():
            yield on_level(study, level, level.item.oid)


def where_twice(study: Study, rule: Rule) -> Iterator[Hit]:
    """Value levels that are about a record that an earlier one is about already."""
    for _, levels in groupby(study.value_levels, key=lambda v: (v.records.name, v.variable.name)):
        covered: np.ndarray | None = None
        for level in levels:
            if level.rows is None:
                continue
            if covered is not None and (covered & level.rows).any():
                yield on_level(study, level, level.item.oid)
            covered = level.rows if covered is None else covered | level.rows


def where_missing(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records with a value that none of the variable's value levels is about: the first one, and how many."""
    for _, group in groupby(study.value_levels, key=lambda v: (v.records.name, v.variable.name)):
        levels = list(group)
        records, name = levels[0].records, levels[0].variable.name
        rest = records.text(name).values[records.text(name).codes] != ""
        for level in levels:
            rest &= ~level.rows if level.rows is not None else False
        rows = np.flatnonzero(rest)
        if len(rows):
            row, count = int(rows[0]), str(len(rows))
            value = records.cell(name, row)
            yield Hit(records.name, name, row, value, {"count": count}, records.file)

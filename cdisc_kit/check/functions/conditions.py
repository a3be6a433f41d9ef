"""Conditions over the variables of a record (and, as `DM.RFSTDTC`, of the record of its subject)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.columns import Coded, combined, first_of
from cdisc_kit.expression import Expression, parse

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_MANY = 2  # records of a subject, from which on the value they are all held against is the odd one


@cache
def _parsed(source: str) -> Expression:
    return parse(source, condition=True)


def holds(study: Study, records: Records, source: str) -> np.ndarray:
    """Where the condition is true; `--` in it stands for the dataset's prefix, a missing variable is blank.

    `OTHER.VARIABLE` is the value that the other dataset has for the record's subject (its first record).
    """
    if not records.rows:
        return np.zeros(0, dtype=bool)
    expression = _parsed(records.expand(source))
    # what many records have in common is judged once
    groups = combined([_coded(study, records, name) for name in expression.names], records.rows)
    first = first_of(groups)
    held = expression.mask(lambda name: _cells(study, records, name, first), len(first))
    return np.asarray(held[groups])


def readable(study: Study, records: Records, source: str) -> bool:
    """False where the condition reads what is not there: nothing can be said, or it is told elsewhere."""
    for name in _parsed(records.expand(source)).names:
        other, dot, variable = name.partition(".")
        held = study.datasets.get(other) if dot else records
        if held is None or study.told_missing(held, variable if dot else name):
            return False
        if dot and not ("USUBJID" in held and "USUBJID" in records):
            return False
    return True


def _of_known_subjects(study: Study, records: Records, source: str, rows: np.ndarray) -> np.ndarray:
    """The rows of subjects that the other datasets of the condition have: of the others, that is told."""
    others = {name.partition(".")[0] for name in _parsed(records.expand(source)).names if "." in name}
    for other in others if len(rows) else ():
        known = study.datasets[other].text("USUBJID").distinct()
        rows = rows[np.isin(records.cells("USUBJID")[rows], list(known))]
    return rows


def _coded(study: Study, records: Records, name: str) -> Coded:
    other, _, variable = name.partition(".")
    return of_subject(study.datasets[other], variable, records) if variable else records.text(name)


def _cells(study: Study, records: Records, name: str, rows: np.ndarray) -> pd.Series:
    """The cells of the rows as a column for expressions: numbers for Num, else text."""
    held = records.variables.get(name)
    if held is not None and held.type == "Num":
        return pd.Series(records.numbers(name)[rows])
    return _coded(study, records, name).take(rows).column()


def of_subject(other: Records, variable: str, records: Records) -> Coded:
    """For each record the cell of its subject's first record in `other`; '' where there is none."""
    first: dict[str, str] = {}
    for subject, value in zip(other.cells("USUBJID"), other.cells(variable), strict=True):
        first.setdefault(subject, value)
    coded = records.text("USUBJID")
    values = np.array([first.get(v, "") for v in coded.values], dtype=object)
    return Coded(coded.codes, values)


def condition(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records where `wrong` is true, at `variable`.

    `blame` names the subject's value they are held against (`DM.DTHDTC`): where more than two records of
    one subject, in any dataset, contradict it, it is the odd one and the only hit.
    """
    name, wrong = rule.text("variable"), rule.text("wrong")
    found: list[tuple[Records, np.ndarray]] = []
    for records in study.scope(rule.scope):
        if records.expand(name) in records and readable(study, records, wrong):
            rows = _of_known_subjects(study, records, wrong, np.flatnonzero(holds(study, records, wrong)))
            if len(rows):
                found.append((records, rows))
    if "blame" in rule.parameters:
        yield from blamed(study, rule.text("blame"), name, found)
        return
    for records, rows in found:
        yield from at_rows(records, records.expand(name), rows)


def blamed(study: Study, blame: str, name: str, found: list[tuple[Records, np.ndarray]]) -> Iterator[Hit]:
    """The hits at `name`, or one at `blame` for each subject with many of them."""
    dataset, _, variable = blame.partition(".")
    counts: dict[str, int] = defaultdict(int)
    for records, rows in found:
        for subject in records.cells("USUBJID")[rows]:
            counts[subject] += 1
    many = {subject for subject, count in counts.items() if count > _MANY}
    for records, rows in found:
        few = ~np.isin(records.cells("USUBJID")[rows], list(many))
        yield from at_rows(records, records.expand(name), rows[few])
    target = study.datasets.get(dataset)
    if target is None:
        return
    at = np.flatnonzero(np.isin(target.cells("USUBJID"), list(many)))
    for hit in at_rows(target, variable, at):
        yield replace(hit, followers=counts[target.cell("USUBJID", hit.row)])


def number_agrees(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records whose `number` is not the number that `text` is; blank where the text is none.

    Compared to twelve digits: what a conversion adds beyond those is no difference.
    """
    for records in study.scope(rule.scope):
        text, number = records.expand(rule.text("text")), records.expand(rule.text("number"))
        if text in records and number in records and records.rows:
            said, held = plain_numbers(records, text), records.numbers(number)
            same = np.isclose(said, held, rtol=1e-12, atol=0) | (np.isnan(said) & np.isnan(held))
            yield from at_rows(records, number, np.flatnonzero(~same))


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def plain_numbers(records: Records, name: str) -> np.ndarray:
    """The cells that are decimal numbers; NaN for other text (`1_000`, `inf`, `<5`)."""
    coded = records.text(name)
    values = [float(v) if _NUMBER.fullmatch(str(v)) else np.nan for v in coded.values]
    return np.asarray(np.array(values, dtype=np.float64)[coded.codes])


def implies_record(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records where `when` is true whose subject has no record in `dataset` where `where` is true."""
    for records in study.scope(rule.scope):
        target = study.dataset(rule.text("dataset"))
        if target is None or not readable(study, records, rule.text("when")):
            continue
        if "USUBJID" not in records or not readable(study, target, rule.text("where", "present(USUBJID)")):
            continue
        held = holds(study, target, rule.text("where")) if "where" in rule.parameters else None
        subjects = target.cells("USUBJID") if held is None else target.cells("USUBJID")[held]
        claimed = np.flatnonzero(holds(study, records, rule.text("when")))
        missing = claimed[~np.isin(records.cells("USUBJID")[claimed], list(set(subjects)))]
        first = pd.Series(records.cells("USUBJID")[missing]).duplicated().to_numpy()
        yield from at_rows(records, records.expand(rule.text("variable")), missing[~first])

"""References between datasets: subjects, visits, arms, parents of supplements and comments, relationships."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.check.functions.conditions import holds, readable
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.columns import combined, first_of

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study


def found_in(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of `variables` that `dataset` does not hold in the variables `there`, for records where `when`.

    Several variables are looked up together. Each missing combination is one hit, at the first record that
    has it in the package: what a record that was deleted left behind is one problem, not one a record.
    `known` names the variable of `dataset` that must hold the first value for anything to be said.
    """
    target = study.dataset(rule.text("dataset"))
    there = rule.texts("there")
    if target is None or not all(name in target for name in there):
        return
    held = set(zip(*(target.cells(name).tolist() for name in there), strict=True))
    known = rule.text("known")
    first = set(target.cells(known)) if known else None
    told: set[tuple[str, ...]] = set()
    for records in study.scope(rule.scope):
        names = [records.expand(name) for name in rule.texts("variables")]
        if records.family == target.family or not all(name in records for name in names) or not records.rows:
            continue
        wanted = rule.text("when")
        if wanted and not readable(study, records, wanted):
            continue
        rows = np.flatnonzero(holds(study, records, wanted)) if wanted else np.arange(records.rows)
        cells = [records.text(name).take(rows) for name in names]
        for at in first_of(combined(cells, len(rows))).tolist():
            row, key = int(rows[at]), tuple(str(column.values[column.codes[at]]) for column in cells)
            if all(key) and key not in held and key not in told and (first is None or key[0] in first):
                told.add(key)
                yield Hit(records.name, names[-1], row, key[-1], {"dataset": target.name}, records.file)


def subject_known(study: Study, rule: Rule) -> Iterator[Hit]:
    """Subjects that the dataset with one record a subject lacks: each once, at its first record.

    Where it lacks one that several datasets have, and has one that no other does, the latter is misspelt:
    one hit, there.
    """
    target = study.subject_level
    if target is None or "USUBJID" not in target:
        return
    known = set(target.text("USUBJID").distinct())
    first: dict[str, Hit] = {}
    holders: dict[str, int] = {}
    for records in study.scope(rule.scope):
        if records is target or "USUBJID" not in records:
            continue
        cells = records.text("USUBJID")
        for at in first_of(combined([cells], records.rows)).tolist():
            subject = str(cells.values[cells.codes[at]])
            holders[subject] = holders.get(subject, 0) + 1
            hit = Hit(records.name, "USUBJID", at, subject, _unknown(target), records.file)
            first.setdefault(subject, hit)
    missing = [subject for subject in first if subject and subject not in known]
    alone = sorted(known - set(first) - {""})
    if len(missing) == len(alone) == 1 and holders[missing[0]] > 1:
        row = int(np.flatnonzero(target.cells("USUBJID") == alone[0])[0])
        yield Hit(target.name, "USUBJID", row, alone[0], _misspelt(missing[0], holders), target.file)
    else:
        yield from (first[subject] for subject in missing)


def _unknown(target: Records) -> dict[str, str]:
    name = target.name
    return {"detail": f"no record in {name}", "detail_zh": f"{name}中没有记录"}


def _misspelt(subject: str, holders: dict[str, int]) -> dict[str, str]:
    count = holders[subject]
    return {
        "detail": f"no other dataset has this one, and {count} have {subject}, which this one lacks",
        "detail_zh": f"其他数据集均无此受试者；{count}个数据集有{subject}，而此处没有",
    }


def parent_dataset(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of RDOMAIN that are no dataset of the package: each once, at the first record that has it.

    A dataset that the Define-XML describes and no file holds is told elsewhere.
    """
    told: set[str] = set()
    domains = {records.domain for records in study.datasets.values()}
    if study.define:
        domains |= {dataset.name for dataset in study.define.datasets.values() if not dataset.no_data}
    unread = {problem.file.partition(".")[0].upper() for problem in study.package.problems}
    for records in study.scope(rule.scope):
        known = domains | unread | {""}
        for position, value in enumerate(records.text("RDOMAIN").values):
            if value not in known and value not in told:
                rows = records.where("RDOMAIN", np.arange(len(records.text("RDOMAIN").values)) == position)
                told |= {value} if len(rows) else set()
                yield from at_rows(records, "RDOMAIN", rows[:1])


def parent_variable(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of IDVAR that are no variable of the dataset in RDOMAIN."""
    for records in study.scope(rule.scope):
        for parent, variable, rows in _pairs(study, records):
            told = any(study.told_missing(one, variable) for one in parent)
            if parent and variable and not told and not any(variable in one for one in parent):
                yield from at_rows(records, "IDVAR", rows)


def parent_record(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records whose IDVARVAL no record of the subject has in the parent's IDVAR.

    Numbers are compared as numbers. A parent that cannot be read, or lacks the variable, is left to others;
    so are dataset-level relationships, where the value is blank. What a deleted record left behind is one
    hit: the first reference to it.
    """
    told: set[tuple[str, str, str, str]] = set()
    for records in study.scope(rule.scope):
        subjects, values = records.cells("USUBJID"), records.cells("IDVARVAL")
        for parents, variable, rows in _pairs(study, records):
            held: set[tuple[str, str]] = set()
            for one in parents:
                if variable == "" or variable in one:
                    keys = one.cells(variable) if variable else np.full(one.rows, "", dtype=object)
                    held |= {(s, _plain(v)) for s, v in zip(one.cells("USUBJID"), keys, strict=True)}
                    held |= {("", v) for _, v in held}
            nameless = not all("USUBJID" in one for one in parents)
            if not held:
                continue
            for row in rows.tolist():
                if not values[row] and not subjects[row]:
                    continue
                key = ("" if nameless else subjects[row], _plain(values[row]))
                reference = (parents[0].domain, variable, *key)
                if key not in held and reference not in told:
                    told.add(reference)
                    name = "IDVARVAL" if variable else "USUBJID"
                    yield Hit(records.name, name, row, records.cell(name, row), {}, records.file)


def _pairs(study: Study, records: Records) -> Iterator[tuple[list[Records], str, np.ndarray]]:
    """Each combination of RDOMAIN and IDVAR: the parent's datasets, the variable, the records."""
    domain, variable = records.text("RDOMAIN"), records.text("IDVAR")
    width = len(variable.values)
    both = domain.codes * width + variable.codes
    for pair in np.unique(both).tolist():
        name = domain.values[pair // width]
        parents = [one for one in study.datasets.values() if one.domain == name and not one.is_supplement]
        yield parents, str(variable.values[pair % width]), np.flatnonzero(both == pair)


def _plain(value: str) -> str:
    """`1` for `1.0`, `01` and ` 1`: IDVARVAL is text, the parent's variable may be a number."""
    text = value.strip()
    if text[:1].isdigit() and text.count(".") <= 1 and text.replace(".", "").isdigit() and text.isascii():
        return text.lstrip("0").rstrip("0").rstrip(".") if "." in text else text.lstrip("0")
    return text


def related_ends(study: Study, rule: Rule) -> Iterator[Hit]:
    """Relationships (RELID within a subject) with one record only: the other end is missing."""
    for records in study.scope(rule.scope):
        frame = pd.DataFrame({name: records.text(name).codes for name in ("USUBJID", "RELID")})
        alone = np.flatnonzero(~frame.duplicated(keep=False).to_numpy())
        yield from at_rows(records, "RELID", alone)

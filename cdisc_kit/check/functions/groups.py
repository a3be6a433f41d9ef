"""Records among themselves: what must be unique, one to one, or the same within a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.check.functions.conditions import holds, readable
from cdisc_kit.check.hit import Hit, at_rows
from cdisc_kit.columns import Coded, combined

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_FEW = 10  # repeated records, up to which each is told


def group_numbers(records: Records, variables: Sequence[str]) -> np.ndarray:
    """A number for each record, the same where all `variables` are (those the dataset lacks do not count)."""
    return combined([records.text(name) for name in variables if name in records], records.rows)


def unique(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records with the same values in `keys` as an earlier one, among those where `when` is true.

    `order` names a variable by which the records of a group are ordered first: the last is the right one.
    """
    for records in study.whole(rule.scope):
        keys = [records.expand(key) for key in rule.texts("keys")]
        name = records.expand(rule.text("variable"))
        if name in records and keys[0] in records and records.rows:
            rows = (
                np.flatnonzero(holds(study, records, rule.text("when")))
                if "when" in rule.parameters
                else None
            )
            repeated = _repeated(records, keys, rows, records.expand(rule.text("order")))
            yield from at_rows(records, name, repeated)


def _repeated(records: Records, keys: Sequence[str], rows: np.ndarray | None, order: str = "") -> np.ndarray:
    among = np.arange(records.rows) if rows is None else rows
    if order:
        among = among[np.argsort(records.cells(order)[among].astype(str), kind="stable")]
    again = pd.Series(group_numbers(records, keys)[among]).duplicated(keep="last" if order else "first")
    return np.sort(among[again.to_numpy()])


def natural_keys(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records with the same keys as an earlier one. `from` says whose keys: `define`, or the `guide`'s.

    The guide's are examples, so they count only where the Define-XML gives none. Where most records repeat
    another's keys, it is the keys that are wrong: one hit, at the first of them.
    """
    for records in study.whole(rule.scope):
        defined = _defined_keys(study, records)
        standard = study.standard_dataset(records)
        keys = defined if rule.text("from") == "define" else () if defined or not standard else standard.keys
        if not all(k in records for k in defined):
            continue  # what is described and not there is told as such
        keys = tuple(k for k in keys if k in records)
        if keys and records.rows:
            facts = {"keys": ", ".join(keys)}
            repeated = _repeated(records, keys, None)
            most = len(repeated) > max(_FEW, records.rows / 2)
            yield from at_rows(records, keys[-1], repeated[:1] if most else repeated, facts=facts)


def _defined_keys(study: Study, records: Records) -> tuple[str, ...]:
    defined = study.define.datasets.get(records.located(0)[0].name) if study.define else None
    return defined.keys if defined else ()


def duplicates(study: Study, rule: Rule) -> Iterator[Hit]:
    """Records equal to an earlier one in everything but the sequence number."""
    for records in study.whole(rule.scope):
        number = records.expand("--SEQ")
        names = [name for name in records.variables if name != number]
        names.sort(key=lambda name: -len(records.text(name).values))  # soon tells records apart
        if records.rows and not study.told_missing(records, "USUBJID"):
            yield from at_rows(records, "", _repeated(records, names, None))


def _differ(keys: Sequence[np.ndarray], values: np.ndarray) -> bool:
    """True where rows alike in all `keys` (whole numbers from 0 up) differ in `values`."""
    columns = [Coded(codes, np.arange(codes.max(initial=0) + 1)) for codes in (*keys, values)]
    alike, all_alike = combined(columns[:-1], len(values)), combined(columns, len(values))
    return bool(alike.max(initial=0) != all_alike.max(initial=0))


def one_to_one(study: Study, rule: Rule) -> Iterator[Hit]:
    """Pairs of `code` and `name` that contradict a commoner pair within the records alike in `within`.

    The hit is at `name` where the code has another name elsewhere, else at `code`.
    """
    for records in study.whole(rule.scope):
        code, name = records.expand(rule.text("code")), records.expand(rule.text("name"))
        if code not in records or name not in records:
            continue
        within = group_numbers(records, [records.expand(v) for v in rule.texts("within")])
        one, other = records.text(code), records.text(name)
        filled = (one.values[one.codes] != "") & (other.values[other.codes] != "")
        group, codes, names = (column[filled] for column in (within, one.codes, other.codes))
        if not (_differ([group, codes], names) or _differ([group, names], codes)):
            continue
        pairs = pd.DataFrame({"group": group, "code": codes, "name": names})
        counted = pairs.value_counts(sort=True).reset_index(name="n")
        renamed = counted.duplicated(["group", "code"])
        recoded = counted.duplicated(["group", "name"]) & ~renamed
        for odd, variable in ((renamed, name), (recoded, code)):
            if odd.any():
                wrong = pd.MultiIndex.from_frame(counted.loc[odd, ["group", "code", "name"]])
                rows = np.flatnonzero(filled)[pd.MultiIndex.from_frame(pairs).isin(wrong)]
                yield from at_rows(records, variable, rows, facts={"code": code})


def same_within(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells of `variable` that differ from the commonest of the records alike in `within`."""
    for records in study.whole(rule.scope):
        name = records.expand(rule.text("variable"))
        within = [records.expand(v) for v in rule.texts("within")]
        if name not in records or not records.rows:
            continue
        cells = records.text(name)
        filled = np.flatnonzero(cells.values[cells.codes] != "")
        if "when" in rule.parameters:
            filled = filled[holds(study, records, rule.text("when"))[filled]]
        group, values = group_numbers(records, within)[filled], cells.codes[filled]
        if not _differ([group], values):
            continue
        frame = pd.DataFrame({"group": group, "value": values})
        counted = frame.value_counts(sort=True).reset_index(name="n")
        odd = pd.MultiIndex.from_frame(counted.loc[counted.duplicated("group"), ["group", "value"]])
        if len(odd):
            yield from at_rows(records, name, filled[pd.MultiIndex.from_frame(frame).isin(odd)])


def blank_within(study: Study, rule: Rule) -> Iterator[Hit]:
    """Blank cells of `variable` where `when` is true, and most records alike in `within` have a value."""
    for records in study.whole(rule.scope):
        name = records.expand(rule.text("variable"))
        within = [records.expand(v) for v in rule.texts("within")]
        if name not in records or within[0] not in records or not records.rows:
            continue
        cells = records.text(name)
        blank = cells.values[cells.codes] == ""
        if blank.all() or not blank.any():
            continue
        meant = holds(study, records, rule.text("when"))
        group = group_numbers(records, within)
        lost = np.bincount(group[blank & meant], minlength=group.max() + 1)
        filled = np.bincount(group[~blank & meant], minlength=group.max() + 1)
        yield from at_rows(records, name, np.flatnonzero(blank & meant & (filled > lost)[group]))


def unflagged(study: Study, rule: Rule) -> Iterator[Hit]:
    """What lacks the flag `variable` where most have it: the last record (by `order`) that could bear it.

    Records where `when` is true could. Of `what` is examined, each of `who` has one flag; where not most of
    those that could bear it do, it is not flagged by plan.
    """
    for records in study.whole(rule.scope):
        if not records.rows or not readable(study, records, rule.text("when")):
            continue
        name = records.expand(rule.text("variable"))
        what = group_numbers(records, [records.expand(v) for v in rule.texts("what")])
        who = records.text(rule.text("who")).codes
        both = pd.MultiIndex.from_arrays([what, who])
        borne = records.cells(name) == "Y"
        could = np.flatnonzero(holds(study, records, rule.text("when")) & ~borne)
        lost = could[~both[could].isin(both[borne])]
        flagged = _groups_of(what, who, borne)
        without = _groups_of(what, who, np.isin(np.arange(records.rows), lost))
        lost = lost[(flagged > without)[what[lost]]]
        if len(lost):
            lost = lost[np.argsort(records.cells(records.expand(rule.text("order")))[lost], kind="stable")]
            yield from at_rows(records, name, np.sort(lost[~both[lost].duplicated(keep="last")]))


def _groups_of(what: np.ndarray, who: np.ndarray, among: np.ndarray) -> np.ndarray:
    """How many of `who` there are for each of `what`, among those rows."""
    pairs = pd.DataFrame({"what": what[among], "who": who[among]}).drop_duplicates()
    return np.bincount(pairs["what"].to_numpy(), minlength=int(what.max(initial=0)) + 1)

"""Supplemental qualifiers and relationships: pointers follow their records or go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.ipd import actions
from cdisc_kit.ipd.generalise import released_values
from cdisc_kit.ipd.plan import Decision, Plan
from cdisc_kit.ipd.policy import Rule

_UNNAMED = "no rule keeps it"
_SUPPLEMENT = "SUPP"
# Variables whose values are released as they are, so that a pointer to them stays as it is.
_KEPT_POINTERS = ("VISITNUM", "VISIT", "EPOCH")
_SORT = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM")


@dataclass(frozen=True)
class Sequences:
    """(dataset, old USUBJID, old --SEQ as text) -> new --SEQ as text, for every record that is released."""

    known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def learn(self, before: Dataset, after: Dataset, order: np.ndarray) -> None:
        """`order` holds the position in `before` of each record of `after`."""
        name = f"{before.name}SEQ"
        if "USUBJID" not in after.frame or name not in after.frame:
            return
        old = before.frame.iloc[order]
        numbers = old[name].map("{:.0f}".format)
        new = after.frame[name].map("{:.0f}".format)
        for subject, number, renewed in zip(old["USUBJID"], numbers, new, strict=True):
            self.known[before.name, subject, number] = renewed


def related(
    dataset: Dataset,
    made: Mapping[str, Dataset],
    sequences: Sequences,
    plan: Plan,
    decisions: list[Decision],
) -> Dataset | None:
    """The qualifiers whose QNAM a rule keeps and whose record is released; None where none is left."""
    own = plan.policy.datasets.get(dataset.name)
    parent = dataset.name.removeprefix(_SUPPLEMENT)
    if own is None or own.drop is not None or parent not in made:
        unnamed = _UNNAMED if parent in made else f"{parent} is not released"
        reason = own.drop.reason if own is not None and own.drop is not None else unnamed
        decisions.append(Decision(dataset.name, "", "drop", reason, len(dataset.frame)))
        return None
    parts = _bands(dataset, parent, plan)
    for qualifier, rows in dataset.frame.groupby("QNAM", sort=True):
        rule = own.qualifiers.get(str(qualifier))
        if rule is None or rule.action == "drop":
            reason = rule.reason if rule is not None else _UNNAMED
            decisions.append(Decision(dataset.name, str(qualifier), "drop", reason, len(rows)))
            continue
        released = rows.assign(QVAL=_value(dataset, str(qualifier), rows, rule, plan))
        changed = int((released["QVAL"] != rows["QVAL"]).sum())
        decisions.append(Decision(dataset.name, str(qualifier), rule.text(), rule.reason, changed))
        parts.append(released[released["QVAL"] != ""])
    if not parts:
        return None
    frame = _pointed(pd.concat(parts).reset_index(drop=True), sequences, plan)
    frame = frame.sort_values(list(_SORT), kind="stable").reset_index(drop=True)
    return replace(dataset, frame=frame, lineage=None) if len(frame) else None


def _value(dataset: Dataset, qualifier: str, rows: pd.DataFrame, rule: Rule, plan: Plan) -> pd.Series:
    """QVAL of one QNAM by its rule, as if it were a variable of that name."""
    frame = pd.DataFrame({"USUBJID": rows["USUBJID"], qualifier: rows["QVAL"].astype(object)})
    columns = actions.Columns(dataset, frame, plan)
    return actions.ACTIONS[rule.action](columns, Variable(qualifier, qualifier, "Char"), rule)


def _bands(dataset: Dataset, parent: str, plan: Plan) -> list[pd.DataFrame]:
    """Numbers of DM that are released as bands, as supplemental qualifiers."""
    found = []
    for quasi in plan.policy.quasi_identifiers:
        home, _, variable = quasi.variable.partition(".")
        level = plan.levels[quasi.name]
        if home != parent or quasi.qualifier is None or level in ("keep", "drop"):
            continue
        roster = plan.subjects.roster
        bands = released_values(roster[variable], quasi, level)
        rows = pd.DataFrame(
            {name: np.full(len(roster), "", dtype=object) for name in dataset.frame.columns}, dtype=object
        )
        rows["STUDYID"], rows["RDOMAIN"], rows["USUBJID"] = (
            plan.spec.studyid,
            parent,
            roster["USUBJID"].to_numpy(),
        )
        rows["QNAM"], rows["QLABEL"] = quasi.qualifier
        rows["QVAL"], rows["QORIG"] = bands.to_numpy(), "Derived"
        found.append(rows[rows["QVAL"] != ""])
    return found


def _pointed(frame: pd.DataFrame, sequences: Sequences, plan: Plan) -> pd.DataFrame:
    """IDVARVAL and USUBJID of released records; rows whose record is not released go."""
    variable, value = frame["IDVAR"], frame["IDVARVAL"]
    target = pd.Series(np.full(len(frame), None, dtype=object), index=frame.index)
    target = target.mask(variable == "", "")
    by_number = variable == frame["RDOMAIN"] + "SEQ"
    places = zip(frame["RDOMAIN"], frame["USUBJID"], value, strict=True)
    numbers = [sequences.known.get(place) for place in places]
    target = target.mask(by_number, pd.Series(numbers, index=frame.index, dtype=object))
    linked = variable.str.endswith(("LNKID", "LNKGRP"))
    target = target.mask(linked, actions.links(plan, frame["USUBJID"], value.where(linked, "")))
    target = target.mask(variable.isin(_KEPT_POINTERS), value)
    subject = actions.released_subject(plan, frame["USUBJID"], "USUBJID")
    return frame.assign(IDVARVAL=target, USUBJID=subject)[target.notna()]


def relationships(
    dataset: Dataset,
    made: Mapping[str, Dataset],
    sequences: Sequences,
    plan: Plan,
    decisions: list[Decision],
) -> Dataset | None:
    """RELREC of the released records: a relationship that lost an end goes as a whole."""
    frame = dataset.frame
    exists = pd.Series(
        [
            domain in made and (not variable or variable in made[domain].frame)
            for domain, variable in zip(frame["RDOMAIN"], frame["IDVAR"], strict=True)
        ],
        index=frame.index,
        dtype=bool,
    )
    of_datasets = frame["USUBJID"] == ""
    records = _pointed(frame[exists & ~of_datasets], sequences, plan)
    kept = pd.concat([frame[exists & of_datasets], records])
    relation = [frame["USUBJID"], frame["RELID"]]
    ends = frame.groupby(relation)["RELID"].transform("size").loc[kept.index]
    left = frame.loc[kept.index].groupby(["USUBJID", "RELID"])["RELID"].transform("size")
    kept = kept[left == ends]
    reason = "pointers follow the released records; a relationship that lost an end goes"
    decisions.append(Decision(dataset.name, "", "rebuild", reason, len(frame) - len(kept)))
    if kept.empty:
        return None
    kept = kept.sort_values(["USUBJID", "RELID", "RDOMAIN", "IDVAR", "IDVARVAL"], kind="stable")
    return replace(dataset, frame=kept.reset_index(drop=True), lineage=None)

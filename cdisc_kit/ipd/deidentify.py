"""Datasets as they may leave: every variable by its rule; what no rule keeps is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.errors import OutputError, SpecError
from cdisc_kit.ipd.actions import ACTIONS, Columns, grouped
from cdisc_kit.ipd.folding import folded
from cdisc_kit.ipd.order import in_released_order
from cdisc_kit.ipd.plan import Decision, Plan
from cdisc_kit.ipd.policy import DatasetPolicy, Rule
from cdisc_kit.ipd.related import Sequences, related, relationships
from cdisc_kit.ipd.results import coarsened
from cdisc_kit.standard import load_sdtmig

SUPPLEMENT = "SUPP"
RELATIONSHIP = "RELREC"
_UNNAMED = "no rule keeps it"


@dataclass(frozen=True)
class Deidentified:
    """The datasets that may leave, every decision on the way, and the level of each quasi-identifier.

    `origins` holds, for each dataset of records, the position in the original of each released record; it
    never leaves.
    """

    datasets: dict[str, Dataset]
    decisions: tuple[Decision, ...]
    levels: Mapping[str, str]
    origins: Mapping[str, np.ndarray]


def deidentify(datasets: Mapping[str, Dataset], plan: Plan) -> Deidentified:
    """`datasets` (final, English) under `plan`.

    SpecError where a Required variable has no rule that fills it, OutputError where nothing is released.
    """
    decisions: list[Decision] = []
    problems: list[str] = []
    made: dict[str, Dataset] = {}
    origins: dict[str, np.ndarray] = {}
    sequences = Sequences()
    for name, dataset in datasets.items():
        if name.startswith(SUPPLEMENT) or name == RELATIONSHIP:
            continue
        own = plan.policy.datasets.get(name)
        if own is None or own.drop is not None:
            reason = own.drop.reason if own is not None and own.drop is not None else _UNNAMED
            decisions.append(Decision(name, "", "drop", reason, len(dataset.frame)))
            continue
        released, kept = _dataset(dataset, own, plan, decisions, problems)
        made[name], order = in_released_order(released)
        origins[name] = kept[order]
        sequences.learn(dataset, made[name], origins[name])
    if problems:
        raise SpecError(problems)
    for name, dataset in datasets.items():
        if name.startswith(SUPPLEMENT):
            supplement = related(dataset, made, sequences, plan, decisions)
            if supplement is not None:
                made[name] = supplement
    if RELATIONSHIP in datasets:
        found = relationships(datasets[RELATIONSHIP], made, sequences, plan, decisions)
        if found is not None:
            made[RELATIONSHIP] = found
    if not made:
        raise OutputError("the policy keeps no dataset; name at least one under datasets")
    ordered = {name: made[name] for name in datasets if name in made}
    return Deidentified(ordered, tuple(decisions), dict(plan.levels), origins)


def _dataset(
    dataset: Dataset, own: DatasetPolicy, plan: Plan, decisions: list[Decision], problems: list[str]
) -> tuple[Dataset, np.ndarray]:
    """The dataset by its rules, rows in the old order, and the old position of each row."""
    kept = _records(dataset, own, decisions)
    frame = dataset.frame.iloc[kept].reset_index(drop=True)
    frame = coarsened(dataset.name, frame, own.results, decisions)
    if own.fold:
        frame, stays = _folded(dataset.name, frame, own, plan, decisions)
        kept = kept[stays]
    columns = Columns(dataset, frame, plan)
    made: dict[str, pd.Series] = {}
    variables: list[Variable] = []
    for variable in dataset.variables:
        rule = plan.policy.rule_for(dataset.name, variable.name)
        column = _column(columns, variable, rule, decisions, problems)
        if column is not None:
            made[variable.name] = column
            variables.append(variable)
    released = pd.DataFrame(made, index=frame.index)
    distinct = _distinct(dataset, released, decisions)
    keys = tuple(key for key in dataset.keys if key in made)
    table = released[distinct].reset_index(drop=True)
    return replace(dataset, variables=tuple(variables), keys=keys, frame=table, lineage=None), kept[distinct]


def _folded(
    name: str, frame: pd.DataFrame, own: DatasetPolicy, plan: Plan, decisions: list[Decision]
) -> tuple[pd.DataFrame, np.ndarray]:
    """`frame` with its terms grouped, then folded; and which of its records stayed.

    A prespecified event that did not occur has no subject: it does not count for its term, and it goes where
    the term is folded, for `no other event` would be untrue.
    """
    grouping = {term: own.variables[term] for term in own.fold if term in own.variables}
    for term, rule in grouping.items():
        if rule.action == "group":
            groups = grouped(frame[term], rule)
            changed = int(_changed(frame[term], groups).sum())
            decisions.append(Decision(name, term, rule.text(), rule.reason, changed))
            frame = frame.assign(**{term: groups})
    occurred = frame.get(f"{name[:2]}OCCUR", pd.Series("", index=frame.index)) != "N"
    result = folded(name, frame[occurred], own.fold, plan.tier.k, decisions)
    terms = set(result[own.fold[0]])
    absent = frame[~occurred]
    absent = absent[absent[own.fold[0]].isin(terms)]
    together = pd.concat([result, absent]).sort_index()
    stays = np.asarray(frame.index.isin(together.index))
    if not stays.all():
        reason = "an event that did not occur, of a term that is folded"
        decisions.append(Decision(name, own.fold[0], "records left out", reason, int((~stays).sum())))
    return together.reset_index(drop=True), stays


def _distinct(dataset: Dataset, frame: pd.DataFrame, decisions: list[Decision]) -> np.ndarray:
    """Which records stay: of those that became equal but for --SEQ, the first.

    How many records of a folded term a subject has tells more than the term, and equal records tell nothing.
    """
    names = [name for name in frame if name != f"{dataset.name}SEQ"]
    if dataset.is_reference or "USUBJID" not in names:
        return np.ones(len(frame), dtype=bool)
    repeated = frame.duplicated(names).to_numpy()
    if repeated.any():
        reason = "records that became equal to another of the subject"
        decisions.append(Decision(dataset.name, "", "records left out", reason, int(repeated.sum())))
    return np.asarray(~repeated)


def _records(dataset: Dataset, own: DatasetPolicy, decisions: list[Decision]) -> np.ndarray:
    """Positions of the records that stay."""
    stays = np.ones(len(dataset.frame), dtype=bool)
    for variable, values, reason in own.records:
        out = dataset.frame[variable].astype(str).isin(values).to_numpy() & stays
        decisions.append(
            Decision(dataset.name, variable, f"records left out: {' '.join(values)}", reason, int(out.sum()))
        )
        stays &= ~out
    return np.flatnonzero(stays)


def _column(
    columns: Columns, variable: Variable, rule: Rule | None, decisions: list[Decision], problems: list[str]
) -> pd.Series | None:
    """The released column; None where the variable goes. A Required one has to hold something everywhere."""
    name = columns.dataset.name
    before = columns.frame[variable.name]
    action = rule.action if rule is not None else "drop"
    known = load_sdtmig().dataset(name).variables.get(variable.name)
    core = known.core if known is not None else "Perm"
    after = None if rule is None or action == "drop" else ACTIONS[action](columns, variable, rule)
    if core == "Req" and (after is None or (_blank(after) & ~_blank(before)).any()):
        where = rule.place if rule is not None else "ipd.yaml:"
        problems.append(
            f"{where} {name}.{variable.name} is Required and would be blank; give it a rule with its most "
            "general honest value (constant, from, group)"
        )
        return before
    rows = int((~_blank(before)).sum()) if after is None else int(_changed(before, after).sum())
    text, reason = (rule.text(), rule.reason) if rule is not None else ("drop", _UNNAMED)
    if not (action == "group" and variable.name in columns.plan.policy.datasets[name].fold):  # told there
        decisions.append(Decision(name, variable.name, text, reason, rows))
    if after is None:
        return _empty(before, variable) if core == "Exp" else None
    return after


def _empty(column: pd.Series, variable: Variable) -> pd.Series:
    """An Expected variable without values."""
    if variable.type == "Num":
        return pd.Series(np.full(len(column), np.nan), index=column.index)
    return pd.Series(np.full(len(column), "", dtype=object), index=column.index)


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype(object) == "")


def _changed(before: pd.Series, after: pd.Series) -> pd.Series:
    same = (before.astype(object) == after.astype(object)) | (_blank(before) & _blank(after))
    return ~same

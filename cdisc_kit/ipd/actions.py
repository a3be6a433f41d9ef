"""What each action makes of a column. Actions work on whole columns and know nothing of any dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.ipd.anchor import anchored, day_of
from cdisc_kit.ipd.declared import declared_terms
from cdisc_kit.ipd.folding import OTHER, folded
from cdisc_kit.ipd.generalise import KEEP, released_values
from cdisc_kit.ipd.plan import Plan
from cdisc_kit.ipd.policy import Rule
from cdisc_kit.ipd.results import is_band
from cdisc_kit.yamltext import Map

MASKED = "MSK"  # ISO 21090: known, and withheld for privacy
_NUMBER = re.compile(r"[<>]?=?\s*-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Columns:
    """A dataset under way: its metadata, its frame after records, results and folding, and the plan."""

    dataset: Dataset
    frame: pd.DataFrame
    plan: Plan

    def named(self, name: str) -> str:
        """`--DECOD` as this dataset spells it."""
        return self.dataset.name[:2] + name.removeprefix("--") if name.startswith("--") else name


Action = Callable[[Columns, Variable, Rule], pd.Series]


def keep(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    return columns.frame[variable.name]


def constant(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    return pd.Series(np.full(len(columns.frame), str(rule.params), dtype=object), index=columns.frame.index)


def pseudonym(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    if rule.params == "subject":
        return released_subject(columns.plan, columns.frame[variable.name], variable.name)
    return links(columns.plan, columns.frame["USUBJID"], columns.frame[variable.name])


def released_subject(plan: Plan, column: pd.Series, name: str) -> pd.Series:
    """The subject's pseudonym, in USUBJID with the study before it."""
    known = plan.subjects.usubjid_of(name)
    given = plan.pseudonyms.of("subject", plan.subjects.usubjids)
    prefix = f"{plan.spec.studyid}-" if name == "USUBJID" else ""
    return column.map(lambda value: prefix + given[known[value]] if value else "").astype(object)


def links(plan: Plan, subjects: pd.Series, column: pd.Series) -> pd.Series:
    """One pseudonym for each identifier of a subject, whatever dataset it stands in."""
    joined = (subjects.astype(str) + "\x1f" + column.astype(str)).astype(object)
    given = plan.pseudonyms.of("link", pd.unique(joined[column != ""]))
    return joined.map(given).where(column != "", "").astype(object)


def anchor(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    """Dates moved; other text stays where it is declared or listed, as a reference time point may be."""
    texts = columns.frame[variable.name]
    moved = released_dates(columns.plan, columns.frame["USUBJID"], texts)
    allowed = declared_terms(columns.plan.spec, columns.dataset.name, variable.name) | _listed(rule)
    return moved.where(~texts.isin(allowed), texts).astype(object)


def released_dates(plan: Plan, subjects: pd.Series, texts: pd.Series) -> pd.Series:
    """Dates of `subjects` moved to the fictitious day 1."""
    return anchored(texts, plan.subjects.day_one(subjects), intervals=plan.policy.intervals)


def day(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    """A study day stays where its date is complete; a partial date has none."""
    days = columns.frame[variable.name]
    date = columns.frame.get(variable.name[: -len("DY")] + "DTC")
    if date is None:
        return days
    complete = [found is not None and not found.grid for found in map(day_of, pd.unique(date))]
    known = dict(zip(pd.unique(date), complete, strict=True))
    return days.where(date.map(known).astype(bool))


def terms(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    allowed = declared_terms(columns.plan.spec, columns.dataset.name, variable.name) | _listed(rule)
    column = columns.frame[variable.name]
    return column.where(column.isin(allowed), "").astype(object)


def numbers(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    allowed = declared_terms(columns.plan.spec, columns.dataset.name, variable.name) | _listed(rule)
    column = columns.frame[variable.name]
    own = columns.plan.policy.datasets.get(columns.dataset.name)
    made = {text for text in pd.unique(column) if own is not None and is_band(str(text), own.results)}
    return numeric_or(column, allowed | made)


def numeric_or(column: pd.Series, allowed: Iterable[str]) -> pd.Series:
    """Numbers, bounds and `allowed` texts; OTHER for the rest, so that a result stays one."""
    distinct = pd.unique(column)
    known = set(allowed)
    stays = {text for text in distinct if text in known or _NUMBER.fullmatch(str(text))}
    return column.where(column.isin(stays) | (column == ""), OTHER).astype(object)


def from_variable(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    """The other variable as released; OTHER where that is blank and this one was not."""
    own, other = columns.frame[variable.name], columns.named(str(rule.params))
    source = _released(columns, other)
    if source is None:
        return pd.Series(np.where(own != "", OTHER, ""), index=own.index, dtype=object)
    return source.where((source != "") | (own == ""), OTHER).astype(object)


def group(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    own = columns.plan.policy.datasets[columns.dataset.name]
    if variable.name in own.fold:  # grouped before its groups were folded
        return columns.frame[variable.name]
    return grouped(columns.frame[variable.name], rule)


def grouped(column: pd.Series, rule: Rule) -> pd.Series:
    """Values by the rule's groups; OTHER for a value without one."""
    groups = {str(value): str(name) for value, name in rule.params.items()}  # type: ignore[attr-defined]
    return column.map(lambda value: groups.get(value, OTHER) if value else "").astype(object)


def fold(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    frame = columns.frame[["USUBJID", variable.name]]
    return folded(columns.dataset.name, frame, (variable.name,), columns.plan.tier.k, [])[variable.name]


def rounded(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    column = columns.frame[variable.name]
    if not isinstance(rule.params, Map):
        return nearest(column, pd.Series(float(str(rule.params)), index=column.index))
    steps = {str(key): float(step) for key, step in rule.params["steps"].items()}
    names = [columns.named(str(name)) for name in rule.params["by"]]
    kinds = columns.frame[names].astype(str).agg(" ".join, axis=1)
    return nearest(column, kinds.map(steps).astype(float))


def nearest(column: pd.Series, step: pd.Series) -> pd.Series:
    """Numbers, as numbers or as text, to the nearest multiple of each row's `step`.

    Other text, and a number without a step, is left out.
    """
    values: pd.Series = (pd.to_numeric(column, errors="coerce") / step).round() * step + 0.0
    if pd.api.types.is_numeric_dtype(column):
        return values
    return values.map("{:.10g}".format).where(values.notna(), "").astype(object)


def top(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    column, bound = columns.frame[variable.name], float(str(rule.params))
    values = pd.to_numeric(column, errors="coerce")
    text = column.astype(object).where(values.notna(), "")
    return text.where(~(values >= bound), f">={rule.params}").astype(object)


def quasi(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    found = columns.plan.quasi(str(rule.params))
    column = columns.frame[variable.name]
    level = columns.plan.levels[found.name]
    if found.qualifier is not None and level != KEEP:
        return pd.Series(np.full(len(column), np.nan), index=column.index)
    return released_values(column, found, level)


def where(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    params = rule.params
    condition = columns.frame[str(params["variable"])].isin(list(map(str, params["values"])))  # type: ignore[index]
    return columns.frame[variable.name].where(condition, "").astype(object)


def masks(columns: Columns, variable: Variable, rule: Rule) -> pd.Series:
    """MSK where the other variable held a value that its own rule leaves out."""
    other = str(rule.params)
    after = _released(columns, other)
    hidden = (columns.frame[other] != "") & (after == "" if after is not None else True)
    return columns.frame[variable.name].where(~hidden, MASKED).astype(object)


def _released(columns: Columns, name: str) -> pd.Series | None:
    """Another variable of the dataset by its own rule; None where it does not leave."""
    if name not in columns.frame:
        return None
    rule = columns.plan.policy.rule_for(columns.dataset.name, name)
    if rule is None or rule.action == "drop":
        return None
    return ACTIONS[rule.action](columns, columns.dataset.variable(name), rule)


def _listed(rule: Rule) -> frozenset[str]:
    return frozenset(map(str, rule.params)) if isinstance(rule.params, list) else frozenset()


ACTIONS: dict[str, Action] = {
    "keep": keep,
    "terms": terms,
    "numbers": numbers,
    "constant": constant,
    "pseudonym": pseudonym,
    "anchor": anchor,
    "day": day,
    "from": from_variable,
    "group": group,
    "fold": fold,
    "round": rounded,
    "top": top,
    "quasi": quasi,
    "where": where,
    "masks": masks,
}

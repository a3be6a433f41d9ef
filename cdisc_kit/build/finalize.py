"""A draft becomes a dataset: sorted, numbered, columns in the guide's order, terms checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build import metadata
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.terms import checked_terms
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded, constant_text, number, series
from cdisc_kit.dataset import Dataset, Lineage, Variable
from cdisc_kit.spec.model import DomainSpec
from cdisc_kit.standard import anchors


def finalize(workspace: Workspace, name: str) -> tuple[Dataset, np.ndarray]:
    """The dataset, and the position in the draft of each of its rows (for supplemental qualifiers)."""
    draft = workspace.draft(name)
    domain = draft.domain
    order = draft.order()
    sequence_name = domain.sequence
    variables = _variables(workspace, domain, sequence_name)
    columns: dict[str, pd.Series] = {}
    distinct: dict[str, np.ndarray] = {}
    blank = constant_text("", draft.length).column()  # for all variables that nothing fills
    for variable in variables:
        made = _final_column(workspace, draft, variable, order, sequence_name)
        if isinstance(made, Coded):
            distinct[variable.name] = made.distinct()
            empty = len(made.values) == 1 and made.values[0] == ""
            columns[variable.name] = blank if empty else made.column()
        else:
            columns[variable.name] = made
    dataset = Dataset(
        name=domain.name,
        label=domain.standard.label,
        cls=domain.standard.define_class,
        structure=domain.standard.structure,
        keys=domain.keys,
        variables=tuple(variables),
        frame=pd.DataFrame(columns, copy=False),
        lineage=_lineage(draft, order),
        comment=domain.comment,
    )
    dataset.know_distinct(distinct)
    return dataset, order


def _variables(workspace: Workspace, domain: DomainSpec, sequence_name: str) -> list[Variable]:
    found = {name: metadata.described(workspace, domain, target) for name, target in domain.variables.items()}
    for name in anchors.IDENTIFIERS:
        if name in domain.standard.variables:
            found[name] = metadata.identifier(domain.standard, name)
    if sequence_name:
        found[sequence_name] = metadata.sequence(domain, sequence_name)
    for known in domain.standard.variables.values():
        if known.core == "Exp" and known.name not in found:
            found[known.name] = metadata.unmapped(domain, known.name)
    return [found[name] for name in metadata.variable_order(domain, list(found))]


def _final_column(
    workspace: Workspace, draft: Draft, variable: Variable, order: np.ndarray, sequence_name: str
) -> pd.Series | Coded:
    name = variable.name
    if name == sequence_name:
        return series(draft.column(name).to_numpy()[order])
    if name in ("STUDYID", "DOMAIN"):
        value = workspace.spec.studyid if name == "STUDYID" else draft.domain.name
        return constant_text(value, draft.length)
    if name != "USUBJID" and name not in draft.domain.variables:
        blank = series(np.full(draft.length, np.nan))
        return constant_text("", draft.length) if variable.type == "Char" else blank
    if variable.type == "Num":
        numbers: pd.Series = number(series(draft.column(name).to_numpy()[order])).astype("float64")
        return numbers
    if not variable.codelists:
        return draft.taken(name, order)
    column = draft.coded(name).take(order)
    levels = _value_levels(draft, name, order)
    checked, findings = checked_terms(workspace, draft.domain.name, variable, column, levels)
    workspace.findings += findings
    return column if checked is None else checked


def _value_levels(draft: Draft, name: str, order: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """(rows, codelist) of each value level of a variable."""
    return [
        (draft.coded(level.where).take(order).isin(level.values), level.codelist)
        for level in draft.domain.value_levels
        if level.variable == name
    ]


def _lineage(draft: Draft, order: np.ndarray) -> Lineage:
    block = np.repeat(np.arange(len(draft.blocks)), [block.length for block in draft.blocks])
    parts = [
        block.record if block.spec.kind == "from" else np.full(block.length, -1) for block in draft.blocks
    ]
    record = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return Lineage(
        blocks=tuple(item.spec.id for item in draft.blocks),
        forms=tuple(item.spec.source if item.spec.kind == "from" else "" for item in draft.blocks),
        block=block[order].astype(np.int32),
        record=record[order].astype(np.int64),
    )

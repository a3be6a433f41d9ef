"""Values against controlled terminology (R-CT): unknown terms of closed lists are removed and reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.dataset import Variable
from cdisc_kit.findings import Finding
from cdisc_kit.standard import Codelist
from cdisc_kit.standard.anchors import MULTIPLE


def checked_terms(
    workspace: Workspace,
    dataset: str,
    variable: Variable,
    values: pd.Series,
    levels: list[tuple[np.ndarray, str]],
) -> tuple[pd.Series, list[Finding]]:
    """The values with terms unknown to a non-extensible list blanked, and the findings by distinct value.

    `levels` are (rows, codelist) that follow another list than the variable's own ('' for none).
    """
    findings: list[Finding] = []
    rest = np.ones(len(values), dtype=bool)
    parts = [(rows, [codelist] if codelist else []) for rows, codelist in levels]
    for rows, _ in parts:
        rest &= ~rows
    for rows, codes in [*parts, (rest, list(variable.codelists))]:
        known = [codelist for code in codes if (codelist := workspace.ct.find(code)) is not None]
        checked, notes = _checked(workspace, dataset, variable, values[rows], known)
        values = values.where(~rows, checked.reindex(values.index))
        findings += notes
    return values, findings


def _checked(
    workspace: Workspace, dataset: str, variable: Variable, values: pd.Series, codelists: list[Codelist]
) -> tuple[pd.Series, list[Finding]]:
    if not codelists:
        return values, []
    known = {term for codelist in codelists for term in codelist.terms}
    declared = {term for codelist in codelists for term in workspace.spec.extensions.get(codelist.code, ())}
    uniques = [value for value in pd.unique(values) if value != "" and value not in known]
    strange = [value for value in uniques if value not in declared and value != MULTIPLE]
    names = ", ".join(codelist.submission for codelist in codelists)
    several = int((values == MULTIPLE).sum()) if MULTIPLE in uniques else 0
    notes = [replace(_several(names, several), dataset=dataset, variable=variable.name)] if several else []
    if not strange:
        return values, notes
    extensible = any(codelist.extensible for codelist in codelists)
    counts = values[values.isin(strange)].value_counts(sort=False)
    draft = _extension if extensible else _unmapped
    findings = notes + [
        replace(draft(names, int(counts[value])), dataset=dataset, variable=variable.name, value=value)
        for value in strange
    ]
    return (values if extensible else values.where(~values.isin(strange), "")), findings


def _several(names: str, count: int) -> Finding:
    return Finding(
        rule="CT-MULTIPLE",
        severity="INFO",
        message=f"{count} record(s) hold MULTIPLE, which stands for several terms of {names} (IG 4.2.8.3)",
        message_zh=f"有{count}条记录取值为 MULTIPLE,表示{names}中的多个取值",
        value=MULTIPLE,
    )


def _extension(names: str, count: int) -> Finding:
    return Finding(
        rule="CT-EXT",
        severity="WARN",
        message=(
            f"{count} record(s) hold a value that is no term of {names}; "
            "declare it under extensions in ct.yaml, or map it to a term"
        ),
        message_zh=f"有{count}条记录的取值不在受控术语{names}中,请在 ct.yaml 中声明扩展或映射",
    )


def _unmapped(names: str, count: int) -> Finding:
    return Finding(
        rule="CT-UNMAPPED",
        severity="ERROR",
        message=(
            f"{count} record(s) hold a value that is no term of {names}; "
            "the list is not extensible: map it to a term; left null"
        ),
        message_zh=f"有{count}条记录的取值不在不可扩展的受控术语{names}中,已置空",
    )


def non_blank(values: pd.Series) -> np.ndarray:
    """True where a final column holds a value."""
    if pd.api.types.is_numeric_dtype(values):
        return values.notna().to_numpy()
    return (values != "").to_numpy(dtype=bool)

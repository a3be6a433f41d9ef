"""Values against controlled terminology (R-CT): unknown terms of closed lists are removed and reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded
from cdisc_kit.dataset import Variable
from cdisc_kit.findings import Finding
from cdisc_kit.standard import Codelist, ControlledTerminology
from cdisc_kit.standard.anchors import MULTIPLE
from cdisc_kit.standard.terminology import removed


def checked_terms(
    workspace: Workspace,
    dataset: str,
    variable: Variable,
    column: Coded,
    levels: list[tuple[np.ndarray, str]],
) -> tuple[pd.Series | None, list[Finding]]:
    """The column with terms unknown to a non-extensible list blanked (None: as it was), and the findings.

    `levels` are (rows, codelist) that follow another list than the variable's own ('' for none).
    """
    findings: list[Finding] = []
    blank = np.zeros(len(column.codes), dtype=bool)
    rest = ~blank
    parts = [(rows, [codelist] if codelist else []) for rows, codelist in levels]
    for rows, _ in parts:
        rest &= ~rows
    for rows, codes in [*parts, (rest, list(variable.codelists))]:
        known = [codelist for code in codes if (codelist := workspace.ct.find(code)) is not None]
        strange = _strange(workspace, column, rows, known) if known else {}
        findings += _several(dataset, variable, column, rows, known) if known else []
        findings += _told(workspace.ct, dataset, variable, strange, known)
        if strange and not _extensible(known):
            blank |= rows & column.isin(list(strange))
    return column.column().where(~blank, "") if blank.any() else None, findings


def _strange(
    workspace: Workspace, column: Coded, rows: np.ndarray, codelists: list[Codelist]
) -> dict[str, int]:
    """Values on `rows` that no codelist knows and no extension declares, with how many rows hold them."""
    known = {term for codelist in codelists for term in codelist.terms} | {"", MULTIPLE}
    known |= {term for codelist in codelists for term in workspace.spec.extensions.get(codelist.code, ())}
    codes = column.codes if rows.all() else column.codes[rows]
    counts = np.bincount(codes, minlength=len(column.values))
    strange: dict[str, int] = {}
    for value, count in zip(column.values, counts, strict=True):
        if count and value not in known:
            strange[value] = strange.get(value, 0) + int(count)
    return strange


def _extensible(codelists: list[Codelist]) -> bool:
    return any(codelist.extensible for codelist in codelists)


def _told(
    ct: ControlledTerminology,
    dataset: str,
    variable: Variable,
    strange: dict[str, int],
    codelists: list[Codelist],
) -> list[Finding]:
    draft = _extension if _extensible(codelists) else _unmapped
    names = ", ".join(codelist.submission for codelist in codelists)
    findings = []
    for value, count in strange.items():
        last = max(removed(ct, codelist, value) for codelist in codelists)
        finding = draft(names, count)
        if last:
            finding = _removed(finding, names, count, last, ct.version)
        findings.append(replace(finding, dataset=dataset, variable=variable.name, value=value))
    return findings


def _removed(finding: Finding, names: str, count: int, last: str, version: str) -> Finding:
    """The finding about a value that was a term until a package after `last`; its severity stays."""
    fate = "; left null" if finding.severity == "ERROR" else ""
    return replace(
        finding,
        rule="CT-REMOVED",
        message=(
            f"{count} record(s) hold a term that {names} had in {last} and lacks in {version}; "
            f"map it to a term{fate}"
        ),
        message_zh=(
            f"有{count}条记录的取值在{last}版受控术语{names}中存在,在{version}版中已删除,请重新映射"
            + (",已置空" if fate else "")
        ),
    )


def _several(
    dataset: str, variable: Variable, column: Coded, rows: np.ndarray, codelists: list[Codelist]
) -> list[Finding]:
    """INFO where MULTIPLE stands for several terms of a list that does not hold the word."""
    count = int((column.isin((MULTIPLE,)) & rows).sum()) if MULTIPLE in column.values else 0
    if not count or any(MULTIPLE in codelist.terms for codelist in codelists):
        return []
    names = ", ".join(codelist.submission for codelist in codelists)
    return [
        Finding(
            rule="CT-MULTIPLE",
            severity="INFO",
            message=f"{count} record(s) hold MULTIPLE, for several terms of {names} (IG 4.2.8.3)",
            message_zh=f"有{count}条记录取值为 MULTIPLE,表示{names}中的多个取值",
            dataset=dataset,
            variable=variable.name,
            value=MULTIPLE,
        )
    ]


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

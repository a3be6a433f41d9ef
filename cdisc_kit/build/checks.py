"""The checks of a study's checks.yaml: rows laid out as for a dataset, those that answer yes are findings."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import NamedTuple

import numpy as np

from cdisc_kit.build.block import BlockRows
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.gathered import gathered
from cdisc_kit.build.visits import planned_visits
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.columns import text
from cdisc_kit.derive.template import fields
from cdisc_kit.findings import Finding
from cdisc_kit.spec.checks import AT, WHEN
from cdisc_kit.spec.model import EVERY_BLOCK, CheckSpec
from cdisc_kit.standard import anchors

BLANK = "(空)"


class Place(NamedTuple):
    """Where a finding stands; the fields are those of `Finding`."""

    dataset: str = ""
    variable: str = ""
    row: int = 0
    seq: str = ""
    form: str = ""
    source_file: str = ""
    source_sheet: str = ""
    source_row: int = 0
    source_column: str = ""


def study_findings(workspace: Workspace) -> list[Finding]:
    """Every finding of the study's checks.

    The datasets under construction are read, not changed; what an operation reports while it computes a
    helper column is not kept, because the mapping that uses it for a dataset reports the same.
    """
    own = copy(workspace)
    own.drafts, own.findings = dict(workspace.drafts), []
    return [finding for check in workspace.spec.checks for finding in _findings(own, check)]


def empty_forms(forms: Mapping[str, Form]) -> list[Finding]:
    """An INFO `FORM-EMPTY` for each form without a row."""
    return [
        Finding(
            rule="FORM-EMPTY",
            severity="INFO",
            message=f"form {name} is present but has no row; no records are made from it",
            message_zh=f"表{name}存在但没有数据行,不产生记录",
            form=name,
            source_file=form.table.file,
            source_sheet=form.table.sheet,
        )
        for name, form in forms.items()
        if len(form.table.row) == 0
    ]


def unknown_visits(workspace: Workspace) -> list[Finding]:
    """An ERROR `SV-UNKNOWN` at each visit code that is not planned, unscheduled or declared as none."""
    spec = workspace.spec
    if anchors.VISITS not in spec.domains or anchors.PLANNED_VISITS not in spec.domains:
        return []
    listed = [
        code for block in spec.domains[anchors.VISITS].blocks for code in block.options.get("unscheduled", ())
    ]
    known = {"", *spec.sources.no_visit, *map(str, listed), *planned_visits(workspace)["plan_code"]}
    return [
        _unknown_visit(form, spec.sources.visit, int(at))
        for form in workspace.forms.values()
        if spec.sources.visit in form.table.frame and spec.sources.visit_date in form.table.frame
        for at in np.flatnonzero(~form.table.frame[spec.sources.visit].isin(known))
        if form.usubjid.iloc[at] != ""
    ]


def _unknown_visit(form: Form, column: str, at: int) -> Finding:
    table, code = form.table, str(form.table.frame[column].iloc[at])
    return Finding(
        rule="SV-UNKNOWN",
        severity="ERROR",
        message=f"{column} is neither a planned nor an unscheduled visit; records of this row have no visit",
        message_zh="访视编码不在访视计划中,也不是计划外访视;该行产生的记录没有访视",
        usubjid=str(form.usubjid.iloc[at]),
        value=code,
        form=table.form,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=int(table.row[at]),
        source_column=column,
        query=f"{table.form} 第{int(table.row[at])}行的访视编码“{code}”不在访视计划中,请更正。",
    )


def _findings(workspace: Workspace, check: CheckSpec) -> list[Finding]:
    draft = Draft(workspace, check.rows)
    workspace.drafts[check.rows.name] = draft
    if draft.length == 0:
        return []
    met = np.flatnonzero(draft.column(WHEN).to_numpy(dtype=bool))
    found = [finding for block in draft.blocks for finding in _of_block(workspace, check, draft, block, met)]
    if check.gathered is None:
        return found
    return gathered(found, check.gathered, workspace.forms[check.gathered.form])


def _of_block(
    workspace: Workspace, check: CheckSpec, draft: Draft, block: BlockRows, met: np.ndarray
) -> list[Finding]:
    """The findings of one block's rows; `met` are positions in the draft."""
    own = met[(met >= block.start) & (met < block.start + block.length)] - block.start
    if len(own) == 0:
        return []
    values = text(block.own_part(draft.column(AT)))
    subjects = block.usubjid().fillna("")
    places = (
        _records(workspace, check, block, own) if block.spec.kind == "dataset" else _cells(check, block, own)
    )
    return [
        Finding(
            rule=check.rule,
            severity=check.severity,
            message=check.message,
            message_zh=check.message_zh,
            usubjid=str(subjects.iloc[at]),
            value=str(values.iloc[at]),
            spec_file=check.rows.file,
            spec_line=check.line,
            query=query,
            **place._asdict(),
        )
        for at, query, place in zip(own, _queries(check.query, block, own), places, strict=True)
    ]


def _queries(question: str, block: BlockRows, rows: np.ndarray) -> list[str]:
    """The question for each row; unlike a template's text it stands with blanks too, which it names so."""
    result = [question] * len(rows)
    for name in fields(question):
        cells = text(block.column(name)).iloc[rows]
        cells = cells.where(cells != "", BLANK)
        result = [part.replace("{" + name + "}", cell) for part, cell in zip(result, cells, strict=True)]
    return result


def _pointed(check: CheckSpec) -> str:
    return str(check.rows.work[AT].by[EVERY_BLOCK].params["assign"])


def _cells(check: CheckSpec, block: BlockRows, rows: np.ndarray) -> list[Place]:
    """The raw cell of each row: the column itself, or the one it stands for in the row's unpivot item."""
    return [_cell(block, int(at), _pointed(check)) for at in rows]


def _cell(block: BlockRows, at: int, name: str) -> Place:
    form, file, sheet, row = block.source_of(at)
    column = block.raw_column(name, at)
    return Place(form=form, source_file=file, source_sheet=sheet, source_row=row, source_column=column)


def _records(workspace: Workspace, check: CheckSpec, block: BlockRows, rows: np.ndarray) -> list[Place]:
    """The dataset's record behind each row, with the raw cell it was made from where it has one."""
    draft, variable = workspace.draft(block.spec.source), _pointed(check)
    final = np.argsort(draft.order()) + 1
    numbers = text(draft.column(draft.domain.sequence)) if draft.domain.sequence else None
    places = []
    for at in block.record[rows]:
        own = next(part for part in draft.blocks if part.start <= at < part.start + part.length)
        place = _cell(own, int(at) - own.start, variable)
        seq = str(numbers.iloc[at]) if numbers is not None else ""
        places.append(
            place._replace(dataset=draft.domain.name, variable=variable, row=int(final[at]), seq=seq)
        )
    return places

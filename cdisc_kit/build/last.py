"""The subject's last record: of a form that is filled in again, the one with the latest date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import series, text
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import BlockSpec, DomainSpec


def last_of_each(
    workspace: Workspace, domain: DomainSpec, block: BlockSpec, record: np.ndarray
) -> np.ndarray:
    """True on each subject's record of the latest date; of several with that date, on the one further down.

    Dates are compared as ISO 8601 text: a partial date comes before the days it may mean, a blank one first.
    Records of the same date that differ in more than the form's key: WARN `LAST-TIED` at the record taken.
    """
    form = workspace.forms[block.source]
    rows = pd.DataFrame({"subject": form.column("USUBJID")[record]})
    rows["date"] = text(series(form.column(block.last_per_subject)[record]))
    ordered = rows.sort_values("date", kind="stable").drop_duplicates("subject", keep="last")
    last = ordered.sort_index().reset_index(names="taken")
    taken = last["taken"].to_numpy()
    pairs = rows.reset_index(names="other").merge(last, on=["subject", "date"])
    differ = _differ(workspace, block, record[pairs["other"]], record[pairs["taken"]])
    told = np.unique(pairs["taken"].to_numpy()[differ])
    workspace.findings += _tied(workspace, domain, block, record[told])
    return np.isin(np.arange(len(record)), taken)


def _differ(workspace: Workspace, block: BlockSpec, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """True where two records of the form say different things outside its key."""
    form, described = workspace.forms[block.source], workspace.spec.sources.forms[block.source]
    differ = np.zeros(len(one), dtype=bool)
    for name in described.columns.keys() - set(described.key):
        cells = form.column(name)
        differ |= cells[one] != cells[other]
    return differ


def _tied(
    workspace: Workspace, domain: DomainSpec, block: BlockSpec, records: Sequence[int] | np.ndarray
) -> list[Finding]:
    form, described = workspace.forms[block.source], workspace.spec.sources.forms[block.source]
    column = block.last_per_subject
    label = described.columns[column].label
    return [
        Finding(
            rule="LAST-TIED",
            severity="WARN",
            message="several records of the subject share the latest date and differ; the last is taken",
            message_zh="该受试者有多条日期相同且为最晚的记录,内容不同;取最后一条",
            dataset=domain.name,
            usubjid=str(form.column("USUBJID")[at]),
            value=str(form.column(column)[at]),
            form=form.table.form,
            source_file=form.table.file_at(int(at)),
            source_sheet=form.table.sheet,
            source_row=int(form.table.row[at]),
            source_column=column,
            spec_file=block.file,
            spec_line=block.line,
            query=f"{described.title_zh}有多条记录的“{label}”相同但内容不同,请核实日期以确定最后一次记录。",
        )
        for at in records
    ]

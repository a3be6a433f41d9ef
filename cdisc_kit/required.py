"""Cells that the CRF requires and nobody filled in."""

from __future__ import annotations

import numpy as np

from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec


def missing_required(form: FormSpec, table: RawTable) -> list[Finding]:
    """An ERROR `REQ-MISSING` for each blank cell of a column that sources.yaml marks as required.

    An amount said not to have been determined may be blank.
    """
    findings = []
    for key, column in form.columns.items():
        if not column.required:
            continue
        blank = (table.frame[key] == "").to_numpy(dtype=bool)
        if column.not_done:
            blank = blank & (table.frame[column.not_done] != "Y").to_numpy(dtype=bool)
        for at in np.flatnonzero(blank):
            findings.append(
                Finding(
                    rule="REQ-MISSING",
                    severity="ERROR",
                    message=f"{key} is required on form {form.name} and blank; ask the site",
                    message_zh=f"必填项“{column.label}”未填写",
                    form=form.name,
                    source_file=table.file_at(int(at)),
                    source_sheet=table.sheet,
                    source_row=int(table.row[at]),
                    source_column=key,
                    query=f"{form.title_zh}第{int(table.row[at])}行必填项“{column.label}”未填写,请补充。",
                )
            )
    return findings

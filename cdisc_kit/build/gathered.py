"""Many findings of a check on one subject that one wrong cell brings about: told there, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cdisc_kit.build.workspace import Form
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import GatherSpec


def gathered(found: Sequence[Finding], spec: GatherSpec, form: Form) -> list[Finding]:
    """The findings, those of a subject with more than `spec.above` of them as one at the subject's cell.

    Its message counts the findings it stands for and names their forms. `{count}` in the question is their
    number, `{value}` the cell's value. Subjects whose cell is blank keep theirs.
    """
    result: list[Finding] = []
    cells, subjects = form.column(spec.column), form.column("USUBJID")
    for subject in dict.fromkeys(finding.usubjid for finding in found):
        own = [finding for finding in found if finding.usubjid == subject]
        at = np.flatnonzero((subjects == subject) & (cells != ""))
        if len(own) > spec.above and subject and len(at):
            result.append(_one(own, spec, form, int(at[0])))
        else:
            result += own
    return result


def _one(own: list[Finding], spec: GatherSpec, form: Form, at: int) -> Finding:
    forms = ", ".join(sorted({finding.form for finding in own}))
    value = str(form.column(spec.column)[at])
    return replace(
        own[0],
        message=f"{own[0].message}: {len(own)} cells of {forms}; this cell may be what is wrong",
        message_zh=f"{own[0].message_zh}(共{len(own)}处:{forms}),可能为本项有误",
        dataset="",
        variable="",
        row=0,
        seq="",
        value=value,
        form=spec.form,
        source_file=form.table.file_at(at),
        source_sheet=form.table.sheet,
        source_row=int(form.table.row[at]),
        source_column=spec.column,
        query=spec.query.replace("{count}", str(len(own))).replace("{value}", value),
    )

"""People who were screened but never consented: nothing of them may be in a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import StudySpec

_NO_CONSENT = Finding(
    rule="ID-NOCONSENT",
    severity="INFO",
    message="screened without any sign of consent, and on no other form; the person is in no dataset",
    message_zh="仅有筛选记录且无知情同意信息,未纳入任何数据集",
)


def without_consent(
    spec: StudySpec, tables: dict[str, RawTable], findings: Iterable[Finding]
) -> tuple[dict[str, RawTable], list[Finding]]:
    """The tables without screening rows of people who never consented, each an INFO `ID-NOCONSENT`.

    Every column of `identity.consent` is blank, none of them because of a finding, and the number stands on
    no other form: who has a form took part, and then the missing consent is the finding.
    """
    screening = tables[spec.identity.form]
    if not spec.identity.consent or not len(screening.row):
        return tables, []
    frame = screening.frame
    blank = (frame[list(spec.identity.consent)] == "").all(axis=1).to_numpy(dtype=bool)
    told = {(f.source_file, f.source_row) for f in findings if f.source_column in spec.identity.consent}
    files = [(screening.file_at(at), int(row)) for at, row in enumerate(screening.row)]
    known = frame[spec.identity.subject].isin(_elsewhere(spec, tables)).to_numpy(dtype=bool)
    gone = blank & ~known & np.array([place not in told for place in files], dtype=bool)
    notes = [
        replace(
            _NO_CONSENT,
            form=screening.form,
            source_file=screening.file_at(int(at)),
            source_sheet=screening.sheet,
            source_row=int(screening.row[at]),
            source_column=spec.identity.subject,
        )
        for at in np.flatnonzero(gone)
    ]
    return {**tables, screening.form: screening.take(np.flatnonzero(~gone))}, notes


def _elsewhere(spec: StudySpec, tables: dict[str, RawTable]) -> set[str]:
    """Subject numbers on other forms, and numbers that somebody's screening form names as the earlier one."""
    numbers: set[str] = set()
    for name, table in tables.items():
        if name != spec.identity.form and spec.sources.subject in table.frame:
            numbers |= set(table.frame[spec.sources.subject])
    if spec.identity.previous:
        numbers |= set(tables[spec.identity.form].frame[spec.identity.previous])
    return numbers

"""USUBJID: made once, from the screening form; every other form's rows are joined to it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded, repeated, series
from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import StudySpec

USUBJID = "USUBJID"


def subject_ids(spec: StudySpec, screening: RawTable) -> dict[str, str]:
    """Subject number -> USUBJID. A person screened again keeps the USUBJID of the first number."""
    identity, frame = spec.identity, screening.frame
    numbers = frame[identity.subject].to_numpy(dtype=object)
    sites = frame[spec.sources.site].to_numpy(dtype=object)
    earlier = (
        frame[identity.previous].to_numpy(dtype=object) if identity.previous else np.full(len(numbers), "")
    )
    first = {n: previous for n, previous in zip(numbers, earlier, strict=True) if previous}
    site_of = dict(zip(numbers, sites, strict=True))
    ids = {}
    for number in numbers:
        root = _root(number, first) if first else number
        site = site_of.get(root, site_of[number])
        ids[number] = identity.usubjid.format(
            **{"STUDYID": spec.studyid, spec.sources.site: site, identity.subject: root}
        )
    return ids


def _root(number: str, first: dict[str, str]) -> str:
    seen = {number}
    while first.get(number, number) != number and first[number] not in seen:
        number = first[number]
        seen.add(number)
    return number


def join_subjects(spec: StudySpec, table: RawTable, ids: dict[str, str]) -> tuple[pd.Series, list[Finding]]:
    """USUBJID of each row ('' where the subject was never screened, with an ERROR `ID-ORPHAN`)."""
    column = spec.sources.subject
    if column not in table.frame.columns:
        return series(repeated("", len(table.frame))), []
    numbers = table.coded(column)
    known = Coded(numbers.codes, np.array([ids.get(number, "") for number in numbers.values], dtype=object))
    usubjid = known.column()
    findings = [
        Finding(
            rule="ID-ORPHAN",
            severity="ERROR",
            message=f"the row's subject is not in the screening form {spec.identity.form}; row not mapped",
            message_zh="该行的受试者编号不在筛选表中,未转换",
            form=table.form,
            source_file=table.file_at(int(at)),
            source_sheet=table.sheet,
            source_row=int(table.row[at]),
            source_column=column,
            value=str(table.frame[column].iloc[at]),
        )
        for at in np.flatnonzero(known.isin(("",)))
    ]
    return usubjid, findings

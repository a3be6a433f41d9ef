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
            query=(
                f"{spec.sources.forms[table.form].title_zh}第{int(table.row[at])}行的受试者编号为"
                f"“{table.frame[column].iloc[at]}”,筛选表中没有该编号,请核实并更正。"
            ),
        )
        for at in np.flatnonzero(known.isin(("",)))
    ]
    return usubjid, findings


Own = dict[str, dict[str, str]]  # column -> subject number -> what the screening form says


def own_values(spec: StudySpec, screening: RawTable) -> Own:
    """What the screening form says in the columns that every form must repeat; '' where it is blank."""
    frame = screening.frame
    return {
        column: dict(zip(frame[spec.identity.subject], frame[column], strict=True))
        for column in spec.sources.agree
    }


def of_another(spec: StudySpec, table: RawTable, own: Own) -> list[Finding]:
    """An ERROR at each cell that says of the subject what its screening form does not: whose row is it?

    The rules are those sources.yaml gives to the columns. Blank cells, and subjects whose screening form is
    blank there, say nothing. The row stays with the number it bears.
    """
    if table.form == spec.identity.form or spec.sources.subject not in table.frame:
        return []
    subjects = table.frame[spec.sources.subject]
    findings = []
    for column, values in own.items():
        if column not in table.frame:
            continue
        cells = table.frame[column].to_numpy(dtype=object)
        known = subjects.map(values).fillna("").to_numpy(dtype=object)
        differ = (_folded(cells) != _folded(known)) & (cells != "") & (known != "")
        findings += [
            _of_another(spec, table, column, int(at), str(known[at])) for at in np.flatnonzero(differ)
        ]
    return findings


def _folded(cells: np.ndarray) -> np.ndarray:
    folded: np.ndarray = pd.Series(cells, dtype=object).str.casefold().to_numpy(dtype=object)
    return folded


def _of_another(spec: StudySpec, table: RawTable, column: str, at: int, known: str) -> Finding:
    form, row, cell = spec.sources.forms[table.form], int(table.row[at]), str(table.frame[column].iloc[at])
    label = form.columns[column].label
    return Finding(
        rule=spec.sources.agree[column],
        severity="ERROR",
        message=f"{column} is not that of the subject's screening form; the row may be another subject's",
        message_zh=f"“{label}”与该受试者筛选表不一致,该行可能属于其他受试者",
        value=cell,
        form=table.form,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=row,
        source_column=column,
        query=(
            f"{form.title_zh}第{row}行的“{label}”为“{cell}”,该受试者筛选表中为“{known}”,"
            "请核对该行是否属于此受试者并更正。"
        ),
    )

"""What a case gives: the domain's records through the real engine, compared with what it states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.build.draft import Draft
from cdisc_kit.build.finalize import finalize
from cdisc_kit.build.supplement import supplement
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import text
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding
from cdisc_kit.mapping_tests.document import FINDING_FIELDS, Case, Rows
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import RawTable
from cdisc_kit.spec.model import StudySpec
from cdisc_kit.standard import load_ct
from cdisc_kit.yamltext import Map, place

_FIRST_ROW = 2  # as in a file with one row of headings


@dataclass(frozen=True)
class Outcome:
    """Records of the case's domain in final order, its findings, and the draft behind them.

    `records` has the dataset's variables, and the work variables and supplemental qualifiers beside them,
    all as text. Where a FATAL stopped the case there is no record, no draft, and no finding but the FATAL.
    """

    records: pd.DataFrame
    findings: tuple[Finding, ...]
    draft: Draft | None


def raw_tables(spec: StudySpec, rows: Rows) -> dict[str, tuple[RawTable, ...]]:
    """The rows as the readers give them; a cell that no row states is blank."""
    tables: dict[str, tuple[RawTable, ...]] = {}
    for name, given in rows.items():
        columns = spec.sources.forms[name].columns
        cells = {column: [row.get(column, "") for row in given] for column in columns}
        frame = pd.DataFrame(cells, columns=list(columns), dtype=object)
        numbers = np.arange(len(given)) + _FIRST_ROW
        tables[name] = (RawTable(name, f"{name} of the test", "", numbers, frame),)
    return tables


class Bench:
    """Runs the cases of one study; forms without rows are prepared once."""

    def __init__(self, spec: StudySpec) -> None:
        self.spec = spec
        blank: Rows = {name: [] for name in spec.sources.forms}
        self._blank, _ = prepare_forms(spec, raw_tables(spec, blank))

    def run(self, domain: str, case: Case) -> Outcome:
        """The domain's records of the case."""
        rows = {self.spec.identity.form: [], **case.rows}
        forms, _ = prepare_forms(self.spec, raw_tables(self.spec, rows))
        workspace = Workspace(self.spec, load_ct(self.spec.ct_version), {**self._blank, **forms}, Draft)
        try:
            dataset, order = finalize(workspace, domain)
            supplement(workspace, dataset, order)
        except FatalFindingsError as error:
            stopped = tuple(finding for finding in error.findings if finding.severity == "FATAL")
            return Outcome(pd.DataFrame(), stopped, None)
        draft = workspace.draft(domain)
        columns = {name: text(dataset.frame[name]) for name in dataset.frame}
        for section in (draft.domain.work, draft.domain.supp):
            for name in section:
                columns[name] = text(draft.column(name)).iloc[order].reset_index(drop=True)
        findings = sorted({finding for finding in workspace.findings if finding.dataset == domain})
        return Outcome(pd.DataFrame(columns), tuple(findings), draft)


def differences(case: Case, outcome: Outcome) -> list[str]:
    """What the case states and the outcome does not say, one line each with its place in the test file."""
    return [*_of_records(case, outcome.records), *_of_findings(case, outcome.findings)]


def _of_records(case: Case, records: pd.DataFrame) -> list[str]:
    if len(records) != len(case.expect):
        return [
            f"{case.place} {len(case.expect)} records expected, {len(records)} made: {_listed(records, case)}"
        ]
    return [
        f"{place(record)} record {at + 1} {name}: expected '{wanted}', found '{found}'"
        for at, record in enumerate(case.expect)
        for name, wanted in record.items()
        if (found := str(records[name].iloc[at]) if name in records else "") != wanted
    ]


def _listed(records: pd.DataFrame, case: Case) -> str:
    """The records by the variables that the case compares."""
    names = list(dict.fromkeys(name for record in case.expect for name in record if name in records))
    shown = records[names or list(records.columns[:6])]
    return "; ".join(
        ", ".join(f"{key}={value}" for key, value in row.items() if value) for row in shown.to_dict("records")
    )


def _of_findings(case: Case, findings: tuple[Finding, ...]) -> list[str]:
    left = list(findings)
    problems = []
    for stated in case.findings:
        match = next((finding for finding in left if _fits(stated, finding)), None)
        if match is None:
            problems.append(f"{place(stated)} finding {dict(stated)} was not made")
        else:
            left.remove(match)
    return [*problems, *(f"{case.place} finding not expected: {finding.one_line()}" for finding in left)]


def _fits(stated: Map, finding: Finding) -> bool:
    return all(str(getattr(finding, FINDING_FIELDS[key])) == value for key, value in stated.items())

"""The straight line from a raw folder to a finished package."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from cdisc_kit.build.checks import empty_forms
from cdisc_kit.build.study import Built, build_datasets
from cdisc_kit.build.workspace import Form
from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding, at_or_above
from cdisc_kit.identity import join_subjects, subject_ids
from cdisc_kit.lengths import with_lengths
from cdisc_kit.normalise import normalise
from cdisc_kit.raw import RawTable, read_raw
from cdisc_kit.recist import limits_from, read_layout, recist_findings
from cdisc_kit.reconcile import reconcile
from cdisc_kit.spec import StudySpec

log = logging.getLogger(__name__)

ENCODINGS = {"ascii": "ascii", "utf8": "utf-8", "gb18030": "gb18030"}


def prepare_forms(
    spec: StudySpec, raw: dict[str, tuple[RawTable, ...]]
) -> tuple[dict[str, Form], list[Finding]]:
    """Raw tables normalised, reconciled, drafts set apart, and joined to their subjects."""
    findings: list[Finding] = []
    tables: dict[str, RawTable] = {}
    for name, entries in raw.items():
        cleaned = []
        for entry in entries:
            table, notes = normalise(spec, entry)
            cleaned.append(table)
            findings += notes
        tables[name], notes = reconcile(spec.sources.forms[name], tuple(cleaned))
        findings += notes
        tables[name], notes = without_drafts(spec, tables[name])
        findings += notes
    ids = subject_ids(spec, tables[spec.identity.form])
    forms = {}
    for name, table in tables.items():
        usubjid, notes = join_subjects(spec, table, ids)
        forms[name] = Form(table, usubjid)
        findings += notes
    return forms, findings


def without_drafts(spec: StudySpec, table: RawTable) -> tuple[RawTable, list[Finding]]:
    """The table without rows whose form is still being entered, each a WARN `FORM-DRAFT`."""
    if spec.sources.drafts is None or spec.sources.drafts[0] not in table.frame:
        return table, []
    column, values = spec.sources.drafts
    draft = table.frame[column].isin(values).to_numpy(dtype=bool)
    findings = [
        Finding(
            rule="FORM-DRAFT",
            severity="WARN",
            message="form is still being entered; the row is not mapped",
            message_zh="表单仍在录入中,未转换",
            form=table.form,
            source_file=table.file,
            source_sheet=table.sheet,
            source_row=int(row),
            source_column=column,
        )
        for row in table.row[draft]
    ]
    kept = replace(table, row=table.row[~draft], frame=table.frame[~draft].reset_index(drop=True), dates=None)
    return kept, findings


def build(spec: StudySpec, raw_folder: Path, text: str = "ascii") -> Built:
    """The study's datasets and every finding. Raises FatalFindingsError when a FATAL stops the run."""
    log.info("reading %s", raw_folder)
    forms, findings = prepare_forms(spec, read_raw(spec, raw_folder))
    _stop_on_fatal(findings)
    log.info("building %d domains", len(spec.domains))
    try:
        built = build_datasets(spec, forms)
    except FatalFindingsError as error:
        raise FatalFindingsError(sorted({*findings, *error.findings})) from error
    datasets, notes = with_lengths(built.datasets, ENCODINGS[text])
    findings += [*built.findings, *notes, *empty_forms(forms), *_recomputed(spec, datasets)]
    _stop_on_fatal(findings)
    return replace(built, datasets=datasets, findings=sorted(set(findings)))


def _recomputed(spec: StudySpec, datasets: dict[str, Dataset]) -> list[Finding]:
    """Tumour responses recomputed and compared; nothing for a study without tumour datasets."""
    frames = {name: dataset.frame for name, dataset in datasets.items()}
    limits = limits_from({name: parameter.value for name, parameter in spec.parameters.items()})
    return list(recist_findings(frames, read_layout(), limits))


def _stop_on_fatal(findings: list[Finding]) -> None:
    if at_or_above(findings, "FATAL"):
        raise FatalFindingsError(sorted(set(findings)))

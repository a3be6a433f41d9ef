"""The straight line from a raw folder to a finished package."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cdisc_kit.build.checks import empty_forms
from cdisc_kit.build.study import Built, build_datasets
from cdisc_kit.build.workspace import Form
from cdisc_kit.columns import text_as_objects
from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding, at_or_above
from cdisc_kit.identity import join_subjects, of_another, own_values, subject_ids
from cdisc_kit.language import packaged
from cdisc_kit.ledger import Ledger, account
from cdisc_kit.lineage import REFERRED, RELATION, made_by, parent_rows
from cdisc_kit.normalise import (
    Known,
    birth_dates,
    canonical,
    known_numbers,
    normalise,
    with_pauses_apart,
    with_zeros,
    without_consent,
    without_names,
    without_repeats,
)
from cdisc_kit.raw import RawTable, Resolution, read_raw, read_resolutions
from cdisc_kit.recist import limits_from, read_layout, recist_findings
from cdisc_kit.reconcile import Decisions, reconcile
from cdisc_kit.required import missing_required
from cdisc_kit.spec import StudySpec
from cdisc_kit.spec.model import PointerSpec, RelationSpec

log = logging.getLogger(__name__)

ENCODINGS = {"ascii": "ascii", "utf8": "utf-8", "gb18030": "gb18030"}


@dataclass(frozen=True)
class BuiltStudy(Built):
    """A built study with its raw tables as read and what became of each of their cells.

    `datasets` are those of the package; `english` are the same before text was put into the language of the
    package and cut to its byte budgets: conditions of the mapping are written in their words.
    """

    english: dict[str, Dataset]
    raw: dict[str, tuple[RawTable, ...]]
    ledger: Ledger


def prepare_forms(
    spec: StudySpec, raw: dict[str, tuple[RawTable, ...]], resolutions: tuple[Resolution, ...] = ()
) -> tuple[dict[str, Form], list[Finding]]:
    """Raw tables normalised, reconciled, drafts set apart, and joined to their subjects."""
    findings = [without_names(note) for entries in raw.values() for table in entries for note in table.notes]
    tables, notes = _normalised(spec, raw)
    findings += notes
    forms, reconciled = {}, {}
    for name, entries in tables.items():
        form = spec.sources.forms[name]
        decisions = Decisions.of(form, resolutions, partial(canonical, spec, name))
        table, notes = reconcile(form, entries, decisions)
        findings += notes
        table, notes = without_drafts(spec, table)
        findings += notes
        reconciled[name], notes = with_pauses_apart(form, table, spec.sources.subject)
        findings += notes
    reconciled, notes = without_consent(spec, reconciled, findings)
    findings += notes
    findings += _unfilled(spec, reconciled, findings)
    ids = subject_ids(spec, reconciled[spec.identity.form])
    own = own_values(spec, reconciled[spec.identity.form])
    for name, table in reconciled.items():
        usubjid, notes = join_subjects(spec, table, ids)
        forms[name] = Form(table, usubjid)
        findings += [*notes, *of_another(spec, table, own)]
    return forms, findings


def _unfilled(spec: StudySpec, tables: dict[str, RawTable], findings: list[Finding]) -> list[Finding]:
    """Blank required cells, but for those that are blank because what stood there was reported."""
    told = {(f.source_file, f.source_row, f.source_column) for f in at_or_above(findings, "WARN")}
    blank = [
        note for name, table in tables.items() for note in missing_required(spec.sources.forms[name], table)
    ]
    return [f for f in blank if (f.source_file, f.source_row, f.source_column) not in told]


def _normalised(
    spec: StudySpec, raw: dict[str, tuple[RawTable, ...]]
) -> tuple[dict[str, tuple[RawTable, ...]], list[Finding]]:
    """Every table with canonical cells, full subject numbers and one row for each key.

    The screening form comes first: it tells which subject numbers there are and when each subject was born.
    """
    screening = spec.identity.form
    findings: list[Finding] = []
    tables: dict[str, tuple[RawTable, ...]] = {}
    births: dict[str, str] = {}
    known: Known = {}
    for name in sorted(raw, key=lambda name: name != screening):
        cleaned = [normalise(spec, table, births) for table in raw[name]]
        if name == screening:
            known = known_numbers(spec, [table for table, _ in cleaned])
            births = birth_dates(spec, cleaned[0][0])
        entries = []
        for table, notes in cleaned:
            padded, pads = with_zeros(spec, table, known)
            single, repeats = without_repeats(spec.sources.forms[name], padded)
            entries.append(single)
            findings += [*notes, *pads, *repeats]
        tables[name] = tuple(entries)
    return {name: tables[name] for name in raw}, findings


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
            source_file=table.file_at(int(at)),
            source_sheet=table.sheet,
            source_row=int(table.row[at]),
            source_column=column,
            query=f"{spec.sources.forms[table.form].title_zh}第{int(table.row[at])}行仍在录入中,请完成录入。",
        )
        for at in np.flatnonzero(draft)
    ]
    return table.take(np.flatnonzero(~draft)), findings


@text_as_objects
def build(spec: StudySpec, raw_folder: Path, text: str = "ascii") -> BuiltStudy:
    """The study's datasets, every finding and the account of every raw cell.

    Raises FatalFindingsError when a FATAL stops the run."""
    log.info("reading %s", raw_folder)
    resolutions = read_resolutions(raw_folder, spec.sources.resolution)
    folder = read_raw(spec, raw_folder)
    raw = folder.tables
    forms, findings = prepare_forms(spec, raw, resolutions)
    findings += [beside.told for beside in folder.beside]
    _stop_on_fatal(findings)
    log.info("building %d domains", len(spec.domains))
    try:
        built = build_datasets(spec, forms)
    except FatalFindingsError as error:
        raise FatalFindingsError(sorted({*findings, *error.findings})) from error
    datasets, notes = packaged(spec, built, ENCODINGS[text])
    notes += _recomputed(spec, built.datasets)
    findings += [*(_located(note, built) for note in notes), *empty_forms(forms)]
    _stop_on_fatal(findings)
    ledger, notes = account(built.workspace, raw, findings, folder.beside)
    findings = sorted({*findings, *notes})
    return BuiltStudy(
        *(datasets, findings, built.verbatim, built.wordings, built.workspace),
        *(built.datasets, raw, ledger),
    )


def _located(finding: Finding, built: Built) -> Finding:
    """A finding on a record, with the raw cell behind it and the mapping line that made the value."""
    dataset = built.datasets.get(finding.dataset)
    if dataset is None or not finding.row or finding.source_row:
        return finding
    if finding.dataset not in built.workspace.spec.domains:
        return _located_by_parent(finding, dataset.frame, built)
    if dataset.lineage is None:
        return finding
    draft = built.workspace.draft(finding.dataset)
    block, at = draft.row(finding.row)
    form, file, sheet, row = block.source_of(at)
    finding = replace(
        finding,
        form=form,
        source_file=file,
        source_sheet=sheet,
        source_row=row,
        source_column=block.raw_column(finding.variable, at) if finding.variable else "",
    )
    if not finding.variable:
        return finding
    if finding.variable not in dataset.frame:  # a qualifier, told of at its record
        qualifier = draft.domain.supp.get(finding.variable)
        return replace(
            finding, spec_file=draft.domain.file, spec_line=qualifier.line if qualifier is not None else 0
        )
    origins = dataset.variable(finding.variable).origins
    origin = origins.get(block.spec.id) or next(iter(origins.values()))
    return replace(finding, spec_file=origin.spec_file, spec_line=origin.spec_line)


def _located_by_parent(finding: Finding, frame: pd.DataFrame, built: Built) -> Finding:
    """A finding on a record of SUPP-- or RELREC, with the raw cell behind the record that it refers to."""
    own = frame.iloc[finding.row - 1 : finding.row]
    row = next(iter(parent_rows(built.datasets, own)), 0)
    if not row:
        return finding
    qualifies, spec = REFERRED in frame, built.workspace.spec
    qualifier = str(own[REFERRED].iloc[0]) if qualifies else ""
    found = _located(
        replace(finding, dataset=str(own["RDOMAIN"].iloc[0]), variable=qualifier, row=row),
        built,
    )
    relid = "" if qualifies else made_by(spec, str(own[RELATION].iloc[0]))
    relations: list[RelationSpec | PointerSpec] = [*spec.relations, *spec.pointers]
    for relation in relations:
        if relation.relid == relid:
            found = replace(found, spec_file=relation.file, spec_line=relation.line)
    return replace(found, dataset=finding.dataset, variable=finding.variable, row=finding.row)


def _recomputed(spec: StudySpec, datasets: dict[str, Dataset]) -> list[Finding]:
    """Tumour responses recomputed and compared; nothing for a study without tumour datasets."""
    frames = {name: dataset.frame for name, dataset in datasets.items()}
    limits = limits_from({name: parameter.value for name, parameter in spec.parameters.items()})
    return list(recist_findings(frames, read_layout(), limits))


def _stop_on_fatal(findings: list[Finding]) -> None:
    if at_or_above(findings, "FATAL"):
        raise FatalFindingsError(sorted(set(findings)))

"""Canonical forms to final datasets: the middle of the pipeline."""

from __future__ import annotations

from cdisc_kit.build.finalize import finalize
from cdisc_kit.build.lengths import with_lengths
from cdisc_kit.build.relrec import related_records
from cdisc_kit.build.supplement import supplement
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import StudySpec
from cdisc_kit.standard import load_ct


def build_datasets(
    spec: StudySpec, forms: dict[str, Form], encoding: str
) -> tuple[dict[str, Dataset], list[Finding]]:
    """Every dataset the mappings describe, with SUPP-- and RELREC, lengths set for `encoding`.

    Raises FatalFindingsError where rows cannot be laid out (a join that multiplies rows).
    """
    workspace = Workspace(spec, load_ct(spec.ct_version), forms)
    datasets: dict[str, Dataset] = {}
    for name in sorted(spec.domains):
        dataset, order = finalize(workspace, name)
        datasets[name] = dataset
        qualifiers = supplement(workspace, dataset, order)
        if qualifiers is not None:
            datasets[qualifiers.name] = qualifiers
    relations, notes = related_records(spec, datasets)
    if relations is not None:
        datasets[relations.name] = relations
    sized, text_findings = with_lengths(datasets, encoding)
    return sized, [*workspace.findings, *notes, *text_findings]

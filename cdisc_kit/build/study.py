"""Canonical forms to final datasets: the middle of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.build.checks import study_findings
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.finalize import finalize
from cdisc_kit.build.relrec import related_records
from cdisc_kit.build.supplement import supplement
from cdisc_kit.build.verbatim import verbatim_rows
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import StudySpec
from cdisc_kit.standard import load_ct


@dataclass(frozen=True)
class Built:
    """The final datasets by name, every finding, and the collected wording behind translated values.

    `workspace` still holds the records behind the rows, for the account of the raw cells.
    """

    datasets: dict[str, Dataset]
    findings: list[Finding]
    verbatim: pd.DataFrame
    workspace: Workspace


def build_datasets(spec: StudySpec, forms: dict[str, Form]) -> Built:
    """Every dataset the mappings describe, with SUPP-- and RELREC; lengths are not set yet.

    Raises FatalFindingsError where rows cannot be laid out (a join that multiplies rows).
    """
    workspace = Workspace(spec, load_ct(spec.ct_version), forms, Draft)
    datasets: dict[str, Dataset] = {}
    orders: dict[str, np.ndarray] = {}
    wordings = []
    for name in sorted(spec.domains):
        dataset, order = finalize(workspace, name)
        datasets[name], orders[name] = dataset, order
        wordings.append(verbatim_rows(workspace, dataset, order))
        qualifiers = supplement(workspace, dataset, order)
        if qualifiers is not None:
            datasets[qualifiers.name] = qualifiers
    relations, notes = related_records(workspace, datasets, orders)
    if relations is not None:
        datasets[relations.name] = relations
    findings = [*workspace.findings, *notes, *study_findings(workspace)]
    return Built(datasets, findings, pd.concat(wordings, ignore_index=True), workspace)

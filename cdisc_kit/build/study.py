"""Canonical forms to final datasets: the middle of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.build.checks import study_findings, unknown_visits
from cdisc_kit.build.contradictions import contradicting_rows, scattered_visits
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.finalize import finalize
from cdisc_kit.build.keys import repeated_keys
from cdisc_kit.build.relrec import related_records
from cdisc_kit.build.supplement import supplement
from cdisc_kit.build.verbatim import Wording, verbatim_rows, wordings
from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import StudySpec
from cdisc_kit.standard import load_ct


@dataclass(frozen=True)
class Built:
    """The final datasets by name, every finding, and the collected wording behind translated values.

    `verbatim` lists that wording, `wordings` holds it by dataset and record. `workspace` still holds the
    records behind the rows, for the account of the raw cells.
    """

    datasets: dict[str, Dataset]
    findings: list[Finding]
    verbatim: pd.DataFrame
    wordings: dict[str, tuple[Wording, ...]]
    workspace: Workspace


def build_datasets(spec: StudySpec, forms: dict[str, Form]) -> Built:
    """Every dataset the mappings describe, with SUPP-- and RELREC; lengths are not set yet.

    Raises FatalFindingsError where rows cannot be laid out (a join that multiplies rows).
    """
    workspace = Workspace(spec, load_ct(spec.ct_version), forms, Draft)
    datasets: dict[str, Dataset] = {}
    orders: dict[str, np.ndarray] = {}
    found: dict[str, tuple[Wording, ...]] = {}
    verbatim = []
    for name in sorted(spec.domains):
        dataset, order = finalize(workspace, name)
        datasets[name], orders[name] = dataset, order
        found[name] = wordings(workspace, dataset, order)
        verbatim.append(verbatim_rows(workspace, dataset, found[name]))
        qualifiers = supplement(workspace, dataset, order)
        if qualifiers is not None:
            datasets[qualifiers.name] = qualifiers
    relations, notes = related_records(workspace, datasets, orders)
    if relations is not None:
        datasets[relations.name] = relations
    findings = [*workspace.findings, *notes, *unknown_visits(workspace), *study_findings(workspace)]
    findings += [
        note for name in spec.domains for note in repeated_keys(workspace.draft(name), datasets[name])
    ]
    findings += [*contradicting_rows(workspace), *scattered_visits(workspace)]
    return Built(datasets, findings, pd.concat(verbatim, ignore_index=True), found, workspace)

"""RELREC from dataset-level relationships (IG 8.3): two records for each, USUBJID and IDVARVAL null."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build.terms import non_blank
from cdisc_kit.dataset import Dataset, Lineage, Origin, Variable
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import RelationSpec, StudySpec
from cdisc_kit.standard import load_sdtmig

NAME = "RELREC"


def related_records(spec: StudySpec, datasets: dict[str, Dataset]) -> tuple[Dataset | None, list[Finding]]:
    """The dataset of relationships both of whose ends hold values; INFO for each that does not."""
    rows: list[dict[str, str]] = []
    findings: list[Finding] = []
    for relation in spec.relations:
        empty = [name for name, variable, _ in relation.ends if not _has_values(datasets, name, variable)]
        if empty:
            findings.append(_left_out(relation, empty))
            continue
        rows += [
            {
                "STUDYID": spec.studyid,
                "RDOMAIN": name,
                "USUBJID": "",
                "IDVAR": variable,
                "IDVARVAL": "",
                "RELTYPE": kind,
                "RELID": relation.relid,
            }
            for name, variable, kind in relation.ends
        ]
    if not rows:
        return None, findings
    standard = load_sdtmig().dataset(NAME)
    frame = pd.DataFrame(rows, dtype=object)[list(standard.variables)]
    origins = {"*": Origin("Assigned", "Sponsor")}
    variables = tuple(
        Variable(v.name, v.label, v.type, role=v.role, core=v.core, codelists=v.codelists, origins=origins)
        for v in standard.variables.values()
    )
    none = np.full(len(frame), -1, dtype=np.int64)
    lineage = Lineage(("relationships",), ("",), np.zeros(len(frame), dtype=np.int32), none)
    dataset = Dataset(
        NAME,
        standard.label,
        standard.define_class,
        standard.structure,
        standard.keys,
        variables,
        frame,
        lineage,
    )
    return dataset, findings


def _has_values(datasets: dict[str, Dataset], name: str, variable: str) -> bool:
    return name in datasets and bool(non_blank(datasets[name].frame[variable]).any())


def _left_out(relation: RelationSpec, empty: list[str]) -> Finding:
    return Finding(
        rule="RELREC-EMPTY",
        severity="INFO",
        message=f"relationship {relation.relid} is left out: {', '.join(empty)} holds no value to relate",
        dataset=NAME,
    )

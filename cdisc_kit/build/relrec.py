"""RELREC (IG 8.2, 8.3): related datasets, with USUBJID and IDVARVAL null, then related records."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build.pointers import pointed_records
from cdisc_kit.build.terms import non_blank
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset, Lineage, Origin, Variable
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import RelationSpec, StudySpec
from cdisc_kit.standard import load_sdtmig

NAME = "RELREC"


def related_records(
    workspace: Workspace, datasets: dict[str, Dataset], orders: dict[str, np.ndarray]
) -> tuple[Dataset | None, list[Finding]]:
    """The dataset of relationships both of whose ends hold values; INFO for each that does not.

    `orders` gives the draft position of each row of a dataset.
    """
    spec = workspace.spec
    parts: list[pd.DataFrame] = []
    findings: list[Finding] = []
    for relation in spec.relations:
        empty = [name for name, variable, _ in relation.ends if not _has_values(datasets, name, variable)]
        if empty:
            findings.append(_left_out(relation.relid, f"{', '.join(empty)} holds no value to relate"))
        else:
            parts.append(_datasets_related(relation))
    for pointer in spec.pointers:
        related, lost = pointed_records(workspace, pointer, datasets, orders)
        findings += lost
        if related.empty:
            findings.append(_left_out(pointer.relid, f"no record of {pointer.pointer[0]} points to another"))
        parts.append(related)
    rows = sum(len(part) for part in parts)
    return (_dataset(spec, pd.concat(parts, ignore_index=True)) if rows else None), findings


def _datasets_related(relation: RelationSpec) -> pd.DataFrame:
    ends = [
        {"RDOMAIN": str(name), "IDVAR": str(variable), "RELTYPE": kind, "RELID": relation.relid}
        for name, variable, kind in relation.ends
    ]
    return pd.DataFrame(ends, dtype=object)


def _dataset(spec: StudySpec, rows: pd.DataFrame) -> Dataset:
    standard = load_sdtmig().dataset(NAME)
    rows = rows.reindex(columns=list(standard.variables)).assign(STUDYID=spec.studyid)
    frame = pd.DataFrame({name: text(rows[name]) for name in standard.variables})
    origins = {"*": Origin("Assigned", "Sponsor")}
    none = np.full(len(frame), -1, dtype=np.int64)
    return Dataset(
        name=NAME,
        label=standard.label,
        cls=standard.define_class,
        structure=standard.structure,
        keys=standard.keys,
        variables=tuple(
            Variable(
                v.name, v.label, v.type, role=v.role, core=v.core, codelists=v.codelists, origins=origins
            )
            for v in standard.variables.values()
        ),
        frame=frame,
        lineage=Lineage(("relationships",), ("",), np.zeros(len(frame), dtype=np.int32), none),
    )


def _has_values(datasets: dict[str, Dataset], name: str, variable: str) -> bool:
    return name in datasets and bool(non_blank(datasets[name].frame[variable]).any())


def _left_out(relid: str, why: str) -> Finding:
    return Finding(
        rule="RELREC-EMPTY",
        severity="INFO",
        message=f"relationship {relid} is left out: {why}",
        dataset=NAME,
    )

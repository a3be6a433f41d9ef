"""Supplemental qualifiers (IG 8.4): one record for each non-blank value of a mapping's `supp` section."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build import metadata
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset, Lineage, Origin, Variable
from cdisc_kit.spec.model import DomainSpec, VariableSpec
from cdisc_kit.standard import StandardVariable, load_sdtmig

_QORIG = {"Collected": "CRF", "Derived": "Derived", "Assigned": "Assigned", "Protocol": "Protocol"}
_VENDOR = "eDT"


def supplement(workspace: Workspace, dataset: Dataset, order: np.ndarray) -> Dataset | None:
    """SUPP-- of `dataset`, or None where the mapping has none. `order` is the draft position of each row."""
    domain = workspace.spec.domains[dataset.name]
    if not domain.supp:
        return None
    draft = workspace.draft(dataset.name)
    parts = []
    for position, qualifier in enumerate(domain.supp.values()):
        values = text(draft.column(qualifier.name)).iloc[order].reset_index(drop=True)
        part = _qualifier(workspace, dataset, qualifier, values)
        parts.append(part.assign(_qualifier=position))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.sort_values(["USUBJID", "_seq", "QNAM"], kind="stable", ignore_index=True)
    name = f"SUPP{dataset.name}"
    standard = load_sdtmig().dataset(name)
    columns = list(standard.variables)
    return Dataset(
        name=name,
        label=standard.label,
        cls=standard.define_class,
        structure=standard.structure,
        keys=standard.keys,
        variables=tuple(_variable(workspace, domain, standard.variables[column]) for column in columns),
        frame=frame[columns],
        lineage=_lineage(dataset, frame, tuple(domain.supp)),
    )


def _qualifier(
    workspace: Workspace, dataset: Dataset, qualifier: VariableSpec, values: pd.Series
) -> pd.DataFrame:
    """The records of one qualifier; `_seq` is --SEQ of the parent as a number, `_row` its position."""
    domain = workspace.spec.domains[dataset.name]
    sequence = domain.sequence
    rows = np.flatnonzero((values != "").to_numpy(dtype=bool))
    parent = dataset.frame.iloc[rows]
    number = parent[sequence] if sequence else pd.Series(np.zeros(len(rows)), index=parent.index)
    return pd.DataFrame(
        {
            "STUDYID": workspace.spec.studyid,
            "RDOMAIN": domain.name,
            "USUBJID": parent["USUBJID"].to_numpy(dtype=object),
            "IDVAR": sequence,
            "IDVARVAL": text(number).to_numpy(dtype=object) if sequence else "",
            "QNAM": qualifier.name,
            "QLABEL": qualifier.label,
            "QVAL": values.iloc[rows].to_numpy(dtype=object),
            "QORIG": _qorig(workspace, domain, qualifier),
            "QEVAL": qualifier.evaluator,
            "_seq": number.to_numpy(dtype="float64"),
            "_row": rows,
        }
    ).astype(dict.fromkeys(("STUDYID", "RDOMAIN", "IDVAR", "QNAM", "QLABEL", "QEVAL"), object))


def _qorig(workspace: Workspace, domain: DomainSpec, qualifier: VariableSpec) -> str:
    return qorig(next(iter(metadata.origins(workspace.spec, domain, qualifier).values())))


def qorig(origin: Origin) -> str:
    """The guide's word for an origin of Define-XML (IG 8.4.1)."""
    return _VENDOR if origin.source == "Vendor" else _QORIG.get(origin.type, "Assigned")


def _variable(workspace: Workspace, domain: DomainSpec, known: StandardVariable) -> Variable:
    origins = {"*": Origin("Assigned", "Sponsor")}
    if known.name == "QVAL":
        origins = {
            name: next(iter(metadata.origins(workspace.spec, domain, target).values()))
            for name, target in domain.supp.items()
        }
    if known.name == "USUBJID":
        origins = metadata.identifier(domain.standard, "USUBJID").origins
    return Variable(
        known.name,
        known.label,
        known.type,
        role=known.role,
        core=known.core,
        codelists=known.codelists,
        origins=origins,
    )


def _lineage(dataset: Dataset, frame: pd.DataFrame, names: tuple[str, ...]) -> Lineage:
    assert dataset.lineage is not None
    rows = frame["_row"].to_numpy(dtype=np.int64)
    return Lineage(
        blocks=names,
        forms=tuple("" for _ in names),
        block=frame["_qualifier"].to_numpy(dtype=np.int32),
        record=dataset.lineage.record[rows],
    )

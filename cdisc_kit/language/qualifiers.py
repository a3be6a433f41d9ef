"""Records added to SUPP-- after the build: the continuation of long text, the English of a collected term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdisc_kit.build.supplement import qorig
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset, Lineage, Origin, Variable
from cdisc_kit.standard import load_sdtmig

SUPPLEMENT = "SUPP"


@dataclass(frozen=True)
class Added:
    """One qualifier's records: `values` of the parent's `rows` (positions), with label and origin."""

    name: str
    label: str
    origin: Origin
    rows: np.ndarray
    values: Sequence[str]
    evaluator: str = ""


def record_keys(frame: pd.DataFrame, sequence: str) -> pd.Series:
    """USUBJID and --SEQ of each record of a parent as one text, as `qualifier_keys` gives them for SUPP--."""
    numbers = text(frame[sequence]) if sequence else pd.Series("", index=frame.index, dtype=object)
    return frame["USUBJID"].astype(object) + "\x1f" + numbers.astype(object)


def qualifier_keys(frame: pd.DataFrame) -> pd.Series:
    """USUBJID and IDVARVAL of each record of a supplemental dataset as one text."""
    return frame["USUBJID"].astype(object) + "\x1f" + frame["IDVARVAL"].astype(object)


def sequence_of(parent: Dataset) -> str:
    """The parent's --SEQ, '' for a dataset with one record per subject."""
    name = f"{parent.name}SEQ"
    return name if name in parent.frame else ""


def supplemented(parent: Dataset, existing: Dataset | None, added: Sequence[Added]) -> Dataset:
    """SUPP-- of `parent` with the added records, in the order of IG 8.4: subject, record, qualifier."""
    base = existing or _empty(parent)
    assert base.lineage is not None and parent.lineage is not None
    frames = [base.frame.assign(_block=base.lineage.block, _record=base.lineage.record)]
    for number, qualifier in enumerate(added, start=len(base.lineage.blocks)):
        record = parent.lineage.record[qualifier.rows]
        frames.append(_records(parent, qualifier).assign(_block=number, _record=record))
    frame = pd.concat(frames, ignore_index=True)
    place = pd.to_numeric(frame["IDVARVAL"], errors="coerce")
    frame = frame.assign(_place=place).sort_values(
        ["USUBJID", "_place", "QNAM"], kind="stable", ignore_index=True
    )
    names = (*base.lineage.blocks, *(qualifier.name for qualifier in added))
    lineage = Lineage(
        blocks=names,
        forms=tuple("" for _ in names),
        block=frame["_block"].to_numpy(dtype=np.int32),
        record=frame["_record"].to_numpy(dtype=np.int64),
    )
    origins = {qualifier.name: qualifier.origin for qualifier in added}
    variables = tuple(
        replace(v, origins={**v.origins, **origins}) if v.name == "QVAL" else v for v in base.variables
    )
    columns = [variable.name for variable in variables]
    return replace(base, frame=frame[columns], variables=variables, lineage=lineage)


def _records(parent: Dataset, qualifier: Added) -> pd.DataFrame:
    sequence = sequence_of(parent)
    rows = parent.frame.iloc[qualifier.rows]
    numbers = text(rows[sequence]) if sequence else pd.Series("", index=rows.index, dtype=object)
    return pd.DataFrame(
        {
            "STUDYID": rows["STUDYID"].to_numpy(dtype=object),
            "RDOMAIN": parent.name,
            "USUBJID": rows["USUBJID"].to_numpy(dtype=object),
            "IDVAR": sequence,
            "IDVARVAL": numbers.to_numpy(dtype=object),
            "QNAM": qualifier.name,
            "QLABEL": qualifier.label,
            "QVAL": np.array(list(qualifier.values), dtype=object),
            "QORIG": qorig(qualifier.origin),
            "QEVAL": qualifier.evaluator,
        },
        dtype=object,
    )


def _empty(parent: Dataset) -> Dataset:
    standard = load_sdtmig().dataset(f"{SUPPLEMENT}{parent.name}")
    assigned = {"*": Origin("Assigned", "Sponsor")}
    variables = tuple(
        Variable(
            *(known.name, known.label, known.type),
            role=known.role,
            core=known.core,
            codelists=known.codelists,
            origins={
                "QVAL": {},
                "USUBJID": parent.variable("USUBJID").origins,
            }.get(known.name, assigned),
        )
        for known in standard.variables.values()
    )
    frame = pd.DataFrame({variable.name: pd.Series([], dtype=object) for variable in variables})
    nothing = Lineage((), (), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64))
    return Dataset(
        name=standard.name,
        label=standard.label,
        cls=standard.define_class,
        structure=standard.structure,
        keys=standard.keys,
        variables=variables,
        frame=frame,
        lineage=nothing,
    )

"""`subjects_sharing`: how many subjects have a record with the same values."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    cells = [text(rows.column(name)).to_numpy(dtype=object) for name in params["subjects_sharing"]]
    frame = pd.DataFrame(dict(enumerate(cells)))
    complete = (frame != "").all(axis="columns")
    keys = [frame[name] for name in frame]
    subjects = pd.Series(rows.usubjid().to_numpy(dtype=object))
    sharing: pd.Series = subjects.groupby(keys, sort=False).transform("nunique").astype("float64")
    return sharing.where(complete, 1.0)


OPERATION = Operation(
    key="subjects_sharing",
    summary=(
        "Number of subjects (this one included) with a record of the block that has the same values in all "
        "listed columns; 1 where one of them is blank."
    ),
    schema={"subjects_sharing": NAMES},
    run=run,
    needs=lambda params: Needs(columns=tuple(params["subjects_sharing"])),
    method=lambda params: f"Number of subjects with the same {', '.join(params['subjects_sharing'])}.",
    scope="block",
)

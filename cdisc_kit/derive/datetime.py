"""`datetime`: a collected date, with its time where one was collected, as ISO 8601 (IG 4.4.1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, NAMES, Needs, Operation, Rows, names
from cdisc_kit.isodate import DAY_LENGTH
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    columns = names(params["datetime"])
    collected: pd.Series = text(rows.column(columns[0]))
    if len(columns) == 1:
        return collected
    dates = collected.astype(str)
    times = text(rows.column(columns[1])).astype(str)
    both = (dates.str.len() == DAY_LENGTH) & (times != "")
    return pd.Series(np.where(both, dates + "T" + times, dates), dtype=object)


OPERATION = Operation(
    key="datetime",
    summary="A date (and a time) column as ISO 8601; a time beside a partial date is left out.",
    schema={"datetime": {"anyOf": [NAME, {**NAMES, "maxItems": 2}]}},
    run=run,
    pure=True,
    needs=lambda params: Needs(columns=names(params["datetime"])),
    origin="Collected",
    source="Investigator",
)

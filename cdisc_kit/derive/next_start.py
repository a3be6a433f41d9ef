"""`next_start` and `day_after`: how one element ends where the next begins (IG 5.3, SE)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.isodate import days, iso
from cdisc_kit.yamltext import Map


def run_next(rows: Rows, params: Map) -> pd.Series:
    start = text(rows.column(params["next_start"])).astype(str)
    frame = pd.DataFrame(
        {"subject": rows.usubjid().to_numpy(dtype=object), "start": start.to_numpy(dtype=object)}
    )
    following = frame.groupby("subject", sort=False)["start"].shift(-1)
    last = text(rows.column(params["last"]))
    return pd.Series(np.where(following.notna(), following, last), dtype=object)


def run_day_after(rows: Rows, params: Map) -> pd.Series:
    return iso(days(rows.column(params["day_after"])) + np.timedelta64(1, "D"))


NEXT_START = Operation(
    key="next_start",
    summary="The value on the subject's next record (in block order); `last` on the subject's last record.",
    schema={"next_start": NAME, "last": NAME},
    required=("last",),
    run=run_next,
    needs=lambda params: Needs(columns=(params["next_start"], params["last"])),
    method=lambda params: (
        f"{params['next_start']} of the subject's next record; {params['last']} on the last."
    ),
    scope="dataset",
)

DAY_AFTER = Operation(
    key="day_after",
    summary="The day after a complete date.",
    schema={"day_after": NAME},
    run=run_day_after,
    needs=lambda params: Needs(columns=(params["day_after"],)),
    method=lambda params: f"Date part of {params['day_after']} plus one day.",
)

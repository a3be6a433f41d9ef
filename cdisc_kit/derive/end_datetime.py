"""`end_datetime`: date and time of an end whose form gives one date and two times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.isodate import DAY_LENGTH, days, iso
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    date = text(rows.column(params["end_datetime"])).astype(str)
    start = text(rows.column(params["start_time"])).astype(str)
    end = text(rows.column(params["end_time"])).astype(str)
    whole = date.str.len() == DAY_LENGTH
    overnight = (whole & (start != "") & (end != "") & (end < start)).to_numpy(dtype=bool)
    rows.report(
        "DT-MIDNIGHT",
        "INFO",
        "end time is earlier than start time; taken as the next day",
        overnight,
        column=params["end_time"],
        message_zh="结束时间早于开始时间,按次日处理",
    )
    next_day = iso(days(date) + np.timedelta64(1, "D")).to_numpy(dtype=object)
    day = np.where(overnight, next_day, date.to_numpy(dtype=object))
    return pd.Series(np.where(whole & (end != ""), day + "T" + end.to_numpy(dtype=object), ""), dtype=object)


OPERATION = Operation(
    key="end_datetime",
    summary="The date with the end time; the next day where the end time is before the start time.",
    schema={"end_datetime": NAME, "start_time": NAME, "end_time": NAME},
    required=("start_time", "end_time"),
    run=run,
    needs=lambda params: Needs(columns=(params["end_datetime"], params["start_time"], params["end_time"])),
    origin="Collected",
    source="Investigator",
)

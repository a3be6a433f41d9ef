"""`earliest` and `latest`: a subject's first or last date over several columns (whole study in trial design).

A date with a time never loses to the bare date of the same day: among records of the extreme day the
earliest (latest) time is taken, and the date alone only when none of them has a time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAMES, TEXT, Needs, Operation, Rows
from cdisc_kit.isodate import DAY_LENGTH
from cdisc_kit.yamltext import Map


def _run(rows: Rows, params: Map, key: str) -> pd.Series:
    collected = [_dates(rows, reference) for reference in params[key]]
    frame = pd.concat(collected, ignore_index=True)
    frame = frame[frame["date"].str.len() >= DAY_LENGTH]
    if params.get("until"):
        frame = frame[frame["date"].str.slice(0, DAY_LENGTH) <= rows.parameter(params["until"])]
    subjects = rows.usubjid()
    if subjects.isna().all():
        return pd.Series(np.full(rows.length, _extreme_of_all(frame, key), dtype=object))
    best = _ordered(frame, key).drop_duplicates("subject").set_index("subject")["date"]
    return pd.Series(text(subjects.map(best)).to_numpy(dtype=object))


def _dates(rows: Rows, reference: str) -> pd.DataFrame:
    subjects, values = rows.collection(reference)
    return pd.DataFrame(
        {"subject": subjects.to_numpy(dtype=object), "date": text(values).astype(str).to_numpy()}
    )


def _ordered(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    late = key == "latest"
    day = frame["date"].str.slice(0, DAY_LENGTH)
    untimed = frame["date"].str.len() == DAY_LENGTH
    frame = frame.assign(day=day, untimed=untimed)
    return frame.sort_values(["day", "untimed", "date"], ascending=[not late, True, not late], kind="stable")


def _extreme_of_all(frame: pd.DataFrame, key: str) -> str:
    return str(_ordered(frame, key)["date"].iloc[0]) if len(frame) else ""


def _operation(key: str, word: str) -> Operation:
    return Operation(
        key=key,
        summary=f"The {word} complete date of the subject over the listed DATASET.VARIABLE or FORM.COLUMN.",
        schema={key: NAMES, "until": TEXT},
        run=lambda rows, params: _run(rows, params, key),
        needs=lambda params: Needs(
            collections=tuple(params[key]), parameters=(params["until"],) if "until" in params else ()
        ),
        method=lambda params: (
            f"{word.capitalize()} complete date of the subject among {', '.join(params[key])}; "
            "the time is kept where one was collected on that day."
        ),
    )


EARLIEST = _operation("earliest", "first")
LATEST = _operation("latest", "last")

"""`study_day`: day relative to the subject's reference start date; no day 0 (IG 4.4.4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.isodate import days
from cdisc_kit.standard.anchors import REFERENCE_START
from cdisc_kit.yamltext import Map


def study_days(dates: pd.Series, reference: pd.Series) -> pd.Series:
    """date - reference, plus 1 on or after the reference; NaN if either is partial."""
    difference = (days(dates) - days(reference)) / np.timedelta64(1, "D")
    return pd.Series(difference + (difference >= 0))


def run(rows: Rows, params: Map) -> pd.Series:
    return study_days(rows.column(params["study_day"]), rows.column(REFERENCE_START))


OPERATION = Operation(
    key="study_day",
    summary="Study day of a date; null when either date is partial.",
    schema={"study_day": NAME},
    run=run,
    needs=lambda params: Needs(columns=(params["study_day"], REFERENCE_START)),
    method=lambda params: (
        f"Date part of {params['study_day']} minus date part of {REFERENCE_START}, plus 1 when "
        f"{params['study_day']} is on or after {REFERENCE_START}; null when either date is not complete."
    ),
)

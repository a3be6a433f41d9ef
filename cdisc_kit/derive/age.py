"""`age`: completed years between birth and a reference date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import number, text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_MONTH_LENGTH = len("2025-09")


def run(rows: Rows, params: Map) -> pd.Series:
    return _with_collected(rows, params, *_computed(rows, params))


def _computed(rows: Rows, params: Map) -> tuple[pd.Series, pd.Series]:
    """Years from the dates alone, and where they may be one less: the month is that of the birthday."""
    birth = text(rows.column(params["age"])).astype(str)
    at = text(rows.column(params["at"])).astype(str)
    years = number(at.str.slice(0, 4)) - number(birth.str.slice(0, 4))
    birthday, reference = birth.str.slice(5, 10), at.str.slice(5, 10)
    width = birthday.str.len().clip(upper=reference.str.len())
    full = (width >= len("09-04")).to_numpy()
    earlier = np.where(full, reference < birthday, reference.str.slice(0, 2) < birthday.str.slice(0, 2))
    result = years - earlier
    same_month = (
        ~full & (birth.str.len() >= _MONTH_LENGTH) & (birthday.str.slice(0, 2) == reference.str.slice(0, 2))
    )
    return result, same_month


def _reads(rows: Rows, params: Map) -> dict[str, np.ndarray | None]:
    """The collected age counts where the dates do not tell."""
    if "collected" not in params:
        return {}
    years, unsure = _computed(rows, params)
    return {params["collected"]: (unsure | years.isna()).to_numpy(dtype=bool)}


def _with_collected(rows: Rows, params: Map, result: pd.Series, unsure: pd.Series) -> pd.Series:
    """Without a day of birth the birthday may or may not have passed in its month: take the collected age.

    It stands in for a missing date of birth too.
    """
    collected = number(rows.column(params["collected"])) if "collected" in params else None
    if collected is not None:
        result = result.where(~(unsure & collected.notna()), collected).fillna(collected)
        unsure = unsure & collected.isna()
    if unsure.any():
        rows.report(
            "DM-AGEAMB",
            "WARN",
            "age rests on year and month of birth only, and the month is the month of reference",
            unsure.to_numpy(dtype=bool),
            column=params["age"],
            message_zh="仅知出生年月,且与计算年龄的日期同月,年龄可能相差一岁",
            ask="仅凭出生年月无法确定年龄,请补充签署知情同意时的年龄",
        )
    return result


OPERATION = Operation(
    key="age",
    summary="Completed years from birth to `at`; `collected` decides the birth month, or without birth.",
    schema={"age": NAME, "at": NAME, "collected": NAME},
    required=("at",),
    run=run,
    needs=lambda params: Needs(
        columns=tuple(params[key] for key in ("age", "at", "collected") if key in params)
    ),
    reads=_reads,
    method=lambda params: f"Completed years from {params['age']} to {params['at']}.",
)

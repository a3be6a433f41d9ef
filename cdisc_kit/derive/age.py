"""`age`: completed years between birth and a reference date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import number, text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_YEAR_LENGTH = len("2025")
_MONTH_LENGTH = len("2025-09")


def run(rows: Rows, params: Map) -> pd.Series:
    return _with_collected(rows, params, *_computed(rows, params))


def _computed(rows: Rows, params: Map) -> tuple[pd.Series, pd.Series]:
    """Years from the dates alone, and where they may be one less: in the month of birth, or by year alone."""
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
    return result, same_month | (birth.str.len() == _YEAR_LENGTH) & result.notna()


def _counts(collected: pd.Series, years: pd.Series, unsure: pd.Series) -> pd.Series:
    """True where the collected age is the age: without a year of birth, or as one of the two it may be."""
    return collected.notna() & (years.isna() | (unsure & collected.between(years - 1, years)))


def _reads(rows: Rows, params: Map) -> dict[str, np.ndarray | None]:
    """The collected age counts where the dates do not tell."""
    if "collected" not in params:
        return {}
    counts = _counts(number(rows.column(params["collected"])), *_computed(rows, params))
    return {params["collected"]: counts.to_numpy(dtype=bool)}


def _with_collected(rows: Rows, params: Map, result: pd.Series, unsure: pd.Series) -> pd.Series:
    """Without a day of birth the birthday may or may not have passed: the collected age tells.

    It stands in for a missing date of birth too. One that neither day of birth would give tells nothing.
    """
    if "collected" in params:
        collected = number(rows.column(params["collected"]))
        counts = _counts(collected, result, unsure)
        result, unsure = result.where(~counts, collected), unsure & ~counts
    if unsure.any():
        rows.report(
            "DM-AGEAMB",
            "WARN",
            "age rests on the year of birth, or on its month in that same month; it may be one less",
            unsure.to_numpy(dtype=bool),
            column=params["age"],
            message_zh="出生日期不完整,年龄可能相差一岁",
            ask="据此无法确定签署知情同意时是否已过生日,请补充出生日期或当时的年龄",
        )
    return result


OPERATION = Operation(
    key="age",
    summary="Completed years from birth to `at`; `collected` decides in the birth month or by year alone.",
    schema={"age": NAME, "at": NAME, "collected": NAME},
    required=("at",),
    run=run,
    needs=lambda params: Needs(
        columns=tuple(params[key] for key in ("age", "at", "collected") if key in params)
    ),
    reads=_reads,
    method=lambda params: f"Completed years from {params['age']} to {params['at']}.",
)

"""`range_indicator`: LOW, NORMAL, HIGH or ABNORMAL by comparing a result with its reference range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import number, text
from cdisc_kit.derive.map import map_arms, mapped
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.derive.quantity import Quantity, quantity
from cdisc_kit.yamltext import Map

_NUMERIC = ("low", "high")


def run(rows: Rows, params: Map) -> pd.Series:
    result = text(rows.column(params["range_indicator"]))
    least, most = _bounds(result)
    low, high = (number(rows.column(params[side])).to_numpy(dtype="float64") for side in _NUMERIC)
    limited = ~(np.isnan(low) & np.isnan(high))
    above, below = least > high, most < low  # False where either side is unknown
    inside = limited & ~(least < low) & ~(most > high) & ~np.isnan(least)
    found = np.select([above, below, inside], ["HIGH", "LOW", "NORMAL"], "").astype(object)
    worded = text(rows.column(params["text"])).to_numpy(dtype=object)
    words = (worded != "") & (result != "").to_numpy(dtype=bool) & np.isnan(least)
    found[words] = np.where(result.to_numpy(dtype=object)[words] == worded[words], "NORMAL", "ABNORMAL")
    indicator = pd.Series(found)
    if "flag" in params:
        _compare(rows, params, indicator)
    return indicator


def _bounds(result: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest amount each result can mean; NaN where it is no amount."""
    codes, uniques = pd.factorize(result)
    pairs = [_interval(quantity(str(value))) for value in uniques]
    array = np.array(pairs or [(np.nan, np.nan)], dtype="float64")
    return array[codes, 0], array[codes, 1]


def _interval(amount: Quantity | None) -> tuple[float, float]:
    if amount is None:
        return np.nan, np.nan
    value = float(amount.number)
    inclusive = amount.sign.endswith("=")
    if amount.sign.startswith("<"):
        return -np.inf, value if inclusive else float(np.nextafter(value, -np.inf))
    if amount.sign.startswith(">"):
        return value if inclusive else float(np.nextafter(value, np.inf)), np.inf
    return value, value


def _compare(rows: Rows, params: Map, indicator: pd.Series) -> None:
    """The laboratory's own mark beside our comparison; a mark of any kind agrees with ABNORMAL."""
    marks = text(rows.column(params["flag"]))
    marked = mapped(rows, marks, params, params["flag"]).where(marks != "", "NORMAL")
    agree = (marked == indicator) | ((indicator == "ABNORMAL") & (marked != "NORMAL")) | (marked == "")
    rows.report(
        str(params["disagree"]),
        "WARN",
        f"the laboratory's mark in {params['flag']} disagrees with the result and its reference range",
        (~agree & (indicator != "")).to_numpy(dtype=bool),
        column=params["flag"],
        values=marks,
        message_zh="检验提示与结果和参考范围不一致,请核对",
        ask="与结果和参考范围不一致,请核实结果、单位和参考范围",
    )


def _needs(params: Map) -> Needs:
    columns = [params[key] for key in ("range_indicator", "low", "high", "text", "flag") if key in params]
    return Needs(columns=tuple(columns), maps=(params["ct"],) if "ct" in params else ())


def _method(params: Map) -> str:
    result, low, high = params["range_indicator"], params["low"], params["high"]
    return (
        f"LOW when {result} is below {low}, HIGH when it is above {high}, NORMAL within the limits given; "
        f"for a result in words NORMAL when equal to {params['text']}, otherwise ABNORMAL; null where the "
        "range does not decide (no range, or a bound such as <5 that reaches over a limit)."
    )


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    return map_arms(rows, params, [rows.column(params["flag"])]) if "flag" in params else {}


OPERATION = Operation(
    key="range_indicator",
    summary=(
        "LOW, NORMAL, HIGH (or ABNORMAL for words) of a result against `low`, `high` and `text`. With `flag` "
        "the laboratory's mark, through the map `ct`, is compared; `disagree` is the rule for a difference."
    ),
    schema={
        **dict.fromkeys(("range_indicator", "low", "high", "text", "flag"), NAME),
        "ct": TEXT,
        "disagree": TEXT,
    },
    required=("low", "high", "text"),
    run=run,
    needs=_needs,
    arms=_arms,
    reads=lambda rows, params: {params["flag"]: None} if "flag" in params else {},
    method=_method,
)

"""`standard_result`: a result in standard format: amounts converted to the test's standard unit, exactly."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.map import map_arms, mapped
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.derive.quantity import quantity
from cdisc_kit.standard.units import load_conversions
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    keys = [params[key] for key in ("standard_result", "test", "unit") if key in params]
    columns = [text(rows.column(name)) for name in keys]
    codes, uniques = pd.MultiIndex.from_arrays(columns).factorize()
    converted = [_converted(*key) for key in uniques]
    if not converted:
        return pd.Series(np.empty(0, dtype=object))
    values = np.array([value or "" for value in converted], dtype=object)[codes]
    without_unit = np.array([value is None for value in converted], dtype=bool)[codes]
    if "unknown" in params:
        rows.report(
            str(params["unknown"]),
            "ERROR",
            f"{params['standard_result']} is in a unit without a factor to the standard unit of its test; "
            "the standard result is null",
            without_unit,
            column=params.get("unit", params["standard_result"]),
            values=columns[0],
            message_zh="单位缺失或无法换算为该项目的标准单位,标准结果置空",
            ask="单位缺失或无法换算,请核实并填写该结果的单位",
        )
    return _worded(rows, params, pd.Series(values))


def _converted(value: str, test: str | None = None, unit: str = "") -> str | None:
    """The amount in the standard unit; words as they are; None for an amount in an unknown unit."""
    amount = quantity(value)
    if amount is None:
        return value
    if test is None:
        return amount.times(Decimal(1))
    conversion = load_conversions().get((test, unit))
    return amount.times(conversion.factor) if conversion is not None else None


def _worded(rows: Rows, params: Map, values: pd.Series) -> pd.Series:
    """Words of the collected result that the standard result says otherwise (NOT DETECTED: NEGATIVE)."""
    return mapped(rows, values, Map({**params, "on_unmapped": "keep"}), "") if "ct" in params else values


def _needs(params: Map) -> Needs:
    columns = tuple(params[key] for key in ("standard_result", "test", "unit") if key in params)
    return Needs(columns=columns, maps=(params["ct"],) if "ct" in params else ())


def _method(params: Map) -> str:
    name = params["standard_result"]
    if "test" not in params:
        return f"{name}; numbers without trailing zeros."
    return f"{name}, numbers multiplied by the factor from {params['unit']} to the standard unit of the test."


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    return map_arms(rows, params, [rows.column(params["standard_result"])])


OPERATION = Operation(
    key="standard_result",
    summary=(
        "A result in standard format: numbers (also behind < or >) in the standard unit of `test`, words as "
        "they are or through `ct`; without `test` the number keeps its unit. `unknown` is the rule for a "
        "unit without a factor."
    ),
    schema={"standard_result": NAME, "test": NAME, "unit": NAME, "ct": TEXT, "unknown": TEXT},
    run=run,
    needs=_needs,
    arms=_arms,
    method=_method,
    listed=False,
)

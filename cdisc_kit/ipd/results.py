"""Results made coarser, by test: a weight or a height narrows a person down like an age does."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cdisc_kit.ipd.plan import Decision
from cdisc_kit.yamltext import Map

_BAND = re.compile(r"(\d+)-(\d+)")


def coarsened(dataset: str, frame: pd.DataFrame, results: Map, decisions: list[Decision]) -> pd.DataFrame:
    """--STRESN and --STRESC of tests: `from` another variable, `round` to a multiple, `top` or in `bands`.

    A result above its bound reads `>bound` and has no number, as a band (`10-19`) has none. 0 is no band.
    """
    if not results:
        return frame
    prefix = dataset[:2]
    test, number, text = prefix + "TESTCD", prefix + "STRESN", prefix + "STRESC"
    result = frame.copy()
    values = frame[number].astype(float) if number in frame else pd.Series(np.nan, index=frame.index)
    reason = str(results["reason"])

    def told(of: str, rule: str, at: pd.Series) -> None:
        """How many numbers and texts of the records `at` the rule changed."""
        for variable in (v for v in (number, text) if v in frame):
            old, new = frame.loc[at, variable].astype(object), result.loc[at, variable].astype(object)
            changed = (old != new) & ~(old.isna() & new.isna())
            if variable == number or changed.any():
                decisions.append(Decision(dataset, variable + of, rule, reason, int(changed.sum())))

    for code, name in results.get("from", {}).items():
        at = frame[test] == code
        result.loc[at, text] = frame.loc[at, str(name)]
        told(f" of {code}", f"from: {name}", at)
    if "digits" in results:
        at, new = _shortened(values, int(results["digits"]))
        result.loc[at, number], result.loc[at, text] = new[at], new[at].map("{:.10g}".format)
        values = new.where(values.notna())
        told("", f"digits: {results['digits']}", at)
    for code, step in results.get("round", {}).items():
        at = (frame[test] == code) & values.notna()
        new = np.round(values[at] / float(step)) * float(step) + 0.0
        result.loc[at, number], result.loc[at, text] = new, new.map("{:.10g}".format)
        told(f" of {code}", f"round: {step}", at)
    for code, bound in results.get("top", {}).items():
        at = (frame[test] == code) & (values > float(bound))
        result.loc[at, number], result.loc[at, text] = np.nan, f">{bound}"
        told(f" of {code}", f"top: {bound}", at)
    for code, width in results.get("bands", {}).items():
        at = (frame[test] == code) & (values > 0)
        low = values[at] // float(width) * float(width)
        high = low + float(width) - 1
        result.loc[at, number] = np.nan
        result.loc[at, text] = low.clip(lower=1).map("{:.0f}".format) + "-" + high.map("{:.0f}".format)
        told(f" of {code}", f"bands: {width}", at)
    return result


def is_band(text: str, results: Map) -> bool:
    """True for a text that `bands` of `results` writes in place of a number."""
    found = _BAND.fullmatch(text)
    widths = {int(float(width)) for width in results.get("bands", {}).values()}
    return found is not None and any(
        int(found[2]) + 1 == low + width and low <= int(found[1]) <= max(low, 1)
        for width in widths
        for low in [int(found[1]) // width * width]
    )


def _shortened(values: pd.Series, digits: int) -> tuple[pd.Series, pd.Series]:
    """`values` to so many significant digits, and which of them that changes."""
    new = values.map(f"{{:.{digits}g}}".format).astype(float)
    return values.notna() & (new != values), new

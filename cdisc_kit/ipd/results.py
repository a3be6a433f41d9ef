"""Numeric results made coarser, by test: a weight or a height narrows a person down like an age does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.ipd.plan import Decision
from cdisc_kit.yamltext import Map


def coarsened(dataset: str, frame: pd.DataFrame, results: Map, decisions: list[Decision]) -> pd.DataFrame:
    """--STRESN and --STRESC of tests under `round` to the nearest multiple, under `top` up to a bound.

    A result above its bound reads `>bound` and has no number.
    """
    if not results:
        return frame
    prefix = dataset[:2]
    test, number, text = prefix + "TESTCD", prefix + "STRESN", prefix + "STRESC"
    result = frame.copy()
    values = frame[number].astype(float)
    for code, step in results.get("round", {}).items():
        at = (frame[test] == code) & values.notna()
        new = np.round(values[at] / float(step)) * float(step)
        result.loc[at, number], result.loc[at, text] = new, new.map("{:.10g}".format)
        decisions.append(
            Decision(dataset, f"{number} of {code}", f"round: {step}", str(results["reason"]), int(at.sum()))
        )
    for code, bound in results.get("top", {}).items():
        at = (frame[test] == code) & (values > float(bound))
        result.loc[at, number], result.loc[at, text] = np.nan, f">{bound}"
        decisions.append(
            Decision(dataset, f"{number} of {code}", f"top: {bound}", str(results["reason"]), int(at.sum()))
        )
    return result

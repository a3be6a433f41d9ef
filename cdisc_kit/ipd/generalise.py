"""The forms a quasi-identifier can be released in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from cdisc_kit.ipd.policy import AS_COLLECTED, QuasiIdentifier

KEEP, DROP = AS_COLLECTED, "drop"
TOP_AGE = 90


def released_values(column: pd.Series, quasi: QuasiIdentifier, level: str) -> pd.Series:
    """`column` at `level`: as it is, in bands (of equal width or by cuts), in its groups, or suppressed.

    Bands are text (`60-64`), one open at the top from 90; a missing value stays missing at every level but
    `drop`, where nothing is told apart. A kept number from 90 on reads 90.
    """
    if level == DROP:
        if pd.api.types.is_numeric_dtype(column):
            return pd.Series(np.full(len(column), np.nan), index=column.index)
        return pd.Series(np.full(len(column), quasi.suppressed, dtype=object), index=column.index)
    if level == KEEP:
        number = pd.api.types.is_numeric_dtype(column)
        return column.mask(column > TOP_AGE, TOP_AGE) if number else column
    if level in quasi.groups:
        groups = quasi.groups[level]
        return column.map(lambda value: groups.get(value, "OTHER") if value else "").astype(object)
    if level in quasi.cuts:
        return cut(column, quasi.cuts[level])
    return banded(column, int(level))


def cut(column: pd.Series, points: tuple[int, ...]) -> pd.Series:
    """Numbers as bands that begin at `points`, open at both ends; '' for missing ones."""
    values = pd.to_numeric(column, errors="coerce")
    names = [
        f"<{points[0]}",
        *(f"{low}-{high - 1}" for low, high in pairwise(points)),
        f">={points[-1]}",
    ]
    text = np.array(names, dtype=object)[np.digitize(values.fillna(0), points)]
    return pd.Series(text, index=column.index).where(values.notna(), "").astype(object)


def banded(column: pd.Series, width: int) -> pd.Series:
    """Numbers as bands of `width` that begin at its multiples; '' for missing ones."""
    values = pd.to_numeric(column, errors="coerce")
    low = values // width * width
    text = low.map("{:.0f}".format) + "-" + (low + width - 1).map("{:.0f}".format)
    text = text.where(values < TOP_AGE, f"{TOP_AGE}+")
    return text.where(values.notna(), "").astype(object)

"""Numbers as the text a person would write, and text columns without missing markers."""

from __future__ import annotations

import numpy as np
import pandas as pd


def number_text(value: float) -> str:
    """Shortest decimal text: `5` for 5.0, `0.1` for 0.1, '' for NaN."""
    if np.isnan(value):
        return ""
    text = f"{value:.15g}"
    return np.format_float_positional(float(text), trim="-") if "e" in text else text


def as_text(values: pd.Series) -> pd.Series:
    """A column as object text with '' for missing."""
    if pd.api.types.is_numeric_dtype(values):
        codes, uniques = pd.factorize(values.astype("float64"))
        texts = np.array([*(number_text(value) for value in uniques), ""], dtype=object)
        return pd.Series(texts[codes], index=values.index)
    return values.astype(object).where(values.notna(), "")

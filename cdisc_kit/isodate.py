"""ISO 8601 date text (complete or right-truncated) as days, and back. Vectorised."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded, text

DAY_LENGTH = len("2025-09-04")
_NO_MONTH = "---"
MISSING_DAY = np.datetime64("NaT", "D")


def days(values: pd.Series) -> np.ndarray:
    """Each value's date part as datetime64[D]; NaT where the date is blank or partial."""
    codes, uniques = pd.factorize(values)  # -1 for missing
    parsed = [_day(str(value)) for value in uniques]
    return np.array([*parsed, MISSING_DAY], dtype="datetime64[D]")[codes]


def _day(value: str) -> np.datetime64:
    if len(value) < DAY_LENGTH or "/" in value:  # an ISO 8601 interval is no day
        return MISSING_DAY
    try:
        return np.datetime64(value[:DAY_LENGTH], "D")
    except ValueError:
        return MISSING_DAY


def span(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """First and last day each value can mean: a partial date spans its month or year (NaT if blank).

    Where the month alone is unknown (`2025---12`, IG 4.4.2): that day of January and of December.
    """
    codes, uniques = pd.factorize(text(values))
    first, last = _spans(uniques)
    return first[codes], last[codes]


def _spans(values: Iterable[object]) -> tuple[np.ndarray, np.ndarray]:
    pairs = [_span(str(value)) for value in values]
    first = np.array([pair[0] for pair in pairs], dtype="datetime64[D]")
    return first, np.array([pair[1] for pair in pairs], dtype="datetime64[D]")


def _span(value: str) -> tuple[np.datetime64, np.datetime64]:
    day = _day(value)
    if not np.isnat(day):
        return day, day
    try:
        if len(value) == len("2025-09"):
            month = np.datetime64(value, "M")
            return _days_of(month, month + np.timedelta64(1, "M"))
        if value[4:7] == _NO_MONTH:
            first, last = (np.datetime64(f"{value[:4]}-{month}-{value[7:]}", "D") for month in ("01", "12"))
            return first, last
        if len(value) >= len("2025") and value[:4].isdigit():
            year = np.datetime64(value[:4], "Y")
            return _days_of(year, year + np.timedelta64(1, "Y"))
    except ValueError:
        pass
    return MISSING_DAY, MISSING_DAY


def _days_of(period: np.datetime64, following: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    return period.astype("datetime64[D]"), following.astype("datetime64[D]") - np.timedelta64(1, "D")


def precedes(value: pd.Series, other: pd.Series) -> pd.Series:
    """True where one date is earlier than the other whatever a partial one means; times count on one day."""
    one, other_one = Coded.of(text(value)), Coded.of(text(other))
    last, first = _spans(one.values)[1], _spans(other_one.values)[0]
    earlier = np.asarray(last[one.codes] < first[other_one.codes], dtype=bool)
    timed = np.flatnonzero(_timed(one) & _timed(other_one))
    pairs = zip(one.values[one.codes[timed]], other_one.values[other_one.codes[timed]], strict=True)
    earlier[timed] |= np.array([_earlier_that_day(a, b) for a, b in pairs], dtype=bool)
    return pd.Series(earlier, index=value.index)


def _timed(dates: Coded) -> np.ndarray:
    return np.asarray(np.array([len(v) > DAY_LENGTH for v in dates.values], dtype=bool)[dates.codes])


def _earlier_that_day(one: str, other: str) -> bool:
    """Compared as far as both go: 09 is not known to be earlier than 09:30."""
    known = min(len(one), len(other))
    return one[:DAY_LENGTH] == other[:DAY_LENGTH] and one[:known] < other[:known]


def iso(values: np.ndarray) -> pd.Series:
    """datetime64[D] as ISO 8601 text, '' for NaT."""
    return pd.Series(np.where(np.isnat(values), "", np.datetime_as_string(values, unit="D")), dtype=object)

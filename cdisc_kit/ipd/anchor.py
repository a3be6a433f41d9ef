"""Dates moved so that every subject's day 1 falls on one fictitious date; partial dates on a grid around it.

All dates of a subject move by the same number of days, so every interval and every study day stays as it was.
A partial date becomes the ISO 8601 interval of whole grid cells that holds it: its own bounds, moved, would
give the true day 1 away. Time of day is dropped.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Before anybody who takes part was born, so that a date of the study's own years can only be a leak; and
# late enough for a medical history of fifty years to stay among the years that checks take for possible.
EPOCH = np.datetime64("1930-01-01", "D")
# Days of a grid cell, by what the partial date states.
MONTH_GRID, YEAR_GRID = 91, 365

_NONE = np.datetime64("NaT", "D")
_DATE = re.compile(r"(\d{4})(?:-(\d{2}|-)(?:-(\d{2}))?)?(?:T[\d:.+\-Z]*)?")


@dataclass(frozen=True)
class Day:
    """What an ISO 8601 date says: first and last possible day, and its precision's grid (0: complete)."""

    first: np.datetime64
    last: np.datetime64
    grid: int


def day_of(text: str) -> Day | None:
    """The day or days an ISO 8601 date (complete, partial, with or without time) can mean; None for others.

    `2026---05` states no month: it counts as known to the year.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        if month and month != "-" and day:
            exact = np.datetime64(f"{year}-{month}-{day}", "D")
            return Day(exact, exact, 0)
        if month and month != "-":
            last = calendar.monthrange(int(year), int(month))[1]
            return _days(f"{year}-{month}-01", f"{year}-{month}-{last}", MONTH_GRID)
        return _days(f"{year}-01-01", f"{year}-12-31", YEAR_GRID)
    except ValueError:
        return None


def _days(first: str, last: str, grid: int) -> Day:
    return Day(np.datetime64(first, "D"), np.datetime64(last, "D"), grid)


def anchored(texts: pd.Series, day_one: pd.Series, *, intervals: bool) -> pd.Series:
    """`texts` (ISO 8601, '' for none) moved from each row's `day_one` (datetime64) to the epoch.

    Text that is no date, and dates of a subject without day 1, become ''. `intervals` gives partial dates as
    ISO 8601 intervals; otherwise they become ''.
    """
    result = np.full(len(texts), "", dtype=object)
    codes, distinct = pd.factorize(texts.to_numpy(dtype=object))
    days = [_parts(text) for text in distinct]
    one = day_one.to_numpy(dtype="datetime64[D]")
    known = np.array([day is not None for day in days], dtype=bool)[codes] & ~np.isnat(one)
    at = np.flatnonzero(known)
    if not at.size:
        return pd.Series(result, index=texts.index, dtype=object)
    first = np.array([day.first if day else _NONE for day in days], "datetime64[D]")[codes[at]]
    last = np.array([day.last if day else _NONE for day in days], "datetime64[D]")[codes[at]]
    grid = np.array([day.grid if day else 0 for day in days])[codes[at]]
    low, high = (first - one[at]).astype(int), (last - one[at]).astype(int)
    cell = np.where(grid == 0, 1, grid)
    low, high = low // cell * cell, -(-(high + 1) // cell) * cell - 1
    result[at] = _written(low, high, grid > 0, intervals=intervals)
    return pd.Series(result, index=texts.index, dtype=object)


def _parts(text: str) -> Day | None:
    """A date, or an interval of two; an interval is as wide as its ends and as coarse as the coarser one."""
    start, stroke, end = text.partition("/")
    first = day_of(start)
    if not stroke or first is None:
        return first
    second = day_of(end)
    return Day(first.first, second.last, max(first.grid, second.grid, MONTH_GRID)) if second else None


def _written(low: np.ndarray, high: np.ndarray, partial: np.ndarray, *, intervals: bool) -> np.ndarray:
    start = np.datetime_as_string(EPOCH + low.astype("timedelta64[D]")).astype(object)
    if not partial.any():
        return start
    end = np.datetime_as_string(EPOCH + high.astype("timedelta64[D]")).astype(object)
    return np.where(partial, start + "/" + end if intervals else "", start)

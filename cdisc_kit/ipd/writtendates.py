"""Calendar dates in any writing: 2026-03-05, 2026/3/5, 20260305, 2026年3月5日, 5 Mar 2026, 05MAR26."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = "(" + "|".join(_MONTHS) + ")[a-z]*"
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年_ ]\s?(\d{1,2})\s?[-/.月_ ]\s?(\d{1,2})(?!\d)")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{2})年\s?(\d{1,2})月\s?(\d{1,2})(?=[日号])")
_RUN = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?:\d{4}|\d{6})?(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?[-/. ]?{_NAMED}[-/., ]{{0,2}}(\d{{4}}|\d{{2}})(?!\d)", re.I
)
_MONTH_DAY = re.compile(
    rf"\b{_NAMED}[-. ]{{0,2}}(\d{{1,2}})(?:st|nd|rd|th)?[,. ]{{1,2}}(\d{{4}})(?!\d)", re.I
)
_MONTH = re.compile(r"(?<![\d.])((?:19|20)\d{2})(?:-(0[1-9]|1[0-2])(?![\d-]*\d)|年\s?(\d{1,2})月)")


def days(text: str, *, runs: bool = True) -> set[str]:
    """Every complete date as YYYY-MM-DD, in both orders of day and month; `runs`: eight digits too."""
    return {found.isoformat() for found in _days(text, runs)}


def _days(text: str, runs: bool) -> Iterator[dt.date]:
    for year, month, day in _YEAR_FIRST.findall(text):
        yield from _date(year, month, day)
    for year, month, day in _SHORT_YEAR.findall(text):
        yield from _date(f"20{year}", month, day)
    for year, month, day in _RUN.findall(text) if runs else ():
        yield from _date(year, month, day)
    for first, second, year in _YEAR_LAST.findall(text):
        yield from _date(year, first, second)
        yield from _date(year, second, first)
    for day, month, year in _DAY_MONTH.findall(text):
        yield from _date(year if len(year) == 4 else f"20{year}", _number(month), day)
    for month, day, year in _MONTH_DAY.findall(text):
        yield from _date(year, _number(month), day)


def months(text: str) -> set[str]:
    """Every month of a year, without a day, as YYYY-MM."""
    return {f"{year}-{int(month or written):02d}" for year, month, written in _MONTH.findall(text)}


def _number(month: str) -> str:
    return str(_MONTHS.index(month[:3].upper()) + 1)


def _date(year: str, month: str, day: str) -> Iterator[dt.date]:
    try:
        yield dt.date(int(year), int(month), int(day))
    except ValueError:
        return

"""Dates as the cases need them: ISO 8601 in, what a clerk writes out."""

from __future__ import annotations

import datetime as dt

CUT_OFF = dt.date(2026, 10, 31)  # of both studies


def is_day(text: str) -> bool:
    """True for a complete ISO date."""
    return len(text) == len("2025-09-04")


def day(text: str) -> dt.date:
    """The date of a complete ISO date or datetime."""
    return dt.date.fromisoformat(text[:10])


def shift(text: str, days: int) -> dt.date:
    """The date so many days after an ISO date."""
    return day(text) + dt.timedelta(days=days)


def slashed(date: dt.date) -> str:
    """`2025/09/04`, as the paper form asks for it."""
    return f"{date:%Y/%m/%d}"


def dotted(date: dt.date) -> str:
    """`2025.9.4`."""
    return f"{date.year}.{date.month}.{date.day}"


def excel_serial(date: dt.date, *, from_1904: bool = False) -> int:
    """The number a workbook stores for a date (of the 1900 system after February 1900)."""
    return (date - (dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30))).days

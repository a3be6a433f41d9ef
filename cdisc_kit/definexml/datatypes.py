"""Define-XML data type, length and significant digits of a set of values (Define-XML 2.1, ItemDef).

Text that is a number or a date counts as one only at value level: there a result of one test, or one
supplemental qualifier, has a type that the Char variable holding it cannot show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# No leading zero and no exponent: "007" is an identifier, and what looks like neither is text.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(\d+))?")

_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"\d\d(:\d\d(:\d\d(\.\d+)?)?)?"
_ZONE = r"(Z|[+-]\d\d:\d\d)?"
# The first type whose pattern every value has is the type: complete before truncated before gapped.
_ISO8601 = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("date", _DATE),
        ("datetime", rf"{_DATE}T\d\d:\d\d:\d\d(\.\d+)?{_ZONE}"),
        ("time", r"\d\d:\d\d:\d\d"),
        ("partialDate", r"\d{4}(-\d\d(-\d\d)?)?"),
        ("partialTime", _TIME),
        ("partialDatetime", rf"\d{{4}}(-\d\d(-\d\d(T{_TIME}{_ZONE})?)?)?"),
        ("durationDatetime", r"-?P[^/]+"),
        ("intervalDatetime", r"[^/]+/[^/]+"),
    )
)
_GAPPED = "incompleteDatetime"


@dataclass(frozen=True)
class DataType:
    """`length` and `digits` are None where Define-XML wants neither (dates) or no digits (not a float)."""

    name: str
    length: int | None = None
    digits: int | None = None

    @property
    def display_format(self) -> str:
        """`6.2` for a float of six characters with two decimals, else ""."""
        return f"{self.length}.{self.digits}" if self.digits else ""


def text(length: int) -> DataType:
    """Text of up to `length` bytes."""
    return DataType("text", length)


def of_numbers(values: Iterable[float]) -> DataType:
    """Type of a Num variable from its values that are not missing; an integer of 8 without any."""
    written = [_plain(value) for value in values]
    return _numeric(written) if written else DataType("integer", 8)


def of_iso8601(values: Iterable[str], form: str) -> DataType:
    """Type of an ISO 8601 variable from its values that are not blank.

    `form` is the guide's word for the format ("ISO 8601 duration"); it decides where there is no value.
    """
    found = set(values)
    if not found:
        return DataType("durationDatetime" if "duration" in form else "datetime")
    for name, pattern in _ISO8601:
        if all(pattern.fullmatch(value) for value in found):
            return DataType(name)
    return DataType(_GAPPED)


def of_texts(values: Iterable[str], size: Callable[[str], int]) -> DataType:
    """Type of Char values at value level: integer, float, a complete or partial date, else text.

    `size` counts a value's bytes in the package's encoding. A bare year counts as a number.
    """
    found = sorted(set(values))
    if found and all(_NUMBER.fullmatch(value) for value in found):
        return _numeric(found)
    dates = of_iso8601(found, "").name if found else ""
    if dates in ("date", "partialDate", "datetime", "partialDatetime"):
        return DataType(dates)
    return text(max((size(value) for value in found), default=1))


def is_number(value: str) -> bool:
    """True for plain decimal text, also with a comparator before it (`<0.05`)."""
    return _NUMBER.fullmatch(value.lstrip("<>=").strip()) is not None


def _numeric(written: list[str]) -> DataType:
    length = max(len(value) for value in written)
    digits = max(len(value.partition(".")[2]) for value in written)
    return DataType("float", length, digits) if digits else DataType("integer", length)


def _plain(value: float) -> str:
    """The shortest decimal text of a float, without exponent."""
    if value == int(value):
        return str(int(value))
    written = repr(float(value))
    return format(float(value), ".17f").rstrip("0") if "e" in written else written

"""Collected dates and times to ISO 8601, by the formats a study declares and no others (IG 4.4.1, 4.4.2)."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_PARTS = {"%Y": r"(?P<year>\d{4})", "%m": r"(?P<month>{})", "%d": r"(?P<day>{})"}


@dataclass(frozen=True)
class DateFormats:
    """The declared formats as patterns; `unknown` words stand for an unknown month or day."""

    patterns: tuple[re.Pattern[str], ...]
    unknown: frozenset[str]

    @classmethod
    def of(cls, formats: tuple[str, ...], unknown: tuple[str, ...]) -> DateFormats:
        """Compile formats of the kind `%Y/%m/%d`."""
        words = "|".join([r"\d{1,2}", *(re.escape(word) for word in unknown)])
        return cls(tuple(_pattern(text, words) for text in formats), frozenset(unknown))


def _pattern(text: str, words: str) -> re.Pattern[str]:
    pattern = re.escape(text).replace(re.escape("%"), "%")
    for mark, group in _PARTS.items():
        pattern = pattern.replace(mark, group.replace("{}", words) if "{}" in group else group)
    return re.compile(pattern)


def iso_date(text: str, formats: DateFormats) -> str | None:
    """ISO 8601 date (right-truncated where parts are unknown), or None where no declared format fits."""
    for pattern in formats.patterns:
        match = pattern.fullmatch(text)
        if match:
            parts = match.groupdict()
            return _assemble(
                parts["year"], _known(parts.get("month"), formats), _known(parts.get("day"), formats)
            )
    return None


def _known(part: str | None, formats: DateFormats) -> str | None:
    return None if part is None or part in formats.unknown else part.zfill(2)


def _assemble(year: str, month: str | None, day: str | None) -> str | None:
    if month is None:
        return year if day is None else f"{year}---{day}"
    if not 1 <= int(month) <= 12:
        return None
    if day is None:
        return f"{year}-{month}"
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def iso_time(text: str) -> str | None:
    """`HH:MM`, or None. Seconds are not collected in either study and would suggest a false precision."""
    match = _TIME.fullmatch(text)
    if match is None or int(match.group(1)) > 23 or int(match.group(2)) > 59:
        return None
    return f"{int(match.group(1)):02d}:{match.group(2)}"


def iso_datetime(text: str, formats: DateFormats) -> str | None:
    """`YYYY-MM-DDTHH:MM` or a date alone, from text with a space or T between date and time."""
    date_text, _, time_text = re.sub(r"(?<=\d)T(?=\d)", " ", text).partition(" ")
    date = iso_date(date_text, formats)
    if date is None or not time_text.strip():
        return date
    time = iso_time(time_text.strip())
    return f"{date}T{time}" if time is not None else None


def is_iso(text: str) -> bool:
    """True for the text of a workbook's own date cell (one typed as a time alone is no date)."""
    return _ISO.fullmatch(text) is not None

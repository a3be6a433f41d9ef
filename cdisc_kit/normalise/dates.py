"""Collected dates to ISO 8601: declared formats, then forms that can mean one date only (IG 4.4.1, 4.4.2)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property

from cdisc_kit.normalise.notes import (
    AMBIGUOUS,
    DATE_DECLARED,
    DATE_FORM,
    DECLARED_YEAR,
    FAR_FUTURE,
    FUTURE,
    GAP,
    NO_DATE,
    PARTIAL,
    SERIAL,
    SERIAL_1904,
    SHORT_YEAR,
    TIMED,
    Note,
    Read,
)
from cdisc_kit.normalise.times import LAST_MINUTE, read_time

ALWAYS_UNKNOWN = ("UK", "UNK", "NK", "不详", "未知")
TOLERANCE = dt.timedelta(days=30)

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_WITH_TIME = re.compile(
    r"(?P<date>\S+)(?<=[0-9])[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
)
_GAP = re.compile(r"[0-9]{4}---[0-9]{2}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<year>[0-9]{2})",
    "%m": r"(?P<month>{})",
    "%b": rf"(?P<month>(?i:{'|'.join(_MONTHS)})|{{}})",
    "%d": r"(?P<day>{})",
}
_YEAR_FIRST = (
    r"(?P<year>(?:19|20)[0-9]{{2}})"
    r"(?:年|[-/.年](?P<month>{0})(?:月|[-/.月](?P<day>{0})[日号]?)?)?"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SHORT = re.compile(r"(?P<year>[0-9]{2})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?")
_YEAR_LAST = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"(?P<days>[0-9]{5})(?P<part>\.[0-9]+)?")
_BASES = {"1900": dt.datetime(1899, 12, 30), "1904": dt.datetime(1904, 1, 1)}


@dataclass(frozen=True)
class DateRules:
    """How one table's dates are read.

    `declared` are the study's formats, `general` the year-first forms; `unknown` words stand for an unknown
    month or day. `cutoff` is the data cut-off; `base` the date system of the workbook ('' for text files,
    where a bare number is no date).
    """

    declared: tuple[re.Pattern[str], ...]
    general: re.Pattern[str]
    unknown: frozenset[str]
    cutoff: dt.date
    base: str = ""
    day: Note | None = None  # what is noted of a day written as ISO 8601 has it, the commonest of all cells

    @cached_property
    def last(self) -> str:
        """The cut-off as ISO 8601."""
        return self.cutoff.isoformat()

    @classmethod
    def of(cls, formats: tuple[str, ...], unknown: tuple[str, ...], cutoff: str, base: str = "") -> DateRules:
        """Compile formats of the kind `%Y/%m/%d` or `%d-%b-%y` (English months); `cutoff` is ISO 8601."""
        words = {*unknown, *ALWAYS_UNKNOWN}
        part = "|".join(["[0-9]{1,2}", *sorted(map(re.escape, words))])
        declared = tuple(_pattern(text, part) for text in formats)
        general = re.compile(_YEAR_FIRST.format(part))
        asked = ("year", "2025"), ("month", "01"), ("day", "31")
        named = next((found for p in declared if (found := p.fullmatch("2025-01-31")) is not None), None)
        day: Note | None = DATE_FORM if named is None else DATE_DECLARED
        if named is not None and any(named.groupdict().get(part) != value for part, value in asked):
            day = None
        return cls(declared, general, frozenset(words), dt.date.fromisoformat(cutoff), base, day)


def _pattern(text: str, words: str) -> re.Pattern[str]:
    pattern = re.escape(text).replace(re.escape("%"), "%")
    for mark, group in _PARTS.items():
        pattern = pattern.replace(mark, group.replace("{}", words) if "{}" in group else group)
    return re.compile(pattern)


def read_date(text: str, rules: DateRules) -> Read:
    """ISO 8601 date, right-truncated where parts are unknown; null with the reason where it is not clear."""
    if _DAY.fullmatch(text) and rules.day is not None and text <= rules.last and _is_day(text):
        return Read(text, (rules.day,))
    read = _timed(text, rules) or _read_date(text, rules)
    future = _future(read.text, rules.cutoff)
    return Read(read.text, (*read.notes, *future))


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_date(text: str, rules: DateRules) -> Read:
    for pattern in rules.declared:
        found = pattern.fullmatch(text)
        if found is not None:
            return _parts(found, rules, DATE_DECLARED)
    found = rules.general.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is not None:
        return _parts(found, rules, DATE_FORM)
    if _GAP.fullmatch(text):
        return Read(text)
    if rules.base and _SERIAL.fullmatch(text):
        return _serial(text, rules, with_time=False)
    short = _short_year(text, rules)
    if short is not None:
        return short
    return Read("", (AMBIGUOUS if _YEAR_LAST.fullmatch(text) else NO_DATE,))


def _timed(text: str, rules: DateRules) -> Read | None:
    """The day of a complete date with a time behind it, as databases print one; midnight says no more."""
    found = _WITH_TIME.fullmatch(text)
    if found is None:
        return None
    date = _read_date(found["date"], rules)
    if not _DAY.fullmatch(date.text) or not read_time(found["time"][:5]).text:
        return None
    form = DATE_FORM if set(found["time"]) <= set("0:.") else TIMED
    return Read(date.text, (*(note for note in date.notes if note is not form), form))


def _parts(found: re.Match[str], rules: DateRules, form: Note) -> Read:
    parts = found.groupdict()
    month, day = (_known(parts.get(name), rules) for name in ("month", "day"))
    year, short = _full_year(parts["year"], rules.cutoff)
    value = _assemble(year, month, day)
    if value is None:
        return Read("", (NO_DATE,))
    said = {parts.get("month"), parts.get("day")} & rules.unknown
    if "---" in value:
        return Read(value, (form, *short, GAP))
    # a format declared without a day asks for no day
    incomplete = bool(said) or (form is DATE_FORM and day is None)
    return Read(value, (form, *short, PARTIAL) if incomplete else (form, *short))


def _full_year(year: str, cutoff: dt.date) -> tuple[str, tuple[Note, ...]]:
    """Two digits that a format declares are the latest such year that is not after the cut-off."""
    if len(year) == len("2025"):
        return year, ()
    back = (cutoff.year - int(year)) % 100
    return str(cutoff.year - back), (DECLARED_YEAR,)


def _known(part: str | None, rules: DateRules) -> str | None:
    if part is None or part in rules.unknown:
        return None
    name = part.casefold()
    return f"{_MONTHS.index(name) + 1:02d}" if name in _MONTHS else part.zfill(2)


def _assemble(year: str, month: str | None, day: str | None) -> str | None:
    if month is None:
        if day is None:
            return year
        return f"{year}---{day}" if 1 <= int(day) <= 31 else None
    if day is None:
        return f"{year}-{month}" if 1 <= int(month) <= 12 else None
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _serial(text: str, rules: DateRules, *, with_time: bool) -> Read:
    """A number of the workbook as the date it is there; null where that lies after the cut-off."""
    moment = _BASES[rules.base] + dt.timedelta(minutes=round(float(text) * 24 * 60))
    if moment.date() > rules.cutoff + TOLERANCE:
        return Read("", (NO_DATE,))
    timed = with_time and "." in text and (moment.hour or moment.minute)
    value = moment.strftime("%Y-%m-%dT%H:%M" if timed else "%Y-%m-%d")
    return Read(value, (SERIAL if rules.base == "1900" else SERIAL_1904,))


def _short_year(text: str, rules: DateRules) -> Read | None:
    """A two-digit year, year first as the CRF prints it; None where a recent year may stand last."""
    found = _SHORT.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    for century in (2000, 1900):
        year = century + int(parts["year"])
        value = _assemble(str(year), parts["month"].zfill(2), parts["day"].zfill(2))
        if value is not None and value <= rules.cutoff.isoformat():
            recent = 0 <= rules.cutoff.year - 2000 - int(parts["day"]) <= 1
            far_back = rules.cutoff.year - year > 10
            return None if recent and far_back else Read(value, (SHORT_YEAR,))
    return None


def _future(value: str, cutoff: dt.date) -> tuple[Note, ...]:
    day = value[:10]
    if not day or "---" in day or day <= cutoff.isoformat()[: len(day)]:
        return ()
    return (FUTURE,) if day <= (cutoff + TOLERANCE).isoformat()[: len(day)] else (FAR_FUTURE,)


def read_datetime(text: str, rules: DateRules) -> Read:
    """`YYYY-MM-DDTHH:MM` or a date alone, from text with a space, a T or 日 between date and time."""
    if rules.base and _SERIAL.fullmatch(text):
        return _serial(text, rules, with_time=True)
    date_text, time_text = _split(text)
    date = read_date(date_text, rules)
    if not time_text or not date.text:
        return date
    time = read_time(time_text)
    if not time.text or not _ISO.fullmatch(date.text):
        return Read("", (NO_DATE,))
    notes = (*date.notes, *(note for note in time.notes if note.severity))
    if time.text == LAST_MINUTE:
        return Read(f"{next_day(date.text)}T00:00", notes)
    return Read(f"{date.text}T{time.text}", notes)


def _split(text: str) -> tuple[str, str]:
    date, _, time = re.sub(r"(?<=[0-9])T(?=[0-9])|(?<=[日号])(?=\S)", " ", text, count=1).partition(" ")
    return date, time.strip()


def next_day(date: str) -> str:
    """The day after a complete ISO 8601 date."""
    return (dt.date.fromisoformat(date) + dt.timedelta(days=1)).isoformat()


def read_typed_date(text: str, rules: DateRules) -> Read:
    """A cell the workbook itself typed as a date, already ISO 8601; one typed as a time alone is no date."""
    if not _ISO.fullmatch(text):
        return Read("", (NO_DATE,))
    return Read(text, _future(text, rules.cutoff))


def read_typed_day(text: str, rules: DateRules) -> Read:
    """As `read_typed_date`, for a field that asks for a day: a time in the cell is left out, and told."""
    day, _, time = text.partition("T")
    read = read_typed_date(day, rules)
    return Read(read.text, (*read.notes, TIMED)) if time and read.text else read

"""Clock times to `HH:MM`."""

from __future__ import annotations

import re

from cdisc_kit.normalise.notes import DATE_DECLARED, MIDNIGHT, NO_DATE, TIME_FORM, ZH_TIME, Read

LAST_MINUTE = "24:00"

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")
_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})")
_HALVES = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?\s?([AaPp])\.?[Mm]\.?")
# The hours each part of the day may mean. An hour that no reading puts there (中午9点) or that may be of
# another day (晚上1点, 晚12点) is not converted.
_HOURS = {
    "凌晨": range(7),
    **dict.fromkeys(("清晨", "早晨", "早上", "早"), range(12)),
    "上午": range(13),
    "中午": range(11, 15),
    "下午": range(12, 24),
    "傍晚": range(15, 21),
    **dict.fromkeys(("晚上", "晚"), range(17, 24)),
}
_WORDED = re.compile(
    rf"(?P<part>{'|'.join(_HOURS)})?\s?(?P<hour>[0-9]{{1,2}})\s?"
    r"(?::(?P<exact>[0-9]{2})|[点时](?:(?P<half>半)|(?P<quarter>[一三])刻|整|(?P<minute>[0-9]{1,2})分?)?)"
)


def read_time(text: str) -> Read:
    """`HH:MM` (`24:00` stays for the reader of the date beside). Seconds would suggest a false precision."""
    if re.fullmatch(r"24:00(:00)?", text):
        return Read(LAST_MINUTE, (MIDNIGHT,))
    digits = _DIGITS.fullmatch(text)
    if digits is not None:
        time = _time(int(digits.group(1)), int(digits.group(2)))
        return Read(time, (TIME_FORM,)) if time else Read("", (NO_DATE,))
    halves = _HALVES.fullmatch(text)
    if halves is not None:
        time = _of_half(int(halves.group(1)), int(halves.group(2)), halves.group(3).upper())
        return Read(time, (TIME_FORM,)) if time else Read("", (NO_DATE,))
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        time = _time(int(clock.group(1)), int(clock.group(2)))
        return Read(time, (DATE_DECLARED,)) if time else Read("", (NO_DATE,))
    worded = _WORDED.fullmatch(text)
    time = _worded(worded) if worded is not None else ""
    return Read(time, (ZH_TIME,)) if time else Read("", (NO_DATE,))


def _of_half(hour: int, minute: int, half: str) -> str:
    """A time of the twelve-hour clock, where 12 comes before 1."""
    return _time(hour % 12 + (12 if half == "P" else 0), minute) if 1 <= hour <= 12 else ""


def _worded(found: re.Match[str]) -> str:
    part, hour = found.group("part"), int(found.group("hour"))
    minute = int(found.group("exact") or found.group("minute") or 0)
    if found.group("half"):
        minute = 30
    elif found.group("quarter"):
        minute = 15 if found.group("quarter") == "一" else 45
    if part is None:
        return _time(hour, minute)
    meant = [reading for reading in (hour, hour + 12) if reading in _HOURS[part]]
    return _time(meant[0], minute) if meant else ""


def _time(hour: int, minute: int) -> str:
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else ""

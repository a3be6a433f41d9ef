"""Text cut into parts of so many bytes: between words or after Chinese punctuation, never in a character.

A character here is what a reader sees as one (UAX #29 in outline): a base with its combining marks and
variation selectors, a flag of two letters, an emoji with skin tone or family. The parts joined are the text.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from itertools import accumulate

_JOINER = "\u200d"
_WIDE_STOPS = frozenset("。；，、！？：…）】》”’")
_OPENING = frozenset("（【《“‘([{<")
_CLOSING = frozenset("。；，、！？：）】》”’),.;:!?]}%>")
_STOPS = frozenset(",;:.!?)")

# How good a place to cut at is: in a word, between characters, before a blank, after a Chinese stop.
_WITHIN, _BETWEEN, _BLANK, _STOP = 1, 2, 3, 4


def parts(text: str, limit: int, encoding: str) -> list[str]:
    """`text` in parts of at most `limit` bytes that give it back when joined; one part where it fits.

    No part ends in a blank, which a fixed-width field would lose; a blank between words opens the next part.
    A part is longer than `limit` only where no place to cut is left (one character of that many bytes).
    """
    units = characters(text)
    ends = list(accumulate(len(unit.encode(encoding)) for unit in units))
    result: list[str] = []
    start = 0
    while start < len(units):
        done = ends[start - 1] if start else 0
        last = bisect_right(ends, done + limit)
        cut = len(units) if last == len(units) else _cut(units, ends, start, last, done + limit // 2)
        result.append("".join(units[start:cut]))
        start = cut
    return result or [text]


def _cut(units: list[str], ends: list[int], start: int, last: int, half: int) -> int:
    """Where the part that begins at `start` ends: the best place up to `last`, the latest of equal ones.

    A good place in the first half (up to `half` bytes) does not outweigh a longer part.
    """
    best, found = 0, 0
    for at in range(last, start, -1):
        worth = _worth(units[at - 1], units[at])
        if worth > best:
            best, found = worth, at
        if best == _STOP or (found and ends[at - 1] < half):
            return found
    if found:
        return found
    at = max(last, start + 1)
    while at < len(units) and not _worth(units[at - 1], units[at]):
        at += 1
    return at


def _worth(before: str, after: str) -> int:
    """How good a place between two characters is to cut at; 0 for none."""
    if before.isspace():
        return 0
    if after.isspace():
        return _BLANK
    if after[0] in _CLOSING or before[0] in _OPENING:
        return _WITHIN
    if before[0] in _WIDE_STOPS or (before[0] in _STOPS and _is_wide(after[0])):
        return _STOP  # helper columns hold ASCII commas and semicolons for the full-width ones
    return _WITHIN if _is_word(before) and _is_word(after) else _BETWEEN


def _is_word(unit: str) -> bool:
    """True within words and numbers of alphabets that set blanks between words."""
    return unit[0] in _STOPS or unit[0] == "-" or (unit[0].isalnum() and not _is_wide(unit[0]))


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def characters(text: str) -> list[str]:
    """`text` as the characters a reader sees; joined they are the text."""
    units: list[str] = []
    flags = 0
    for character in text:
        flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        flags = flags + 1 if flag else 0
        if units and (_extends(units[-1], character) or (flag and flags % 2 == 0)):
            units[-1] += character
        else:
            units.append(character)
    return units


def _extends(before: str, character: str) -> bool:
    """True where `character` belongs to the one that `before` began."""
    if before == "\r":
        return character == "\n"
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character == _JOINER
        or before[-1] == _JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags: flags of regions
        or ("\u1160" <= character <= "\u11ff" and "\u1100" <= before[-1] <= "\u11ff")  # Hangul by letters
    )

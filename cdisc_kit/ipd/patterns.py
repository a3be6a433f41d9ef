"""What identifies a person by its shape: numbers of people, telephones, addresses, names, wards and beds.

The texts come from `spelling.readings`: full-width, spelt-out and hidden digits are plain there. A cell of a
released dataset is searched more strictly than a document, whose prose speaks of hospitals and patients in
general; every Chinese character in a cell is a hit, since released values are English.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cdisc_kit.ipd.spelling import has_chinese
from cdisc_kit.normalise.personal import SURNAMES
from cdisc_kit.yamltext import read_yaml

_FILE = Path(__file__).with_name("patterns.yaml")
_SEPARATOR = re.compile(r"[ \-_.·/]")
_GAP = _SEPARATOR.pattern + "?"
_IDENTITY = re.compile(rf"(?<![0-9A-Za-z])(?:\d{_GAP}){{14}}(?:(?:\d{_GAP}){{3}}[\dXx]|\d)(?![0-9A-Za-z])")
_MOBILE = re.compile(
    r"(?<![0-9A-Za-z.])(?:(?:\+|00)?86[- ]?)?(1[- ]?[3-9](?:[- ]?\d){9})(?![0-9A-Za-z]|\.\d|[- ]\d)"
)
_STARTS_WITH_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# A hash of 32 or more hex digits in a text is a checksum, not a hidden number.
CHECKSUM = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{32,}(?![0-9A-Za-z])")
# A number in a column of measured values is a result, not a telephone or a date.
_MEASURED = re.compile(r"..(?:STRESC|STRESN|ORRES|DOSE|DOSTXT|LLOQ)|QVAL")
# Eleven digits are a telephone even there; a count of so many ends in zeros: nobody measures it exactly.
_ROUNDED = "0000"
_NUMBER = re.compile(r"[<>]?=?-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Pattern:
    """One shape of patterns.yaml; `cells`: not searched in documents."""

    name: str
    regex: re.Pattern[str]
    cells: bool


@cache
def _patterns() -> tuple[tuple[Pattern, ...], frozenset[str]]:
    """The shapes, and the provinces an identity number can begin with."""
    document = read_yaml(_FILE, f"cdisc_kit/ipd/{_FILE.name}")
    pieces = {**document["pieces"], "surnames": SURNAMES}

    def whole(regex: str) -> re.Pattern[str]:
        return re.compile(re.sub(r"<([a-z]+)>", lambda found: str(pieces.get(found[1], found[0])), regex))

    return tuple(
        Pattern(str(entry["name"]), whole(str(entry["regex"])), entry.get("where", "") == "cells")
        for entry in document["patterns"]
    ), frozenset(map(str, document["provinces"]))


def is_measured(text: str, column: str) -> bool:
    """True for a number in a column of measured values."""
    return _MEASURED.fullmatch(column) is not None and _NUMBER.fullmatch(text) is not None


def shapes(text: str, *, cell: bool, column: str = "") -> Iterator[tuple[str, str]]:
    """(name of the shape, what has it) in one reading of a text; `column` is the variable of a cell."""
    if cell and has_chinese(text):
        yield "Chinese text in a cell", text
    text = CHECKSUM.sub(" ", text)
    if any(map(str.isdigit, text)):
        yield from (("identity number", found) for found in _identities(text))
        if cell and is_measured(text, column):
            if _MOBILE.fullmatch(text) and not text.endswith(_ROUNDED):
                yield "mobile telephone", text
            return
        yield from (("mobile telephone", found) for found in _mobiles(text))
    for pattern in _patterns()[0]:
        if cell or not pattern.cells:
            yield from ((pattern.name, match[0]) for match in pattern.regex.finditer(text))


def _identities(text: str) -> Iterator[str]:
    """18 or 15 digits that begin with a province and hold a date of birth.

    The check character is not asked for: a number written down wrongly still tells place and day of birth.
    """
    for match in _IDENTITY.finditer(text):
        digits = _SEPARATOR.sub("", match[0])
        born = digits[6:14] if len(digits) == 18 else f"19{digits[6:12]}"
        if digits[:2] in _patterns()[1] and _is_birth(born):
            yield match[0]


def _is_birth(digits: str) -> bool:
    try:
        return 1900 <= dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2099
    except ValueError:
        return False


def _mobiles(text: str) -> Iterator[str]:
    for match in _MOBILE.finditer(text):
        if not _STARTS_WITH_DATE.match(match[1]):
            yield match[0]

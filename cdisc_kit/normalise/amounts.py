"""Amounts of a form: what is written beside the number, what a column's amount can be, what was not done."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cdisc_kit.derive.quantity import quantity
from cdisc_kit.normalise.column import ReadColumn
from cdisc_kit.normalise.notes import FLAG, NO_NUMBER, NOT_DONE_FILLED, OWN_UNIT, Note, Read
from cdisc_kit.normalise.numbers import read_integer, read_number, within
from cdisc_kit.normalise.text import spelling
from cdisc_kit.normalise.tokens import NOT_DONE_TEXT
from cdisc_kit.spec.column_schema import AMOUNTS
from cdisc_kit.spec.model import ColumnSpec, FormSpec

_ARROWS = re.compile(r"\s?[↑↓]+$")
_POWER = re.compile(r"(?<=[0-9])\s?[×xX*]\s?10\^(?P<exponent>[+-]?[0-9]{1,2})$")
_TIMES = re.compile(r"\s?[×xX*]\s?$")
_BEGINS = re.compile(r"[<>≤≥≦≧小大不低高]|[+-]?[0-9.]")


def read_beside(form: FormSpec, columns: dict[str, ReadColumn]) -> None:
    """Read the cells that are a number but for the column's own unit, an arrow or `×10^n` behind it."""
    for key, column in columns.items():
        declared = form.columns[key]
        if declared.type not in AMOUNTS:
            continue
        units = columns[declared.unit_in].values if declared.unit_in else None
        for at in _unread(declared, column):
            unit = str(units[at]) if units is not None else declared.unit
            read = _beside(spelling(str(column.raw[at])), spelling(unit), declared)
            if read is not None:
                column.correct(at, NO_NUMBER, read)


def _unread(declared: ColumnSpec, column: ReadColumn) -> list[int]:
    """Positions of cells that begin like an amount and were not read as one."""
    if declared.type != "qualitative":
        return column.noted(NO_NUMBER)
    codes, uniques = pd.factorize(column.values)
    words = [_BEGINS.match(str(text)) is not None and quantity(str(text)) is None for text in uniques]
    return [int(at) for at in np.flatnonzero(np.array(words, dtype=bool)[codes])] if any(words) else []


def _beside(text: str, unit: str, declared: ColumnSpec) -> Read | None:
    bare, notes = _number_alone(text, unit)
    if not notes and bare == text:
        return None
    bounds = declared.comparator or declared.type == "qualitative"
    read = read_integer(bare) if declared.type == "integer" else read_number(bare, bounds=bounds)
    if not read.text:
        return None
    told = (*notes, *(note for note in read.notes if note.severity))
    return within(Read(read.text, told), declared)


def _number_alone(text: str, unit: str) -> tuple[str, tuple[Note, ...]]:
    """The text without arrows and without the unit, its power of ten as an exponent."""
    plain = _ARROWS.sub("", text)
    bare = _without_unit(plain, unit)
    bare, unflagged = _ARROWS.sub("", bare), bare
    notes = [FLAG] if plain != text or bare != unflagged else []
    if unflagged != plain:
        notes.append(OWN_UNIT)
    if "10^" not in unit:  # beside 10^9/L a `×10^9` may be the unit's own
        bare = _POWER.sub(lambda found: "E" + found.group("exponent"), bare)
    return bare, tuple(notes)


def _without_unit(text: str, unit: str) -> str:
    unit = _TIMES.sub("", unit).lstrip("×").strip()
    if not unit or not text.endswith(unit):
        return text
    bare = text[: -len(unit)]
    if unit[0].isdigit():
        # 510^9/L may be 5 or 51 of another unit
        return _TIMES.sub("", bare) if _TIMES.search(bare) else bare.rstrip() if bare.endswith(" ") else text
    return bare.rstrip()


def note_not_done(form: FormSpec, columns: dict[str, ReadColumn]) -> None:
    """Note the amounts that are filled in beside the answer that they were not determined."""
    for key, column in columns.items():
        said = form.columns[key].not_done
        if not said:
            continue
        filled = ~np.isin(column.values.astype(str), ("", NOT_DONE_TEXT))
        for at in np.flatnonzero(filled & (columns[said].values == "Y")):
            column.change(int(at), Read(str(column.values[at]), (NOT_DONE_FILLED,)))

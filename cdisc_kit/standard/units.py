"""Standard units of laboratory tests and the factors to them (see SOURCES.md, `unit_conversions.tsv`)."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import NamedTuple

from cdisc_kit.standard.tables import FOLDER, read_table

COLUMNS = ("test", "unit", "standard_unit", "factor")
NO_UNIT = "-"  # a cell is never blank at the end of a line, so a blank unit is written as a dash


class Conversion(NamedTuple):
    """`unit` is the standard unit of the test ('' for none); amounts are multiplied by `factor`."""

    unit: str
    factor: Decimal


@cache
def load_conversions() -> dict[tuple[str, str], Conversion]:
    """(test code, collected unit) -> standard unit and factor. Units are terms of CDISC's UNIT codelist.

    Raises StandardError where the bundled table cannot be read.
    """
    return {
        (test, _unit(unit)): Conversion(_unit(standard), Decimal(factor))
        for test, unit, standard, factor in read_table(FOLDER / "unit_conversions.tsv", COLUMNS)
    }


def _unit(cell: str) -> str:
    return "" if cell == NO_UNIT else cell

"""Columns of a form's own file that the form does not declare: told, counted and not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cdisc_kit.findings import Finding
from cdisc_kit.raw.layout import Layout, Place, letter, unknown_column, unused
from cdisc_kit.raw.table import Extra

Cells = Callable[[int], Iterable[str]]  # position of a column -> its cells in the data rows


def undeclared_columns(place: Place, layout: Layout, cells: Cells) -> tuple[Extra, list[Finding]]:
    """The columns that are no form's with where they are filled, and a WARN `COL-UNKNOWN` for each.

    A column without a heading counts where it holds something.
    """
    return undeclared(place, (layout.header_row, layout.headings), layout.columns, cells)


def undeclared(
    place: Place, header: tuple[int, list[str]], columns: dict[str, int], cells: Cells
) -> tuple[Extra, list[Finding]]:
    """As `undeclared_columns`, by the header row (its number, its headings) and the positions in use."""
    extra, notes = [], []
    for at, name in unused(header[1], columns):
        filled = np.array([bool(cell.strip()) for cell in cells(at)], dtype=bool)
        count = int(filled.sum())
        if name or count:
            told = unknown_column(name, at, f"its {count} filled cells are")
            notes.append(place.at(told, header[0], name or letter(at)))
            extra.append((name or letter(at), filled))
    return tuple(extra), notes


def of_rows(rows: Sequence[Sequence[str]]) -> Cells:
    """The cells of a column of rows that may end before it."""
    return lambda at: (row[at] if at < len(row) else "" for row in rows)

"""ledger.csv: one line for each non-blank raw cell."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from cdisc_kit.ledger.fates import FATES, OPEN, FormLedger, Ledger

COLUMNS = ("form", "row", "column", "fate", "target", "reason")


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write COLUMNS, form by form, row by row, columns in the order of the form. UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_line(COLUMNS))
        for form in ledger.forms:
            file.write(_lines(form))


def ledger_line(ledger: Ledger) -> str:
    """The total in one line: `ledger: 812 of 812 raw cells accounted for (100 %): 700 mapped, …`."""
    cells, again = ledger.totals["cells"], ledger.totals["entered_again"]
    closed = cells["total"] - cells[OPEN]
    share = int(100 * closed / cells["total"]) if cells["total"] else 100  # never rounded up to 100
    counts = ", ".join(f"{cells[fate]} {fate.replace('_', ' ')}" for fate in FATES)
    twice = f"; {again['cells']} cells entered again" if again["cells"] else ""
    return f"ledger: {closed} of {cells['total']} raw cells accounted for ({share} %): {counts}{twice}"


def _lines(form: FormLedger) -> str:
    """The lines of one file: the part that row and cell differ in is short, the rest is made once."""
    begin = np.array([_line((form.form, int(row))).rstrip("\n") for row in form.row], dtype=object)
    ends = [[_line(("", column, *fate)) for fate in form.fates] for column in form.columns]
    rows, columns = np.nonzero(form.cells >= 0)
    if not len(rows):
        return ""
    return "".join(begin[rows] + np.array(ends, dtype=object)[columns, form.cells[rows, columns]])


def _line(cells: tuple[object, ...]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()

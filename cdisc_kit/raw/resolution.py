"""Decided differences between two entries of a form, as the raw folder holds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.errors import RawDataError
from cdisc_kit.raw import csvfile

DECISION = ("field", "entry1", "entry2", "final", "by", "date")


@dataclass(frozen=True)
class Resolution:
    """One decided cell. `key` holds the columns that identify its row (column -> text as written).

    `final` is what the cell reads from now on; a difference that is not decided yet has a blank one.
    """

    form: str
    key: dict[str, str]
    field: str
    entry1: str
    entry2: str
    final: str
    file: str
    row: int


def read_resolutions(folder: Path, name: str) -> tuple[Resolution, ...]:
    """The decided rows of the file `name` of the raw folder (none where `name` is '' or there is no file).

    The header is `form`, the columns that identify a row, then DECISION. Raises RawDataError for another one.
    """
    path = folder / name
    if not name or not path.is_file():
        return ()
    rows = csvfile.read_cells(path, "detect")
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    missing = [column for column in ("form", *DECISION) if column not in header]
    if missing:
        raise RawDataError(f"{path}: line 1 has no column {', '.join(missing)}; add it to the header")
    found = []
    for number, cells in rows[1:]:
        if len(cells) != len(header) and any(cells):
            raise RawDataError(f"{path}: line {number} has {len(cells)} cells, the header {len(header)}")
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if row.get("final"):
            found.append(_resolution(row, name, number))
    return tuple(found)


def _resolution(row: dict[str, str], name: str, number: int) -> Resolution:
    key = {column: text for column, text in row.items() if column not in ("form", *DECISION) and text}
    return Resolution(
        row["form"], key, row["field"], row["entry1"], row["entry2"], row["final"], name, number
    )

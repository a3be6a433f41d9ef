"""The raw data as they are about to be written: printed cells that a dirt case may change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

Cells = dict[str, object]


@dataclass(eq=False)
class Record:
    """One row: what the hidden truth says (`values`, canonical text) and what is written (`cells`).

    `row` is its row in the clean file as a person counts it (0: only in the dirty one). `only` holds cells
    that one entry pass writes otherwise, by the name of the pass.
    """

    form: str
    row: int
    values: dict[str, str]
    cells: Cells
    only: dict[str, Cells] = field(default_factory=dict)

    def written(self, entry: str) -> Cells:
        """The cells as the pass `entry` writes them."""
        return self.cells | self.only.get(entry, {})


@dataclass(eq=False)
class RawForm:
    """One form: its column keys in file order, heading rows, records, and the entry passes that hold it.

    A form written once has the one pass ''. `lines` of a text file count line breaks inside cells.
    """

    name: str
    columns: list[str]
    headings: list[Record]
    records: list[Record]
    entries: tuple[str, ...] = ("",)
    is_text: bool = False

    def table(self, entry: str) -> list[list[object]]:
        """Heading rows and data rows as the pass `entry` writes them."""
        written = (record.written(entry) for record in (*self.headings, *self.records))
        return [[cells.get(key) for key in self.columns] for cells in written]

    def rows(self) -> dict[int, int]:
        """`id` of a record -> the row a person finds it in, in the dirty file."""
        found, row = {}, 1
        for record in (*self.headings, *self.records):
            found[id(record)] = row
            row += 1 + (self._breaks(record) if self.is_text else 0)
        return found

    def _breaks(self, record: Record) -> int:
        return sum(str(cell).count("\n") for cell in record.cells.values())


@dataclass(eq=False)
class RawData:
    """Every form of a study, and the header columns that name subject and visit."""

    forms: dict[str, RawForm]
    subject_key: str
    visit_key: str
    date_1904: bool = False

    def sheets(self) -> dict[str, list[list[object]]]:
        """Form -> rows of cells, of forms that are written once."""
        return {name: form.table("") for name, form in self.forms.items()}


def raw_form(
    name: str,
    headings: list[Cells],
    values: list[dict[str, str]],
    cells: list[Cells],
    entries: tuple[str, ...] = ("",),
    *,
    is_text: bool = False,
) -> RawForm:
    """A clean form; `values` and `cells` are the canonical and the printed rows in file order."""
    columns = list(headings[0])
    tops = [Record(name, row, {}, dict(heading)) for row, heading in enumerate(headings, start=1)]
    records = [
        Record(name, row, {key: canonical.get(key, "") for key in columns}, printed)
        for row, (canonical, printed) in enumerate(zip(values, cells, strict=True), start=1 + len(headings))
    ]
    return RawForm(name, columns, tops, records, entries, is_text)


def text_of(cell: object) -> str:
    """A cell as the manifest shows it: dates as ISO 8601, blank as ''."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.isoformat(timespec="minutes")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)

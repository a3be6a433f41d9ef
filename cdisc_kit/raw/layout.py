"""Where a form's header and rows stand in a file: titles above, blank and summary rows, renamed headings."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cdisc_kit.errors import FatalFindingsError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import ColumnSpec, FormSpec
from cdisc_kit.spec.problems import suggestion

SUMMARIES = ("合计", "总计", "小计", "汇总", "total", "subtotal")
_LONGEST_SUMMARY = 24  # spaces between the letters included
TITLE_ROWS = 5  # a header is looked for this many rows further down than declared

Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Place:
    """A file (and sheet) of a form, for findings and messages."""

    form: FormSpec
    path: Path
    file: str
    sheet: str
    by: str  # headings are the columns' `label` or `key`

    @property
    def shown(self) -> str:
        return f"{self.path}{f' sheet {self.sheet}' if self.sheet else ''}"

    def at(self, finding: Finding, row: int = 0, column: str = "") -> Finding:
        """The finding, located in this file."""
        return replace(
            finding,
            form=self.form.name,
            source_file=self.file,
            source_sheet=self.sheet,
            source_row=row,
            source_column=column,
        )


@dataclass(frozen=True)
class Layout:
    """Column key -> position under the headings; indices of data rows; what was skipped or renamed.

    `header` is the index of the row of `headings`, `header_row` its number in the file.
    """

    columns: dict[str, int]
    headings: list[str]
    header: int
    header_row: int
    body: list[int]
    notes: tuple[Finding, ...]


def lay_out(place: Place, rows: Rows, header: int, below: int) -> Layout:
    """Find the header at index `header` or a little further down; data starts `below` rows under it.

    Raises FatalFindingsError for columns that are missing (`COL-MISSING`), RawDataError for one that stands
    twice.
    """
    at = _header_at(place, rows, header)
    names = rows[at][1]
    columns, notes = columns_of(place, rows[at])
    notes += [_skipped(place, rows[i][0]) for i in range(header, at)]
    body = []
    for i in range(at + below, len(rows)):
        if _holds_data(rows[i][1], names):
            body.append(i)
        else:
            notes.append(_skipped(place, rows[i][0]))
    return Layout(columns, names, at, rows[at][0], body, tuple(notes))


def _header_at(place: Place, rows: Rows, declared: int) -> int:
    for at in range(declared, min(declared + TITLE_ROWS + 1, len(rows))):
        found, _ = match(place.form, rows[at][1], place.by)
        if len(found) == len(place.form.columns):
            return at
    return declared


def match(form: FormSpec, header: list[str], by: str) -> tuple[dict[str, int], list[str]]:
    """Column key -> position, and the keys found by another heading than the declared one.

    Exact headings first; then the same heading in another spelling (spaces, line breaks, width, case), the
    column's key or label, and its aliases.
    """
    primary: Callable[[ColumnSpec], str] = lambda c: c.key if by == "key" else c.label  # noqa: E731
    stripped = [name.strip() for name in header]
    found = {key: stripped.index(primary(c)) for key, c in form.columns.items() if primary(c) in stripped}
    taken = set(found.values())
    free = {fold(name): at for at, name in reversed(list(enumerate(stripped))) if name and at not in taken}
    renamed = []
    for key, column in form.columns.items():
        if key in found:
            continue
        names = (primary(column), column.label, column.key, *column.aliases)
        at = next((free[fold(name)] for name in names if fold(name) in free), None)
        if at is not None:
            found[key] = at
            free = {name: position for name, position in free.items() if position != at}
            renamed.append(key)
    return found, renamed


def fold(name: str) -> str:
    """A heading without width, case, spaces and line breaks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def columns_of(place: Place, row: tuple[int, list[str]]) -> tuple[dict[str, int], list[Finding]]:
    """Column key -> position in a header row (its number, its headings), and what was renamed.

    Raises as `lay_out` does.
    """
    number, header = row
    named = [name.strip() for name in header]
    doubled = sorted({name for name in named if name and named.count(name) > 1})
    if doubled:
        raise RawDataError(f"{place.shown}: column '{doubled[0]}' stands twice in the header; rename one")
    found, renamed = match(place.form, header, place.by)
    missing = _missing(place, found, row)
    notes = [
        place.at(
            Finding(
                rule="COL-RENAMED",
                severity="INFO",
                message=f"column {key} found by another heading than declared",
                message_zh=f"字段“{place.form.columns[key].label}”的列名与约定不同,已对应",
            ),
            number,
            key,
        )
        for key in renamed
    ]
    if missing:
        unknown = [
            place.at(unknown_column(name, at), number, name) for at, name in unused(named, found) if name
        ]
        raise FatalFindingsError([*missing, *notes, *unknown])
    return found, notes


def unused(headings: list[str], columns: dict[str, int]) -> list[tuple[int, str]]:
    """Position and heading of the columns that are no form's."""
    used = set(columns.values())
    return [(at, name.strip()) for at, name in enumerate(headings) if at not in used]


def unknown_column(name: str, at: int, filled: str = "it is") -> Finding:
    """WARN `COL-UNKNOWN`, for a column with or without a heading; `filled` says what is not read."""
    shown = f"column {letter(at)} '{name}'" if name else f"column {letter(at)} without a heading"
    return Finding(
        rule="COL-UNKNOWN",
        severity="WARN",
        message=f"{shown} is not declared for this form; {filled} not read",
        message_zh=f"{letter(at)}列{f'“{name}”' if name else '(无列名)'}不在该表单的字段中,未读取",
    )


def _missing(place: Place, found: dict[str, int], row: tuple[int, list[str]]) -> list[Finding]:
    number, header = row
    result = []
    for key, column in place.form.columns.items():
        if key not in found:
            name = key if place.by == "key" else column.label
            told = Finding(
                rule="COL-MISSING",
                severity="FATAL",
                message=(
                    f"form {place.form.name} has no column {key} '{name}'"
                    f"{suggestion(name, [cell.strip() for cell in header])}"
                ),
                message_zh=f"表单缺少字段“{column.label}”",
            )
            result.append(place.at(told, number, key))
    return result


def _holds_data(cells: list[str], header: list[str]) -> bool:
    """False for a blank row, a header repeated on a new page, and a row of totals."""
    first = next((cell for cell in cells if cell.strip()), "")
    if not first or is_summary(first):
        return False
    if cells[0].strip() != header[0].strip():
        return True
    return [cell.strip() for cell in cells] != [name.strip() for name in header]


def is_summary(cell: str) -> bool:
    """True for the word that heads a row of totals."""
    return len(cell) <= _LONGEST_SUMMARY and not cell[:1].isdigit() and fold(cell).rstrip(":") in SUMMARIES


def _skipped(place: Place, row: int) -> Finding:
    skipped = Finding(
        rule="ROW-SKIP",
        severity="INFO",
        message="no record: a title, blank, repeated header or summary row",
        message_zh="标题、空白、重复表头或合计行,已跳过",
    )
    return place.at(skipped, row)


def framed(form: FormSpec, layout: Layout, rows: Sequence[list[Any]], blank: object) -> pd.DataFrame:
    """The form's columns of the data rows; `blank` where a row ends before the column."""
    data = {
        key: [cells[at] if at < len(cells) else blank for cells in rows] for key, at in layout.columns.items()
    }
    return pd.DataFrame(data, columns=list(form.columns), dtype=object)


def letter(at: int) -> str:
    """The letter of a column as a spreadsheet shows it: A for 0, AA for 26."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name

"""What stands in a raw folder and no form declares: sheets and files. It is told and counted, not read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cdisc_kit.errors import RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import csvfile, xlsxfile
from cdisc_kit.raw.layout import letter

# What the kit itself writes beside the forms, and what people and programs leave: no data of the study.
_BY_THE_KIT = frozenset({"truth.json", "dirt_manifest.csv"})
_NO_DATA = ("readme", "synthetic", "thumbs.db", "desktop.ini")
_HIDDEN = (".", "~$")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_TEXTS = (".csv",)


@dataclass(frozen=True)
class Beside:
    """A sheet, file or item group that no form declares; the finding that tells it names file and sheet.

    `filled` (rows x columns) is true where a cell holds something; `row` counts as a person does, `columns`
    are column letters. A file whose cells nobody can count has none.
    """

    told: Finding
    row: np.ndarray
    columns: tuple[str, ...]
    filled: np.ndarray

    @classmethod
    def of(cls, told: Finding, rows: Sequence[tuple[int, Sequence[str]]]) -> Beside:
        """The filled cells of rows, each with its number."""
        width = max((len(cells) for _, cells in rows), default=0)
        filled = np.zeros((len(rows), width), dtype=bool)
        for at, (_, cells) in enumerate(rows):
            filled[at, : len(cells)] = [bool(cell.strip()) for cell in cells]
        numbers = np.array([number for number, _ in rows], dtype=np.int64)
        return cls(told, numbers, tuple(map(letter, range(width))), filled)

    @property
    def place(self) -> str:
        """Its name in the ledger: no form, so the file, and the sheet where there is one."""
        return "/".join(filter(None, (self.told.source_file, self.told.source_sheet)))


def other_sheets(workbook: xlsxfile.Workbook, path: Path, file: str, declared: set[str]) -> Iterator[Beside]:
    """The sheets of a workbook that hold something and are no form's (`declared`): WARN `SHEET-UNKNOWN`."""
    for name in workbook.sheet_names:
        if name in declared:
            continue
        rows = [(number, cells) for number, cells, _ in xlsxfile.read_cells(workbook, path, name)]
        count = sum(bool(cell.strip()) for _, cells in rows for cell in cells)
        if count:
            yield Beside.of(_sheet(file, name, count), rows)


def _sheet(file: str, name: str, count: int) -> Finding:
    return Finding(
        rule="SHEET-UNKNOWN",
        severity="WARN",
        message=f"sheet '{name}' is no form's; its {count} filled cells are not read",
        message_zh=f"工作表“{name}”不属于任何表单,{count}个非空单元格未读取",
        source_file=file,
        source_sheet=name,
    )


def other_files(folder: Path, known: Iterable[Path]) -> Iterator[Beside]:
    """The files of the folder that are no form's (`known`) and not the kit's own: WARN `FILE-UNKNOWN`."""
    named = set(known)
    for path in _files(folder):
        if path not in named and path.relative_to(folder).as_posix() not in _BY_THE_KIT:
            yield from _file(path, path.relative_to(folder).as_posix())


def _files(folder: Path) -> list[Path]:
    """Every file below the folder that may hold data, in the order of their names."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        found += [
            Path(place) / name for name in names if not name.casefold().startswith((*_HIDDEN, *_NO_DATA))
        ]
    return sorted(found)


def _file(path: Path, file: str) -> Iterator[Beside]:
    """One entry for the file; for a workbook one for each of its sheets that holds something."""
    parts = _contents(path)
    if parts is None:
        yield Beside.of(_unread(file, "", "it is not read, and its content is not counted"), [])
        return
    for sheet, rows in parts.items():
        count = sum(bool(cell.strip()) for _, cells in rows for cell in cells)
        if count or len(parts) == 1:
            yield Beside.of(_unread(file, sheet, f"its {count} filled cells are not read"), rows)


def _contents(path: Path) -> dict[str, list[tuple[int, list[str]]]] | None:
    """Sheet ('' for text) -> numbered rows; None for what is no table that can be read."""
    ending = path.suffix.casefold()
    try:
        if ending in _TEXTS:
            return {"": csvfile.read_cells(path, "detect")}
        if ending in _WORKBOOKS:
            book = xlsxfile.open_workbook(path)
            sheets = {name: xlsxfile.read_cells(book, path, name) for name in book.sheet_names}
            return {
                name: [(number, cells) for number, cells, _ in rows] for name, rows in sheets.items()
            } or None
    except (RawDataError, OSError):
        return None
    return None


def _unread(file: str, sheet: str, rest: str) -> Finding:
    return Finding(
        rule="FILE-UNKNOWN",
        severity="WARN",
        message=f"no form of the study is in this file{' and sheet' if sheet else ''}; {rest}",
        message_zh="该文件不属于任何表单,未读取",
        source_file=file,
        source_sheet=sheet,
    )

"""The cells of a Dataset-JSON file as columns, and the cells that are not of their column's type."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.check.xptheader import FileProblem, FileVariable
from cdisc_kit.columns import Coded

_LONGEST_SHOWN = 200  # characters of a cell that is no cell


def as_text(value: Any) -> str:
    """A string of the file that can be written again: half a surrogate pair stays visible as `\\ud800`."""
    if not isinstance(value, str):
        return ""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


class JsonRecords:
    """Records of one file; its encoding is UTF-8 by definition."""

    states_encoding = True

    def __init__(self, columns: list[list[Any]], rows: int, halves: bool) -> None:
        self._columns, self.rows = columns, rows
        self.ascii = not halves

    @classmethod
    def of(
        cls, file: str, dataset: str, variables: Sequence[FileVariable], types: Sequence[str], rows: list[Any]
    ) -> tuple[JsonRecords, list[FileProblem]]:
        """The records, and where rows have another number of cells or cells another type than declared."""
        width, problems = len(variables), []
        for at, row in enumerate(rows):
            held = len(row) if isinstance(row, list) else -1
            if held != width:
                en = f"the record has {held} cells for {width} columns" if held >= 0 else "no list of cells"
                zh = f"记录有{held}个单元格，应为{width}个" if held >= 0 else "不是单元格列表"
                problems.append(FileProblem("json-row", file, en, zh, dataset, row=at))
        blank = [None] * width
        whole = [[*row[:width], *blank[len(row) :]] if isinstance(row, list) else blank for row in rows]
        columns = [list(column) for column in zip(*whole, strict=True)] if rows else [[] for _ in variables]
        halves = False
        for variable, kind, column in zip(variables, types, columns, strict=True):
            wrong = [at for at, cell in enumerate(column) if not _fits(cell, kind, variable.length)]
            for at in wrong:
                en, zh = _misfit(variable, kind, column[at])
                place = variable.name, at, _shown(column[at])
                problems.append(FileProblem("json-cell", file, en, zh, dataset, *place))
                if variable.type == "Char" and not isinstance(column[at], str):
                    column[at] = _shown(column[at])
            halves = halves or any(isinstance(cell, str) and as_text(cell) != cell for cell in column)
        return cls(columns, len(rows), halves), problems

    def text(self, variable: FileVariable) -> tuple[Coded, frozenset[int]]:
        """The texts of a Char variable, and which of the distinct values hold half a surrogate pair."""
        cells = np.empty(self.rows, dtype=object)
        cells[:] = [_cell(value) for value in self._columns[variable.start]]
        codes, values = pd.factorize(cells)
        shown = np.array([as_text(value).rstrip(" ") for value in values], dtype=object)
        bad = {at for at, value in enumerate(values) if as_text(value) != value}
        return Coded(codes, shown.reshape(len(values))), frozenset(bad)

    def numbers(self, variable: FileVariable) -> np.ndarray:
        """The values of a Num variable as float64; what is no number is NaN."""
        column = self._columns[variable.start]
        return np.array([_number(value) for value in column], dtype=np.float64)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else "" if value is None else _shown(value)


def _number(value: Any) -> float:
    if value is None or isinstance(value, bool | list | dict):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _fits(cell: Any, kind: str, length: int) -> bool:
    """True where the cell is of the type that its column has (null is of every type)."""
    if cell is None:
        return True
    if kind == "boolean":
        return isinstance(cell, bool)
    if kind == "decimal":
        return isinstance(cell, str) and not math.isnan(_number(cell))
    if kind in ("integer", "float", "double"):
        plain = isinstance(cell, int | float) and not isinstance(cell, bool) and not math.isnan(_number(cell))
        return plain and (kind != "integer" or cell == int(cell))
    return isinstance(cell, str) and (not length or len(cell) <= length)


def _misfit(variable: FileVariable, kind: str, cell: Any) -> tuple[str, str]:
    if isinstance(cell, str) and variable.length and variable.type == "Char":
        length = variable.length
        return f"longer than the declared length {length}", f"超过声明长度{length}"
    return f"not of the declared type {kind}", f"不是声明的类型{kind}"


def _shown(value: Any) -> str:
    """A value of any type as a short text."""
    if isinstance(value, list | dict):
        return "[…]" if isinstance(value, list) else "{…}"
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return "a number of more than 200 digits"
    return as_text(value)[:_LONGEST_SHOWN] if isinstance(value, str) else str(value)[:_LONGEST_SHOWN]

"""Columns of cells as the engine holds them: text with '' for missing, or numbers with NaN. Vectorised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

# Forms are many and short: text as Python's own objects costs less than setting up Arrow's arrays.
text_as_objects = pd.option_context("mode.string_storage", "python")


def series(values: np.ndarray) -> pd.Series:
    """The array itself as a column of its own type: pandas would copy it, and object text into strings."""
    return pd.Series(values, dtype=values.dtype, copy=False)


@dataclass(frozen=True)
class Coded:
    """A text column as `values[codes]`: what many rows share is held, checked and sorted once.

    A value may stand in `values` twice, or be used by no row.
    """

    codes: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, column: pd.Series | np.ndarray) -> Coded:
        """Text without missing cells."""
        cells = column if isinstance(column, np.ndarray) else column.to_numpy(dtype=object)
        codes, values = pd.factorize(cells)
        return cls(codes, values)

    @classmethod
    def mapped(cls, codes: np.ndarray, values: Sequence[str]) -> Coded:
        """Codes into texts of which several may be equal."""
        places, distinct = pd.factorize(np.array(values, dtype=object))
        return cls(codes if len(distinct) == len(values) else places[codes], distinct)

    @classmethod
    def stacked(cls, parts: Sequence[Coded]) -> Coded:
        """Columns under one another."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.values) for part in parts)])
        codes = [part.codes + start for part, start in zip(parts, starts[:-1], strict=True)]
        return cls(np.concatenate(codes), np.concatenate([part.values for part in parts]))

    def take(self, positions: np.ndarray) -> Coded:
        """The cells at `positions`, in that order."""
        return Coded(self.codes[positions], self.values)

    def column(self) -> pd.Series:
        """The cells themselves."""
        return series(self.cells())

    def cells(self) -> np.ndarray:
        """The cells as object text."""
        if len(self.values) == 1:
            return repeated(self.values[0], len(self.codes))
        taken: np.ndarray = self.values[self.codes]
        return taken

    def isin(self, texts: Iterable[str]) -> np.ndarray:
        """True where the cell is one of `texts`."""
        wanted = frozenset(texts)
        return self.where(wanted.__contains__)

    def where(self, holds: Callable[[str], bool]) -> np.ndarray:
        """True where `holds` is true of the text."""
        held: np.ndarray = np.array([holds(value) for value in self.values], dtype=bool)[self.codes]
        return held

    def distinct(self) -> np.ndarray:
        """The texts that cells hold, each once."""
        if len(self.values) == 1 and len(self.codes):
            return self.values
        used = self.values[np.bincount(self.codes, minlength=len(self.values)) > 0]
        return np.asarray(pd.unique(used))


@dataclass(frozen=True)
class Texts:
    """The columns of a frame of text cells by their distinct texts, found once: the frame is not changed."""

    frame: pd.DataFrame
    known: dict[str, Coded] = field(default_factory=dict)

    def column(self, name: str) -> Coded:
        if name not in self.known:
            self.known[name] = Coded.of(self.frame[name])
        return self.known[name]


def combined(columns: Sequence[Coded], rows: int) -> np.ndarray:
    """A number from 0 up for each row, the same where all columns are, numbered as they come up."""
    numbers = np.zeros(rows, dtype=np.int64)
    distinct = min(rows, 1)
    for column in columns:
        if distinct == rows:
            return np.arange(rows)
        numbers, uniques = pd.factorize(numbers * len(column.values) + column.codes)
        distinct = len(uniques)
    return numbers


def first_of(numbers: np.ndarray) -> np.ndarray:
    """The first row of each number, of numbers from 0 up without a gap."""
    first = np.empty(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return first


def repeated(value: object, length: int) -> np.ndarray:
    """The same object in every cell: `numpy.full` takes some ten times as long."""
    return np.array([value], dtype=object).repeat(length)


def constant_text(value: str, length: int) -> Coded:
    """The same text in every cell."""
    return Coded(np.zeros(length, dtype=np.int64), np.array([value], dtype=object))


def number(value: Any) -> Any:
    """Text as float64; what is not a number is NaN. Numbers pass."""
    if isinstance(value, pd.Series) and not pd.api.types.is_numeric_dtype(value):
        codes, uniques = pd.factorize(value)
        numbers = pd.to_numeric(pd.Series(uniques, dtype=object), errors="coerce").to_numpy(dtype="float64")
        return pd.Series(np.append(numbers, np.nan)[codes], index=value.index)
    return float(pd.to_numeric(value, errors="coerce")) if isinstance(value, str) else value


def text(value: Any) -> Any:
    """A column as object text with '' for missing; numbers as a person would write them. Text passes."""
    if not isinstance(value, pd.Series):
        return number_text(value) if isinstance(value, int | float) else value
    if pd.api.types.is_numeric_dtype(value):
        codes, uniques = pd.factorize(value.astype("float64"))
        texts = np.array([*(number_text(number) for number in uniques), ""], dtype=object)
        return pd.Series(texts[codes], index=value.index, dtype=object)
    cells = value.to_numpy(dtype=object)
    blank = pd.isna(cells)
    if value.dtype == object and not blank.any():
        return value
    return pd.Series(np.where(blank, "", cells), index=value.index, dtype=object)


def number_text(value: float) -> str:
    """Shortest decimal text: `5` for 5.0, `0.1` for 0.1, '' for NaN."""
    if np.isnan(value):
        return ""
    shortest = f"{value:.15g}"
    return np.format_float_positional(float(shortest), trim="-") if "e" in shortest else shortest


def missing(value: pd.Series) -> pd.Series:
    """True where the cell is blank."""
    if value.dtype != object:
        blank = value.isna()
        return blank if pd.api.types.is_numeric_dtype(value) else blank | (value == "")
    cells = value.to_numpy()
    return pd.Series(pd.isna(cells) | (cells == ""), index=value.index)

"""One dataset of the folder under check: its description, and its columns as they are asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded, number_text

if TYPE_CHECKING:
    from cdisc_kit.check.xptheader import FileVariable

_SUPPLEMENT = "SUPP"


class Source(Protocol):
    """Where the columns come from."""

    rows: int
    ascii: bool
    states_encoding: bool

    def text(self, variable: FileVariable) -> tuple[Coded, frozenset[int]]:
        """The texts of a Char variable, and which of the distinct values are no text."""

    def numbers(self, variable: FileVariable) -> np.ndarray:
        """The values of a Num variable."""


class Records:
    """A dataset as it stands in a file. Every column is read at most once, when it is asked for.

    `text` gives any variable as coded text ('' for missing, numbers in shortest form); a variable that the
    dataset does not have is blank throughout, so that a rule about two variables needs no case for one.
    """

    def __init__(
        self, name: str, label: str, file: str, variables: tuple[FileVariable, ...], source: Source
    ) -> None:
        self.name, self.label, self.file = name, label, file
        self.variables = {v.name: v for v in variables}
        self.declared = variables
        self.source, self.rows = source, source.rows
        self._text: dict[str, tuple[Coded, frozenset[int]]] = {}
        self._numbers: dict[str, np.ndarray] = {}

    def __contains__(self, variable: str) -> bool:
        return variable in self.variables

    @property
    def is_supplement(self) -> bool:
        """True for SUPP-- datasets."""
        return self.name.startswith(_SUPPLEMENT) and "QNAM" in self

    @cached_property
    def domain(self) -> str:
        """The domain the records belong to: of a split dataset (LBCH) the one it is part of."""
        if self.is_supplement or "DOMAIN" not in self or not self.rows:
            return self.name
        values = [v for v in self.text("DOMAIN").values if v]
        return str(values[0]) if len(values) == 1 and self.name.startswith(values[0]) else self.name

    @property
    def family(self) -> str:
        """The name that a dataset has when it is not split: of LBCH LB, of SUPPLBCH SUPPLB."""
        if not self.is_supplement or not self.rows:
            return self.domain
        values = [v for v in self.text("RDOMAIN").values if v]
        split = len(values) == 1 and self.name[len(_SUPPLEMENT) :].startswith(values[0])
        return f"{_SUPPLEMENT}{values[0]}" if split else self.name

    def located(self, row: int) -> tuple[Records, int]:
        """The dataset of one file that the record stands in, and its row there."""
        return self, row

    @property
    def prefix(self) -> str:
        """What stands for `--` in its variables' names."""
        return self.domain[:2]

    def expand(self, variable: str) -> str:
        """`--STRESC` as this dataset spells it."""
        return variable.replace("--", self.prefix)

    def text(self, variable: str) -> Coded:
        """The cells of a variable as text."""
        return self._read(variable)[0]

    def not_text(self, variable: str) -> frozenset[int]:
        """Positions in `text(variable).values` whose bytes are no text in the file's encoding."""
        return self._read(variable)[1]

    def _read(self, variable: str) -> tuple[Coded, frozenset[int]]:
        if variable not in self._text:
            self._text[variable] = self._column(variable)
        return self._text[variable]

    def _column(self, name: str) -> tuple[Coded, frozenset[int]]:
        variable = self.variables.get(name)
        if variable is None:
            return Coded(np.zeros(self.rows, dtype=np.int64), np.array([""], dtype=object)), frozenset()
        if variable.type == "Char":
            return self.source.text(variable)
        codes, uniques = pd.factorize(self.numbers(name), use_na_sentinel=False)
        return Coded(codes, np.array([number_text(float(u)) for u in uniques], dtype=object)), frozenset()

    def cells(self, variable: str) -> np.ndarray:
        """The cells of a variable as object text."""
        coded = self.text(variable)
        return np.asarray(coded.values[coded.codes])

    def cell(self, variable: str, row: int) -> str:
        """One cell as text; '' where there is no such variable."""
        coded = self.text(variable)
        return str(coded.values[coded.codes[row]])

    def numbers(self, name: str) -> np.ndarray:
        """The cells of a variable as float64; text that is no number is NaN."""
        if name not in self._numbers:
            variable = self.variables.get(name)
            if variable is None:
                self._numbers[name] = np.full(self.rows, np.nan)
            elif variable.type == "Num":
                self._numbers[name] = self.source.numbers(variable)
            else:
                self._numbers[name] = self._as_numbers(name)
        return self._numbers[name]

    def _as_numbers(self, name: str) -> np.ndarray:
        coded = self.text(name)
        parsed = pd.to_numeric(pd.Series(coded.values, dtype=object), errors="coerce")
        return np.asarray(parsed.to_numpy(dtype="float64")[coded.codes])

    def where(self, variable: str, wanted: np.ndarray) -> np.ndarray:
        """Rows (0-based) whose cell is one of the distinct values that `wanted` marks."""
        return np.flatnonzero(wanted[self.text(variable).codes])

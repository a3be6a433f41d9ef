"""The parts of a split dataset (LBCH and LBHM of LB) as the one dataset that they are (IG 4.1.7)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.check.records import Records
from cdisc_kit.columns import Coded

if TYPE_CHECKING:
    from cdisc_kit.check.xptheader import FileVariable


class Joined(Records):
    """The records of all parts under one another; `located` leads back to the part."""

    def __init__(self, name: str, parts: Sequence[Records]) -> None:
        variables: dict[str, FileVariable] = {}
        for part in parts:
            variables = {**part.variables, **variables}
        first = parts[0]
        super().__init__(name, first.label, first.file, tuple(variables.values()), _Stacked(parts))
        self.parts = tuple(parts)
        self._starts = np.cumsum([0, *(part.rows for part in parts)])[:-1].tolist()

    @cached_property
    def domain(self) -> str:
        """The parts' own."""
        return self.parts[0].domain

    def located(self, row: int) -> tuple[Records, int]:
        """The part that the record stands in, and its row there."""
        at = bisect_right(self._starts, row) - 1
        return self.parts[at], row - self._starts[at]


class _Stacked:
    """The columns of the parts, one under the other."""

    def __init__(self, parts: Sequence[Records]) -> None:
        self.parts = parts
        self.rows = sum(part.rows for part in parts)
        self.ascii = all(part.source.ascii for part in parts)
        self.states_encoding = all(part.source.states_encoding for part in parts)

    def text(self, variable: FileVariable) -> tuple[Coded, frozenset[int]]:
        """The texts, each distinct one once over all parts."""
        stacked = Coded.stacked([part.text(variable.name) for part in self.parts])
        codes, values = pd.factorize(stacked.values)
        return Coded(codes[stacked.codes], values), frozenset()

    def numbers(self, variable: FileVariable) -> np.ndarray:
        """The values of a Num variable."""
        return np.concatenate([part.numbers(variable.name) for part in self.parts])

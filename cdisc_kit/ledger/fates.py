"""What becomes of raw cells: the fates there are, and the fate of each cell of each raw file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

OPEN = "open"
# By how much of a row they say: a row has the first of these that one of its cells has.
FATES = ("mapped", "finding", "filtered", "not_submitted", OPEN)


class Fate(NamedTuple):
    """`fate` is one of FATES, `target` a list of `DATASET.VARIABLE`, `reason` a rule or a declaration."""

    fate: str
    target: str = ""
    reason: str = ""


@dataclass(frozen=True)
class FormLedger:
    """One raw file. `cells` (rows x columns) holds indices into `fates`, -1 for a blank cell.

    `row` is the row of the file as a person counts it.
    """

    form: str
    row: np.ndarray
    columns: tuple[str, ...]
    fates: tuple[Fate, ...]
    cells: np.ndarray


@dataclass(frozen=True)
class Ledger:
    """All raw files of a build. `again` counts the (rows, cells) of second entries."""

    forms: tuple[FormLedger, ...]
    again: tuple[int, int] = (0, 0)

    @cached_property
    def totals(self) -> dict[str, dict[str, int]]:
        """`rows` and `cells`, each: total and the number with each fate; `entered_again`: rows and cells."""
        rows, cells = np.zeros(len(FATES), dtype=int), np.zeros(len(FATES), dtype=int)
        for form in self.forms:
            ranks = np.array([*(FATES.index(fate.fate) for fate in form.fates), len(FATES)])[form.cells]
            cells += np.bincount(ranks.ravel(), minlength=len(FATES) + 1)[: len(FATES)]
            best = ranks.min(axis=1, initial=len(FATES))
            rows += np.bincount(best, minlength=len(FATES) + 1)[: len(FATES)]
        return {
            name: {"total": int(counts.sum()), **dict(zip(FATES, map(int, counts), strict=True))}
            for name, counts in (("rows", rows), ("cells", cells))
        } | {"entered_again": {"rows": self.again[0], "cells": self.again[1]}}

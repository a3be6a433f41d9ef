"""Columns of a checked file: cells are told apart exactly, also where their sums are the same."""

from __future__ import annotations

import numpy as np
import pytest

from cdisc_kit.check import xptfile
from cdisc_kit.columns import Coded, combined, first_of

CELLS = (b"ab       1", b"cd       2", b"ab       1", b"ef\0\0\0\0\0\0\0\0", b"ab       2")


def field() -> np.ndarray:
    return np.frombuffer(b"".join(CELLS), dtype=np.uint8).reshape(len(CELLS), -1)


@pytest.mark.parametrize("collide", [False, True])
def test_distinct_cells_and_which_row_holds_which(collide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if collide:
        monkeypatch.setattr(xptfile, "_MULTIPLIERS", np.zeros(8, dtype=np.uint64))
    codes, cells = xptfile._distinct(field())
    assert codes.tolist() == [0, 1, 0, 2, 3]
    assert cells == [b"ab       1", b"cd       2", b"ef", b"ab       2"]


def test_a_dataset_without_records_has_no_cells() -> None:
    codes, cells = xptfile._distinct(field()[:0])
    assert len(codes) == 0
    assert cells == []


def test_rows_alike_in_all_columns_have_one_number() -> None:
    one = Coded(np.array([0, 1, 0, 1, 0]), np.array(["a", "b"], dtype=object))
    other = Coded(np.array([0, 0, 0, 1, 1]), np.array(["x", "y"], dtype=object))
    numbers = combined([one, other], 5)
    assert numbers.tolist() == [0, 1, 0, 2, 3]
    assert first_of(numbers).tolist() == [0, 1, 3, 4]
    assert combined([], 3).tolist() == [0, 0, 0]
    assert first_of(combined([], 0)).tolist() == []

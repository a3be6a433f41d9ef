"""What a release still tells, against what was collected: records, cells and the spread of a number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from cdisc_kit.dataset import Dataset


@dataclass(frozen=True)
class Kept:
    """Of one dataset, as shares of 1: records that are released, filled cells whose value is, cells changed.

    A value is kept where the variable as released holds it as often; order and identifiers do not matter.
    `changed` cells hold another value instead, the rest is left out. `released` is False where the dataset
    is not in the release.
    """

    name: str
    released: bool
    records: Fraction
    cells: Fraction
    changed: Fraction


@dataclass(frozen=True)
class Utility:
    """Of a release: how many datasets and variables of how many, and what each dataset keeps."""

    datasets: tuple[int, int]
    variables: tuple[int, int]
    cells: Fraction
    changed: Fraction
    by_dataset: tuple[Kept, ...]


def utility(before: Mapping[str, Dataset], after: Mapping[str, Dataset]) -> Utility:
    """The released datasets against those built; an empty variable counts for nothing."""
    counts = {name: _cells(dataset, after.get(name)) for name, dataset in before.items()}
    filled, kept, changed = (sum(c[at] for c in counts.values()) for at in range(3))
    return Utility(
        datasets=(len(after), len(before)),
        variables=(sum(map(_filled_variables, after.values())), sum(map(_filled_variables, before.values()))),
        cells=_share(kept, filled),
        changed=_share(changed, filled),
        by_dataset=tuple(
            Kept(
                name,
                name in after,
                _share(len(after[name].frame) if name in after else 0, len(dataset.frame)),
                _share(counts[name][1], counts[name][0]),
                _share(counts[name][2], counts[name][0]),
            )
            for name, dataset in before.items()
        ),
    )


def _cells(before: Dataset, after: Dataset | None) -> tuple[int, int, int]:
    """Filled cells as built, those whose value is released, and those that hold another value."""
    filled = kept = changed = 0
    for variable in before.variables:
        values = _values(before, variable.name)
        filled += values.total()
        if after is None or variable.name not in after.frame:
            continue
        released = _values(after, variable.name)
        same = (values & released).total()
        kept += same
        changed += min(released.total(), values.total()) - same
    return filled, kept, changed


def _values(dataset: Dataset, name: str) -> Counter[object]:
    """How often each value stands in a column; a blank is none."""
    return Counter(value for value in dataset.frame[name].dropna().tolist() if value != "")


def _filled_variables(dataset: Dataset) -> int:
    return sum(bool(_values(dataset, variable.name)) for variable in dataset.variables)


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(1)


def mean_shift(before: pd.Series, after: pd.Series) -> float | None:
    """How far the mean of a number moved by its bands, each taken at its middle.

    None where the variable is no number, nothing of it is left, or a band is open: nobody knows its middle.
    """
    if not pd.api.types.is_numeric_dtype(before) or before.notna().sum() == 0:
        return None
    numeric = pd.api.types.is_numeric_dtype(after)
    released = after if numeric else after[after != ""].map(_middle)
    if released.notna().sum() == 0 or (not numeric and released.isna().any()):
        return None
    return float(released.astype(float).mean() - before.mean())


def _middle(band: str) -> float:
    ends = [float(number) for number in re.findall(r"\d+", band)]
    return sum(ends) / 2 if len(ends) == 2 else float("nan")

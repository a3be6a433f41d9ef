"""Risk of re-identification by what others may know of a subject: subjects are counted, never rows.

Prosecutor risk is that of somebody who knows the subject took part (1 / size of the class), journalist risk
that of somebody who does not. Missing is a value like any other: a class of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd


@dataclass(frozen=True)
class Risk:
    """Figures of one table of quasi-identifiers (one row a subject).

    `k` is the smallest class, `sizes` maps class size -> number of classes. `maximum`, `average` and
    `journalist` are shares from 0 to 1, exact; `above` counts the subjects whose own risk is over the gate.
    """

    subjects: int
    k: int
    sizes: Mapping[int, int]
    maximum: Fraction
    average: Fraction
    journalist: Fraction
    above: int


def risk(known: pd.DataFrame, *, population: int, threshold: Fraction) -> Risk:
    """The risk of `known`; classes of the population are taken to be as large in proportion as those here."""
    sizes = class_sizes(known)
    count, n = len(sizes), int(sizes.sum())
    k = int(sizes.min()) if count else 0
    scale = Fraction(max(population, n), n) if n else Fraction(1)
    over = [int(size) for size in sizes if Fraction(1, int(size)) > threshold]
    return Risk(
        subjects=n,
        k=k,
        sizes=dict(sorted(Counter(sizes.tolist()).items())),
        maximum=Fraction(1, k) if k else Fraction(1),
        average=Fraction(count, n) if n else Fraction(1),
        journalist=1 / (k * scale) if k else Fraction(1),
        above=sum(over),
    )


def class_sizes(known: pd.DataFrame) -> pd.Series:
    """Subjects in each class of equal values; without a column everybody is in one class."""
    if known.columns.empty:
        return pd.Series([len(known)] if len(known) else [], dtype="int64")
    return pd.Series(known.astype(object).fillna("").groupby(list(known.columns)).size())


def diversity(known: pd.DataFrame, sensitive: pd.Series) -> int:
    """l: the fewest distinct sensitive values in any class. `sensitive` holds one value a subject."""
    return int(min(group.nunique() for group in _by_class(known, sensitive)))


def closeness(known: pd.DataFrame, sensitive: pd.Series) -> float:
    """t: the largest distance between the sensitive values of a class and of everybody.

    The values have no order, so the earth mover's distance is half the sum of the differences of shares.
    """
    overall = sensitive.value_counts(normalize=True)
    return max(
        float((group.value_counts(normalize=True).reindex(overall.index, fill_value=0) - overall).abs().sum())
        / 2
        for group in _by_class(known, sensitive)
    )


def _by_class(known: pd.DataFrame, sensitive: pd.Series) -> list[pd.Series]:
    values = pd.Series(sensitive.astype(object).fillna("").to_numpy(), index=known.index)
    if known.columns.empty:
        return [values]
    text = known.astype(object).fillna("")
    return [values.loc[index] for index in text.groupby(list(known.columns)).groups.values()]

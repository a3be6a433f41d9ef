"""What a class of look-alikes gives away about its members: l-diversity and t-closeness.

Somebody who cannot tell the members of a class apart still learns what all of them have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

NONE = ""


@dataclass(frozen=True)
class Disclosure:
    """Figures of one sensitive variable.

    `diversity` (l) is the fewest distinct values in any class, none of them counting as a value; `closeness`
    (t) the largest distance of a class from everybody, exact. `shared` counts the pairs of a class and a
    value that all its members have and not everybody has: learnt without telling the members apart.
    `several` says that a subject can have several values, each then judged by itself (has it, has it not).
    """

    variable: str
    several: bool
    diversity: int
    closeness: Fraction
    shared: int


def disclosure(variable: str, classes: pd.Series, values: pd.DataFrame) -> Disclosure:
    """Figures of `variable`. `classes` is subject -> class, `values` has the columns `subject` and `value`.

    A subject without a row, or with the value '', has none.
    """
    held = values[values["value"] != NONE].drop_duplicates()
    several = bool(held["subject"].duplicated().any())
    table = _table(classes, held, several=several)
    overall = table.sum()
    n = len(table)
    diversity, closeness, shared = n, Fraction(0), 0
    for _, members in table.groupby(classes.to_numpy()):
        counts = members.sum()
        size = len(members)
        apart = [abs(Fraction(int(counts[v]), size) - Fraction(int(overall[v]), n)) for v in table.columns]
        distance = max(apart, default=Fraction(0)) if several else sum(apart, Fraction(0)) / 2
        closeness = max(closeness, distance)
        diversity = min(diversity, int((counts > 0).sum()))
        told = (counts == size) & (overall < n) & (table.columns != NONE)
        shared += int(told.sum())
    return Disclosure(variable, several, diversity, closeness, shared)


def _table(classes: pd.Series, held: pd.DataFrame, *, several: bool) -> pd.DataFrame:
    """Subjects by values, True where the subject has it; the column '' holds those who have none."""
    found = pd.crosstab(held["subject"], held["value"]).astype(bool)
    table = found.reindex(classes.index, fill_value=False).astype(bool)
    without = ~table.any(axis=1)
    return table.assign(**{NONE: without}) if without.any() or not several else table

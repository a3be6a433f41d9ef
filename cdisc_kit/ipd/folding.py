"""Coded terms that few subjects have, folded upwards in their hierarchy until enough subjects share them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.ipd.plan import Decision

OTHER = "OTHER"


def folded(
    dataset: str, frame: pd.DataFrame, hierarchy: tuple[str, ...], k: int, decisions: list[Decision]
) -> pd.DataFrame:
    """`frame` with every term of `hierarchy` (columns from term to class) shared by `k` subjects or more.

    A term of fewer than `k` **subjects** (rows do not count) becomes its class. The folded terms of a class
    have to be of `k` subjects together, else the next level takes them, and in the end OTHER, at every level:
    what is left of a class must not tell what was taken out of it.
    """
    columns = [name for name in hierarchy if name in frame]
    result = frame.copy()
    subjects = frame["USUBJID"]
    term = frame[columns[0]].astype(object).copy()
    present = term != ""
    rare = present & (_subjects(subjects, term) < k)
    for level, name in enumerate(columns[1:], start=1):
        above = frame[name].astype(object)
        term = term.where(~rare, above.where(above != "", OTHER))
        for lower in columns[:level]:
            result[lower] = result[lower].astype(object).where(~rare, term)
        marked = pd.Series(np.where(rare, term, ""), index=frame.index)
        rare = rare & (_subjects(subjects, marked) < k)
    for name in columns:
        result[name] = result[name].astype(object).where(~rare, OTHER)
    result = _others(result, columns, subjects, k)
    changed = result[columns].astype(object) != frame[columns].astype(object)
    reason = f"terms of fewer than {k} subjects stand as their class, or as {OTHER}"
    rule = "fold: " + " ".join(columns)
    decisions += [Decision(dataset, name, rule, reason, int(changed[name].sum())) for name in columns]
    return result


def _subjects(subjects: pd.Series, term: pd.Series) -> pd.Series:
    """How many subjects have the term of each row."""
    distinct = pd.DataFrame({"s": subjects, "t": term}).drop_duplicates().groupby("t")["s"].size()
    return term.map(distinct)


def _others(frame: pd.DataFrame, columns: list[str], subjects: pd.Series, k: int) -> pd.DataFrame:
    """While OTHER itself is of fewer than `k` subjects, the term of the fewest subjects joins it."""
    while True:
        term = frame[columns[0]]
        count = subjects[term == OTHER].nunique()
        others = term[(term != OTHER) & (term != "")]
        if not 0 < count < k or others.empty:
            return frame
        sizes = subjects[others.index].groupby(others).nunique()
        rarest = min(sizes.index, key=lambda name: (sizes[name], name))
        for name in columns:
            frame[name] = frame[name].where(term != rarest, OTHER)

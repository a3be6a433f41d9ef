"""How many subjects their course alone tells apart: a rate, for whoever holds the original records.

No class of look-alikes is formed of study days and results: they are what the data are wanted for. So the
rate is stated, and the agreement with the recipient stands in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction

import pandas as pd

from cdisc_kit.dataset import Dataset, Variable


def unique_by_days(datasets: Mapping[str, Dataset]) -> Fraction:
    """Share of subjects whose study days, all taken together, are those of nobody else."""
    return _unique(
        datasets, lambda dataset, variable: variable.name == dataset.name[:2] + "DY" or _days(variable)
    )


def unique_by_results(datasets: Mapping[str, Dataset]) -> Fraction:
    """Share of subjects whose numeric results, without their days, are those of nobody else."""
    return _unique(datasets, lambda dataset, variable: variable.name.endswith("STRESN"))


def _days(variable: Variable) -> bool:
    return variable.type == "Num" and variable.name.endswith(("STDY", "ENDY"))


def _unique(datasets: Mapping[str, Dataset], chosen: Callable[[Dataset, Variable], bool]) -> Fraction:
    subjects: set[str] = set()
    courses: dict[str, list[tuple[str, str, float]]] = {}
    for name, dataset in datasets.items():
        if "USUBJID" not in dataset.frame:
            continue
        subjects |= set(dataset.frame["USUBJID"]) - {""}
        for variable in (v for v in dataset.variables if chosen(dataset, v)):
            column = dataset.frame[["USUBJID", variable.name]].dropna().astype({"USUBJID": object})
            what = dataset.frame.get(f"{name[:2]}TESTCD", pd.Series("", index=dataset.frame.index))
            rows = zip(column["USUBJID"], column[variable.name], what.loc[column.index], strict=True)
            for subject, value, test in rows:
                courses.setdefault(subject, []).append((variable.name, str(test), float(value)))
    seen = Counter(tuple(sorted(course)) for course in courses.values())
    alone = sum(seen[tuple(sorted(course))] == 1 for course in courses.values())
    return Fraction(alone, len(subjects)) if subjects else Fraction(0)

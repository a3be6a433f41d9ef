"""Attacks of somebody who holds facts of the subjects, and wants to know which released subject is whose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.evidence import Evidence, Test
from cdisc_kit.ipd.policy import Policy
from cdisc_kit.ipd.subjects import known_of
from cdisc_kit.standard.anchors import SUBJECT_LEVEL

Courses = Mapping[str, frozenset[tuple[str, str, float]]]


def by_quasi_identifiers(evidence: Evidence) -> Test:
    """What a relative knows, against the values as they stand in the release: nobody may be alone."""
    table = released_quasi(evidence.released, evidence.plan.policy)
    sizes = table.groupby(list(table.columns)).size() if len(table.columns) else pd.Series([len(table)])
    unique, smallest = int((sizes == 1).sum()), int(sizes.min())
    tier = evidence.plan.tier
    risk = Fraction(1, smallest)
    passed = smallest >= tier.k and risk <= Fraction(str(tier.max_risk))
    figures = {
        "subjects": len(table),
        "linked": unique,
        "share_linked": unique / len(table),
        "smallest_class": smallest,
        "largest_risk": float(risk),
    }
    detail = (
        f"{unique} of {len(table)} subjects are alone with what a relative knows; smallest class {smallest}"
    )
    return Test("linkage by quasi-identifiers", passed, figures, detail)


def released_quasi(released: Mapping[str, Dataset], policy: Policy) -> pd.DataFrame:
    """The quasi-identifiers as they can be read in the release, one row a subject; a missing one is ''."""
    columns: dict[str, np.ndarray] = {}
    for quasi in policy.quasi_identifiers:
        home, _, variable = quasi.variable.partition(".")
        places = [(quasi.variable, home, variable)]
        if quasi.qualifier is not None:
            places.append((f"SUPP{home}.{quasi.qualifier[0]}", f"SUPP{home}", ""))
        for place, dataset, name in places:
            there = dataset in released and (
                not name or dataset.startswith("SUPP") or name in released[dataset].frame
            )
            if there:
                columns[place] = known_of(released, place).astype(object).fillna("").to_numpy()
    return pd.DataFrame(columns, index=released[SUBJECT_LEVEL].frame["USUBJID"].to_numpy())


def by_course(evidence: Evidence) -> list[Test]:
    """Who holds all study days or all exact results of a subject finds it: a rate to state, not to pass."""
    names = evidence.plan.pseudonyms.given.get("subject", {})
    prefix = f"{evidence.plan.spec.studyid}-"
    to_released = {subject: prefix + name for subject, name in names.items()}
    tests = []
    for title, chosen in (("study days", _is_day), ("exact results", _is_result)):
        rate, linked, subjects = _linked(evidence, chosen, to_released)
        detail = f"whoever holds all {title} of a subject finds {linked} of {subjects}: stated, not hidden"
        figures = {"subjects": subjects, "linked": linked, "share_linked": rate}
        tests.append(Test(f"linkage by {title}", True, figures, detail))
    return tests


def _linked(
    evidence: Evidence, chosen: Callable[[str], bool], to_released: Mapping[str, str]
) -> tuple[float, int, int]:
    """The records of each subject released against every released course; its own shares most of them."""
    before, after = courses(evidence.original, chosen), courses(evidence.released, chosen)
    before = {subject: course for subject, course in before.items() if subject in to_released}
    right = 0
    for subject, course in before.items():
        shares = {name: len(course & other) / len(other) for name, other in after.items()}
        best = max(shares.values(), default=0.0)
        nearest = [name for name, share in shares.items() if share == best]
        right += nearest == [to_released[subject]]
    return (right / len(before) if before else 0.0), right, len(before)


def courses(datasets: Mapping[str, Dataset], chosen: Callable[[str], bool]) -> Courses:
    """Each subject's (variable, test, value) of the chosen numeric variables."""
    found: dict[str, set[tuple[str, str, float]]] = {}
    for name, dataset in datasets.items():
        if "USUBJID" not in dataset.frame:
            continue
        frame = dataset.frame
        for variable in (v.name for v in dataset.variables if v.type == "Num" and chosen(v.name)):
            rows = frame[frame[variable].notna()]
            tests = rows.get(f"{name}TESTCD", pd.Series("", index=rows.index))
            for subject, test, value in zip(rows["USUBJID"], tests, rows[variable], strict=True):
                found.setdefault(subject, set()).add((variable, test, value))
    return {subject: frozenset(values) for subject, values in found.items()}


def _is_day(variable: str) -> bool:
    return variable.endswith("DY") and variable != "VISITDY"


def _is_result(variable: str) -> bool:
    return variable.endswith("STRESN")

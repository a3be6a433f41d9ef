"""Facts that are withheld: a released value that goes with one tells it."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.ipd.inference import told_by

SUBJECTS = [f"S{number:02d}" for number in range(40)]
EVERYBODY = frozenset(SUBJECTS)
SEX = pd.Series(["F"] * 10 + ["M"] * 30, index=SUBJECTS, dtype=object)


def found(fact: pd.Series, has: list[str]) -> set[str]:
    return set(told_by(fact, {("LB", "HGB", "LBNRIND", "LOW"): frozenset(has)}, EVERYBODY))


def test_what_nearly_all_of_a_class_have_and_hardly_anybody_else_tells_it() -> None:
    assert found(SEX, SUBJECTS[:10]) == {"LB.HGB.LBNRIND"}
    assert found(SEX, SUBJECTS[:9]) == {"LB.HGB.LBNRIND"}
    assert found(SEX, SUBJECTS[:12]) == {"LB.HGB.LBNRIND"}
    assert found(SEX, SUBJECTS[10:]) == {"LB.HGB.LBNRIND"}, "who has it not is told as well"


def test_what_others_have_too_does_not() -> None:
    assert found(SEX, SUBJECTS) == found(SEX, SUBJECTS[:7]) == found(SEX, SUBJECTS[5:25]) == set()


def test_a_few_may_share_a_value_by_chance() -> None:
    nation = pd.Series(["HUI"] * 1 + ["HAN"] * 39, index=SUBJECTS, dtype=object)
    assert found(nation, SUBJECTS[:1]) == set()

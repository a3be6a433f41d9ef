"""Figures of risk and utility: against pycanon, by hand, and at the edge of a threshold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from pycanon import anonymity

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.ipd.lattice import Node
from cdisc_kit.ipd.policy import QuasiIdentifier, Tier
from cdisc_kit.ipd.risk import class_sizes, closeness, diversity, risk
from cdisc_kit.ipd.sensitive import disclosure
from cdisc_kit.ipd.trajectory import unique_by_days, unique_by_results
from cdisc_kit.ipd.utility import mean_shift, utility
from cdisc_kit.sharing.figures import comparison, level_text

QUASI = ["SEX", "AGE", "DONOR"]


def drawn(seed: int, subjects: int = 80) -> pd.DataFrame:
    """Complete data: pycanon leaves out a row with a missing value."""
    source = np.random.Generator(np.random.PCG64(seed))
    choices = {
        "SEX": ["M", "F"],
        "AGE": ["<50", "50-59", ">=60"],
        "DONOR": ["DBD", "DCD"],
        "TERM": list("ABCD"),
    }
    return pd.DataFrame(
        {name: source.choice(values, subjects).astype(object) for name, values in choices.items()}
    )


@pytest.mark.parametrize("seed", range(8))
def test_k_l_and_t_are_those_of_pycanon(seed: int) -> None:
    table = drawn(seed)
    known, term = table[QUASI], table["TERM"]
    k, l_, t = (
        anonymity.k_anonymity(table, QUASI),
        anonymity.l_diversity(table, QUASI, ["TERM"]),
        anonymity.t_closeness(table, QUASI, ["TERM"]),
    )
    assert int(class_sizes(known).min()) == k
    assert diversity(known, term) == l_
    assert closeness(known, term) == pytest.approx(t)
    classes = known.groupby(QUASI).ngroup()
    found = disclosure("X", classes, pd.DataFrame({"subject": classes.index, "value": term}))
    assert (found.diversity, float(found.closeness)) == (l_, pytest.approx(t))


def test_a_missing_value_is_a_class_and_pycanon_leaves_it_out() -> None:
    table = pd.DataFrame({"SEX": ["M", "M", "M", "F", "F", "F", None]}, dtype=object)
    assert int(class_sizes(table).min()) == 1
    assert anonymity.k_anonymity(table.dropna(), ["SEX"]) == 3


def test_one_in_eleven_is_more_than_nine_in_a_hundred() -> None:
    eleven = Node((), 11, Fraction(1, 11), 0.0)
    assert not eleven.passes(Tier("T1", 5, 0.09, ""))
    assert Node((), 12, Fraction(1, 12), 0.0).passes(Tier("T1", 5, 0.09, ""))
    assert Node((), 5, Fraction(1, 5), 0.0).passes(Tier("T2", 5, 0.2, "")), "0.2 as a float is above 1/5"
    assert comparison(Fraction(1, 11), Fraction("0.09")) == "1/11 = 0.0909 > 0.09"
    known = pd.DataFrame({"SEX": ["F"] * 11 + ["M"] * 12})
    assert risk(known, population=23, threshold=Fraction("0.09")).above == 11


def test_journalist_risk_rests_on_the_population() -> None:
    known = pd.DataFrame({"SEX": ["F"] * 5 + ["M"] * 15})
    found = risk(known, population=2000, threshold=Fraction("0.2"))
    assert (found.maximum, found.journalist) == (Fraction(1, 5), Fraction(1, 500))
    assert risk(known, population=1, threshold=Fraction(1)).journalist == Fraction(1, 5), (
        "no smaller than the study"
    )
    assert found.average == Fraction(2, 20)


def test_what_a_whole_class_has_is_told() -> None:
    classes = pd.Series([0, 0, 1, 1], index=list("abcd"))
    rows = [("a", "HBV"), ("b", "HBV"), ("a", "Gout"), ("c", "HBV"), ("d", "")]
    found = disclosure("MH.MHDECOD", classes, pd.DataFrame(rows, columns=["subject", "value"]))
    assert found.several
    assert (found.shared, found.diversity) == (1, 2), (
        "everybody of class 0 has HBV; d has nothing, which counts"
    )
    assert found.closeness == Fraction(1, 4)


def table(values: dict[str, list[object]]) -> Dataset:
    frame = pd.DataFrame(values)
    kinds = {name: "Num" if pd.api.types.is_numeric_dtype(frame[name]) else "Char" for name in frame}
    variables = tuple(Variable(str(name), "", kind) for name, kind in kinds.items())  # type: ignore[arg-type]
    return Dataset("XX", "", "EVENTS", "", (), variables, frame)


def test_utility_counts_values_wherever_they_stand() -> None:
    before = {
        "XX": table({"USUBJID": ["1", "2"], "XXTERM": ["a", "b"], "XXDY": [1.0, 5.0]}),
        "YY": table({"Y": ["x"]}),
    }
    after = {"XX": table({"USUBJID": ["Q", "P"], "XXTERM": ["b", ""], "XXDY": [5.0, 1.0]})}
    found = utility(before, after)
    assert (found.datasets, found.variables) == ((1, 2), (3, 4))
    assert (found.cells, found.changed) == (Fraction(3, 7), Fraction(2, 7))
    assert found.by_dataset[0].cells == Fraction(3, 6)
    assert not found.by_dataset[1].released


def test_the_mean_moves_by_closed_bands_only() -> None:
    ages = pd.Series([50.0, 52.0, 60.0])
    assert mean_shift(ages, pd.Series(["50-59", "50-59", "60-69"])) == pytest.approx(3.833, abs=0.001)
    assert mean_shift(ages, pd.Series(["<55", "<55", ">=55"])) is None
    assert mean_shift(pd.Series(["M"]), pd.Series(["M"])) is None
    assert mean_shift(ages, ages) == 0


def test_a_course_that_nobody_else_has() -> None:
    values: dict[str, list[object]] = {
        "USUBJID": ["a", "b", "c"],
        "XXDY": [1.0, 1.0, 2.0],
        "XXSTRESN": [7.0, 7.0, 7.0],
    }
    assert unique_by_days({"XX": table(values)}) == Fraction(1, 3)
    assert unique_by_results({"XX": table(values)}) == 0


def test_levels_in_words() -> None:
    quasi = QuasiIdentifier("AGE", "DM.AGE", (), {}, {"two": (50, 60)}, 1, "", ("AGEBAND", "Age Band"))
    assert level_text(quasi, "two")["en"] == "in bands: <50, 50-59, >=60 (SUPPDM, QNAM AGEBAND)"
    assert level_text(quasi, "10")["zh"] == "每 10 为一段（SUPPDM, QNAM AGEBAND）"

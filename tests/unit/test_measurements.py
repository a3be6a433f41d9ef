"""Amounts, reference ranges and the table of units: exact decimals, and units that CDISC has."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from cdisc_kit.columns import number
from cdisc_kit.derive.quantity import Quantity, quantity, shortest
from cdisc_kit.derive.reference_range import limits
from cdisc_kit.standard import load_ct
from cdisc_kit.standard.units import load_conversions

# Units in use that CDISC's list does not hold: a study declares them as extensions.
NO_TERM = {"mAU/mL"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5.67", Quantity("", "5.67")),
        ("<0.05", Quantity("<", "0.05")),
        ("≤ 40", Quantity("<=", "40")),
        ("小于等于20", Quantity("<=", "20")),
        ("大于1000", Quantity(">", "1000")),
        (">=3", Quantity(">=", "3")),
        (".5", Quantity("", ".5")),
        ("1.2E+4", Quantity("", "1.2E+4")),
        ("", None),
        ("-", None),
        ("+", None),
        ("1+", None),
        ("±", None),
        ("阴性", None),
        ("1,200", None),
        ("3.5-9.5", None),
        ("<", None),
        ("nan", None),
        ("1e", None),
    ],
)
def test_what_is_an_amount(text: str, found: Quantity | None) -> None:
    assert quantity(text) == found


@pytest.mark.parametrize(
    ("text", "factor", "converted"),
    [
        ("8.55", "10", "85.5"),
        ("1.0", "88.42", "88.42"),
        ("0.1", "0.001", "0.0001"),
        ("100", "1", "100"),
        ("12E+3", "1", "12000"),
        ("-0.0", "1", "0"),
        ("<2.0", "1", "<2.0"),
        ("<2.0", "10", "<20"),
        (">=1.50", "0.001", ">=0.0015"),
    ],
)
def test_conversion_is_exact(text: str, factor: str, converted: str) -> None:
    amount = quantity(text)
    assert amount is not None and amount.times(Decimal(factor)) == converted


def test_no_conversion_leaves_a_trace_of_binary_arithmetic() -> None:
    """Every number of two decimals times every factor: as text, and as the number the text becomes."""
    texts = [f"{hundredths / 100:.2f}" for hundredths in range(0, 3000, 7)]
    for factor in {conversion.factor for conversion in load_conversions().values()}:
        converted = [Quantity("", text).times(factor) for text in texts]
        assert [Decimal(value) for value in converted] == [Decimal(text) * factor for text in texts]
        assert all(value == shortest(Decimal(value)) for value in converted)
        numbers = number(pd.Series(converted, dtype=object))
        assert [repr(float(value)) for value in converted] == [repr(float(value)) for value in numbers]


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("3.5-9.5", ("3.5", "9.5")),
        ("3.5～9.5", ("3.5", "9.5")),
        ("3.5 -- 9.5", ("3.5", "9.5")),
        ("10至13.5", ("10", "13.5")),
        ("-3-3", ("-3", "3")),
        ("<40", ("", "40")),
        ("≤40", ("", "40")),
        (">60", ("60", "")),
        ("40", None),
        ("阴性", None),
        ("", None),
        ("3.5-9.5-1", None),
    ],
)
def test_limits_of_a_printed_range(printed: str, found: tuple[str, str] | None) -> None:
    assert limits(printed) == found


def test_every_test_has_one_standard_unit_and_it_needs_no_conversion() -> None:
    conversions = load_conversions()
    units: dict[str, set[str]] = {}
    for (test, _), conversion in conversions.items():
        units.setdefault(test, set()).add(conversion.unit)
    # where the factor depends on the assay, the collected unit is kept
    kept = {test for test, found in units.items() if len(found) > 1}
    assert kept == {"CMVDNA", "EBDNA", "HBDNA", "HCRNA", "PROTCRT"}
    for test, found in units.items():
        for unit in found:
            assert conversions.get((test, unit), conversions.get((test, ""))) == (unit, 1)


def test_tests_and_units_are_terms() -> None:
    ct = load_ct("2025-03-28")
    tests = {*ct["C65047"].terms, *ct["C120527"].terms}
    units = {*ct["C71620"].terms, *NO_TERM, ""}
    for (test, unit), conversion in load_conversions().items():
        assert test in tests
        assert {unit, conversion.unit} <= units, (test, unit)
        assert conversion.factor > 0

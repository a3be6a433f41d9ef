"""The expression language: what it refuses, and what its values are."""

from __future__ import annotations

import pandas as pd
import pytest

from cdisc_kit.expression import ExpressionError, parse

COLUMNS = {
    "A": ["Y", "N", "", None],
    "B": ["1", "2.5", "", "x"],
    "C": ["1;3", "3", "", "13"],
    "D": ["2025-01-02T08:00", "2025-01", "", "2025-01-03"],
    "FORM.E": ["p", "q", "", "r"],
}


def column(name: str) -> pd.Series:
    return pd.Series(COLUMNS[name], dtype=object)


def value(source: str) -> list[object]:
    result = parse(source).evaluate(column)
    return [None if pd.isna(item) else item for item in result] if isinstance(result, pd.Series) else result


def mask(source: str) -> list[bool]:
    return list(parse(source, condition=True).mask(column, 4))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("A.lower()", "can be called"),
        ("A.__class__.__name__ == 'x'", "Attribute"),
        ("FORM.E.F == 'x'", "Attribute"),
        ("'x'.join", "Attribute"),
        ("__import__('os')", "unknown function '__import__'"),
        ("open('x')", "unknown function 'open'"),
        ("FUNCTIONS['has'](A)", "can be called"),
        ("(lambda x: x)(A)", "can be called"),
        ("lambda x: x", "Lambda"),
        ("[x for x in A]", "ListComp"),
        ("{x for x in A}", "SetComp"),
        ("{'a': 1}", "Dict"),
        ("(x for x in A)", "GeneratorExp"),
        ("f'{A}'", "JoinedStr"),
        ("A[0]", "Subscript"),
        ("(a := 1)", "NamedExpr"),
        ("missing(*A)", "Starred"),
        ("missing(value=A)", "can be called"),
        ("None", "literal None"),
        ("True", "literal True"),
        ("b'x'", "literal b'x'"),
        ("1j", "literal 1j"),
        ("...", "literal Ellipsis"),
        ("['a']", "List"),
        ("B + [1]", "List"),
        ("A == ['Y']", "List"),
        ("A ** 2", "operator Pow"),
        ("A % 2", "operator Mod"),
        ("A // 2", "operator FloorDiv"),
        ("A @ B", "operator MatMult"),
        ("~A", "operator Invert"),
        ("+B", "operator UAdd"),
        ("A is B", "comparison Is"),
        ("A in B", "takes a list"),
        ("A in 'abc'", "takes a list"),
        ("A in [B]", "takes a list"),
        ("A and B == '1'", "`A` is no condition"),
        ("not A", "`A` is no condition"),
        ("'x' if A else 'y'", "`A` is no condition"),
        ("round()", "function 'round': missing a required argument"),
        ("has(C)", "function 'has': missing a required argument"),
        ("missing(A, B)", "function 'missing': too many"),
        ("A ==", "not an expression"),
        ("import os", "not an expression"),
        ("", "not an expression"),
        ("A; B", "not an expression"),
    ],
)
def test_what_is_not_of_the_language_is_refused(source: str, told: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert told in str(caught.value)


def test_an_unknown_function_is_told_with_the_nearest() -> None:
    with pytest.raises(ExpressionError, match=r"unknown function 'mising'; did you mean 'missing'\?"):
        parse("mising(A)")


@pytest.mark.parametrize("source", ["A", "'Y'", "B + 1", "round(B)", "'x' if A == 'Y' else 'y'"])
def test_a_condition_must_be_one_by_its_form(source: str) -> None:
    with pytest.raises(ExpressionError, match="is no condition"):
        parse(source, condition=True)


def test_names_are_the_columns_read_once_each() -> None:
    assert parse("A == 'Y' and (FORM.E in ['p'] or missing(B) or A == 'N')").names == ("A", "FORM.E", "B")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A == 'Y'", [True, False, False, False]),
        ("A != 'Y'", [False, True, True, True]),
        ("not A == 'Y'", [False, True, True, True]),
        ("'Y' == A", [True, False, False, False]),
        ("A in ['Y', 'N']", [True, True, False, False]),
        ("A not in ('Y', 'N')", [False, False, True, True]),
        ("B in [1, 2.5]", [True, True, False, False]),
        ("B == 1", [True, False, False, False]),
        ("B == '1.0'", [False, False, False, False]),
        ("B > 1", [False, True, False, False]),
        ("B != 1", [False, True, True, True]),
        ("0 < B <= 1", [True, False, False, False]),
        ("B * 2 == 2", [True, False, False, False]),
        ("B * 2 == '2'", [True, False, False, False]),
        ("missing(A)", [False, False, True, True]),
        ("present(A) and not B == 1", [False, True, False, False]),
        ("A == 'Y' or FORM.E == 'q'", [True, True, False, False]),
        ("has(C, '3')", [True, True, False, False]),
        ("startswith(D, '2025-01-0')", [True, False, False, True]),
        ("date(D) == '2025-01-02'", [True, False, False, False]),
        ("1 < 2", [True, True, True, True]),
    ],
)
def test_conditions(source: str, expected: list[bool]) -> None:
    assert mask(source) == expected


def test_a_blank_is_neither_before_nor_after_a_date() -> None:
    assert mask("D < '2026'") == [True, True, False, True]
    assert mask("D > ''") == [False] * 4
    assert mask("date(D) <= date(D)") == [True, True, False, True]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("B + 1", [2.0, 3.5, None, None]),
        ("-B", [-1.0, -2.5, None, None]),
        ("B / 2 - 1", [-0.5, 0.25, None, None]),
        ("sqrt(B * 4)", [2.0, 10**0.5, None, None]),
        ("'no ' + A", ["no Y", "no N", "no ", "no "]),
        ("'n' + B * 2", ["n2", "n5", "n", "n"]),
        ("A + '-' + FORM.E", ["Y-p", "N-q", "-", "-r"]),
        ("'yes' if A == 'Y' else ''", ["yes", "", "", ""]),
        ("B + 1 if present(A) else ''", ["2", "3.5", "", ""]),
        ("B if A == 'Y' else 0", ["1", "0", "0", "0"]),
        ("1 if A == 'Y' else 2", [1, 2, 2, 2]),
        ("'a' if 1 < 2 else 'b'", "a"),
        ("date(D)", ["2025-01-02", "2025-01", "", "2025-01-03"]),
        ("before(D, 'T')", ["2025-01-02", "2025-01", "", "2025-01-03"]),
        ("number(B)", [1.0, 2.5, None, None]),
        ("'x' * 2 - 1", None),
    ],
)
def test_values(source: str, expected: object) -> None:
    result = value(source)
    if expected is None:
        assert pd.isna(result), "text that is no number gives no number"
    else:
        assert result == expected


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        ("2.675", 2, 2.68),
        ("0.5", 0, 1.0),
        ("1.5", 0, 2.0),
        ("-2.5", 0, -3.0),
        ("1.005", 2, 1.01),
        ("1.0049", 2, 1.0),
    ],
)
def test_halves_are_rounded_away_from_zero(number: str, digits: int, expected: float) -> None:
    source = parse(f"round(B, {digits})")
    assert list(source.evaluate(lambda _: pd.Series([number], dtype=object))) == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("one", "other", "earlier"),
    [
        ("2024-01-01T09", "2024-01-01T09:30", False),  # 9 o'clock something
        ("2024-01-01T08", "2024-01-01T09:30", True),
        ("2024-01-01T09:30", "2024-01-01T09:31", True),
        ("2024-01-01", "2024-01-01T09:31", False),
        ("2024-01", "2024-02-01", True),
        ("2024-01", "2024-01-15", False),
        ("", "2024-01-15", False),
    ],
)
def test_precedes_says_only_what_the_dates_say(one: str, other: str, earlier: bool) -> None:
    columns = {"A": pd.Series([one], dtype=object), "B": pd.Series([other], dtype=object)}
    assert bool(parse("precedes(A, B)", condition=True).mask(columns.__getitem__, 1)[0]) is earlier

"""The faster steps of the rules engine answer as the engine's own do."""

# mypy: disable-error-code="import-untyped, import-not-found, unused-ignore"
from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = [
    pytest.mark.core,
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 12) or importlib.util.find_spec("cdisc_rules_engine") is None,
        reason="CDISC's rules engine (extra `core`) needs Python 3.12",
    ),
]

FRAME = {
    "A": ["x", "", "y", ".", "x", ""],
    "B": ["x", "", "z", "", None, "q"],
    "N": [1.0, np.nan, 2.0, 3.0, 1.0, 0.0],
    "M": [1.0, np.nan, np.nan, 3.5, 1.0, 0.0],
    "LIST": [["x"], [], ["y"], ["x"], ["x"], ["x"]],
}


def engines(function: Callable[..., Any]) -> Callable[..., Any]:
    """The engine's own step behind one of ours."""
    own: Callable[..., Any] = function.__wrapped__  # type: ignore[attr-defined]
    return own


@pytest.fixture(scope="module")
def pace() -> Any:
    from cdisc_kit.core_engine import pace  # noqa: PLC0415

    pace.install()
    return pace


@pytest.mark.parametrize("operator", ["equal_to", "not_equal_to"])
@pytest.mark.parametrize(
    "asked",
    [
        {"target": "A", "comparator": "B"},
        {"target": "A", "comparator": "."},
        {"target": "A", "comparator": "B", "value_is_literal": True},
        {"target": "N", "comparator": "M"},
        {"target": "N", "comparator": 1},
        {"target": "A", "comparator": "A"},
        {"target": "--", "comparator": "B"},
        {"target": "N", "comparator": "1", "type_insensitive": True},
        {"target": "LIST", "comparator": "A"},
    ],
    ids=str,
)
def test_comparisons(pace: Any, operator: str, asked: dict[str, Any]) -> None:
    from cdisc_rules_engine.check_operators.dataframe_operators import DataframeType  # noqa: PLC0415
    from cdisc_rules_engine.models.dataset import PandasDataset  # noqa: PLC0415

    ours = getattr(DataframeType, operator)
    data = DataframeType({"value": PandasDataset(pd.DataFrame(FRAME)), "column_prefix_map": {"--": "A"}})
    pd.testing.assert_series_equal(ours(data, asked), engines(ours)(data, asked))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("U", "S-1"),
        ("U", "S-9"),
        ("U", ""),
        ("U", None),
        ("SEQ", "1"),
        ("SEQ", "1.0"),
        ("SEQ", "x"),
        ("SEQ", "nan"),
        ("SEQ", "0"),
        ("TEXT", "1"),
        ("TEXT", "01"),
        ("MIXED", "1"),
    ],
)
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("objects", [False, True])
def test_records_that_hold_a_value(pace: Any, column: str, value: Any, holes: bool, objects: bool) -> None:
    from cdisc_rules_engine.models.dataset import PandasDataset  # noqa: PLC0415
    from cdisc_rules_engine.utilities.data_processor import DataProcessor  # noqa: PLC0415

    frame = pd.DataFrame(
        {
            "U": ["S-1", "S-1", "S-2", "S-1"],
            "SEQ": [1.0, 2.0, 1.0, np.nan],
            "TEXT": ["1", "01", "2", "3"],
            "MIXED": ["1", "a", "1.0", ""],
        }
    )
    if holes:
        frame = frame.assign(U=frame["U"].where(frame["SEQ"] != 2), WHOLE=[1, 2, 3, 4])
    if objects:  # as the engine's processes hold text
        frame = frame.astype({name: object for name in frame if name not in ("SEQ", "WHOLE")})
    ours = DataProcessor.filter_if_present
    found, expected = (
        ours(PandasDataset(frame), column, value),
        engines(ours)(PandasDataset(frame), column, value),
    )
    pd.testing.assert_frame_equal(found.data, expected.data, check_dtype=not objects)


@pytest.mark.parametrize("target", ["A", "--", "x", "y", "zz"])
@pytest.mark.parametrize("left_out", [(), ("LIST",), ("LIST", "B"), tuple(FRAME)])
@pytest.mark.parametrize("operator", ["exists", "not_exists"])
def test_variables_that_are_there(pace: Any, operator: str, left_out: tuple[str, ...], target: str) -> None:
    from cdisc_rules_engine.check_operators.dataframe_operators import DataframeType  # noqa: PLC0415
    from cdisc_rules_engine.models.dataset import PandasDataset  # noqa: PLC0415

    frame = pd.DataFrame(FRAME).drop(columns=list(left_out))
    data = DataframeType({"value": PandasDataset(frame), "column_prefix_map": {"--": "A"}})
    expected = engines(DataframeType.exists)(data, {"target": target})
    found = getattr(data, operator)({"target": target})
    pd.testing.assert_series_equal(found, ~expected if operator == "not_exists" else expected)


@pytest.mark.parametrize("component", [None, "year", "hour"])
@pytest.mark.parametrize("operator", ["lt", "eq"])
def test_dates_compared(pace: Any, component: str | None, operator: str) -> None:
    import operator as operators  # noqa: PLC0415

    from cdisc_rules_engine.check_operators import dataframe_operators, helpers  # noqa: PLC0415

    one = ["2025-03-01", "2025-03-01T08:00", "2025-03", "", "2025-03-01", "nonsense"]
    other = ["2025-03-02", "2025-03-01", "2025-03-02", "2025-01-01", "2025-03-02", ""]
    compare = getattr(operators, operator)

    def answers(compared: Any) -> list[Any]:
        def answer(a: str, b: str) -> Any:
            try:
                return bool(compared(component, np.array([a], object), np.array([b], object), compare)[0])
            except Exception as error:  # whatever the engine makes of such a cell
                return type(error)

        return [answer(a, b) for a, b in zip(one, other, strict=True)]

    assert answers(dataframe_operators.vectorized_compare_dates) == answers(helpers.vectorized_compare_dates)


def test_parents_of_supplemental_records(pace: Any) -> None:
    from cdisc_rules_engine.models.dataset import PandasDataset  # noqa: PLC0415
    from cdisc_rules_engine.utilities.dataset_preprocessor import DatasetPreprocessor  # noqa: PLC0415

    parents = pd.DataFrame(
        {"USUBJID": ["S-1", "S-1", "S-2"], "AESEQ": [1.0, 2.0, 1.0], "AESPID": ["a", "b", "a"]}
    )
    children = pd.DataFrame(
        {
            "USUBJID": ["S-1", "S-1", "S-1", "S-2", "S-2", "S-3", None],
            "IDVAR": ["AESEQ", "AESEQ", "AESPID", "AESEQ", None, "AESEQ", "AESPID"],
            "IDVARVAL": ["2", "9", "b", "1", None, "1", "a"],
        }
    )
    step = DatasetPreprocessor._merge_standard_then_filter_idvar
    preprocessor = DatasetPreprocessor.__new__(DatasetPreprocessor)
    arguments = (PandasDataset(children), PandasDataset(parents), "SUPPAE", "AE", ["USUBJID"])
    found = step(preprocessor, *arguments)
    pd.testing.assert_frame_equal(found, engines(step)(preprocessor, *arguments))
    assert found["AESEQ"].iloc[[0, 2, 3]].tolist() == [2.0, 2.0, 1.0]

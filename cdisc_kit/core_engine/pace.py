"""Slow steps of the rules engine, done faster with the same result.

The engine evaluates conditions row by row, compares the same dates again and again, reads define.xml anew
for every dataset, and filters whole datasets once for each record of RELREC, SUPP-- or CO. Each function
here takes the place of one of the engine's and leaves to it whatever it does not know to be equal.
"""

# mypy: disable-error-code="import-untyped, import-not-found, misc, unused-ignore"
from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cache, lru_cache, wraps
from typing import Any

import numpy as np
import pandas as pd
from cdisc_rules_engine.check_operators import dataframe_operators, helpers
from cdisc_rules_engine.check_operators.dataframe_operators import DataframeType
from cdisc_rules_engine.dataset_builders.values_dataset_builder import ValuesDatasetBuilder
from cdisc_rules_engine.dataset_builders.variables_metadata_values_dataset_builder import (
    ValueCheckVariableMetadataDatasetBuilder,
)
from cdisc_rules_engine.services.define_xml.define_xml_reader_factory import DefineXMLReaderFactory
from cdisc_rules_engine.utilities.data_processor import DataProcessor
from cdisc_rules_engine.utilities.dataset_preprocessor import DatasetPreprocessor

# Types whose values have a length; of any other the engine's answer is None.
_MEASURED = {"integer", "float", "text"}


@cache
def install() -> None:
    """Put the faster steps in the engine's place, once for this process."""
    DataframeType.equal_to = _each_pair_once(DataframeType.equal_to, "_check_equality")
    DataframeType.not_equal_to = _each_pair_once(DataframeType.not_equal_to, "_check_inequality")
    DataframeType.exists = _without_lists(DataframeType.exists)
    dataframe_operators.vectorized_compare_dates = np.vectorize(_remembered(helpers.compare_dates))
    ValueCheckVariableMetadataDatasetBuilder.build = _values_with_metadata(
        ValueCheckVariableMetadataDatasetBuilder.build
    )
    DefineXMLReaderFactory._build_reader = staticmethod(_read_once(DefineXMLReaderFactory._build_reader))
    DataProcessor.filter_if_present = staticmethod(_filter(DataProcessor.filter_if_present))
    DatasetPreprocessor._merge_standard_then_filter_idvar = _with_candidates_kept(
        DatasetPreprocessor._merge_standard_then_filter_idvar
    )


def _each_pair_once(engines: Callable[..., Any], compare: str) -> Callable[..., Any]:
    """A comparison of two columns, or of a column with a literal: judged once for each pair of values."""

    @wraps(engines)
    def compared(self: Any, other_value: dict[str, Any]) -> Any:
        asked = {key: value for key, value in self._resolve_prefixes(other_value).items() if value}
        frame = getattr(self.value, "data", None)
        if asked.keys() - {"value_is_literal"} != {"target", "comparator"}:
            return engines(self, other_value)
        target, comparator = asked["target"], asked["comparator"]
        if not isinstance(frame, pd.DataFrame) or frame.empty or not frame.columns.is_unique:
            return engines(self, other_value)
        if target not in frame or not isinstance(comparator, str | int | float):
            return engines(self, other_value)
        literal = "value_is_literal" in asked
        names = [target] if literal or comparator not in frame else list(dict.fromkeys((target, comparator)))
        judge = getattr(self, compare)

        def verdict(cells: tuple[Hashable, ...]) -> bool:
            return bool(judge(dict(zip(names, cells, strict=True)), target, comparator, literal))

        try:
            return _for_each(zip(*(frame[name].tolist() for name in names), strict=True), verdict)
        except Exception:  # the engine has its own way with what cannot be compared
            return engines(self, other_value)

    return compared


def _for_each(cells: Iterable[tuple[Hashable, ...]], judge: Callable[[tuple[Hashable, ...]], object]) -> Any:
    """`judge` of each row, asked once for rows alike."""
    known: dict[tuple[Hashable, ...], object] = {}
    found = []
    for row in cells:
        if row not in known:
            known[row] = judge(row)
        found.append(known[row])
    return pd.Series(found)


def _without_lists(engines: Callable[..., Any]) -> Callable[..., Any]:
    """Whether there is a variable; the engine looks for its name in lists within cells too, row by row."""

    @wraps(engines)
    def exists(self: Any, other_value: dict[str, Any]) -> Any:
        frame = getattr(self.value, "data", None)
        target = self._resolve_prefixes(other_value).get("target")
        if not isinstance(frame, pd.DataFrame) or frame.empty or target in frame or _holds_lists(frame):
            return engines(self, other_value)
        return self.value.convert_to_series([False] * len(frame))

    return exists


def _holds_lists(frame: pd.DataFrame) -> bool:
    mixed = (column for _, column in frame.items() if column.dtype == object and not _is_text(column))
    return any(isinstance(cell, list) for column in mixed for cell in column)


def _is_text(column: pd.Series) -> bool:
    """True where every cell is text."""
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=False) == "string"
    return isinstance(column.dtype, pd.StringDtype) and not column.isna().any()


def _remembered(engines: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of two cells that depends on nothing else."""
    known = lru_cache(maxsize=1 << 16, typed=True)(engines)

    @wraps(engines)
    def once(*arguments: Any) -> Any:
        try:
            return known(*arguments)
        except TypeError:  # a cell that cannot be looked up, or the engine's own
            return engines(*arguments)

    return once


def _values_with_metadata(engines: Callable[..., Any]) -> Callable[..., Any]:
    """The long dataset of all values. Lengths go by Define-XML's types, which a transport file has not."""

    @wraps(engines)
    def build(self: Any) -> Any:
        metadata = self.data_service.get_variables_metadata(dataset_name=self.dataset_metadata.name)
        if metadata.data["variable_data_type"].isin(_MEASURED).any():
            return engines(self)
        values = ValuesDatasetBuilder.build(self)
        if values.empty:
            return engines(self)
        merged = values.merge(metadata.data, how="left", on="variable_name")
        merged["variable_value_length"] = pd.Series([None] * len(merged), index=merged.data.index)
        return merged

    return build


def _read_once(engines: Callable[..., Any]) -> Callable[..., Any]:
    """A reader of define.xml, and the elements it makes of the text, for as long as the text is the same."""

    @lru_cache(maxsize=2)
    def reader(*arguments: Any) -> Any:
        made = engines(*arguments)
        made._odm_loader.MetaDataVersion = cache(made._odm_loader.MetaDataVersion)
        return made

    return reader


def _filter(engines: Callable[..., Any]) -> Callable[..., Any]:
    """The records that hold a value.

    The engine compares numbers and texts as texts, and makes the frame anew from a dict of its cells: the
    same frame, where every column holds numbers only or texts only.
    """

    @wraps(engines)
    def filtered(df: Any, col: str, filter_value: Any) -> Any:
        column, number = df[col], _number(filter_value)
        if not filter_value or number == 0 or number != number:  # noqa: PLR0124 - not a number
            return engines(df, col, filter_value)
        if number is None and (isinstance(column.dtype, pd.StringDtype) or _is_text(column)):
            held = column == filter_value
        else:
            held = DataProcessor.convert_float_merge_keys(column) == str(
                filter_value if number is None else number
            )
        records = df[held]
        if records.empty or not _stays_in_a_dict(records):
            return engines(df, col, filter_value)
        return df.__class__(records)

    return filtered


def _number(value: Any) -> float | None:
    """The number that a text shows, None where it shows none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _stays_in_a_dict(frame: pd.DataFrame) -> bool:
    """True where a frame made of the cells alone has the types of this one."""
    return all(column.dtype == "float64" or _is_text(column) for _, column in frame.items())


def _with_candidates_kept(engines: Callable[..., Any]) -> Callable[..., Any]:
    """Records of a parent dataset for each of its children, looked for once for children with equal keys."""

    @wraps(engines)
    def merged(self: Any, *arguments: Any) -> Any:
        _, _, left, _, keys = arguments
        looked_for = type(self)._filter_parents_by_standard_keys
        names = [key if isinstance(key, str) else key["left"] for key in keys]
        names = [name.replace("--", left or "") for name in names]
        known: dict[tuple[Hashable, ...], Any] = {}

        def once(parent: Any, child: Any, *rest: Any) -> Any:
            key = tuple(child.get(name) for name in names)
            if key not in known:
                known[key] = looked_for(self, parent, child, *rest)
            return known[key]

        self._filter_parents_by_standard_keys = once
        try:
            return engines(self, *arguments)
        finally:
            del self._filter_parents_by_standard_keys

    return merged

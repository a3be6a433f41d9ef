"""Datasets of statistical software (SAS, transport files, SPSS, Stata): the cells as text, codes as codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from cdisc_kit.errors import RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import xptfile
from cdisc_kit.raw.layout import Place, columns_of
from cdisc_kit.raw.table import RawTable
from cdisc_kit.raw.undeclared import undeclared
from cdisc_kit.spec.model import ColumnSpec

READERS: dict[str, Callable[..., tuple[pd.DataFrame, Any]]] = {
    "sas7bdat": pyreadstat.read_sas7bdat,
    "xpt": pyreadstat.read_xport,
    "sav": pyreadstat.read_sav,
    "dta": pyreadstat.read_dta,
}
_KINDS = {"sas7bdat": "SAS dataset", "xpt": "SAS transport file", "sav": "SPSS file", "dta": "Stata file"}
_HALF_SECOND = dt.timedelta(microseconds=500_000)


@dataclass(frozen=True)
class _Variable:
    """A variable as read: values, positions and marks of its user-missing values, labels of its codes."""

    values: list[Any]
    missing: dict[int, str]
    labels: dict[Any, str]
    single: bool  # stored as a four-byte number


def dataset_table(place: Place, kind: str, encoding: str = "detect") -> RawTable:
    """The form's columns, found by variable name; rows count from 1 as the software counts observations.

    With the encoding `detect` text is read as the file itself names its encoding; a declared one goes before.
    A value the file itself declares missing (`.A`, or 99 in SPSS) is blank and INFO `TXT-MISSING`, unless it
    is one of the column's answers. Raises RawDataError for a file that cannot be read whole,
    FatalFindingsError for missing columns.
    """
    frame, meta = _read(place.path, kind, encoding)
    header = (0, list(meta.column_names))
    columns, notes = columns_of(place, header)
    extra, unknown = undeclared(place, header, columns, lambda at: map(_shown, frame.iloc[:, at].tolist()))
    marks = xptfile.special_missing(place.path, len(frame)) if kind == "xpt" else {}
    cells, dates = {}, {}
    for key, column in place.form.columns.items():
        variable = _variable(frame, meta, columns[key], marks.get(columns[key], {}))
        cells[key] = [_text(value, column, single=variable.single) for value in variable.values]
        dates[key] = [_is_moment(value) for value in variable.values]
        notes += _take_out_missing(place, column, variable, cells[key])
    return RawTable(
        place.form.name,
        place.file,
        "",
        np.arange(1, len(frame) + 1),
        pd.DataFrame(cells, dtype=object),
        dates=pd.DataFrame(dates, dtype=bool),
        notes=(*notes, *unknown),
        extra=extra,
    )


def _shown(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _read(path: Path, kind: str, encoding: str) -> tuple[pd.DataFrame, Any]:
    size = path.stat().st_size
    if not size:
        raise RawDataError(f"{path}: the file is empty; export it again")
    if kind == "xpt":
        xptfile.require_whole(path)
    declared = None if encoding == "detect" else encoding.removesuffix("-sig")
    options: dict[str, Any] = {"encoding": declared}
    if kind != "xpt":
        options["user_missing"] = True
    try:
        frame, meta = READERS[kind](str(path), **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OverflowError, ValueError) as error:
        raise RawDataError(f"{path}: {_complaint(kind, declared, str(error))}") from error
    if not all(isinstance(name, str) for name in meta.column_names) or _lacks_its_end(path, kind):
        raise RawDataError(f"{path}: {_complaint(kind, declared, '')}")
    if meta.number_rows is not None and meta.number_rows != len(frame):
        raise RawDataError(
            f"{path}: {meta.number_rows} rows are announced and {len(frame)} there; the file is cut off, "
            "export it again"
        )
    return frame, meta


def _lacks_its_end(path: Path, kind: str) -> bool:
    """Stata's newer files are bracketed by a tag; what is missing before its end may be read as nothing."""
    data = path.read_bytes() if kind == "dta" else b""
    return data.startswith(b"<stata_dta>") and not data.endswith(b"</stata_dta>")


def _complaint(kind: str, encoding: str | None, told: str) -> str:
    if "convert" in told or "invalid byte" in told:
        tried = f"not {encoding}" if encoding else "not of the encoding the file names"
        return f"text is {tried}; declare the file's encoding in sources.yaml"
    return f"not a readable {_KINDS[kind]} (damaged, cut off, or of another type); export it again"


def _variable(frame: pd.DataFrame, meta: Any, at: int, marks: dict[int, str]) -> _Variable:
    name = meta.column_names[at]
    values = frame.iloc[:, at].astype(object).tolist()
    labels = dict(meta.variable_value_labels.get(name, {}))
    is_missing = _declared_missing(meta, name)
    found = {row: text for row, value in enumerate(values) if (text := is_missing(value))}
    return _Variable(values, {**found, **marks}, labels, meta.readstat_variable_types.get(name) == "float")


def _declared_missing(meta: Any, name: str) -> Callable[[Any], str]:
    """Value -> how its mark is shown, '' where it is an ordinary value."""
    letters = frozenset(meta.missing_user_values.get(name) or ())  # .a to .z of Stata, .A to .Z of SAS
    ranges = meta.missing_ranges.get(name) or []

    def shown(value: Any) -> str:
        if isinstance(value, str) and value in letters:
            return f".{value}"
        for bounds in ranges:
            comparable = type(value) in (str, float) and type(value) is type(bounds["lo"])
            if comparable and bounds["lo"] <= value <= bounds["hi"]:
                return _number(value)
        return ""

    return shown


def _take_out_missing(
    place: Place, column: ColumnSpec, variable: _Variable, cells: list[str]
) -> list[Finding]:
    """Blank the user-missing cells, telling each; those that are answers of the column stay."""
    notes = []
    for row, mark in sorted(variable.missing.items()):
        cells[row] = mark if mark in column.codes else ""
        if cells[row]:
            continue
        raw = variable.values[row]
        label = variable.labels.get(raw, variable.labels.get(mark.removeprefix("."), ""))
        told = Finding(
            rule="TXT-MISSING",
            severity="INFO",
            message=f"{column.key}: declared missing in the file, left null",
            message_zh=f"“{column.label}”在文件中定义为缺失值,按缺失处理",
            value=f"{mark} ({label})" if label else mark,
        )
        notes.append(place.at(told, row + 1, column.key))
    return notes


def _is_moment(value: Any) -> bool:
    return value is not pd.NaT and isinstance(value, (dt.date, dt.time))


def _text(value: Any, column: ColumnSpec, *, single: bool) -> str:
    """A value as text: dates as ISO 8601, numbers as plain decimals, missing as ''."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        moment = value + _HALF_SECOND
        is_day = column.type == "date" and moment.hour == moment.minute == moment.second == 0
        return moment.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return (dt.datetime.combine(dt.date(2000, 1, 1), value) + _HALF_SECOND).strftime("%H:%M")
    return _number(np.float32(value) if single else value)


def _number(value: Any) -> str:
    """The fewest digits that give the stored number, never an exponent."""
    return (
        np.format_float_positional(value, trim="-") if isinstance(value, (float, np.floating)) else str(value)
    )

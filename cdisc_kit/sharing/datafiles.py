"""The released datasets as files: SAS transport and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from cdisc_kit.dataset import Dataset
from cdisc_kit.sharing.release import ENCODING
from cdisc_kit.xpt import XptVariable, xpt_bytes

# A spreadsheet takes a cell that begins like this for a formula; a plain number may.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def transport_files(datasets: Mapping[str, Dataset]) -> dict[str, bytes]:
    """`ae.xpt` -> XPORT v5 bytes, for each dataset."""
    return {f"{name.lower()}.xpt": _transport(dataset) for name, dataset in datasets.items()}


def _transport(dataset: Dataset) -> bytes:
    variables = [XptVariable(v.name, v.label, v.type, v.length) for v in dataset.variables]
    return xpt_bytes(dataset.name, dataset.label, dataset.frame, variables, encoding=ENCODING)


def csv_files(datasets: Mapping[str, Dataset]) -> dict[str, bytes]:
    """`ae.csv` -> UTF-8 with BOM and CRLF, as Excel opens it; numbers in their shortest exact form."""
    return {f"{name.lower()}.csv": _table(dataset) for name, dataset in datasets.items()}


def _table(dataset: Dataset) -> bytes:
    columns = [_cells(dataset, variable.name, variable.type) for variable in dataset.variables]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([variable.name for variable in dataset.variables])
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8-sig")


def _cells(dataset: Dataset, name: str, kind: str) -> list[str]:
    column = dataset.frame[name]
    if kind == "Num":
        return list(column.map("{:.15g}".format).where(column.notna(), ""))
    return [neutral(str(value)) for value in column]


def neutral(text: str) -> str:
    """`text` as a cell that no spreadsheet runs: an apostrophe goes before what would begin a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text

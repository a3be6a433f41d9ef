"""The released datasets as files: SAS transport, CSV and Dataset-JSON."""

from __future__ import annotations

from collections.abc import Mapping

from cdisc_kit.dataset import Dataset
from cdisc_kit.datasetjson import SUFFIX, Provenance, dataset_json
from cdisc_kit.sharing.cells import csv_table
from cdisc_kit.sharing.release import ENCODING
from cdisc_kit.xpt import XptVariable, xpt_bytes


def transport_files(datasets: Mapping[str, Dataset]) -> dict[str, bytes]:
    """`ae.xpt` -> XPORT v5 bytes, for each dataset."""
    return {f"{name.lower()}.xpt": _transport(dataset) for name, dataset in datasets.items()}


def _transport(dataset: Dataset) -> bytes:
    variables = [XptVariable(v.name, v.label, v.type, v.length) for v in dataset.variables]
    return xpt_bytes(dataset.name, dataset.label, dataset.frame, variables, encoding=ENCODING)


def json_files(datasets: Mapping[str, Dataset], provenance: Provenance) -> dict[str, bytes]:
    """`ae.json` -> Dataset-JSON 1.1, for each dataset."""
    return {
        f"{name.lower()}{SUFFIX}": dataset_json(dataset, provenance) for name, dataset in datasets.items()
    }


def csv_files(datasets: Mapping[str, Dataset]) -> dict[str, bytes]:
    """`ae.csv` -> UTF-8 with BOM and CRLF, as Excel opens it; numbers in their shortest exact form."""
    return {f"{name.lower()}.csv": _table(dataset) for name, dataset in datasets.items()}


def _table(dataset: Dataset) -> bytes:
    columns = [_cells(dataset, variable.name, variable.type) for variable in dataset.variables]
    head = [variable.name for variable in dataset.variables]
    return csv_table([head, *zip(*columns, strict=True)])


def _cells(dataset: Dataset, name: str, kind: str) -> list[str]:
    column = dataset.frame[name]
    if kind == "Num":
        return list(column.map("{:.15g}".format).where(column.notna(), ""))
    return [str(value) for value in column]

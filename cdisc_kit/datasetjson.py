"""Datasets as Dataset-JSON 1.1: one file a dataset, one line a record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from cdisc_kit import __version__
from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.errors import OutputError

VERSION = "1.1.0"
_EXACT = 2.0**53  # the largest number below which every integer is one of its own
SUFFIX = ".json"
# The types of text that is an ISO 8601 value in every record, complete: else it is a string.
_COMPLETE = (
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("datetime", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")),
    ("time", re.compile(r"\d\d:\d\d:\d\d")),
)


@dataclass(frozen=True)
class Provenance:
    """What the files say of where they come from.

    `study_oid` and `metadata_oid` are those of the Define-XML at `define` (relative to the file); `created`
    is an ISO 8601 time stamp given by the caller, so that equal input gives equal bytes.
    """

    study_oid: str
    metadata_oid: str
    define: str
    created: str
    originator: str


def dataset_json(dataset: Dataset, provenance: Provenance) -> bytes:
    """`dataset` as Dataset-JSON 1.1, UTF-8. A missing number or date is null, missing text "".

    Item and item-group OIDs are those of our Define-XML. Length is the declared one, in bytes: characters
    never exceed it. OutputError for an infinite number.
    """
    kinds = [_kind(dataset, variable) for variable in dataset.variables]
    columns = [
        _column(dataset, variable, kind) for variable, kind in zip(dataset.variables, kinds, strict=True)
    ]
    attributes: dict[str, Any] = {
        "datasetJSONCreationDateTime": provenance.created,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{provenance.study_oid}.{dataset.name}",
        "originator": provenance.originator,
        "sourceSystem": {"name": "cdisc-kit", "version": __version__},
        "studyOID": provenance.study_oid,
        "metaDataVersionOID": provenance.metadata_oid,
        "metaDataRef": provenance.define,
        "itemGroupOID": f"IG.{dataset.name}",
        "records": len(dataset.frame),
        "name": dataset.name,
        "label": dataset.label,
        "columns": columns,
    }
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    cells = (_cells(dataset, variable, kind) for variable, kind in zip(dataset.variables, kinds, strict=True))
    rows = ",\n".join(map(encode, zip(*cells, strict=True)))
    return f'{encode(attributes)[:-1]},"rows":[\n{rows}\n]}}\n'.encode()


def _kind(dataset: Dataset, variable: Variable) -> str:
    """The dataType of a column, from its values."""
    if variable.type == "Num":
        values = dataset.frame[variable.name].to_numpy(dtype=np.float64)
        whole = values[~np.isnan(values)]
        exact = (whole == np.trunc(whole)) & (np.abs(whole) <= _EXACT)
        return "integer" if bool(exact.all()) else "float"
    if variable.iso8601:
        found = [str(text) for text in dataset.distinct(variable.name) if text]
        for name, pattern in _COMPLETE:
            if found and all(map(pattern.fullmatch, found)):
                return name
    return "string"


def _column(dataset: Dataset, variable: Variable, kind: str) -> dict[str, Any]:
    column: dict[str, Any] = {
        "itemOID": f"IT.{dataset.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": kind,
    }
    if kind == "string":
        column["length"] = variable.length
    if variable.name in dataset.keys:
        column["keySequence"] = dataset.keys.index(variable.name) + 1
    return column


def _cells(dataset: Dataset, variable: Variable, kind: str) -> list[Any]:
    """The values of a column as JSON has them."""
    column = dataset.frame[variable.name]
    if variable.type == "Char":
        texts = column.tolist()
        return texts if kind == "string" else [text or None for text in texts]
    values = column.to_numpy(dtype=np.float64)
    missing = np.isnan(values)
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0]) + 1
        raise OutputError(f"{dataset.name}.{variable.name}, row {row}: JSON holds no infinite number")
    shown = (np.where(missing, 0, values).astype(np.int64) if kind == "integer" else values).astype(object)
    shown[missing] = None
    return list(shown)

"""The CSV files of a release as a Frictionless Data Package: types, keys, labels and hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.sharing.metadata import abstract_of, json_bytes, title_of
from cdisc_kit.sharing.release import Release
from cdisc_kit.standard.chinese import load_chinese_labels

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SUBJECT = "USUBJID"
_OWN_SUBJECT = "SUBJID"  # the dataset that holds it lists the subjects


def data_package(release: Release, tables: Mapping[str, bytes], folder: str) -> bytes:
    """datapackage.json of the CSV files `tables` (`ae.csv` -> bytes), which lie in `folder`."""
    datasets = release.datasets
    subjects = next((n for n, d in datasets.items() if _OWN_SUBJECT in d.frame and _SUBJECT in d.frame), "")
    resources = []
    for name, dataset in sorted(datasets.items()):
        file = f"{name.lower()}.csv"
        resources.append(_resource(dataset, f"{folder}{file}", tables[file], subjects))
    return json_bytes(
        {
            "profile": "tabular-data-package",
            "name": re.sub(r"[^a-z0-9._-]", "-", release.name.lower()),
            "title": title_of(release, "en"),
            "description": abstract_of(release, "en"),
            "version": release.request.release,
            "resources": resources,
        }
    )


def _resource(dataset: Dataset, path: str, content: bytes, subjects: str) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": dataset.name.lower(),
        "path": path,
        "title": dataset.label,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\r\n"},
        "schema": _schema(dataset, subjects),
    }


def _schema(dataset: Dataset, subjects: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(dataset, variable) for variable in dataset.variables],
        "missingValues": [""],
    }
    key = primary_key(dataset)
    if key:
        schema["primaryKey"] = list(key)
    if subjects and dataset.name != subjects and _SUBJECT in dataset.frame:
        reference = {"resource": subjects.lower(), "fields": [_SUBJECT]}
        schema["foreignKeys"] = [{"fields": [_SUBJECT], "reference": reference}]
    return schema


def _field(dataset: Dataset, variable: Variable) -> dict[str, Any]:
    field = {"name": variable.name, "type": _type(dataset, variable), "title": variable.label}
    label_zh = load_chinese_labels().variable(dataset.name, variable.name)
    return {**field, "description": label_zh} if label_zh else field


def _type(dataset: Dataset, variable: Variable) -> str:
    """The type of a column from its values: text that is a date throughout is one."""
    if variable.type == "Num":
        values = dataset.frame[variable.name].to_numpy(dtype=np.float64)
        whole = values[~np.isnan(values)]
        return "integer" if bool((whole == np.trunc(whole)).all()) else "number"
    found = [str(text) for text in dataset.distinct(variable.name) if text] if variable.iso8601 else []
    return "date" if found and all(map(_DATE.fullmatch, found)) else "string"


def primary_key(dataset: Dataset) -> tuple[str, ...]:
    """Subject and sequence number, else the natural keys that are filled; () where records share them."""
    frame = dataset.frame
    numbered = (_SUBJECT, f"{dataset.name}SEQ")
    for names in (numbered, dataset.keys):
        if names is numbered and not set(names) <= set(frame.columns):
            continue
        held = [name for name in names if name in frame]
        filled = [n for n in held if not (frame[n].isna() | (frame[n].astype(object) == "")).any()]
        if filled and not frame.duplicated(filled).any():
            return tuple(filled)
    return ()

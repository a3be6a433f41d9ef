"""Datasets of a folder of XPORT files written again as Dataset-JSON 1.1."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from cdisc_kit.check.folder import read_folder
from cdisc_kit.check.records import Records


def as_json(records: Records) -> dict[str, Any]:
    """One dataset with all its attributes; blank cells are null."""
    columns = [
        {
            "itemOID": f"IT.{records.name}.{v.name}",
            "name": v.name,
            "label": v.label,
            "dataType": "string" if v.type == "Char" else "double",
            "length": v.length,
        }
        for v in records.declared
    ]
    cells = [
        [value or None for value in records.cells(v.name)]
        if v.type == "Char"
        else [None if math.isnan(value) else value for value in records.numbers(v.name).tolist()]
        for v in records.declared
    ]
    return {
        "datasetJSONCreationDateTime": "2024-06-01T12:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": f"IG.{records.name}",
        "records": records.rows,
        "name": records.name,
        "label": records.label,
        "columns": columns,
        "rows": [list(row) for row in zip(*cells, strict=True)],
    }


def write_json(document: dict[str, Any], path: Path) -> None:
    """The document as JSON, or as NDJSON where the file is called so."""
    if path.suffix == ".ndjson":
        head = {key: value for key, value in document.items() if key != "rows"}
        lines = [json.dumps(part, ensure_ascii=False) for part in (head, *document["rows"])]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def convert(xpt: Path, folder: Path, suffix: str = ".json") -> list[str]:
    """Every dataset of the folder `xpt`, written into `folder`; returns their names."""
    package = read_folder(xpt)
    for records in package.datasets.values():
        write_json(as_json(records), folder / f"{records.name.lower()}{suffix}")
    return list(package.datasets)

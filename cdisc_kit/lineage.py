"""Where each value of a package came from, written beside it, and found again for the findings of a check.

Two tables in reports/traceability hold it: `records.csv` says from which raw row, by which block and item of
the mapping each record was made, `variables.csv` which raw column and mapping line made each variable there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.output import MANIFEST, sha256

if TYPE_CHECKING:
    from cdisc_kit.build.block import BlockRows
    from cdisc_kit.dataset import Dataset
    from cdisc_kit.findings import Finding
    from cdisc_kit.pipeline import BuiltStudy

FOLDER = Path("reports", "traceability")
RECORDS, VARIABLES = "records.csv", "variables.csv"
RECORD_COLUMNS = ("dataset", "record", "block", "item", "form", "file", "sheet", "row")
VARIABLE_COLUMNS = ("dataset", "variable", "block", "item", "column", "mapping", "line")

Rows = Iterator[Sequence[object]]


def write_lineage(folder: Path, built: BuiltStudy) -> None:
    """Write both tables. They name places, never what stands there."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(built.datasets.keys() & built.workspace.spec.domains.keys())
    records = (row for name in names for row in _records(built, name))
    _write(folder / RECORDS, RECORD_COLUMNS, records)
    variables = (row for name in names for row in _variables(built, built.datasets[name]))
    _write(folder / VARIABLES, VARIABLE_COLUMNS, variables)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _records(built: BuiltStudy, name: str) -> Rows:
    """The records of a dataset in its order."""
    draft = built.workspace.draft(name)
    parts = [_block_columns(block) for block in draft.blocks if block.length]
    if not parts:
        return
    order = draft.order()
    columns = [np.concatenate(column)[order].tolist() for column in zip(*parts, strict=True)]
    numbers = range(1, len(order) + 1)
    yield from zip([name] * len(order), numbers, *columns, strict=True)


def _block_columns(block: BlockRows) -> list[np.ndarray]:
    """Block, item (from 0; '' without an unpivot), form, file, sheet and row of each row of a block."""

    def same(text: str) -> np.ndarray:
        return np.full(block.length, text, dtype=object)

    item = same("") if block.item is None else block.item.astype(object)
    if block.spec.kind != "from":
        return [same(block.spec.id), item, *(same("") for _ in range(4))]
    table = block.workspace.forms[block.spec.source].table
    files = same(table.file) if table.files is None else table.files[block.record].astype(object)
    row = np.asarray(table.row)[block.record].astype(object)
    return [same(block.spec.id), item, same(table.form), files, same(table.sheet), row]


def _variables(built: BuiltStudy, dataset: Dataset) -> Rows:
    """Each variable in each block (and item) with the raw column and the mapping line that made it there."""
    for block in built.workspace.draft(dataset.name).blocks:
        items = [None] if block.spec.unpivot is None else range(len(block.spec.unpivot.items))
        for variable in dataset.variables:
            origin = variable.origins.get(block.spec.id) or variable.origins.get("*")
            place = (origin.spec_file, origin.spec_line or "") if origin is not None else ("", "")
            for item in items:
                column = block.column_behind(variable.name, item)
                shown = "" if item is None else item
                if column or place[0]:
                    yield (dataset.name, variable.name, block.spec.id, shown, column, *place)


@dataclass(frozen=True)
class _Record:
    block: str
    item: str
    form: str
    file: str
    sheet: str
    row: int


def traced(findings: Sequence[Finding], sdtm: Path) -> tuple[Finding, ...]:
    """The findings with raw cell and mapping line where `sdtm` is part of a package that the kit built.

    Only datasets whose file is still the one in the package's manifest.json are traced: record numbers of
    any other say nothing about our raw rows.
    """
    package = sdtm.resolve().parent
    ours = _unchanged(package, sdtm.resolve(), {finding.dataset for finding in findings})
    if not ours:
        return tuple(findings)
    wanted = {(f.dataset, str(f.row)) for f in findings if f.dataset in ours and f.row}
    records = {
        (line["dataset"], line["record"]): _Record(
            line["block"], line["item"], line["form"], line["file"], line["sheet"], int(line["row"] or 0)
        )
        for line in _read(package / FOLDER / RECORDS)
        if (line["dataset"], line["record"]) in wanted
    }
    variables = {
        (line["dataset"], line["variable"], line["block"], line["item"]): (
            *(line["column"], line["mapping"]),
            int(line["line"] or 0),
        )
        for line in _read(package / FOLDER / VARIABLES)
        if line["dataset"] in ours
    }
    return tuple(_traced(finding, records, variables) for finding in findings)


def _traced(
    finding: Finding,
    records: dict[tuple[str, str], _Record],
    variables: dict[tuple[str, str, str, str], tuple[str, str, int]],
) -> Finding:
    record = records.get((finding.dataset, str(finding.row)))
    if record is None:
        return finding
    names = finding.variable.split(", ")
    keys = ((finding.dataset, name, record.block, record.item) for name in names)
    column, mapping, line = next((variables[key] for key in keys if key in variables), ("", "", 0))
    return replace(
        finding,
        form=record.form,
        source_file=record.file,
        source_sheet=record.sheet,
        source_row=record.row,
        source_column=column if record.row else "",
        spec_file=mapping,
        spec_line=line,
    )


def _unchanged(package: Path, sdtm: Path, datasets: set[str]) -> set[str]:
    """Those of the datasets whose file is as the manifest says; none where the tables are not."""
    try:
        outputs = json.loads((package / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        listed = {package / str(name): digest for name, digest in outputs.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()

    def whole(path: Path) -> bool:
        return path in listed and path.is_file() and listed[path] == sha256(path)

    if not (whole(package / FOLDER / RECORDS) and whole(package / FOLDER / VARIABLES)):
        return set()
    return {name for name in datasets if name and whole(sdtm / f"{name.lower()}.xpt")}


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)

"""Where each value of a package came from, written beside it, and found again for the findings of a check.

Two tables in reports/traceability hold it: `records.csv` says from which raw row, by which block and item of
the mapping each record was made, `variables.csv` which raw column and mapping line made each variable there.
Records that refer to others (SUPP--, RELREC) have the raw row of the record they refer to.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.columns import text
from cdisc_kit.output import MANIFEST, sha256

if TYPE_CHECKING:
    import pandas as pd

    from cdisc_kit.build.block import BlockRows
    from cdisc_kit.build.study import Built
    from cdisc_kit.dataset import Dataset
    from cdisc_kit.findings import Finding
    from cdisc_kit.spec.model import PointerSpec, RelationSpec, StudySpec

FOLDER = Path("reports", "traceability")
RECORDS, VARIABLES = "records.csv", "variables.csv"
RECORD_COLUMNS = ("dataset", "record", "block", "item", "form", "file", "sheet", "row")
VARIABLE_COLUMNS = ("dataset", "variable", "block", "item", "column", "mapping", "line")

REFERRED, QUALIFIER_VALUE, RELATION = "QNAM", "QVAL", "RELID"
_JOINT = "."  # between a block and the qualifier that its rows have

Rows = Iterator[Sequence[object]]


def write_lineage(folder: Path, built: Built) -> None:
    """Write both tables. They name places, never what stands there."""
    folder.mkdir(parents=True, exist_ok=True)
    own = built.workspace.spec.domains.keys()
    names = sorted(built.datasets)
    records = (row for name in names for row in (_records if name in own else _referring)(built, name))
    _write(folder / RECORDS, RECORD_COLUMNS, records)
    variables = (row for name in names for row in (_variables if name in own else _related)(built, name))
    _write(folder / VARIABLES, VARIABLE_COLUMNS, variables)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _records(built: Built, name: str) -> Rows:
    """The records of a dataset in its order."""
    for number, place in enumerate(_places(built, name), start=1):
        yield name, number, *place


def _places(built: Built, name: str) -> Rows:
    """Block, item, form, file, sheet and row of each record of a dataset, in its order."""
    draft = built.workspace.draft(name)
    parts = [_block_columns(block) for block in draft.blocks if block.length]
    if parts:
        order = draft.order()
        yield from zip(*(np.concatenate(c)[order].tolist() for c in zip(*parts, strict=True)), strict=True)


def _referring(built: Built, name: str) -> Rows:
    """The records of SUPP-- or RELREC with the raw row of the record they refer to.

    Their block is that of the record, with the qualifier's name, or the relationship.
    """
    frame = built.datasets[name].frame
    qualifies = REFERRED in frame
    spec = built.workspace.spec
    makers = [made_by(spec, str(v)) for v in frame[REFERRED if qualifies else RELATION]]
    domains = frame["RDOMAIN"].astype(str).tolist()
    places = {domain: list(_places(built, domain)) for domain in sorted(set(domains))}
    rows = zip(domains, makers, parent_rows(built.datasets, frame), strict=True)
    for at, (domain, by, parent) in enumerate(rows, start=1):
        block, item, *raw = places[domain][parent - 1] if parent else [""] * len(RECORD_COLUMNS[2:])
        yield name, at, f"{block}{_JOINT}{by}" if qualifies else by, item, *raw


def parent_rows(datasets: Mapping[str, Dataset], frame: pd.DataFrame) -> list[int]:
    """The number (from 1) of the record that each row refers to; 0 for a whole dataset."""
    keys = [frame[name].astype(str) for name in ("RDOMAIN", "IDVAR")]
    numbers = np.zeros(len(frame), dtype=np.int64)
    for rows in frame.groupby(keys, sort=False).indices.values():
        domain, variable = (str(key.iloc[rows[0]]) for key in keys)
        parent = datasets[domain].frame
        values = text(parent[variable]) if variable else [""] * len(parent)
        held = {key: at for at, key in enumerate(zip(parent["USUBJID"], values, strict=True), start=1)}
        asked = zip(frame["USUBJID"].iloc[rows], frame["IDVARVAL"].iloc[rows], strict=True)
        numbers[rows] = [held.get(key, 0) for key in asked]
    return list(map(int, numbers))


def made_by(spec: StudySpec, value: str) -> str:
    """QNAM, or RELID without the number of the relationship."""
    relid = value.rpartition("-")[0]
    return relid if any(relid == pointer.relid for pointer in spec.pointers) else value


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


def _variables(built: Built, name: str) -> Rows:
    """Each variable in each block (and item) with the raw column and the mapping line that made it there."""
    dataset = built.datasets[name]
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


def _related(built: Built, name: str) -> Rows:
    """The variables of SUPP-- and RELREC with the line of the qualifier or relationship."""
    dataset, spec = built.datasets[name], built.workspace.spec
    if REFERRED not in dataset.frame:
        relations: list[RelationSpec | PointerSpec] = [*spec.relations, *spec.pointers]
        for relation in relations:
            for variable in dataset.variables:
                yield name, variable.name, relation.relid, "", "", relation.file, relation.line
        return
    draft = built.workspace.draft(name.removeprefix("SUPP"))
    for block, qualifier in product(draft.blocks, draft.domain.supp.values()):
        items = [None] if block.spec.unpivot is None else range(len(block.spec.unpivot.items))
        for variable, item in product(dataset.variables, items):
            column = block.column_behind(qualifier.name, item) if variable.name == QUALIFIER_VALUE else ""
            by = f"{block.spec.id}{_JOINT}{qualifier.name}"
            shown = "" if item is None else item
            yield name, variable.name, by, shown, column, draft.domain.file, qualifier.line


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

"""Coding tables (coding/*.csv): what would be read wrong, or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from cdisc_kit.derive.lookup import KEY, OPERATION
from cdisc_kit.spec.model import StudySpec
from cdisc_kit.spec.problems import Problems

FOLDER = "coding"
LOOKUP = OPERATION.key


def check_coding_tables(spec: StudySpec, problems: Problems) -> None:
    """Report each table that a lookup uses whose lines do not make a table of texts and their terms."""
    domains = (*spec.domains.values(), *(check.rows for check in spec.checks))
    calls = [call for domain in domains for target in domain.targets() for call in target.by.values()]
    for table in sorted({str(call.params["table"]) for call in calls if LOOKUP in call.params}):
        path = spec.folder / FOLDER / f"{table}.csv"
        where = "/".join([*spec.folder.resolve().parts[-2:], FOLDER, path.name])
        for problem in _of_table(path) if path.exists() else ():
            problems.append(f"{where}{problem}")


def _of_table(path: Path) -> Iterator[str]:
    if not path.is_file():
        yield ": is a folder; a coding table is a file"
        return
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        yield f": not UTF-8 at byte {error.start}; save the file as UTF-8"
        return
    reader = csv.reader(lines)
    header = next(reader, [])
    if not header:
        yield ":1 the file is empty; the first line names its columns"
    elif header[0] != KEY:
        yield f":1 the first column is '{KEY}', the text as it is collected"
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield f":1 column '{name}' stands there twice"
    first: dict[str, int] = {}
    for cells in reader if header else ():
        if len(cells) != len(header) and cells:
            yield f":{reader.line_num} {len(cells)} cells in a table of {len(header)} columns"
        elif cells and cells[0] in first:
            yield f":{reader.line_num} the text of line {first[cells[0]]} again; each text has one line"
        elif cells:
            first[cells[0]] = reader.line_num

"""Whether the parts of a package agree: the forms of each dataset, subjects, dictionary, data packages.

What disagrees is told by file, variable and record, never by value.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from cdisc_kit.check import MemoryPath
from cdisc_kit.check.folder import read_folder
from cdisc_kit.check.records import Records
from cdisc_kit.errors import InputError
from cdisc_kit.sharing.bag import PAYLOAD
from cdisc_kit.sharing.cells import neutral
from cdisc_kit.sharing.described import TRANSPORT
from cdisc_kit.sharing.files import CSV, DATA_PACKAGE, JSON

DICTIONARY, WORKBOOK = f"{PAYLOAD}dictionary.csv", f"{PAYLOAD}dictionary.xlsx"
_SUBJECT, _OWN_SUBJECT = "USUBJID", "SUBJID"  # the dataset that holds both lists the subjects
_QUALIFIER, _QUALIFIERS = "QNAM", "QVAL ("  # the dictionary has `QVAL (QNAM)` for each qualifier
_CUT = "…"  # the end of a list of values that was too long for its cell

Tables = Mapping[str, pd.DataFrame]


def disagreements(files: Mapping[str, bytes]) -> list[str]:
    """Where parts of the package `files` (path -> bytes) say different things; [] where they agree.

    The CSV files are what the others are held against.
    """
    found: list[str] = []
    try:
        found.extend(_disagreements(files))
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # files of somebody else
        found.append(f"a table or description cannot be read ({type(error).__name__})")
    return found


def _disagreements(files: Mapping[str, bytes]) -> Iterator[str]:
    names = [name for name in sorted(files) if name.startswith(f"{PAYLOAD}{CSV}")]
    tables = {PurePosixPath(name).stem.upper(): _table(files[name]) for name in names}
    transport, other = (_records(files, folder) for folder in (TRANSPORT, JSON))
    yield from _forms(tables, transport)
    yield from _forms(tables, other)
    yield from _subjects(tables)
    yield from _dictionary(files, tables, transport)
    yield from _data_packages(files, tables)


def _table(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype=object, keep_default_na=False, encoding="utf-8-sig")


def _records(files: Mapping[str, bytes], folder: str) -> Mapping[str, Records]:
    try:
        return read_folder((MemoryPath(files) / PAYLOAD).joinpath(folder)).datasets
    except InputError:
        return {}


def _csv(name: str) -> str:
    return f"{PAYLOAD}{CSV}{name.lower()}.csv"


def _forms(tables: Tables, held: Mapping[str, Records]) -> Iterator[str]:
    """Each dataset of one other form against its CSV file."""
    for name in sorted(tables.keys() ^ held.keys()):
        yield f"{name}: the dataset is not there in every form"
    for name in sorted(tables.keys() & held.keys()):
        yield from _form(tables[name], held[name], _csv(name))


def _form(table: pd.DataFrame, records: Records, beside: str) -> Iterator[str]:
    names = [variable.name for variable in records.declared]
    if names != list(table.columns):
        others = ", ".join(sorted(set(names) ^ set(table.columns)))
        yield f"{records.file}: not the variables of {beside}: {others or 'another order'}"
    elif records.rows != len(table):
        yield f"{records.file}: {records.rows} records, {beside} has {len(table)}"
    else:
        for name in names:
            differing = np.flatnonzero(_as_csv(records, name) != table[name].to_numpy(dtype=object))
            if len(differing):
                more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
                yield f"{records.file}: {name} of record {differing[0] + 1}{more} is not that of {beside}"


def _as_csv(records: Records, name: str) -> np.ndarray:
    """The cells of a variable as the CSV file has them."""
    if records.variables[name].type == "Num":
        codes, numbers = pd.factorize(records.numbers(name), use_na_sentinel=False)
        values = ["" if np.isnan(number) else f"{number:.15g}" for number in numbers]
    else:
        coded = records.text(name)
        codes, values = coded.codes, [neutral(value) for value in coded.values]
    return np.asarray(np.array(values, dtype=object)[codes])


def _subjects(tables: Tables) -> Iterator[str]:
    """Every subject of every table is one of the one table of subjects."""
    homes = [name for name, table in tables.items() if {_SUBJECT, _OWN_SUBJECT} <= set(table.columns)]
    if len(homes) != 1:
        yield "there is no one table of subjects"
        return
    (home,) = homes
    for own in (_SUBJECT, _OWN_SUBJECT):
        again = np.flatnonzero(tables[home][own].duplicated())
        if len(again):
            yield f"{_csv(home)}: {own} of record {again[0] + 1} stands twice"
    known = {*tables[home][_SUBJECT], ""}
    for name, table in sorted(tables.items()):
        strange = np.flatnonzero(~table[_SUBJECT].isin(known)) if _SUBJECT in table else np.zeros(0)
        if len(strange):
            yield f"{_csv(name)}: {_SUBJECT} of record {strange[0] + 1} is not among the subjects of {home}"


def _dictionary(files: Mapping[str, bytes], tables: Tables, held: Mapping[str, Records]) -> Iterator[str]:
    """The dictionary against the data it describes, and its workbook against it."""
    head, *lines = _rows(files[DICTIONARY])
    if [head, *lines] != _sheet(files[WORKBOOK]):
        yield f"{WORKBOOK}: not what {DICTIONARY} says"
    listed = [(line[0], line[3]) for line in lines if not line[3].startswith(_QUALIFIERS)]
    expected = [(name, column) for name, table in tables.items() for column in table.columns]
    for name, variable in sorted(set(listed) ^ set(expected)):
        there = "no such variable" if (name, variable) in listed else "no line for it"
        yield f"{DICTIONARY}: {name}.{variable}: {there}"
    for number, line in enumerate(lines, start=2):
        wrong = list(_wrong_line(line, tables, held)) if line[0] in tables.keys() & held.keys() else []
        if wrong:
            yield f"{DICTIONARY}, line {number} ({line[0]}.{line[3]}): {', '.join(wrong)}"


def _wrong_line(line: list[str], tables: Tables, held: Mapping[str, Records]) -> Iterator[str]:
    """What one line of the dictionary says that is not so."""
    table, records = tables[line[0]], held[line[0]]
    if line[1] != neutral(records.label):
        yield "another label of the dataset"
    if line[3].startswith(_QUALIFIERS):
        filled = table[table[_QUALIFIER] == line[3][len(_QUALIFIERS) : -1]]["QVAL"]
    elif line[3] in table and line[3] in records:
        filled = table[line[3]][table[line[3]] != ""]
        if line[4] != neutral(records.variables[line[3]].label):
            yield "another label"
    else:
        return
    if not _is_count(line[-1], len(filled)):
        yield "another number of records with a value"
    if line[8] and line[9] and not line[9].endswith(_CUT):
        absent = [value for value in filled.unique() if value.removeprefix("'") not in line[9]]
        if absent:
            yield f"{len(absent)} values of the data are not listed"


def _is_count(stated: str, count: int) -> bool:
    """True for the number itself, or `<k` for one that is not 0 and below k."""
    return 0 < count < int(stated[1:]) if stated.startswith("<") else stated == str(count)


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _sheet(content: bytes) -> list[list[str]]:
    """The cells of the first sheet of a workbook as a CSV file has them."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - only this question needs it

    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [[f"{c:.15g}" if isinstance(c, float) else neutral(str(c)) for c in row] for row in rows]


def _data_packages(files: Mapping[str, bytes], tables: Tables) -> Iterator[str]:
    """Both copies of the description of the CSV files against these."""
    for place, above in ((f"{PAYLOAD}{DATA_PACKAGE}", PAYLOAD), (f"metadata/{DATA_PACKAGE}", "")):
        resources = {f"{above}{one['path']}": one for one in json.loads(files[place])["resources"]}
        for name in sorted(resources.keys() ^ {_csv(table) for table in tables}):
            yield f"{place}: {name} is in one of the two only"
        for table in sorted(tables):
            one = resources.get(_csv(table))
            if one is None:
                continue
            content = files[_csv(table)]
            fields = [field["name"] for field in one["schema"]["fields"]]
            stated = (one["bytes"], one["hash"], fields)
            true = (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}", list(tables[table]))
            if stated != true:
                yield f"{place}: what it says of {_csv(table)} is not so"

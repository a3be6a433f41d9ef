"""A form of an ODM file as a table: one row for each repeat of its item groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.errors import RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw.beside import Beside
from cdisc_kit.raw.layout import Place, columns_of, match
from cdisc_kit.raw.odmfile import ItemGroup, OdmFile
from cdisc_kit.raw.table import RawTable
from cdisc_kit.raw.undeclared import undeclared
from cdisc_kit.spec.model import ColumnSpec, FormSpec

Row = tuple[ItemGroup, ...]


def odm_table(place: Place, odm: OdmFile) -> RawTable:
    """The form's rows; groups of one FormData with the same repeat key are one row, which has their line.

    Raises RawDataError for a form the file's metadata do not know, FatalFindingsError (`COL-MISSING`) for
    items they do not.
    """
    form = place.form
    oid = form_oid(form)
    if odm.defined and oid not in odm.defined:
        known = ", ".join(odm.defined)
        raise RawDataError(f"{place.shown}: form {form.name}: no FormDef '{oid}'; the file defines {known}")
    rows = _rows([group for group in odm.forms.get(oid, ()) if _wanted(form, group)])
    header, columns, notes = _columns(place, rows, odm.defined.get(oid, ()))
    attributes = _attributes(form)
    cells: dict[str, list[str]] = {key: [] for key in form.columns}
    stated = [_given(row) for row in rows]
    named = {key: header[1].index(name) for key, name in columns.items()}
    extra, unknown = undeclared(
        place, header, named, lambda at: ("".join(given.get(header[1][at], ())) for given in stated)
    )
    for row, given in zip(rows, stated, strict=True):
        for key, column in form.columns.items():
            texts = given.get(columns.get(key, key), [])
            if key in attributes:
                texts = [row[0].keys.get(attributes[key], ""), *texts]
            text, conflict = _settled(column, texts)
            cells[key].append(text)
            if conflict:
                notes.append(_conflict(place, row[0].line, column, texts))
    return RawTable(
        form.name,
        place.file,
        "",
        np.array([row[0].line for row in rows], dtype=np.int64),
        pd.DataFrame(cells, columns=list(form.columns), dtype=object),
        notes=(*notes, *unknown),
        extra=extra,
    )


def form_oid(form: FormSpec) -> str:
    """FormOID of a form: declared, else the form's own name."""
    return str(form.reader.get("form", form.name))


def unread(odm: OdmFile, file: str) -> list[Finding]:
    """An INFO `ODM-UNREAD` where elements of the file hold no item."""
    if not odm.unread:
        return []
    counts = ", ".join(f"{count} {name}" for name, count in sorted(odm.unread.items()))
    return [
        Finding(
            rule="ODM-UNREAD",
            severity="INFO",
            message=f"elements that hold no item are not read: {counts}",
            message_zh=f"未读取不含数据项的元素:{counts}",
            source_file=file,
        )
    ]


def other_groups(odm: OdmFile, forms: Iterable[FormSpec], file: str) -> Iterator[Beside]:
    """The forms and item groups of the file that no form reads: WARN `FORM-UNKNOWN`."""
    forms = list(forms)
    declared = {form_oid(form) for form in forms}
    left: dict[str, list[ItemGroup]] = {}
    for oid, groups in odm.forms.items():
        readers = [form for form in forms if form_oid(form) == oid]
        for group in groups:
            if not any(_wanted(form, group) for form in readers):
                name = f"{oid}/{group.keys['ItemGroupOID']}" if oid in declared else oid
                left.setdefault(name, []).append(group)
    for name, groups in sorted(left.items()):
        items = list(dict.fromkeys(item for group in groups for item, _ in group.items))
        rows = [(group.line, [dict(group.items).get(item, "") for item in items]) for group in groups]
        yield replace(Beside.of(_undeclared(name, len(groups), file), rows), columns=tuple(items))


def _undeclared(name: str, count: int, file: str) -> Finding:
    return Finding(
        rule="FORM-UNKNOWN",
        severity="WARN",
        message=f"form {name} of the file is not declared; its {count} item groups are not read",
        message_zh=f"文件中的表单{name}未声明,{count}组数据未读取",
        source_file=file,
    )


def _attributes(form: FormSpec) -> dict[str, str]:
    return {str(key): str(name) for key, name in form.reader.get("attributes", {}).items()}


def _wanted(form: FormSpec, group: ItemGroup) -> bool:
    return str(form.reader.get("item_group", group.keys["ItemGroupOID"])) == group.keys["ItemGroupOID"]


def _rows(groups: Sequence[ItemGroup]) -> list[Row]:
    """Groups of one FormData and repeat key side by side; a group that comes again begins a new row."""
    rows: list[list[ItemGroup]] = []
    latest: dict[tuple[int, str], list[ItemGroup]] = {}
    for group in groups:
        place = (group.form, group.keys["ItemGroupRepeatKey"])
        row = latest.get(place)
        if row is None or group.keys["ItemGroupOID"] in {other.keys["ItemGroupOID"] for other in row}:
            row = latest[place] = []
            rows.append(row)
        row.append(group)
    return [tuple(row) for row in rows]


def _columns(
    place: Place, rows: list[Row], defined: tuple[str, ...]
) -> tuple[tuple[int, list[str]], dict[str, str], list[Finding]]:
    """The header (line, ItemOIDs), column key -> ItemOID, and what does not fit.

    An export leaves items without a value out: one may be missing only where the file's metadata say so.
    """
    form = place.form
    seen = dict.fromkeys([*defined, *(oid for row in rows for group in row for oid, _ in group.items)])
    attributes = [key for key in _attributes(form) if key not in seen and key in form.columns]
    header = [*seen, *attributes]
    absent = []
    if not defined:
        there, _ = match(form, header, place.by)
        absent = [key for key in form.columns if key not in there]
    line = rows[0][0].line if rows else 0
    found, notes = columns_of(place, (line, [*header, *absent]))
    if rows and absent:
        notes.append(_absent(place, absent, line))
    named = [*header, *absent]
    return (line, named), {key: named[at] for key, at in found.items()}, notes


def _absent(place: Place, keys: list[str], line: int) -> Finding:
    names = ", ".join(keys)
    told = Finding(
        rule="COL-ABSENT",
        severity="INFO",
        message=f"no record of the form has an item {names}; read as blank",
        message_zh=f"没有任何记录含数据项{names},按空白读取",
    )
    return place.at(told, line)


def _given(row: Row) -> dict[str, list[str]]:
    """ItemOID -> its values: one, or several where the export states an item twice."""
    given: dict[str, list[str]] = {}
    for group in row:
        for oid, text in group.items:
            given.setdefault(oid, []).append(text)
    return given


def _settled(column: ColumnSpec, texts: list[str]) -> tuple[str, bool]:
    """The value of an item, and whether its statements contradict each other. A code goes before its text."""
    stated = list(dict.fromkeys(filter(None, texts)))
    if len(stated) < 2:
        return (stated[0] if stated else ""), False
    codes = [text for text in stated if text in column.codes]
    value = codes[0] if codes else stated[0]
    said = {value, column.codes.get(value, value)}
    return value, not said.issuperset(stated)


def _conflict(place: Place, line: int, column: ColumnSpec, texts: list[str]) -> Finding:
    told = Finding(
        rule="ODM-CONFLICT",
        severity="ERROR",
        message=f"{column.key}: stated twice with different values; the code, or the first, counts",
        message_zh=f"“{column.label}”有两个不一致的值,以代码(或第一个)为准",
        value=" / ".join(texts),
        query=f"{place.form.name}表第{line}行“{column.label}”有两个不一致的值,请核对并更正。",
    )
    return place.at(told, line, column.key)

"""Read every form of a study from a raw folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cdisc_kit.columns import Texts
from cdisc_kit.errors import FatalFindingsError, InputError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import csvfile, datasetfile
from cdisc_kit.raw.beside import Beside, other_files, other_sheets
from cdisc_kit.raw.layout import Place, framed, lay_out
from cdisc_kit.raw.odmfile import OdmFile, read_odm
from cdisc_kit.raw.odmtable import odm_table, other_groups, unread
from cdisc_kit.raw.plaincsv import PlainText, plain_text
from cdisc_kit.raw.ragged import ragged_rows
from cdisc_kit.raw.sheet import Workbooks, read_sheet, sheet_name
from cdisc_kit.raw.table import RawTable
from cdisc_kit.raw.undeclared import of_rows, undeclared_columns
from cdisc_kit.spec.model import FormSpec, StudySpec
from cdisc_kit.yamltext import Map


@dataclass(frozen=True)
class RawFolder:
    """Form -> its tables (one, or one for each entry pass), and what stands beside them undeclared."""

    tables: dict[str, tuple[RawTable, ...]]
    beside: tuple[Beside, ...] = ()


@dataclass
class Opened:
    """Files that hold several forms, each read once."""

    workbooks: Workbooks = field(default_factory=Workbooks)
    odm: dict[Path, OdmFile] = field(default_factory=dict)


def read_raw(spec: StudySpec, folder: Path) -> RawFolder:
    """Every form of the study, every cell text, and the sheets and files that are no form's.

    Raises InputError when the folder or forms are missing (all of them named at once) or two containers of
    the same data are there, RawDataError for unreadable files, FatalFindingsError for missing columns and for
    bytes of another encoding.
    """
    if not folder.is_dir():
        raise InputError(f"raw folder {folder} does not exist; give --raw DIR, or --demo for synthetic data")
    forms = _in_use(spec, folder)
    _check_files(forms, folder, spec.sources.alternative)
    opened = Opened()
    tables = {name: _read_form(form, folder, opened) for name, form in forms.items()}
    return RawFolder(tables, tuple(_beside(spec, forms, folder, opened)))


def _beside(spec: StudySpec, forms: dict[str, FormSpec], folder: Path, opened: Opened) -> Iterator[Beside]:
    """Sheets, item groups and files that no form declares, in this order."""
    for path, (workbook, _) in opened.workbooks.opened.items():
        own = {sheet_name(form, workbook) for form in _readers(forms, folder, path)}
        yield from other_sheets(workbook, path, path.relative_to(folder).as_posix(), own)
    for path, odm in opened.odm.items():
        yield from other_groups(odm, _readers(forms, folder, path), path.relative_to(folder).as_posix())
    known = [path for form in forms.values() for pattern in _patterns(form) for path in folder.glob(pattern)]
    decisions = [folder / spec.sources.resolution] if spec.sources.resolution else []
    yield from other_files(folder, [*known, *decisions])


def _readers(forms: dict[str, FormSpec], folder: Path, path: Path) -> list[FormSpec]:
    """The forms that are read from a file."""
    return [form for form in forms.values() if any(path.match(pattern) for pattern in _patterns(form))]


def _in_use(spec: StudySpec, folder: Path) -> dict[str, FormSpec]:
    """The forms with the readers that fit the folder: their own, or the study's alternative for all of them.

    Raises InputError where the folder holds files of both.
    """
    forms, alternative = spec.sources.forms, spec.sources.alternative
    if alternative is None or not any(folder.glob(str(alternative["file"]))):
        return forms
    own = next((str(p) for form in forms.values() for p in _patterns(form) if any(folder.glob(p))), None)
    if own is not None:
        raise InputError(
            f"{folder}: holds both {own} and {alternative['file']}, the same data twice; leave the one to be "
            "built"
        )
    return {name: replace(form, reader=alternative) for name, form in forms.items()}


def _check_files(forms: dict[str, FormSpec], folder: Path, alternative: Map | None) -> None:
    missing = [
        f"{form.name} ({pattern})"
        for form in forms.values()
        for pattern in _patterns(form)
        if not any(folder.glob(pattern))
    ]
    if missing:
        instead = f", or all of them as {alternative['file']}" if alternative is not None else ""
        raise InputError(
            f"{folder}: no file for form {'; '.join(missing)}; export the missing forms (empty ones too)"
            f"{instead}"
        )


def _patterns(form: FormSpec) -> list[str]:
    passes = form.reader.get("passes")
    return [str(entry["file"]) for entry in passes.values()] if passes else [str(form.reader["file"])]


def _read_form(form: FormSpec, folder: Path, opened: Opened) -> tuple[RawTable, ...]:
    kind = str(form.reader["type"])
    if kind == "xlsx":
        return (read_sheet(form, _one_file(folder, str(form.reader["file"])), folder, opened.workbooks),)
    if kind == "odm":
        return (_read_odm(form, folder, opened),)
    if kind in datasetfile.READERS:
        path = _one_file(folder, str(form.reader["file"]))
        place = Place(form, path, path.relative_to(folder).as_posix(), "", "key")
        return (datasetfile.dataset_table(place, kind, str(form.reader.get("encoding", "detect"))),)
    passes = form.reader.get("passes") or {"": form.reader}
    return tuple(
        _read_csv(
            form,
            folder,
            _one_file(folder, str(entry["file"])),
            str(entry.get("encoding", "detect")),
            str(name),
        )
        for name, entry in passes.items()
    )


def _one_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        raise InputError(
            f"{folder}: {len(found)} files fit {pattern}; leave the one to be built: {found[0].name} …"
        )
    if not found[0].is_file():
        raise InputError(f"{found[0]} is a folder; the mapping expects a file of this name")
    return found[0]


def _read_odm(form: FormSpec, folder: Path, opened: Opened) -> RawTable:
    """A form of an ODM file; elements of the file that hold no item are told with the first of them."""
    path = _one_file(folder, str(form.reader["file"]))
    place = Place(form, path, path.relative_to(folder).as_posix(), "", "key")
    if path in opened.odm:
        return odm_table(place, opened.odm[path])
    opened.odm[path] = read_odm(path)
    table = odm_table(place, opened.odm[path])
    return replace(table, notes=(*table.notes, *unread(opened.odm[path], place.file)))


def _read_csv(form: FormSpec, folder: Path, path: Path, encoding: str, entry: str) -> RawTable:
    place = Place(form, path, path.relative_to(folder).as_posix(), "", "label")
    text, guessed = _decoded(place, encoding)
    plain = plain_text(text)
    if plain is not None:
        return _by_column(place, plain, entry, guessed)
    rows = csvfile.split(path, text)
    if not rows:
        raise RawDataError(
            f"{path}: the file is empty, not even a header line; export form {form.name} again"
        )
    first = next(at for at, (_, cells) in enumerate(rows) if any(cell.strip() for cell in cells))
    layout = lay_out(place, rows, first, 1)
    body = [rows[at] for at in layout.body]
    ragged = ragged_rows(place, body, len(layout.headings))
    extra, unknown = undeclared_columns(place, layout, of_rows([cells for _, cells in body]))
    return RawTable(
        form.name,
        place.file,
        "",
        np.array([number for number, _ in body], dtype=np.int64),
        framed(form, layout, [cells for _, cells in body], ""),
        entry,
        notes=(*guessed, *layout.notes, *unknown, *ragged.notes),
        extra=extra,
        beyond=ragged.beyond,
    )


def _by_column(place: Place, plain: PlainText, entry: str, guessed: list[Finding]) -> RawTable:
    layout = lay_out(place, [(1, plain.header)], 0, 1)
    columns = {key: plain.columns[layout.columns[key]] for key in place.form.columns}
    cells = {key: column.cells() for key, column in columns.items()}
    frame = pd.DataFrame(cells, dtype=object, copy=False)
    extra, unknown = undeclared_columns(place, layout, lambda at: plain.columns[at].cells())
    return RawTable(
        place.form.name,
        place.file,
        "",
        np.arange(2, len(frame) + 2, dtype=np.int64),
        frame,
        entry,
        notes=(*guessed, *layout.notes, *unknown),
        extra=extra,
        texts=Texts(frame, columns),
    )


def _decoded(place: Place, encoding: str) -> tuple[str, list[Finding]]:
    """The text of the file, and INFO `ENC-GUESS` where the study does not say the encoding."""
    found = csvfile.detect(place.path) if encoding == "detect" else encoding
    told = Finding(
        rule="ENC-GUESS",
        severity="INFO",
        message=f"encoding not declared; every byte fits {found.removesuffix('-sig')}",
        message_zh=f"未声明编码,按{found.removesuffix('-sig')}读取",
    )
    try:
        text = csvfile.decode(place.path, found)
    except csvfile.UndecodableError as error:
        bad = Finding(rule="ENC-BAD", severity="FATAL", message=error.told, message_zh="文件含无法解码的字节")
        raise FatalFindingsError([place.at(bad, error.line)]) from error
    return text, [place.at(told)] if encoding == "detect" else []

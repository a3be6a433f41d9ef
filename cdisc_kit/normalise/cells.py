"""Cells of a form to canonical text, by the type each column declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.columns import Coded, Texts, repeated
from cdisc_kit.findings import Finding
from cdisc_kit.normalise.amounts import note_not_done, read_beside
from cdisc_kit.normalise.column import ReadColumn
from cdisc_kit.normalise.dates import DateRules, next_day, read_typed_date, read_typed_day
from cdisc_kit.normalise.notes import (
    BEFORE_BIRTH,
    COMMA,
    CONFLICT,
    DECLARED_YEAR,
    MIDNIGHT,
    NO_DATE,
    NO_NUMBER,
    PERSONAL,
    SERIAL,
    SERIAL_1904,
    SHORT_YEAR,
    Note,
    Read,
)
from cdisc_kit.normalise.personal import masked, without_personal
from cdisc_kit.normalise.readers import cell_reader, plain_cells
from cdisc_kit.normalise.times import LAST_MINUTE
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import ColumnSpec, FormSpec, StudySpec

LOG_COLUMNS = ("file", "row", "column", "rules", "before", "after")
_DATES = ("date", "datetime")
_DAY_LENGTH = len("2025-09-04")


def normalise(
    spec: StudySpec, table: RawTable, births: Mapping[str, str] | None = None
) -> tuple[RawTable, list[Finding]]:
    """The table with canonical cells: ISO dates, plain numbers, Y/N, answer codes; '' for blank.

    `births` (subject -> ISO date of birth, may be partial) bounds the years that a serial number or a
    two-digit year can mean. The result's `log` has one row for each changed cell (LOG_COLUMNS). A cell that
    does not fit its column's type is reported (ERROR) and left blank; the raw table keeps what was written.
    Personal data in free text are masked before anything else, so that no finding holds them.
    """
    form = spec.sources.forms[table.form]
    rules = _date_rules(spec, table)
    table, personal = without_personal(spec, table)
    columns = {key: _read(table, column, rules) for key, column in form.columns.items()}
    for key, positions in personal.items():
        for at in positions:
            columns[key].change(int(at), Read(str(columns[key].values[at]), (PERSONAL,)))
    read_beside(form, columns)
    note_not_done(form, columns)
    _check_births(spec, table, form, columns, births or {})
    _check_texts(form, columns, rules)
    _roll_midnights(form, columns)
    frame = pd.DataFrame({key: read.values for key, read in columns.items()}, dtype=object, copy=False)
    texts = Texts(frame, {key: read.texts for key, read in columns.items() if read.texts is not None})
    findings = [
        _finding(table, form.columns[key], at, str(read.raw[at]), note)
        for key, read in columns.items()
        for at in sorted(read.notes)
        for note in read.notes[at]
    ]
    return replace(table, frame=frame, texts=texts, log=_log(table, columns)), findings


def canonical(spec: StudySpec, form: str, column: str, text: str) -> str:
    """One cell on its own as `normalise` reads it."""
    rules = DateRules.of(spec.sources.date_formats, spec.sources.unknown, spec.extract_date)
    declared = spec.sources.forms[form].columns[column]
    return cell_reader(declared, rules)(masked(text) if declared.type == "text" else text).text


def _date_rules(spec: StudySpec, table: RawTable) -> DateRules:
    return DateRules.of(spec.sources.date_formats, spec.sources.unknown, spec.extract_date, table.epoch)


def _read(table: RawTable, column: ColumnSpec, rules: DateRules) -> ReadColumn:
    typed = None
    if table.dates is not None and column.type in _DATES:
        typed = table.dates[column.key].to_numpy(dtype=bool)
    texts, reader, plain = table.coded(column.key), cell_reader(column, rules), plain_cells(column, rules)
    read_typed = read_typed_day if column.type == "date" else read_typed_date
    return ReadColumn.of(texts, reader, plain, typed, lambda text: read_typed(text, rules))


def _check_births(
    spec: StudySpec,
    table: RawTable,
    form: FormSpec,
    columns: dict[str, ReadColumn],
    births: Mapping[str, str],
) -> None:
    """Note the dates before the subject's birth; those worked out from a number or two digits are null.

    A birth after the cut-off is wrong itself, and told where it stands.
    """
    if spec.sources.subject not in columns or not births:
        return
    believed = {subject: birth for subject, birth in births.items() if birth <= spec.extract_date}
    subjects = columns[spec.sources.subject].values
    own = Coded.of(np.array([believed.get(subject, "") for subject in subjects], dtype=object))
    for key, column in columns.items():
        if form.columns[key].type not in _DATES or key == spec.sources.birth:
            continue
        worked_out = set(column.noted(SERIAL, SERIAL_1904, SHORT_YEAR, DECLARED_YEAR))
        for at in _earlier(column.values, own):
            value = "" if at in worked_out else str(column.values[at])
            column.change(at, Read(value, (BEFORE_BIRTH if value else NO_DATE,)))


def _earlier(dates: np.ndarray, births: Coded) -> list[int]:
    """Positions of dates that are earlier than the birth beside, whatever a partial one means."""
    date = Coded.of(dates)
    pairs, distinct = pd.factorize(date.codes * len(births.values) + births.codes)
    known = zip(*np.divmod(distinct, max(len(births.values), 1)), strict=True)
    before = [_precedes(str(date.values[day]), str(births.values[birth])) for day, birth in known]
    return [int(at) for at in np.flatnonzero(np.array(before, dtype=bool)[pairs])] if any(before) else []


def _precedes(date: str, birth: str) -> bool:
    if not (date and birth):
        return False
    known = min(len(date.partition("---")[0]), len(birth.partition("---")[0]), _DAY_LENGTH)
    return date[:known] < birth[:known]


def _check_texts(form: FormSpec, columns: dict[str, ReadColumn], rules: DateRules) -> None:
    """Note the texts that say another answer than the code they stand beside; the code is kept."""
    for key, column in form.columns.items():
        if not column.text_of:
            continue
        text, code = columns[key], columns[column.text_of]
        reader = cell_reader(form.columns[column.text_of], rules)
        written, uniques = pd.factorize(text.values)
        meant = np.array([reader(str(words)).text for words in uniques], dtype=object)[written]
        unread = (code.values == "") & (code.raw != "")  # told already
        for at in np.flatnonzero((text.values != "") & (meant != code.values) & ~unread):
            text.change(int(at), Read(str(text.values[at]), (CONFLICT,)))


def _roll_midnights(form: FormSpec, columns: dict[str, ReadColumn]) -> None:
    """24:00 is 00:00 of the day after the date beside; without such a date it says nothing."""
    for key, column in columns.items():
        if form.columns[key].type != "time":
            continue
        beside = columns.get(form.columns[key].date)
        for at in np.flatnonzero(column.values == LAST_MINUTE):
            day = str(beside.values[at]) if beside is not None else ""
            if beside is None or len(day) != _DAY_LENGTH or "---" in day:
                column.change(int(at), Read("", (NO_DATE,)))
                continue
            column.change(int(at), Read("00:00"))
            beside.change(int(at), Read(next_day(day), (Note(MIDNIGHT.rule, ""),)))


def _log(table: RawTable, columns: dict[str, ReadColumn]) -> pd.DataFrame:
    """One row for each cell that is not as it was written, in column then row order."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in LOG_COLUMNS}
    for key, column in columns.items():
        changed = column.changed()
        parts["file"].append(repeated(table.file, len(changed)))
        parts["row"].append(table.row[changed])
        parts["column"].append(repeated(key, len(changed)))
        parts["rules"].append(column.rules[changed])
        parts["before"].append(column.raw[changed])
        parts["after"].append(column.values[changed])
    return pd.DataFrame({name: np.concatenate(found) for name, found in parts.items()})


def _finding(table: RawTable, column: ColumnSpec, at: int, value: str, note: Note) -> Finding:
    row = int(table.row[at])
    if column.unreadable and note in (NO_NUMBER, COMMA):
        note = note._replace(rule=column.unreadable, severity="WARN")
    asked = f"{table.form}表第{row}行“{column.label}”填写为“{value}”,{note.zh};请核对并更正或确认。"
    return Finding(
        rule=note.rule,
        severity=note.severity,
        message=f"{column.key}: {note.en}",
        message_zh=f"“{column.label}”{note.zh}",
        value=value,
        form=table.form,
        source_file=table.file,
        source_sheet=table.sheet,
        source_row=row,
        source_column=column.key,
        query="" if note.severity == "INFO" else asked,
    )

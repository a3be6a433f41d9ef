"""`dirt_manifest.csv`: every change made to the clean data and every finding it must lead to.

UTF-8 without a byte order mark, line feeds. A line is a change (`clean_value` and `dirty_value` differ), an
expected finding (`expected_rule` or `expected_severity` is filled), or both. Columns that need words:

* `case_id`: number of the case in the registry.
* `form`: form, or `FORM/PASS` where only one entry pass holds the change; empty for the whole workbook.
* `row`: row of the dirty file as a person counts it, heading rows included; of a row taken out, where it
  stood in the clean file. Empty for a finding about the form as a whole.
* `field`: column key (the heading of a column nobody declared); `*` for a whole row put in (`clean_value`
  empty) or taken out (`dirty_value` empty), whose cells are joined by `|`.
* `expected_rule` may be empty where a conversion is only recorded as INFO.
* `expected_output`: `DATASET.VARIABLE=value`; nothing after `=` stands for null.
* `caused_by`: case that makes this finding inevitable although its own rule is another.

A byte that is no text (an encoding error) is shown as `\\udcXX`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cdisc_kit.synth.dirt.raw import RawData, Record

COLUMNS = (
    "case_id",
    "form",
    "subject",
    "visit",
    "row",
    "field",
    "clean_value",
    "dirty_value",
    "expected_rule",
    "expected_severity",
    "expected_output",
    "caused_by",
)
WHOLE_ROW = "*"


class Expected(NamedTuple):
    """The finding a change must lead to; the rule is empty where only the conversion is recorded."""

    rule: str = ""
    severity: str = ""
    output: str = ""


NOTHING = Expected()


def info(rule: str = "", output: str = "") -> Expected:
    """An expected INFO."""
    return Expected(rule, "INFO", output)


def warn(rule: str, output: str = "") -> Expected:
    """An expected WARN."""
    return Expected(rule, "WARN", output)


def error(rule: str, output: str = "") -> Expected:
    """An expected ERROR."""
    return Expected(rule, "ERROR", output)


def fatal(rule: str) -> Expected:
    """An expected FATAL: nothing is written, so there is no output to expect."""
    return Expected(rule, "FATAL")


@dataclass(frozen=True)
class Entry:
    """One line. `row` is given for a row that is gone; otherwise it is that of `record`, if there is one."""

    case: int
    form: str
    record: Record | None
    field: str
    clean: str
    dirty: str
    expected: Expected
    caused_by: str = ""
    row: int = 0


def sheet_rows(raw: RawData) -> dict[int, int]:
    """`id` of a record -> its row in the sheet or text file of its form."""
    return {at: row for form in raw.forms.values() for at, row in form.rows().items()}


def manifest_text(
    entries: list[Entry],
    raw: RawData | None = None,
    rows: Callable[[RawData], dict[int, int]] = sheet_rows,
) -> str:
    """The manifest of `raw` after planting; only its header line without entries."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    if raw is not None:
        written = rows(raw)
        ordered = sorted(entries, key=lambda entry: entry.case)
        writer.writerows(_line(entry, raw, written) for entry in ordered)
    return buffer.getvalue()


def _line(entry: Entry, raw: RawData, rows: dict[int, int]) -> list[object]:
    values = entry.record.values if entry.record else {}
    row = entry.row or (rows[id(entry.record)] if entry.record else "")
    return [
        entry.case,
        entry.form,
        values.get(raw.subject_key, ""),
        values.get(raw.visit_key, ""),
        row,
        entry.field,
        entry.clean,
        entry.dirty,
        *entry.expected,
        entry.caused_by,
    ]

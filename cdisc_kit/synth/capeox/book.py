"""The forms as tables of canonical values (ISO 8601 dates, Y/N, codes), and their printing as sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from cdisc_kit.synth.capeox.person import Person
from cdisc_kit.synth.capeox.protocol import STUDY, Protocol, mapping_folder
from cdisc_kit.synth.dirt.raw import Cells, RawData, RawForm, raw_form
from cdisc_kit.yamltext import read_yaml

Row = dict[str, str]
Tables = dict[str, list[Row]]
LOG = "LOG"
MONTH_ONLY = ("BRTHYM",)


def read_forms() -> dict[str, dict[str, Mapping[str, Any]]]:
    """Form -> column key -> its entry in sources.yaml (label, type, codes), in file order."""
    sources = read_yaml(mapping_folder() / "sources.yaml", f"mappings/{STUDY}/sources.yaml")
    return {
        str(name): {
            **{str(key): sources["header"][key] for key in form["header"]},
            **{str(key): entry for key, entry in form["columns"].items()},
        }
        for name, form in sources["forms"].items()
    }


class Book:
    """Rows of every form, in the order they were added; a value that is None or '' is a blank cell."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._forms = read_forms()
        self.tables: Tables = {name: [] for name in self._forms}
        self._repeats: dict[tuple[str, str, str], int] = {}

    @property
    def cutoff(self) -> dt.date:
        """Nothing after this day is in the export."""
        return self._protocol.cutoff

    def add(self, form: str, person: Person, event: str, date: dt.date, **cells: object) -> Row:
        """Add a row; REPEATKEY counts the rows of the form at the event of the subject."""
        place = (form, person.subjid, event)
        self._repeats[place] = self._repeats.get(place, 0) + 1
        header = self._header(person, event, date, self._repeats[place])
        unknown = cells.keys() - self._forms[form].keys()
        if unknown:
            raise KeyError(f"form {form} has no column {', '.join(sorted(unknown))}")
        row = {key: _canonical(header.get(key, cells.get(key))) for key in self._forms[form]}
        self.tables[form].append(row)
        return row

    def _header(self, person: Person, event: str, date: dt.date, repeat: int) -> dict[str, object]:
        cutoff = self._protocol.cutoff
        age = (cutoff - date).days
        edited = min(date + dt.timedelta(days=1 + person.number % 4), cutoff)
        return {
            "SITEID": self._protocol.site,
            "SUBJID": person.subjid,
            "INIT": person.initials,
            "EVENT": event,
            "EVENTDT": date,
            "REPEATKEY": repeat,
            "FORMSTATUS": "LOCKED" if age > 180 else "VERIFIED" if age > 60 else "SUBMITTED",
            "LASTMODBY": f"CRC{1 + person.number % 2:02d}",
            "LASTMODTM": f"{edited.isoformat()}T{9 + repeat % 8:02d}:{(7 * person.number + repeat) % 60:02d}",
        }

    def printed(self) -> RawData:
        """Every form as a sheet: codes, Chinese labels, then one row of cells per record."""
        forms = {form: print_form(form, self._forms[form], rows) for form, rows in self.tables.items()}
        return RawData(forms, subject_key="SUBJID", visit_key="EVENT")

    def sheets(self) -> dict[str, list[list[object]]]:
        """The clean sheets."""
        return self.printed().sheets()


def _canonical(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def print_form(name: str, columns: dict[str, Mapping[str, Any]], rows: list[Row]) -> RawForm:
    """One sheet: row 1 the column keys, row 2 the labels, data from row 3."""
    codes: Cells = {key: key for key in columns}
    labels: Cells = {key: str(entry["label"]) for key, entry in columns.items()}
    cells: list[Cells] = [{key: _cell(key, row, columns) for key in columns} for row in rows]
    return raw_form(name, [codes, labels], rows, cells)


def _cell(key: str, row: Row, columns: dict[str, Mapping[str, Any]]) -> object:
    """A field with a companion X_TXT shows its code, a field without shows its words."""
    if key.endswith("_TXT"):
        coded = key.removesuffix("_TXT")
        return _words(row[coded], columns[coded]) or None
    value, entry = row[key], columns[key]
    if not value:
        return None
    kind = str(entry["type"])
    if kind in ("code", "codes"):
        value = value if f"{key}_TXT" in columns else _words(value, entry)
        return int(value) if kind == "code" and value.isdigit() and f"{key}_TXT" in columns else value
    if kind in ("number", "integer"):
        return float(value) if "." in value else int(value)
    if kind == "yesno":
        return {"Y": "是", "N": "否"}[value]
    return _date_cell(value, key, kind)


def _words(value: str, entry: Mapping[str, Any]) -> str:
    return ";".join(str(entry["codes"][code]) for code in value.split(";")) if value else ""


def _date_cell(value: str, key: str, kind: str) -> object:
    if kind == "datetime":
        return dt.datetime.fromisoformat(value)
    if kind != "date" or key in MONTH_ONLY:
        return value
    if len(value) == len("2025-01-01"):
        return dt.date.fromisoformat(value)
    return value + "-UK" * (2 - value.count("-"))

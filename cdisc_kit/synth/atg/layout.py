"""What the generator reads from the study's mapping folder: the forms to print and the assumed values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.yamltext import Map, read_yaml


@dataclass(frozen=True)
class Column:
    """One column of a form: key, heading, type and the texts of its answer codes."""

    key: str
    label: str
    type: str
    codes: dict[str, str]


@dataclass(frozen=True)
class Form:
    """One form: its columns in file order, its row key, and the files it is written to.

    `files` holds (path below the raw folder, encoding); the encoding is empty for a workbook, whose sheet
    is `sheet`.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    sheet: str


@dataclass(frozen=True)
class PlannedVisit:
    """A planned visit: raw code and the postoperative days it may fall on."""

    code: str
    first_pod: int
    last_pod: int
    nominal_pod: int


@dataclass(frozen=True)
class Layout:
    """The forms, visits and values of study.yaml and sources.yaml."""

    forms: dict[str, Form]
    visits: dict[str, PlannedVisit]
    parameters: dict[str, str]
    studyid: str
    cutoff: dt.date
    first_consent: dt.date

    def number(self, name: str) -> float:
        """A parameter that is one number."""
        return float(self.parameters[name])

    def numbers(self, name: str) -> list[float]:
        """A parameter that is several numbers separated by blanks."""
        return [float(part) for part in self.parameters[name].split()]


def read_layout(folder: Path) -> Layout:
    """The layout in a study's mapping folder; SpecError where a file cannot be read."""
    study = read_yaml(folder / "study.yaml", f"{folder.name}/study.yaml")
    sources = read_yaml(folder / "sources.yaml", f"{folder.name}/sources.yaml")
    header = sources["header"]
    visits = {str(v["code"]): _visit(v) for v in study["visits"]}
    return Layout(
        forms={str(name): _form(str(name), entry, header) for name, entry in sources["forms"].items()},
        visits=visits,
        parameters={str(name): str(entry["value"]) for name, entry in study["parameters"].items()},
        studyid=str(study["studyid"]),
        cutoff=dt.date.fromisoformat(study["extract_date"]["value"]),
        first_consent=dt.date.fromisoformat(study["registration"]["recruiting"]["start"]),
    )


def _visit(entry: Map) -> PlannedVisit:
    day = int(entry["visitdy"])
    return PlannedVisit(
        str(entry["code"]), int(entry["first_pod"]), int(entry["last_pod"]), day - 1 if day > 0 else day
    )


def _form(name: str, entry: Map, header: Map) -> Form:
    columns = [(key, header[key]) for key in entry["header"]] + list(entry["columns"].items())
    reader = entry["reader"]
    passes = reader.get("passes")
    files = (
        tuple((str(one["file"]), str(one["encoding"])) for one in passes.values())
        if passes
        else ((str(reader["file"]), ""),)
    )
    return Form(
        name=name,
        columns=tuple(_column(str(key), value) for key, value in columns),
        key=tuple(str(key) for key in entry["key"]),
        files=files,
        sheet=str(reader.get("sheet", "")),
    )


def _column(key: str, entry: Map) -> Column:
    codes = {str(code): str(text) for code, text in entry.get("codes", {}).items()}
    return Column(key, str(entry["label"]), str(entry["type"]), codes)

"""sources.yaml: the forms of a study, their files and columns."""

from __future__ import annotations

from cdisc_kit.spec.model import ColumnSpec, FormSpec, SourcesSpec
from cdisc_kit.spec.problems import Problems
from cdisc_kit.spec.schema import SOURCES_SCHEMA
from cdisc_kit.yamltext import Map


def parse_sources(document: Map, problems: Problems) -> SourcesSpec | None:
    """The forms, or None where the outline is broken."""
    if not problems.schema(document, SOURCES_SCHEMA):
        return None
    header: Map = document.get("header", Map())
    forms = {str(name): _form(name, entry, header, problems) for name, entry in document["forms"].items()}
    drafts = document.get("drafts")
    visit = document.get("visit", Map())
    return SourcesSpec(
        forms=forms,
        site=str(document["subject"]["site"]),
        subject=str(document["subject"]["subject"]),
        visit=str(visit.get("code", "")),
        visit_date=str(visit.get("date", "")),
        date_formats=tuple(document["dates"]["formats"]),
        unknown=tuple(document["dates"].get("unknown", ())),
        drafts=(str(drafts["column"]), frozenset(drafts["values"])) if drafts else None,
    )


def _form(name: str, entry: Map, header: Map, problems: Problems) -> FormSpec:
    columns: dict[str, ColumnSpec] = {}
    for key in entry.get("header", ()):
        if key in header:
            columns[str(key)] = _column(key, header[key])
        else:
            problems.unknown(key, str(name), "header column", key, header)
    for key, value in entry["columns"].items():
        if key in columns:
            problems.at(key, f"{name}: column '{key}' is already a header column")
        columns[str(key)] = _column(key, value)
    for key in [*entry.get("key", ()), *entry.get("order", ())]:
        if key not in columns:
            problems.unknown(key, str(name), "column", key, columns)
    return FormSpec(
        name=str(name),
        title=str(entry["title"].get("en", name)),
        title_zh=str(entry["title"].get("zh", "")),
        reader=entry["reader"],
        columns={str(key): columns[key] for key in entry.get("order", columns) if key in columns},
        key=tuple(entry.get("key", ())),
    )


def _column(key: str, entry: Map) -> ColumnSpec:
    return ColumnSpec(
        key=str(key),
        label=str(entry["label"]),
        type=str(entry["type"]),
        codes={str(code): str(text) for code, text in entry.get("codes", {}).items()},
        required=entry.get("required") == "true",
    )

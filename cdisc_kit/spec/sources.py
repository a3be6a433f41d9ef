"""sources.yaml: the forms of a study, their files and columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase

from cdisc_kit.spec.column_schema import AMOUNTS
from cdisc_kit.spec.model import ColumnSpec, FormSpec, PauseSpec, SourcesSpec
from cdisc_kit.spec.problems import Problems
from cdisc_kit.spec.readers import READER_KEYS
from cdisc_kit.spec.schema import SOURCES_SCHEMA
from cdisc_kit.yamltext import Map

# What a form says of its columns by listing them.
_COLUMN_LISTS = ("key", "natural_key", "order", "critical")


def parse_sources(document: Map, problems: Problems) -> SourcesSpec | None:
    """The forms, or None where the outline is broken."""
    if not problems.schema(document, SOURCES_SCHEMA):
        return None
    header: Map = document.get("header", Map())
    usual: Map = document.get("numbers", Map())
    forms = {
        str(name): _form(name, entry, header, usual, problems) for name, entry in document["forms"].items()
    }
    if "alternative" in document:
        columns = {key for form in forms.values() for key in form.columns}
        _check_reader(document["alternative"], "alternative", columns, problems)
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
        not_submitted=_not_submitted(document.get("not_submitted", Map()), forms, problems),
        birth=str(document["subject"].get("birth", "")),
        resolution=str(document.get("resolution", "")),
        alternative=document.get("alternative"),
        no_visit=tuple(map(str, visit.get("none", ()))),
        agree={str(name): str(rule) for name, rule in document["subject"].get("agree", {}).items()},
        visit_spread=_spread(visit),
    )


def _spread(visit: Map) -> tuple[str, tuple[str, ...]] | None:
    if "spread" not in visit:
        return None
    return str(visit["spread"]["parameter"]), tuple(map(str, visit["spread"].get("but", ())))


def _not_submitted(section: Map, forms: dict[str, FormSpec], problems: Problems) -> dict[str, str]:
    """FORM.COLUMN patterns with their reasons; one that fits no column is reported."""
    known = [f"{name}.{column}" for name, form in forms.items() for column in form.columns]
    for pattern in section:
        if not any(fnmatchcase(name, pattern) for name in known):
            problems.unknown(pattern, "not_submitted", "FORM.COLUMN", pattern, known)
    return {str(pattern): str(reason) for pattern, reason in section.items()}


def _form(name: str, entry: Map, header: Map, usual: Map, problems: Problems) -> FormSpec:
    columns: dict[str, ColumnSpec] = {}
    for key in entry.get("header", ()):
        if key in header:
            columns[str(key)] = _column(key, header[key], usual)
        else:
            problems.unknown(key, str(name), "header column", key, header)
    for key, value in entry["columns"].items():
        if key in columns:
            problems.at(key, f"{name}: column '{key}' is already a header column")
        columns[str(key)] = _column(key, value, usual)
    for key in [name for part in _COLUMN_LISTS for name in entry.get(part, ())]:
        if key not in columns:
            problems.unknown(key, str(name), "column", key, columns)
    _check_columns(str(name), columns, Map({**header, **entry["columns"]}), problems)
    _check_labels(str(name), entry, columns, problems)
    _check_reader(entry["reader"], str(name), columns, problems)
    for key in set(entry.get("critical", ())) & columns.keys():
        columns[key] = replace(columns[key], critical=True)
    return FormSpec(
        name=str(name),
        title=str(entry["title"].get("en", name)),
        title_zh=str(entry["title"].get("zh", "")),
        reader=entry["reader"],
        columns={str(key): columns[key] for key in entry.get("order", columns) if key in columns},
        key=tuple(entry.get("key", ())),
        pauses=_pauses(entry["pauses"], str(name), columns, problems) if "pauses" in entry else None,
        header=tuple(map(str, entry.get("header", ()))),
        natural_key=tuple(map(str, entry.get("natural_key", ()))),
    )


def _pauses(entry: Map, form: str, columns: Collection[str], problems: Problems) -> PauseSpec:
    for key in (entry["start"], entry["end"], entry["when"], *entry.get("once", ())):
        if key not in columns:
            problems.unknown(key, f"{form} pauses", "column", key, columns)
    return PauseSpec(
        start=str(entry["start"]),
        end=str(entry["end"]),
        column=str(entry["when"]),
        value=str(entry["is"]),
        rule=str(entry["rule"]),
        once=tuple(map(str, entry.get("once", ()))),
    )


def _check_reader(reader: Map, where: str, columns: Collection[str], problems: Problems) -> None:
    """Report keys that a reader of this type does not know, a missing file, and columns that do not exist."""
    kind = str(reader["type"])
    for key in reader:
        if key not in ("type", "file", *READER_KEYS[kind]):
            problems.at(key, f"{where}: '{key}' is no key of a {kind} reader")
    if "file" not in reader and not reader.get("passes"):
        problems.at(reader, f"{where}: the reader has no 'file'")
    for key in reader.get("attributes", ()):
        if key not in columns:
            problems.unknown(key, where, "column", key, columns)


def _check_labels(name: str, entry: Map, columns: dict[str, ColumnSpec], problems: Problems) -> None:
    """Two columns with one heading would read the same cells, unless the file has a row of codes."""
    first: dict[str, str] = {}
    for key, column in columns.items():
        other = first.setdefault(column.label, key)
        if other != key and "code_row" not in entry["reader"]:
            problems.at(
                entry, f"{name}: columns '{other}' and '{key}' have the same label; a file has one of each"
            )


def _limit(name: str, entry: Map, usual: Map) -> Decimal | None:
    value = entry.get(name, usual.get(name, "none"))
    return None if value == "none" or entry["type"] not in AMOUNTS else Decimal(value)


def _column(key: str, entry: Map, usual: Map) -> ColumnSpec:
    return ColumnSpec(
        key=str(key),
        label=str(entry["label"]),
        type=str(entry["type"]),
        codes={str(code): str(text) for code, text in entry.get("codes", {}).items()},
        required=entry.get("required") == "true",
        synonyms={str(word): str(code) for word, code in entry.get("synonyms", {}).items()},
        aliases=tuple(map(str, entry.get("aliases", ()))),
        comparator=entry.get("comparator") == "true",
        critical=entry.get("critical") == "true",
        date=str(entry.get("date", "")),
        text_of=str(entry.get("text_of", "")),
        unit=str(entry.get("unit", "")),
        unit_in=str(entry.get("unit_in", "")),
        minimum=_limit("minimum", entry, usual),
        maximum=_limit("maximum", entry, usual),
        not_done=str(entry.get("not_done", "")),
        unreadable=str(entry.get("unreadable", "")),
    )


def _check_columns(form: str, columns: dict[str, ColumnSpec], entries: Map, problems: Problems) -> None:
    """Report synonyms of answers, and columns that a column refers to, that do not exist."""
    for key, column in columns.items():
        for word, code in column.synonyms.items():
            if code not in column.codes:
                problems.unknown(
                    entries[key]["synonyms"][word], f"{form}.{key}", "answer code", code, column.codes
                )
        for param in ("date", "text_of", "unit_in", "not_done"):
            name = getattr(column, param)
            if name and name not in columns:
                problems.unknown(entries[key][param], f"{form}.{key}", "column", name, columns)
        for param in ("unit_in", "minimum", "maximum", "not_done", "unreadable"):
            if param in entries[key] and column.type not in AMOUNTS:
                problems.at(
                    entries[key][param], f"{form}.{key}: '{param}' is of amounts, not of {column.type}"
                )

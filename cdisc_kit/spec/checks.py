"""checks.yaml: questions asked of the study's data, whose answers are findings.

A check lays out rows with record blocks, computes helper columns with operations, as a dataset does, and
keeps the rows on which `when` is true. It is read into a `DomainSpec` without variables, so that its names
are checked, and its columns computed, by the same code as a dataset's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cdisc_kit.derive import OPERATIONS
from cdisc_kit.derive.operation import NAME
from cdisc_kit.findings import SEVERITIES
from cdisc_kit.spec.column_schema import COLUMN_TYPES
from cdisc_kit.spec.domain import parse_block, parse_expression, parse_targets
from cdisc_kit.spec.model import (
    EVERY_BLOCK,
    Call,
    CheckSpec,
    DomainSpec,
    GatherSpec,
    SourcesSpec,
    StudySpec,
    VariableSpec,
)
from cdisc_kit.spec.names import resolve
from cdisc_kit.spec.problems import Problems
from cdisc_kit.spec.schema import domain_schema
from cdisc_kit.standard import StandardDataset
from cdisc_kit.standard.tables import Table
from cdisc_kit.yamltext import Map, line_of

WHEN, AT, QUERY = "when", "at", "query"
# What a finding can point at: a cell of a raw record, or a variable of a dataset's record.
_POINTED = frozenset({"raw", "alias", "source"})


def checks_schema() -> dict[str, Any]:
    """The schema of checks.yaml."""
    sections = domain_schema()["properties"]
    records = sections["records"]
    every: dict[str, Any] = {
        "type": "object",
        "properties": {
            "every_column": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
            "of": {"type": "array", "items": {"enum": COLUMN_TYPES}, "minItems": 1},
            "except": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["every_column", "of"],
        "additionalProperties": False,
    }
    text = {"type": "string", "minLength": 1}
    check = {
        "type": "object",
        "properties": {
            "rule": {"type": "string", "pattern": "^[A-Z]{2,4}-[A-Z0-9]+(-[A-Z0-9]+)*$"},
            "severity": {"enum": list(SEVERITIES)},
            "message": {
                "type": "object",
                "properties": {"en": text, "zh": text},
                "required": ["en", "zh"],
                "additionalProperties": False,
            },
            "rows": {"anyOf": [every, records]},
            "work": sections["work"],
            "when": text,
            "at": text,
            "query": text,
            "references": {"type": "array", "items": text},
            "gathered": {
                "type": "object",
                "properties": {
                    "above": {"type": "string", "pattern": "^[1-9][0-9]*$"},
                    AT: NAME,
                    QUERY: text,
                },
                "required": ["above", AT, QUERY],
                "additionalProperties": False,
            },
        },
        "required": ["rule", "severity", "message", "rows", "when", "at"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"checks": {"type": "array", "items": check}},
        "required": ["checks"],
        "additionalProperties": False,
    }


def parse_checks(
    document: Map, study: Map, sources: SourcesSpec, problems: Problems
) -> tuple[CheckSpec, ...]:
    """The checks in file order; none where the outline is broken."""
    if not problems.schema(document, checks_schema()):
        return ()
    return tuple(_check(entry, study, sources, problems) for entry in document["checks"])


def _check(entry: Map, study: Map, sources: SourcesSpec, problems: Problems) -> CheckSpec:
    given = entry["rows"]
    records = list(_every_column(given, sources, problems)) if isinstance(given, Map) else given
    blocks = tuple(parse_block(record, study, problems) for record in records)
    work = parse_targets(entry.get("work", Map()), blocks, problems)
    parse_expression(entry, WHEN, problems)
    query = str(entry.get(QUERY, ""))
    work[WHEN] = _computed(entry, WHEN, "expr", entry[WHEN])
    work[AT] = _computed(entry, AT, "assign", entry[AT])
    if query:
        work[QUERY] = _computed(entry, QUERY, "template", entry[QUERY])
    name = f"{entry['rule']} line {line_of(entry['rule'])}"
    rows = DomainSpec(
        name=name,
        file=entry.file,
        standard=StandardDataset(name, "", "", "", (), 0, Table("variable", {})),
        blocks=blocks,
        work=work,
        variables={},
        supp={},
        sort=(),
        orders={},
        keys=(),
        value_levels=(),
        not_submitted={},
    )
    return CheckSpec(
        rule=str(entry["rule"]),
        severity=str(entry["severity"]),
        message=str(entry["message"]["en"]),
        message_zh=str(entry["message"]["zh"]),
        query=query,
        rows=rows,
        references=tuple(str(text) for text in entry.get("references", ())),
        line=line_of(entry["rule"]),
        gathered=_gathered(entry["gathered"], sources, problems) if "gathered" in entry else None,
    )


def _gathered(given: Map, sources: SourcesSpec, problems: Problems) -> GatherSpec:
    form, _, column = given[AT].partition(".")
    if form not in sources.forms or column not in sources.forms[form].columns:
        known = [f"{each.name}.{name}" for each in sources.forms.values() for name in each.columns]
        problems.unknown(given[AT], AT, "FORM.COLUMN", given[AT], known)
    return GatherSpec(int(given["above"]), form, column, str(given[QUERY]))


def _computed(entry: Map, name: str, operation: str, value: str) -> VariableSpec:
    """A helper column that the check itself needs; its lower-case name cannot be one of `work`."""
    line = line_of(value)
    call = Call(OPERATIONS[operation], Map({operation: value}), entry.file, line, "", "", "")
    return VariableSpec(name, {EVERY_BLOCK: call}, line)


def _every_column(given: Map, sources: SourcesSpec, problems: Problems) -> Iterator[Map]:
    """One record block for each form that has columns of the types, one row for each such column."""
    alias, left_out = given["every_column"], list(given.get("except", ()))
    found = {
        f"{form.name}.{column.key}"
        for form in sources.forms.values()
        for column in form.columns.values()
        if column.type in given["of"]
    }
    for name in left_out:
        if name not in found and name.removeprefix("*.") not in {each.partition(".")[2] for each in found}:
            problems.unknown(name, "except", "FORM.COLUMN or *.COLUMN", name, found)
    for form in sources.forms.values():
        columns = [
            key
            for key in form.columns
            if f"{form.name}.{key}" in found - {*left_out} and f"*.{key}" not in left_out
        ]
        if columns:
            items = [Map({"columns": Map({alias: key})}) for key in columns]
            block = Map({"id": form.name.lower(), "from": form.name, "unpivot": Map({"items": items})})
            block.file, block.line = given.file, given.line
            yield block


def check_places(spec: StudySpec, broken: frozenset[str], problems: Problems) -> None:
    """Report each check whose findings would point at what is no cell and no variable of a dataset."""
    for check in spec.checks:
        call = check.rows.work[AT].by[EVERY_BLOCK]
        name = str(call.params["assign"])
        for block in check.rows.blocks:
            resolved = resolve(spec, check.rows, block, name)
            if block.source in broken or resolved is None:
                continue
            if resolved.kind not in _POINTED:
                problems.append(
                    f"{call.file}:{call.line} at: '{name}' is no column of {block.source or block.id}; "
                    "a finding points at a raw column or at a variable of the dataset that `rows` reads"
                )


def with_checks(spec: StudySpec) -> StudySpec:
    """The study with its checks among its datasets, as the search for circles takes them."""
    return replace(spec, domains={**spec.domains, **{check.rows.name: check.rows for check in spec.checks}})

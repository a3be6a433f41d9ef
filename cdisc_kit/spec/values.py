"""Values of the mapping files that read well but cannot work: visits, dates, templates, USUBJID, tables."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

from cdisc_kit.derive.template import loose_braces
from cdisc_kit.spec.coding import check_coding_tables
from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, Call, DomainSpec, StudySpec
from cdisc_kit.spec.problems import Problems
from cdisc_kit.spec.schema import STUDY_SCHEMA
from cdisc_kit.spec.study_references import fields_of
from cdisc_kit.standard import anchors
from cdisc_kit.yamltext import Map

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE_PARTS = {"year": ("%Y", "%y"), "month": ("%m", "%b"), "day": ("%d",)}


def check_values(spec: StudySpec, sources: Map, broken: frozenset[str], problems: Problems) -> None:
    """Report values that would stop a build, or pass it in silence, whatever the data are."""
    _check_study_keys(spec, problems)
    _check_extract_date(spec, problems)
    _check_usubjid(spec, problems)
    for text in sources["dates"]["formats"]:
        _check_date_format(text, problems)
    _check_visits(spec, problems)
    for domain in spec.domains.values():
        if any(block.kind == "visits" for block in domain.blocks):
            _check_visit_needs(spec, domain, broken, problems)
    check_coding_tables(spec, problems)
    for domain in (*spec.domains.values(), *(check.rows for check in spec.checks)):
        for target in domain.targets():
            for call in target.by.values():
                _check_template(target.name, call, problems)


def _check_study_keys(spec: StudySpec, problems: Problems) -> None:
    """A key nobody reads is a slip; lists that a record block takes as its table are read."""
    domains = (*spec.domains.values(), *(check.rows for check in spec.checks))
    tables = {block.source for domain in domains for block in domain.blocks if block.kind == "table"}
    known = [*STUDY_SCHEMA["properties"], *tables]
    for key in spec.study:
        if key not in known:
            problems.unknown(key, "study", "key", key, [*known, "visits"])


def _check_extract_date(spec: StudySpec, problems: Problems) -> None:
    try:
        dt.date.fromisoformat(spec.extract_date)
    except ValueError:
        marker = spec.study["extract_date"]["value"]
        problems.at(marker, f"extract_date: '{marker}' is no date; write it as 2025-06-30")


def _check_usubjid(spec: StudySpec, problems: Problems) -> None:
    marker = spec.study["identity"]["usubjid"]
    parts = ("STUDYID", spec.sources.site, spec.identity.subject)
    fields = fields_of(spec.identity.usubjid)
    if fields is None:
        written = ", ".join("{" + part + "}" for part in parts)
        problems.at(marker, f"identity: usubjid is no template; write the parts as {written}")
    elif spec.identity.subject not in fields:
        subject = "{" + spec.identity.subject + "}"
        problems.at(marker, f"identity: usubjid does not name {subject}; two subjects would be one")


def _check_date_format(text: str, problems: Problems) -> None:
    marks = re.findall("%.?", text)
    for part, own in _DATE_PARTS.items():
        named = [mark for mark in marks if mark in own]
        if len(named) > 1:
            problems.at(text, f"dates: '{text}' names {named[0]} twice; each part of a date stands once")
        elif part == "year" and not named:
            problems.at(text, f"dates: '{text}' names no year; add %Y or %y")


def _check_template(name: str, call: Call, problems: Problems) -> None:
    if "template" not in call.params:
        return
    for wrong in loose_braces(str(call.params["template"])):
        column = wrong.strip("{}").partition(":")[0]
        advice = f"write {{{column}}}, or {{{column}:2}} for zeros before it"
        problems.append(f"{call.file}:{call.line} {name}: '{wrong}' is no field of a template; {advice}")


def _check_visits(spec: StudySpec, problems: Problems) -> None:
    """Planned visits: each code and each number once, numbers and offsets that are numbers."""
    plan = spec.domains.get(anchors.PLANNED_VISITS)
    if plan is None:
        return
    number = _assigned(plan, anchors.VISIT_VARIABLES[0])
    offsets = {
        str(block.options["offset"])
        for domain in spec.domains.values()
        for block in domain.blocks
        if block.kind == "visits" and "offset" in block.options
    }
    for block in plan.blocks:
        for column in ("code", number):
            _check_once(block, column, problems)
        _check_numbers(block, number, "a number", problems)
        for column in sorted(offsets):
            _check_numbers(block, column, "a number of days", problems)


def _check_visit_needs(
    spec: StudySpec, domain: DomainSpec, broken: frozenset[str], problems: Problems
) -> None:
    """A block of visits reads the plan and the date of consent, whatever its mapping names."""
    needed = [f"{anchors.PLANNED_VISITS}.{name}" for name in anchors.VISIT_VARIABLES]
    for reference in (*needed, anchors.CONSENT):
        dataset, _, variable = reference.partition(".")
        if dataset in broken:
            continue
        if dataset not in spec.domains or variable not in spec.domains[dataset].variables:
            problems.append(f"{domain.file}:1 {domain.name}: visits need {reference}; map it")


def _assigned(domain: DomainSpec, variable: str) -> str:
    """The column of the table that a variable takes as it is; '' where it is made otherwise."""
    target = domain.variables.get(variable)
    call = target.by.get(EVERY_BLOCK) if target is not None else None
    return str(call.params.get("assign", "")) if call is not None else ""


def _check_once(block: BlockSpec, column: str, problems: Problems) -> None:
    values = [row.get(column, "") for row in block.table]
    repeated = {value for value, count in Counter(values).items() if value and count > 1}
    for at in reversed(range(len(values))):
        if values[at] in repeated:
            repeated.discard(values[at])
            _tell(block, at, column, "stands in another row too", problems)


def _check_numbers(block: BlockSpec, column: str, what: str, problems: Problems) -> None:
    for at, row in enumerate(block.table):
        if row.get(column) and not _NUMBER.fullmatch(row[column]):
            _tell(block, at, column, f"is not {what}", problems)


def _tell(block: BlockSpec, at: int, column: str, what: str, problems: Problems) -> None:
    name = block.source or block.id
    message = f"{name}: {column} '{block.table[at][column]}' {what}"
    problems.append(f"{block.places[at]} {message}")

"""From the engine's nested answer about one rule to plain values. Needs no engine."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cdisc_kit.checked import Unjudged
from cdisc_kit.core_engine.result import CoreIssue

RECORD_RULES = "Record Data"
_OUTSIDE_SCOPE = "Outside scope"
_JUDGED = ("success", "issue reported")
# Rules about variables rather than records report the variable's name as a value under one of these names.
_NAMING_COLUMNS = ("variable_name", "define_variable_name")
# In answers of other rule types `row` counts variables or datasets.
_TYPES_WITH_RECORDS = ("Record Data", "Value Check", "Dataset Contents Check")
_WHOLE_PACKAGE = "STUDY"
_VARIABLE = re.compile(r"(?:[A-Z]+\.)?[A-Z][A-Z0-9]{0,7}")
_QUOTED_LIST = re.compile(r"\[((?:'[^']*'(?:,\s*)?)+)\]")
_ABSENT_DATASET = re.compile(r"Domain (\S+) does not exist")


@dataclass(frozen=True)
class Verdict:
    """What one rule said about all datasets. `judged`: it gave a verdict on at least one."""

    rule: str
    judged: bool = False
    issues: tuple[CoreIssue, ...] = ()
    skipped: tuple[Unjudged, ...] = ()
    errors: tuple[Unjudged, ...] = ()


def read_verdict(rule: Mapping[str, Any], answer: Mapping[str, Iterable[Any]]) -> Verdict:
    """`answer` is what `RulesEngine.validate_single_rule(rule)` returned: dataset name to result containers.

    A dataset outside the rule's scope leaves no trace. A skip that no ordinary state of the data explains
    counts as an error.
    """
    rule_id = str(rule["core_id"])
    containers = [(name, _container(item)) for name, items in answer.items() for item in items]
    failures = [
        (Unjudged(rule_id, name, skip or _failure(entry)), bool(skip))
        for name, container in containers
        for entry in container["errors"]
        if "value" not in entry and entry["error"] != _OUTSIDE_SCOPE
        for skip in [_skip_reason(entry)]
    ]
    return Verdict(
        rule_id,
        judged=any(container["executionStatus"] in _JUDGED for _, container in containers),
        issues=tuple(
            _issue(rule, container, entry)
            for _, container in containers
            for entry in container["errors"]
            if "value" in entry
        ),
        skipped=tuple(pair for pair, ordinary in failures if ordinary),
        errors=tuple(pair for pair, ordinary in failures if not ordinary),
    )


def _container(item: Any) -> Mapping[str, Any]:
    """The engine answers with a bare message where a rule asks for no more than that."""
    if isinstance(item, str):
        return {"executionStatus": "execution error", "errors": [{"error": item, "message": ""}]}
    result: Mapping[str, Any] = item
    return result


def _failure(entry: Mapping[str, Any]) -> str:
    return ": ".join(str(part) for part in (entry["error"], entry["message"]) if part)


def _skip_reason(entry: Mapping[str, Any]) -> str:
    """Why a rule had nothing to judge, empty where that is not an ordinary state of the data.

    The engine builds these messages from sets, so names are sorted.
    """
    kind, message = entry["error"], str(entry["message"])
    if kind == "Empty dataset":
        return "no record is left after the rule's own selection"
    if kind == "Domain not found":
        absent = _ABSENT_DATASET.search(message)
        return f"no dataset {absent[1]}" if absent else ""
    if kind == "Column not found in data":
        names = _names(message)
        if all(_VARIABLE.fullmatch(name) for name in names):
            return f"no variable {', '.join(names)}"
    return ""


def _names(message: str) -> list[str]:
    lists = _QUOTED_LIST.findall(message)
    parts = re.findall(r"'([^']*)'", " ".join(lists)) if lists else message.split(", ")
    return sorted(set(parts))


def _issue(rule: Mapping[str, Any], container: Mapping[str, Any], entry: Mapping[str, Any]) -> CoreIssue:
    values = entry["value"]
    named = [str(values[column]) for column in _NAMING_COLUMNS if values.get(column)]
    columns = list(container["variables"]) or sorted(values)
    dataset = entry.get("dataset") or container["dataset"] or ""
    ordered = _ordered_operations(rule)
    return CoreIssue(
        rule=str(rule["core_id"]),
        dataset="" if dataset == _WHOLE_PACKAGE else dataset,
        row=entry.get("row") or 0 if rule["rule_type"].startswith(_TYPES_WITH_RECORDS) else 0,
        variables=tuple(named[:1] or (column for column in columns if not column.startswith("$"))),
        value="; ".join(
            f"{column}={as_text(values.get(column), keep_order=column in ordered)}" for column in columns
        ),
        message=str(container["message"]),
        usubjid=str(entry.get("USUBJID") or ""),
        seq=as_text(entry.get("SEQ")),
    )


def _ordered_operations(rule: Mapping[str, Any]) -> set[str]:
    """Results (`$name`) whose order is their meaning; all other lists may have been sets."""
    return {operation["id"] for operation in rule.get("operations") or () if "order" in operation["operator"]}


def as_text(value: Any, *, keep_order: bool = False) -> str:
    """A value of a dataset or of an operation: whole numbers without a fraction, missing ones empty."""
    if isinstance(value, list | tuple | set):
        parts = [as_text(part) for part in value]
        return ", ".join(parts if keep_order else sorted(parts))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""outcomes.yaml of a study: who is counted, from which day, and which records are events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import SpecError
from cdisc_kit.expression import Expression, ExpressionError, parse
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, key_place, read_yaml

_TEXT = {"type": "string", "minLength": 1}
_DAYS = {"type": "array", "items": _TEXT, "minItems": 1}
_RECORDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "dataset": _TEXT,
        "when": _TEXT,
        "date": _TEXT,
        "days": _DAYS,
        "link": {
            "type": "object",
            "properties": {"dataset": _TEXT, "own": _TEXT, "other": _TEXT, "when": _TEXT},
            "required": ["dataset", "own", "other", "when"],
            "additionalProperties": False,
        },
    },
    "required": ["dataset"],
    "additionalProperties": False,
}
_MANY = {"type": "array", "items": _RECORDS, "minItems": 1}
KINDS = {
    "event_within": {"events": _MANY, "days": _DAYS},
    "best_response": {"responses": _RECORDS, "value": _TEXT},
    "time_to_event": {"events": _MANY, "censor": _MANY, "start": _RECORDS, "responders": _TEXT},
    "worst_grade": {"events": _MANY, "grade": _TEXT},
}
_REQUIRED = {
    "event_within": ["events", "days"],
    "best_response": ["responses", "value"],
    "time_to_event": ["events"],
    "worst_grade": ["events", "grade"],
}


def _outcome(kind: str) -> dict[str, Any]:
    common = {
        "kind": {"const": kind},
        "label": {"type": "object", "additionalProperties": _TEXT},
        "registered": _TEXT,
    }
    return {
        "type": "object",
        "properties": {**common, **KINDS[kind], "stop": _RECORDS},
        "required": ["kind", "label", *_REQUIRED[kind]],
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "population": {
            "type": "object",
            "properties": {"subjects": _RECORDS, "start": _RECORDS, "group": _TEXT},
            "required": ["subjects", "start"],
            "additionalProperties": False,
        },
        "outcomes": {"type": "object", "additionalProperties": {"type": "object", "required": ["kind"]}},
    },
    "required": ["population", "outcomes"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class OutcomesSpec:
    """The document as read, and every `when` in it parsed, by its text."""

    population: Map
    outcomes: dict[str, Map]
    conditions: dict[str, Expression]


def read_outcomes(path: Path, shown: str) -> OutcomesSpec:
    """The outcomes a study declares. Raises SpecError with every problem, each with file and line."""
    document = read_yaml(path, shown)
    problems = Problems()
    if problems.schema(document, SCHEMA):
        for name, entry in document["outcomes"].items():
            if entry["kind"] not in KINDS:
                problems.unknown(entry["kind"], name, "kind of outcome", entry["kind"], KINDS)
            else:
                problems.schema(entry, _outcome(entry["kind"]), where=name)
    conditions: dict[str, Expression] = {}
    _collect(document, conditions, problems)
    if problems:
        raise SpecError(problems)
    return OutcomesSpec(document["population"], dict(document["outcomes"]), conditions)


def _collect(value: object, conditions: dict[str, Expression], problems: Problems) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, conditions, problems)
    elif isinstance(value, Map):
        for key, item in value.items():
            if key != "when":
                _collect(item, conditions, problems)
                continue
            try:
                conditions[str(item)] = parse(str(item))
            except ExpressionError as error:
                problems.append(f"{key_place(value, 'when')} when: {error}")

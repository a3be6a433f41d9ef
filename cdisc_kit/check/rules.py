"""Rules as data: what each YAML file of `rules/` holds, validated when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from cdisc_kit.check.functions import CHECKS
from cdisc_kit.errors import SpecError
from cdisc_kit.findings import SEVERITIES
from cdisc_kit.yamltext import Map, place, read_yaml, walk

FOLDER = Path(__file__).with_name("rules")
_NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True}
_TEXTS = {
    "type": "object",
    "properties": {"en": {"type": "string", "minLength": 1}, "zh": {"type": "string", "minLength": 1}},
    "required": ["en", "zh"],
    "additionalProperties": False,
}
_PLACES = ("cell", "record", "value", "variable", "word", "dataset", "subject", "line", "file")
_RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$"},
        "severity": {"enum": list(SEVERITIES)},
        "message": _TEXTS,
        "reference": _NAMES,
        "check": {"enum": sorted(CHECKS)},
        "scope": {
            "type": "object",
            "properties": {
                "classes": _NAMES,
                "datasets": _NAMES,
                "except": _NAMES,
                "having": _NAMES,
                "supplements": {"enum": ["yes", "no"]},
            },
            "additionalProperties": False,
        },
        "parameters": {"type": "object"},
        "guide": {"enum": ["same"]},
        "follows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"rule": {"type": "string"}, "on": {"enum": list(_PLACES)}},
                "required": ["rule", "on"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["code", "severity", "message", "check"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"rules": {"type": "array", "items": _RULE, "minItems": 1}},
    "required": ["rules"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class RuleInfo:
    """What a report needs to know of a rule. `reference` are ids of the public rules it answers.

    `message_en` and `message_zh` may hold `{names}` that a finding fills; `group` is the file of the rule.
    """

    code: str
    severity: str
    group: str
    message_en: str
    message_zh: str
    reference: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """The datasets a rule is about: all but supplements where nothing is said.

    `having`: only datasets with all of these variables.
    """

    classes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    supplements: bool = False


@dataclass(frozen=True)
class Cause:
    """A finding follows from one of rule `code` at the same place (`on`), and is folded under it."""

    code: str
    on: str


@dataclass(frozen=True)
class Rule:
    """One rule: which function looks, where, with what parameters.

    `same_guide`: holds only for packages of the guide whose tables there are.
    """

    info: RuleInfo
    check: str
    scope: Scope
    parameters: Mapping[str, Any]
    follows: tuple[Cause, ...] = ()
    same_guide: bool = False

    def text(self, parameter: str, default: str = "") -> str:
        """A parameter that is one text."""
        return str(self.parameters.get(parameter, default))

    def pairs(self, parameter: str) -> dict[str, str]:
        """A parameter that gives a text for each name."""
        return {str(name): str(text) for name, text in self.parameters.get(parameter, {}).items()}

    def texts(self, parameter: str) -> tuple[str, ...]:
        """A parameter that is a list of texts."""
        return tuple(map(str, self.parameters.get(parameter, ())))


@cache
def load_rules() -> tuple[Rule, ...]:
    """Every rule of the package, in the order of files and lines. SpecError with every problem at once."""
    problems: list[str] = []
    rules: list[Rule] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        document = read_yaml(path, f"rules/{path.name}")
        found = _problems(document, SCHEMA)
        for entry in document["rules"] if not found else ():
            found += _problems(
                entry.get("parameters", Map()), _takes(CHECKS[entry["check"]].parameters), entry
            )
        problems += found
        if not found:
            rules += [_rule(entry, path.stem) for entry in document["rules"]]
    codes = [rule.info.code for rule in rules]
    problems += [f"rule {code} is defined twice" for code in sorted({c for c in codes if codes.count(c) > 1})]
    problems += [
        f"rule {rule.info.code} follows {cause.code}, which there is not"
        for rule in rules
        for cause in rule.follows
        if cause.code not in codes
    ]
    if problems:
        raise SpecError(problems)
    return tuple(rules)


def _problems(document: Map, schema: dict[str, Any], within: Map | None = None) -> list[str]:
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    at = within if within is not None and not document else document
    return [f"{place(walk(at, list(error.absolute_path)))} {error.message}" for error in errors]


def _takes(parameters: dict[str, str]) -> dict[str, Any]:
    """The schema of the parameters of one check."""
    pairs = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
    kinds = {"text": {"type": "string"}, "texts": _NAMES, "pairs": pairs}
    return {
        "type": "object",
        "properties": {name: kinds[kind.rstrip("?")] for name, kind in parameters.items()},
        "required": [name for name, kind in parameters.items() if not kind.endswith("?")],
        "additionalProperties": False,
    }


def _rule(entry: Map, group: str) -> Rule:
    scope = entry.get("scope", {})
    message = entry["message"]
    return Rule(
        RuleInfo(
            str(entry["code"]),
            str(entry["severity"]),
            group,
            str(message["en"]),
            str(message["zh"]),
            _texts(entry.get("reference", ())),
        ),
        str(entry["check"]),
        Scope(
            _texts(scope.get("classes", ())),
            _texts(scope.get("datasets", ())),
            _texts(scope.get("except", ())),
            _texts(scope.get("having", ())),
            scope.get("supplements") == "yes",
        ),
        entry.get("parameters", {}),
        tuple(Cause(str(c["rule"]), str(c["on"])) for c in entry.get("follows", ())),
        "guide" in entry,
    )


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values))

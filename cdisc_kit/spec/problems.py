"""Collect every problem of the mapping files, each with file:line, before any of them stops the load."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from cdisc_kit.yamltext import Map, place, walk


class Problems(list[str]):
    """Problem texts of the form `mappings/atg/domains/ae.yaml:14 AESEV: unknown codelist …`."""

    def append(self, problem: str) -> None:
        """One problem, once: a call that serves several blocks is checked for each of them."""
        if problem not in self:
            super().append(problem)

    def at(self, marker: object, message: str) -> None:
        """One problem at the place of a value read from YAML."""
        self.append(f"{place(marker)} {message}")

    def unknown(self, marker: object, where: str, what: str, name: str, known: Iterable[str]) -> None:
        """`where: unknown WHAT 'name'; did you mean …?`"""
        self.append(f"{place(marker)} {where}: unknown {what} '{name}'{suggestion(name, known)}")

    def schema(self, document: Map, schema: dict[str, Any], where: str = "") -> bool:
        """Validate against a JSON Schema; True when clean."""
        errors = sorted(
            Draft202012Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path))
        )
        for error in errors:
            deepest = _deepest(error)
            path = list(deepest.absolute_path)
            for key, sentence in _sentences(deepest):
                self.at(walk(document, [*path, *key]), f"{where + ': ' if where else ''}{sentence}")
        return not errors


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _deepest(error: ValidationError) -> ValidationError:
    """The most telling branch of an anyOf/oneOf error: the one that got furthest into the document."""
    while error.context and error.validator in ("anyOf", "oneOf"):
        deeper = max(error.context, key=lambda e: len(e.absolute_path))
        if len(deeper.absolute_path) <= len(error.absolute_path):
            break
        error = deeper
    return error


def _sentences(error: ValidationError) -> list[tuple[list[str], str]]:
    """What is wrong, for each key at fault (none: the value as a whole)."""
    path = ".".join(str(step) for step in error.absolute_path)
    prefix = f"{path}: " if path else ""
    if (
        error.validator == "additionalProperties"
        and isinstance(error.schema, dict)
        and isinstance(error.instance, dict)
    ):
        known, patterns = (
            list(error.schema.get("properties", {})),
            list(error.schema.get("patternProperties", {})),
        )
        extra = [key for key in error.instance if key not in known and not _fits(key, patterns)]
        return [([key], prefix + _unknown_key(key, known, patterns)) for key in extra]
    return [([], prefix + _sentence(error))]


def _fits(key: str, patterns: list[str]) -> bool:
    return any(re.search(pattern, key) for pattern in patterns)


def _unknown_key(key: str, known: list[str], patterns: list[str]) -> str:
    if patterns:
        return f"'{key}' does not have the form {patterns[0]}"
    return f"unknown key '{key}'{suggestion(key, known)}"


def _sentence(error: ValidationError) -> str:
    rule = error.validator_value
    if error.validator == "required":
        return error.message.replace("is a required property", "is missing")
    if error.validator == "enum" and isinstance(rule, list):
        return f"'{error.instance}' is none of {', '.join(map(str, rule))}"
    if error.validator == "oneOf" and isinstance(rule, list):
        keys = [key for branch in rule for key in branch.get("required", [])]
        return f"needs exactly one of {', '.join(keys)}"
    if error.validator == "pattern":
        return f"'{error.instance}' does not have the form {rule}"
    return error.message

"""Texts as such: bytes that are no text, characters, lengths, forms, blanks in front."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.check.hit import Hit, at_rows, on_variable
from cdisc_kit.standard.countries import countries

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def declared_length(study: Study, rule: Rule) -> Iterator[Hit]:
    """Char variables declared longer than `most` bytes."""
    for records in study.datasets.values():
        for variable in records.variables.values():
            if variable.type == "Char" and variable.length > int(rule.text("most")):
                yield on_variable(records, variable.name, str(variable.length))


def undecodable(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells whose bytes are no text in the encoding the rest of the file is in."""
    for records in _beyond_ascii(study):
        for variable in records.variables.values():
            bad = records.not_text(variable.name) if variable.type == "Char" else frozenset()
            if bad:
                yield from at_rows(records, variable.name, _rows(records, variable.name, bad))


def non_ascii(study: Study, rule: Rule) -> Iterator[Hit]:
    """Cells with characters beyond ASCII; in a dataset whose labels have them too, the first of a variable.

    Version 5 does not say what encoding a file is in, so every such cell depends on what the reader guesses.
    """
    for records in _beyond_ascii(study):
        if records.source.states_encoding:
            continue
        translated = not records.label.isascii() or not all(v.label.isascii() for v in records.declared)
        for variable in records.variables.values():
            if variable.type == "Char":
                odd = np.array([not str(v).isascii() for v in records.text(variable.name).values], dtype=bool)
                rows = records.where(variable.name, odd)
                yield from at_rows(records, variable.name, rows[:1] if translated else rows)


def label_non_ascii(study: Study, rule: Rule) -> Iterator[Hit]:
    """Labels with characters beyond ASCII: one hit a dataset, at the first of them."""
    for records in study.datasets.values():
        odd = [v for v in records.declared if not v.label.isascii()]
        if records.source.states_encoding:
            continue
        if odd:
            yield on_variable(records, odd[0].name, odd[0].label)
        elif not records.label.isascii():
            yield Hit(records.name, value=records.label, file=records.file)


def label_length(study: Study, rule: Rule) -> Iterator[Hit]:
    """Labels that are missing or longer than `most` characters."""
    for records in study.datasets.values():
        for variable in records.declared:
            if not 1 <= len(variable.label) <= int(rule.text("most")):
                yield on_variable(records, variable.name, variable.label)


def _beyond_ascii(study: Study) -> Iterator[Records]:
    return (records for records in study.datasets.values() if not records.source.ascii)


def _rows(records: Records, variable: str, values: frozenset[int]) -> np.ndarray:
    return np.flatnonzero(np.isin(records.text(variable).codes, list(values)))


def form(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of `variables` that are not of the form `pattern` (a regular expression of the whole value)."""
    pattern = re.compile(rule.text("pattern"))
    yield from _each(study, rule, lambda value: not pattern.fullmatch(value))


def country(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of `variables` that are no country of ISO 3166-1."""
    yield from _each(study, rule, lambda value: value not in countries())


def longest(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values of `variables` of more than `most` characters."""
    most = int(rule.text("most"))
    yield from _each(study, rule, lambda value: len(value) > most)


def _each(study: Study, rule: Rule, wrong: Callable[[str], bool]) -> Iterator[Hit]:
    for records in study.scope(rule.scope):
        for name in map(records.expand, rule.texts("variables")):
            if name in records:
                bad = np.array([bool(v) and wrong(str(v)) for v in records.text(name).values], dtype=bool)
                yield from at_rows(records, name, records.where(name, bad))


def untidy(study: Study, rule: Rule) -> Iterator[Hit]:
    """Texts that begin with a blank, hold control characters, or are nothing but a full stop."""
    for records in study.datasets.values():
        for variable in records.variables.values():
            if variable.type == "Char":
                values = records.text(variable.name).values
                bad = np.array([_untidy(str(v)) for v in values], dtype=bool)
                if bad.any():
                    yield from at_rows(records, variable.name, records.where(variable.name, bad))


def _untidy(value: str) -> bool:
    return value[:1] == " " or value == "." or (not value.isprintable() and bool(_CONTROL.search(value)))

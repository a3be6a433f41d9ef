"""The values of the files against what Define-XML says of their variable, or of their value level."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cdisc_kit.check.functions.define_datasets import items
from cdisc_kit.check.hit import EVERY, Hit, at_rows
from cdisc_kit.standard.anchors import MULTIPLE

if TYPE_CHECKING:
    from cdisc_kit.check.defined import DefinedItem
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_DAY = r"\d{4}-\d\d-\d\d"
_TIME = r"\d\d(:\d\d(:\d\d([.,]\d+)?)?)?"
_ZONE = r"(Z|[+-]\d\d(:\d\d)?)?"
_FORMS = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "integer": r"[+-]?\d+",
        "float": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
        "date": _DAY,
        "time": rf"\d\d:\d\d:\d\d([.,]\d+)?{_ZONE}",
        "datetime": rf"{_DAY}T\d\d:\d\d:\d\d([.,]\d+)?{_ZONE}",
        "partialDate": r"\d{4}(-\d\d(-\d\d)?)?",
        "partialTime": rf"{_TIME}{_ZONE}",
        "partialDatetime": rf"\d{{4}}(-\d\d(-\d\d(T{_TIME}{_ZONE})?)?)?",
        "durationDatetime": r"[+-]?P.+",
    }.items()
}
_NUMBERS = ("integer", "float")
_SEVERAL = 3  # distinct values of which none is of the data type: then the type is wrong


class Part(NamedTuple):
    """The distinct values that one item describes, with the first of their records and how many there are."""

    records: Records
    variable: str
    item: DefinedItem
    values: list[str]
    first: np.ndarray
    counts: np.ndarray

    def hit(self, at: int, **facts: str) -> Hit:
        """At the first record of the value."""
        told = {"count": str(self.counts[at]), **facts}
        row = int(self.first[at])
        return Hit(self.records.name, self.variable, row, self.values[at], told, self.records.file)


def described_values(study: Study) -> Iterator[Part]:
    """What each variable of a file, and each value level, describes."""
    for _, records, item in items(study):
        yield _part(records, item.name, item, None)
    for level in study.value_levels:
        if level.rows is not None:
            yield _part(level.records, level.variable.name, level.item, level.rows)


def _part(records: Records, variable: str, item: DefinedItem, among: np.ndarray | None) -> Part:
    coded = records.text(variable)
    rows = np.arange(records.rows) if among is None else np.flatnonzero(among)
    codes = coded.codes[rows]
    counts = np.bincount(codes, minlength=len(coded.values))
    first = np.zeros(len(coded.values), dtype=np.int64)
    first[codes[::-1]] = rows[::-1]
    used = np.flatnonzero((counts > 0) & (coded.values != ""))
    return Part(records, variable, item, coded.values[used].tolist(), first[used], counts[used])


def value_listed(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that the codelist of the variable, or of the value level, does not hold: each once."""
    for part in study.described_values:
        listed = study.define.codelists.get(part.item.codelist) if study.define else None
        terms = listed.terms if listed else None
        if listed is None or terms is None or "" in terms:
            continue  # a list with a blank term is told as such
        is_number = part.records.variables[part.variable].type == "Num"
        numbers = {_number(term) for term in terms if is_number} - {None}
        for at, value in enumerate(part.values):
            if value not in terms and not (is_number and _number(value) in numbers):
                yield part.hit(at, list=listed.name)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def value_type(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that are not of the data type they are given, for the data types in `types`.

    One hit a variable or value level, at the first record of the first such value; where no value is of the
    type, it is the type that is wrong.
    """
    wanted = rule.texts("types")
    for part in study.described_values:
        form = _FORMS.get(part.item.data_type)
        if form and part.item.data_type in wanted:
            none = len(part.values) >= _SEVERAL and not any(map(form.fullmatch, part.values))
            for hit in _first(part, lambda value, form=form: not form.fullmatch(value)):  # type: ignore[misc]
                file, line = (study.define.file, part.item.line) if study.define else ("", 0)
                at_type = replace(hit, row=EVERY, value=part.item.data_type, file=file, line=line)
                yield at_type if none else hit


def value_length(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values longer than the length of their text, integer or float: one hit a variable or value level."""
    for part in study.described_values:
        length = part.item.length
        if length and part.item.data_type == "text":
            yield from _first(part, lambda value, most=length: _bytes(value) > most)  # type: ignore[misc]
        elif length and part.item.data_type in _NUMBERS:
            yield from _first(part, lambda value, most=length: _digits(value) > most)  # type: ignore[misc]


def value_digits(study: Study, rule: Rule) -> Iterator[Hit]:
    """Floats with more decimals than the significant digits that are stated."""
    for part in study.described_values:
        digits = part.item.digits
        if digits is not None and part.item.data_type == "float":
            yield from _first(part, lambda value, most=digits: _decimals(value) > most)  # type: ignore[misc]


def _first(part: Part, wrong: Callable[[str], bool]) -> Iterator[Hit]:
    bad = [at for at, value in enumerate(part.values) if wrong(value)]
    if bad:
        worst = min(bad, key=lambda at: int(part.first[at]))
        yield part.hit(
            worst,
            count=str(int(part.counts[bad].sum())),
            type=part.item.data_type,
            length=str(part.item.length),
        )


def _bytes(value: str) -> int:
    """The fewest bytes of the value in an encoding that files come in."""
    if value.isascii():
        return len(value)
    return min(len(value.encode(encoding, "replace")) for encoding in ("utf-8", "gb18030"))


def _digits(value: str) -> int:
    number = _number(value)
    return 0 if number is None else len(_plain(number).lstrip("-").replace(".", ""))


def _decimals(value: str) -> int:
    number = _number(value)
    return 0 if number is None else len(_plain(number).partition(".")[2])


def _plain(number: float) -> str:
    """As decimal text of up to twelve digits: what a conversion adds beyond those was not recorded."""
    short = format(number, ".12g")
    return short if "e" not in short else format(number, ".12f").rstrip("0").rstrip(".")


def mandatory(study: Study, rule: Rule) -> Iterator[Hit]:
    """Blank cells of variables that are mandatory, as a whole or where a value level says so."""
    for _, records, item in items(study):
        if item.mandatory:
            blank = records.text(item.name).values == ""
            yield from at_rows(records, item.name, records.where(item.name, blank))
    for level in study.value_levels:
        name = level.variable.name
        if level.item.mandatory and not level.variable.mandatory and level.rows is not None:
            blank = level.records.text(name).values == ""
            rows = np.flatnonzero(level.rows & blank[level.records.text(name).codes])
            yield from at_rows(level.records, name, rows)


def decode(study: Study, rule: Rule) -> Iterator[Hit]:
    """Codes whose text in the codelist is not the text that stands beside them in the file.

    `pairs` are the variables that hold code and text: `--TESTCD/--TEST`. One hit a code.
    """
    for _, records, item in items(study):
        for pair in rule.texts("pairs"):
            code, _, name = (records.expand(part) for part in pair.partition("/"))
            listed = study.define.codelists.get(item.codelist) if study.define else None
            if item.name == code and name in records and listed and records.rows:
                decodes = {term.value: term.decodes for term in listed.items if term.decodes}
                yield from _undecoded(records, code, name, decodes)


def _undecoded(records: Records, code: str, name: str, decodes: dict[str, tuple[str, ...]]) -> Iterator[Hit]:
    coded, named = records.text(code), records.text(name)
    width, told = len(named.values), set()
    both, first = np.unique(coded.codes * width + named.codes, return_index=True)
    for pair, row in sorted(zip(both.tolist(), first.tolist(), strict=True), key=lambda one: one[1]):
        value, text = str(coded.values[pair // width]), str(named.values[pair % width])
        wrong = text and value in decodes and text not in decodes[value]
        if wrong and value not in told and MULTIPLE not in (value, text):
            told.add(value)
            facts = {"decode": " / ".join(decodes[value]), "name": name}
            yield Hit(records.name, code, row, value, facts, records.file)

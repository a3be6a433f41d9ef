"""How a raw cell is read, by the type its column declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from cdisc_kit.normalise import numbers, times
from cdisc_kit.normalise.answers import YES_NO, Answers, answers, read_answer, read_answers
from cdisc_kit.normalise.dates import DateRules, read_date, read_datetime
from cdisc_kit.normalise.notes import BLANKED, MOJIBAKE, NO_ANSWER, PLAIN, Read
from cdisc_kit.normalise.text import clean, is_mojibake
from cdisc_kit.normalise.tokens import token
from cdisc_kit.spec.model import ColumnSpec

Reader = Callable[[str], Read]
Plain = tuple[Callable[[str], object], str]
_PLAIN_TEXT = re.compile("(?=[^0-9]*[0-9])[!-~]+(?: [!-~]+)*")


def cell_reader(column: ColumnSpec, rules: DateRules) -> Reader:
    """The reader of one column: raw text to canonical text with the rules that applied.

    Order: broken encoding, superscripts, width, spaces, declared answers, tokens, type.
    """
    if column.type in ("code", "codes", "yesno"):
        known = YES_NO if column.type == "yesno" else answers(column)
        answer = partial(read_answers if column.type == "codes" else read_answer, known=known)
        return partial(_coded, known=known, answer=answer, rules=rules)
    return partial(_cell, kind=_kind(column), parse=_parser(column, rules), rules=rules)


def plain_cells(column: ColumnSpec, rules: DateRules) -> Plain | None:
    """Which cells are surely canonical as they stand, and their rule: most of a large file is such cells."""
    if _is_quick(column):
        return lambda cell: numbers.DIGITS.fullmatch(cell) and cell not in rules.unknown, PLAIN.rule
    # no word for a lack of a value has a digit
    return (_PLAIN_TEXT.fullmatch, "") if column.type == "text" else None


def _is_quick(column: ColumnSpec) -> bool:
    return column.type == "number" and column.maximum is None and (column.minimum or 0) <= 0


def _kind(column: ColumnSpec) -> str:
    """A number that may be a bound is a result: one that was not done stays so."""
    return "qualitative" if column.comparator and column.type == "number" else column.type


def _parser(column: ColumnSpec, rules: DateRules) -> Reader:
    parsers: dict[str, Reader] = {
        "number": partial(numbers.read_number, bounds=column.comparator),
        "integer": numbers.read_integer,
        "qualitative": numbers.read_result,
        "text": Read,
        "date": partial(read_date, rules=rules),
        "datetime": partial(read_datetime, rules=rules),
        "time": times.read_time,
    }
    parse = parsers[column.type]
    if column.minimum is None and column.maximum is None:
        return parse
    return lambda text: numbers.within(parse(text), column)


def _cell(raw: str, *, kind: str, parse: Reader, rules: DateRules) -> Read:
    if is_mojibake(raw):
        return Read("", (MOJIBAKE,))
    cleaned = clean(raw)
    if not cleaned.text:
        return Read("", (BLANKED,) if raw else ())
    read = token(cleaned.text, kind, rules.unknown) or parse(cleaned.text)
    return Read(read.text, (*cleaned.notes, *read.notes))


def _coded(raw: str, *, known: Answers, answer: Callable[[str], Read | None], rules: DateRules) -> Read:
    """Declared answers win over tokens: 无 and 不详 are answers where the field offers them."""
    if raw in known:
        return known[raw]
    if is_mojibake(raw):
        return Read("", (MOJIBAKE,))
    cleaned = clean(raw)
    if not cleaned.text:
        return Read("", (BLANKED,) if raw else ())
    read = answer(cleaned.text) or token(cleaned.text, "code", rules.unknown) or Read("", (NO_ANSWER,))
    return Read(read.text, (*cleaned.notes, *read.notes))

"""Collected numbers to plain decimal text, and bounds (`≤40`) to `<=40`."""

from __future__ import annotations

import re
from decimal import Decimal

from cdisc_kit.derive.quantity import quantity
from cdisc_kit.normalise.notes import (
    COMMA,
    COMMA_READ,
    COMPARATOR,
    EXPONENT,
    NO_NUMBER,
    PLAIN,
    THOUSANDS,
    Note,
    Read,
)
from cdisc_kit.spec.model import ColumnSpec

_SIGNS = {
    "小于等于": "<=",
    "不超过": "<=",
    "大于等于": ">=",
    "不低于": ">=",
    "小于": "<",
    "低于": "<",
    "大于": ">",
    "高于": ">",
    "<=": "<=",
    ">=": ">=",
    "≤": "<=",
    "≥": ">=",
    "≦": "<=",
    "≧": ">=",
    "<": "<",
    ">": ">",
}
_BOUND = re.compile(rf"(?P<sign>{'|'.join(_SIGNS)})\s?(?P<number>[0-9].*)")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(?P<exponent>[eE][+-]?[0-9]{1,2})?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")
_MINUS = str.maketrans("−–—", "---")


def read_number(text: str, *, bounds: bool = False) -> Read:
    """The digits as collected (`4.0` stays), an exponent written out; with `bounds` also `<0.05`."""
    plain = text.translate(_MINUS)
    bound = _BOUND.fullmatch(plain)
    if bound is not None:
        return _bound(bound, text) if bounds else Read("", (NO_NUMBER,))
    if _THOUSANDS.fullmatch(plain):
        doubt = () if plain.count(",") > 1 or "." in plain else (COMMA_READ,)
        return Read(plain.replace(",", ""), (THOUSANDS, *doubt))
    if _COMMA.fullmatch(plain):
        return Read("", (COMMA,))
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return Read("", (NO_NUMBER,))
    if found.group("exponent"):
        return Read(f"{Decimal(plain):f}", (EXPONENT,))
    return Read(plain, (PLAIN,))


def _bound(bound: re.Match[str], text: str) -> Read:
    number = read_number(bound.group("number"))
    if not number.text:
        return number
    value = _SIGNS[bound.group("sign")] + number.text
    notes = tuple(note for note in number.notes if note.severity)
    return Read(value, notes if value == text else (*notes, COMPARATOR))


def read_integer(text: str) -> Read:
    """A whole number without leading zeros."""
    number = read_number(text)
    if not number.text or not _INTEGER.fullmatch(number.text):
        return Read("", number.notes if not number.text else (NO_NUMBER,))
    # no decimal point stands in a whole number
    return Read(str(int(Decimal(number.text))), tuple(n for n in number.notes if n != COMMA_READ))


def read_result(text: str) -> Read:
    """A result that may be a number, a bound or words; words and signs stay as they are."""
    plain = text.translate(_MINUS)
    if not re.fullmatch(r"\(?-+\)?", plain) and not plain[:1].isdigit() and not _BOUND.fullmatch(plain):
        return Read(text)
    if re.fullmatch(r"\(?-+\)?", plain):
        return Read(plain, (COMPARATOR,) if plain != text else ())
    number = read_number(plain, bounds=True)
    if NO_NUMBER in number.notes or EXPONENT in number.notes:
        return Read(text)  # `2+` and `3-5/HP` are words, `1.2E+4` is read with its unit
    return Read(number.text, tuple(note for note in number.notes if note.severity))


def within(read: Read, declared: ColumnSpec) -> Read:
    """The amount as read, or a blank `NUM-RANGE` where it is beyond what the column allows."""
    amount = quantity(read.text)
    if amount is None:
        return read
    number = Decimal(amount.number)
    if declared.minimum is not None and number < declared.minimum:
        return Read("", (*read.notes, _beyond("less than the least", "小于最小", declared.minimum)))
    if declared.maximum is not None and number > declared.maximum:
        return Read("", (*read.notes, _beyond("more than the greatest", "大于最大", declared.maximum)))
    return read


def _beyond(en: str, zh: str, limit: Decimal) -> Note:
    return Note("NUM-RANGE", "ERROR", f"{en} possible value {limit}; left null", f"{zh}可能值{limit},已置空")

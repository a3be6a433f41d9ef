"""Measured amounts as text: an exact decimal, with or without a comparator (`<0.05`)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_COMPARATORS = {
    **{"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"},
    **{"小于等于": "<=", "大于等于": ">=", "小于": "<", "大于": ">"},
}
_WORDS = "|".join(["<=", ">=", "<", ">", *sorted(_COMPARATORS, key=len, reverse=True)])
_QUANTITY = re.compile(rf"(?P<sign>{_WORDS})?\s*(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")


class Quantity(NamedTuple):
    """`sign` is '', '<', '<=', '>' or '>='; `number` the digits as collected."""

    sign: str
    number: str

    @property
    def text(self) -> str:
        """As collected, without exponent: `1.2E+4` is `12000`, `4.0` stays `4.0`."""
        number = f"{Decimal(self.number):f}" if "e" in self.number.lower() else self.number
        return self.sign + number

    def times(self, factor: Decimal) -> str:
        """The amount in another unit, exact and shortest; a bound of the same unit stays as collected."""
        if self.sign and factor == 1:
            return self.text
        return self.sign + shortest(Decimal(self.number) * factor)


def shortest(number: Decimal) -> str:
    """Plain decimal text without trailing zeros: 5.0 is `5`, 12E+3 is `12000`."""
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def quantity(value: str) -> Quantity | None:
    """The amount a text states, or None where it states none."""
    match = _QUANTITY.fullmatch(value.strip())
    if match is None:
        return None
    sign = match.group("sign") or ""
    return Quantity(_COMPARATORS.get(sign, sign), match.group("number"))

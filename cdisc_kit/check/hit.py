"""What a check function finds: one place, before the rule's severity and message are put to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from cdisc_kit.check.records import Records

EVERY = -1


@dataclass(frozen=True)
class Hit:
    """One place: `row` is 0-based, `EVERY` where no single record is meant. `facts` fill the message.

    A fact that differs between languages is given twice: `detail` and `detail_zh`. `line` is that of a text
    file, 0 where none is meant. `followers` counts the places that this one stands for.
    """

    dataset: str
    variable: str = ""
    row: int = EVERY
    value: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    followers: int = 0


def at_rows(
    records: Records, variable: str, rows: np.ndarray, *, facts: dict[str, str] | None = None
) -> Iterator[Hit]:
    """A hit at each of the rows (0-based), with the value that stands there, in the file it stands in."""
    coded = records.text(variable)
    for row in rows.tolist():
        value = str(coded.values[coded.codes[row]])
        held, at = records.located(row)
        yield Hit(held.name, variable, at, value, facts or {}, held.file)


def on_variable(records: Records, variable: str, value: str = "", **facts: str) -> Hit:
    """A hit about a variable as a whole."""
    return Hit(records.name, variable, EVERY, value, facts, records.file)

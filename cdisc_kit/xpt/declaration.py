"""What a dataset is declared to be, and whether its frame is that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cdisc_kit.xpt.fields import MAX_CHAR_BYTES, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODINGS = ("ascii", "utf-8", "gb18030")
MAX_LABEL_BYTES = 40
MAX_VARIABLES = 9999  # the header counts them in four digits

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")


@dataclass(frozen=True)
class XptVariable:
    """One variable as declared: `length` is in bytes of the file's encoding, 8 for every Num."""

    name: str
    label: str
    type: Literal["Char", "Num"]
    length: int


def declaration_problems(name: str, label: str, variables: Sequence[XptVariable], encoding: str) -> list[str]:
    """What the format does not allow in the names, labels, types and lengths, one line each."""
    if encoding not in ENCODINGS:
        return [f"{name}: encoding {encoding!r} is none of {', '.join(ENCODINGS)}"]
    problems = [f"{name}: {text}" for text in _name_problems(name) + _label_problems(label, encoding)]
    if not 0 < len(variables) <= MAX_VARIABLES:
        problems.append(f"{name}: {len(variables)} variables; the format holds 1 to {MAX_VARIABLES}")
    names = [v.name for v in variables]
    problems += [f"{name}.{n}: declared more than once" for n in dict.fromkeys(names) if names.count(n) > 1]
    for variable in variables:
        texts = _name_problems(variable.name) + _label_problems(variable.label, encoding)
        problems += [f"{name}.{variable.name}: {text}" for text in texts + _length_problems(variable)]
    return problems


def frame_problems(name: str, frame: pd.DataFrame, variables: Sequence[XptVariable]) -> list[str]:
    """Columns that are missing, undeclared or doubled, or whose dtype cannot be of the declared type."""
    held = list(frame.columns)
    declared = [v.name for v in variables]
    problems = [f"{name}.{n}: declared, but the frame has no such column" for n in declared if n not in held]
    problems += [f"{name}.{n}: a column of the frame that is not declared" for n in held if n not in declared]
    problems += [f"{name}.{n}: {held.count(n)} columns of that name" for n in declared if held.count(n) > 1]
    if problems or frame.empty:  # without rows a column's dtype says nothing
        return problems
    return [
        f"{name}.{v.name}: declared {v.type}, but row 1 and all others are of dtype {frame[v.name].dtype}"
        for v in variables
        if not _suits(frame[v.name], v)
    ]


def _name_problems(name: str) -> list[str]:
    if _NAME.fullmatch(name):
        return []
    return ["the name must be 1 to 8 characters A-Z, 0-9 or _ and not start with a digit"]


def _label_problems(label: str, encoding: str) -> list[str]:
    _, (encoded, _), refused = encode(pd.array([label], dtype=object), encoding)
    if refused:
        return [f"the label {reason}" for reason in refused.values()]
    if len(encoded) > MAX_LABEL_BYTES:
        return [f"the label takes {len(encoded)} bytes in {encoding}: shorten it to {MAX_LABEL_BYTES}"]
    return []


def _length_problems(variable: XptVariable) -> list[str]:
    match variable.type:
        case "Num":
            return [] if variable.length == 8 else [f"Num of length {variable.length}; it must be 8"]
        case "Char":
            fits = 1 <= variable.length <= MAX_CHAR_BYTES
            return [] if fits else [f"Char of length {variable.length}; it must be 1 to {MAX_CHAR_BYTES}"]
        case _:
            return ["the type must be Char or Num"]


def _suits(series: pd.Series, variable: XptVariable) -> bool:
    dtype = series.dtype
    categorical = isinstance(dtype, pd.CategoricalDtype)
    if variable.type == "Num":
        return not categorical and dtype.kind in "iuf"
    return categorical or dtype.kind == "O"

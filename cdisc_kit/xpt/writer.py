"""Write a frame as one file, whole or not at all."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np

from cdisc_kit.errors import OutputError
from cdisc_kit.xpt.declaration import declaration_problems, frame_problems
from cdisc_kit.xpt.fields import char_field, num_field
from cdisc_kit.xpt.header import CARD, header, padded_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from cdisc_kit.xpt.declaration import XptVariable
    from cdisc_kit.xpt.fields import Flags

CREATED = datetime(2000, 1, 1)
MAX_FILE_BYTES = 5_000_000_000

_BUFFER_BYTES = 16_000_000  # rows in flight: few enough to hold, enough for factorising to pay


@dataclass
class _Breach:
    """The first row (0-based) that breaks a rule and how many do."""

    row: int
    count: int


# (variable, what is wrong) -> where; filled chunk by chunk so that one run names every variable at fault.
_Breaches: TypeAlias = "dict[tuple[str, str], _Breach]"


def write_xpt(
    path: Path,
    name: str,
    label: str,
    frame: pd.DataFrame,
    variables: Sequence[XptVariable],
    *,
    encoding: str = "ascii",
    created: datetime = CREATED,
) -> None:
    """Write `frame` as the XPORT v5 dataset `name` to `path`, or raise and leave `path` as it was.

    `frame` holds exactly the declared `variables`, in any column order; the file follows `variables`. Char
    columns are `str`, object or Categorical (missing or "" is blank), Num columns integers or floats (NaN
    is the missing value `.`; -0.0 becomes 0). Trailing blanks of a text do not survive: the format pads
    with them. `encoding` is one of `ENCODINGS` and is not stored in the file.

    Raises `OutputError` naming every dataset, variable and first row at fault: a bad name, label, type or
    length, a text that is too long or not encodable, a number that IBM floating point cannot hold exactly,
    a last row of blanks only (readers take it for padding), or a file above 5 GB (with a split plan).
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as handle:
            _write(handle, name, label, frame, variables, encoding, created)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def xpt_bytes(
    name: str,
    label: str,
    frame: pd.DataFrame,
    variables: Sequence[XptVariable],
    *,
    encoding: str = "ascii",
    created: datetime = CREATED,
) -> bytes:
    """What `write_xpt` writes, in memory: for data that must not lie in a file unsealed."""
    buffer = io.BytesIO()
    _write(buffer, name, label, frame, variables, encoding, created)
    return buffer.getvalue()


def _write(  # noqa: PLR0917 - the arguments of the two that call it
    handle: BinaryIO,
    name: str,
    label: str,
    frame: pd.DataFrame,
    variables: Sequence[XptVariable],
    encoding: str,
    created: datetime,
) -> None:
    problems = declaration_problems(name, label, variables, encoding) or frame_problems(
        name, frame, variables
    )
    if problems:
        raise OutputError("\n".join(problems))
    head = header(name, label, variables, encoding, created)
    _refuse_oversize(name, len(frame), sum(v.length for v in variables), len(head))
    handle.write(head)
    _write_observations(handle, name, frame, variables, encoding)


def _refuse_oversize(name: str, rows: int, record_length: int, header_length: int) -> None:
    size = padded_length(header_length + rows * record_length)
    if size <= MAX_FILE_BYTES:
        return
    rows_a_part = (MAX_FILE_BYTES // CARD * CARD - header_length) // record_length
    parts = math.ceil(rows / rows_a_part)
    raise OutputError(
        f"{name.lower()}.xpt: {name} would take {size:,} bytes from row 1 to {rows}, above the limit of "
        f"{MAX_FILE_BYTES:,}; split it into {parts} parts of at most {math.ceil(rows / parts)} rows"
    )


def _write_observations(
    handle: BinaryIO, name: str, frame: pd.DataFrame, variables: Sequence[XptVariable], encoding: str
) -> None:
    breaches: _Breaches = {}
    length = sum(v.length for v in variables)
    last = b""
    for block in _blocks(frame, variables, encoding, breaches):
        handle.write(block)
        last = block[-length:]
    if breaches:
        raise OutputError("\n".join(_breach_lines(name, breaches)))
    if last and not last.strip(b" "):
        raise OutputError(
            f"{name} row {len(frame)}: blank in all of {', '.join(v.name for v in variables)}; readers take "
            "such a row at the end of a file for padding: drop it or fill it in"
        )
    handle.write(b" " * (padded_length(len(frame) * length) - len(frame) * length))


def _blocks(
    frame: pd.DataFrame, variables: Sequence[XptVariable], encoding: str, breaches: _Breaches
) -> Iterator[bytes]:
    """The observations, some rows at a time; notes what cannot be written in `breaches`."""
    record = np.dtype([(v.name, ">u8" if v.type == "Num" else f"V{v.length}") for v in variables])
    rows = max(1, _BUFFER_BYTES // record.itemsize)
    columns = [frame[v.name].array for v in variables]
    for start in range(0, len(frame), rows):
        records = np.empty(min(rows, len(frame) - start), dtype=record)
        for variable, column in zip(variables, columns, strict=True):
            values = column[start : start + rows]
            is_num = variable.type == "Num"
            field, wrong = num_field(values) if is_num else char_field(values, variable.length, encoding)
            records[variable.name] = field
            _note(breaches, variable.name, start, wrong)
        yield records.tobytes()


def _note(breaches: _Breaches, variable: str, start: int, wrong: dict[str, Flags]) -> None:
    for text, rows in wrong.items():
        breach = breaches.setdefault((variable, text), _Breach(start + int(rows.argmax()), 0))
        breach.count += int(rows.sum())


def _breach_lines(dataset: str, breaches: _Breaches) -> Iterator[str]:
    for (variable, text), breach in breaches.items():
        more = f" (and {breach.count - 1} more rows)" if breach.count > 1 else ""
        yield f"{dataset}.{variable} row {breach.row + 1}{more}: the value {text}"

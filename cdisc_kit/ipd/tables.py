"""Tables of a package as texts: the distinct values of each column, and all that stands around them."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from cdisc_kit.ipd.texts import Text, UnreadableError, decoded_text

TRANSPORT = b"HEADER RECORD*******LIB"
_RECORD = 80
_NAMESTR = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR |NAMSTV8 )HEADER RECORD!{7}[0-9]{6}([0-9]{4})")
_OBSERVATIONS = re.compile(rb"HEADER RECORD\*{7}(?:OBS     |OBSV8   )HEADER RECORD!{7}")
_MEMBERS = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER  |MEMBV8  )HEADER RECORD!{7}")
_STAMP = re.compile(r"\d{2}[A-Z]{3}\d{2}(?=:\d\d:\d\d:\d\d)")
_CHAR = 2

Role = Literal["cell", "text"]


def texts(path: str, content: bytes, place: str, role: Role) -> Iterator[Text]:
    """A CSV or transport file. UnreadableError where it is cut off or is none."""
    if content.startswith(TRANSPORT):
        return transport_texts(content, place, role)
    if path.lower().endswith(".xpt"):
        raise UnreadableError("a file named .xpt that is no transport file")
    return csv_texts(content, place, role, "\t" if path.lower().endswith(".tsv") else ",")


def csv_texts(content: bytes, place: str, role: Role, delimiter: str) -> Iterator[Text]:
    """Header, then each column's distinct values; cells beyond the header are a column of their own."""
    try:
        rows = csv.reader(io.StringIO(decoded_text(content), newline=""), delimiter=delimiter, strict=True)
        header = next(rows, [])
        columns: dict[int, dict[str, None]] = {at: {} for at in range(len(header))}
        for row in rows:
            for at, cell in enumerate(row):
                columns.setdefault(at, {})[cell] = None
    except csv.Error as error:
        raise UnreadableError("a CSV file that does not parse") from error
    for at, distinct in columns.items():
        name = header[at] if at < len(header) else f"column {at + 1}"
        yield Text(place, name, "text")
        for cell in distinct:
            yield Text(f"{place} {name}", cell, role, name)


def transport_texts(content: bytes, place: str, role: Role) -> Iterator[Text]:
    """Header records, names and labels, and the distinct values of each Char variable."""
    found = _NAMESTR.search(content)
    start = _OBSERVATIONS.search(content)
    if found is None or start is None or len(content) % _RECORD or len(_MEMBERS.findall(content)) != 1:
        raise UnreadableError("a transport file that is damaged or holds several datasets")
    head = content[: found.start()].decode("latin-1")
    yield from (Text(f"{place} header", text, "stamp") for text in _STAMP.findall(head))
    yield from (Text(f"{place} header", part, "text") for part in _STAMP.sub(" ", head).split("  ") if part)
    width, at = 140, found.end() + _RECORD - (found.end() - found.start())
    body = content[start.start() + _RECORD :]
    variables = []
    for number in range(int(found[1])):
        record = content[at + number * width : at + (number + 1) * width]
        kind, length = struct.unpack(">h2xh", record[:6])
        name = record[8:16].decode("latin-1").strip()
        variables.append((name, kind, length))
        for part in (record[8:56], record[56:84], record[88:]):
            yield from (Text(f"{place} {name} label", text, "text") for text in _printed(part))
    yield from _cells(body, variables, place, role)


def _printed(part: bytes) -> Iterator[str]:
    for text in part.replace(b"\0", b"  ").split(b"  "):
        if text.strip():
            yield decoded_text(text.strip(), strict=False)


def _cells(body: bytes, variables: list[tuple[str, int, int]], place: str, role: Role) -> Iterator[Text]:
    width = sum(length for _, _, length in variables)
    rows = len(body) // width if width else 0
    rest = body[rows * width :]
    if rest.strip(b" "):
        raise UnreadableError("a transport file with part of an observation at its end")
    grid = np.frombuffer(body, np.uint8, rows * width).reshape(rows, width)
    at = 0
    for name, kind, length in variables:
        if kind == _CHAR and rows:
            column = np.ascontiguousarray(grid[:, at : at + length]).view(f"S{length}").ravel()
            for value in pd.unique(column.astype(object)):
                yield Text(f"{place} {name}", decoded_text(value.rstrip(b" \0"), strict=False), role, name)
        at += length


def workbook_texts(content: bytes, place: str) -> Iterator[Text]:
    """Cells of every sheet, hidden ones too, as a spreadsheet shows them: dates are numbers in the file."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - few packages hold one

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            for cell in dict.fromkeys(str(cell) for row in rows for cell in row if cell not in ("", None)):
                yield Text(f"{place} {sheet}", cell, "text")
    except CalamineError as error:
        raise UnreadableError("a workbook that does not open") from error

"""CSV text without quotes, column by column: what a large export is, read some times as fast as row by row.

Only the shape that needs no judgement is taken: every line as wide as the header in the first line, none
blank, none that repeats the header or adds up. All else is left to the reader of rows, which can tell where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import csv

from cdisc_kit.columns import Coded
from cdisc_kit.raw.layout import is_summary

_LEAST_LINES = 1_000  # below, reading the rows costs next to nothing


@dataclass(frozen=True)
class PlainText:
    """The headings of line 1, and the cells of each column from line 2 on."""

    header: list[str]
    columns: list[Coded]


def plain_text(text: str) -> PlainText | None:
    """The text by column, or None where it has to be read by row."""
    if '"' in text or "\0" in text or "\r" in text.replace("\r\n", "\n") or text.count("\n") < _LEAST_LINES:
        return None
    header = text[: text.index("\n")].rstrip("\r").split(",")
    columns = _columns(text, len(header))
    return None if columns is None or _needs_rows(header, columns) else PlainText(header, columns)


def _columns(text: str, width: int) -> list[Coded] | None:
    """Each column under the header line by its distinct cells; None unless every line is as wide."""
    data = text.encode("utf-8")
    try:
        table = csv.read_csv(
            pa.py_buffer(data),
            read_options=csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=len(data) + 1, skip_rows=1
            ),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                strings_can_be_null=False,
                column_types={f"f{at}": pa.dictionary(pa.int32(), pa.string()) for at in range(width)},
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [_coded(column) for column in table.columns] if table.num_columns == width else None


def _coded(column: pa.ChunkedArray) -> Coded:
    cells = column.combine_chunks()
    texts = np.array(cells.dictionary.to_pylist(), dtype=object)
    return Coded(cells.indices.to_numpy().astype(np.int64), texts)


def _needs_rows(header: Sequence[str], columns: Sequence[Coded]) -> bool:
    """True where a line may be blank, a sum, or the header again."""
    blank = np.ones(len(columns[0].codes), dtype=bool)
    for name, column in zip(header, columns, strict=True):
        cells = [str(cell).strip() for cell in column.values]
        if (name.strip() != "" and name.strip() in cells) or any(map(is_summary, cells)):
            return True
        if "" not in cells:
            blank[:] = False
        elif blank.any():
            blank &= column.where(lambda cell: not cell.strip())
    return bool(blank.any())

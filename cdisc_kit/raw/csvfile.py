"""CSV files: strict decoding, never a replacement character, every cell text."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from cdisc_kit.errors import RawDataError

DETECTED = ("utf-8-sig", "gb18030")  # the former also reads UTF-8 without a byte order mark


class UndecodableError(RawDataError):
    """A byte that is not of the encoding; `line` and `told` say where, without the path."""

    def __init__(self, path: Path, line: int, told: str) -> None:
        self.line = line
        self.told = told
        super().__init__(f"{path}: line {line}, {told}")


def read_cells(path: Path, encoding: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) for each line of the file up to the last that holds something.

    Raises UndecodableError naming file, line and byte offset for a byte that is not of the encoding.
    """
    return split(path, decode(path, encoding))


def split(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) for each line of the text of `path` up to the last that holds something."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    start = 1
    try:
        for cells in reader:
            rows.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise RawDataError(f"{path}: line {start}: not valid CSV ({error}); check the quotes") from error
    while rows and not any(cell.strip() for cell in rows[-1][1]):
        rows.pop()
    return rows


def decode(path: Path, encoding: str) -> str:
    """The text in the declared encoding; with `detect`, in the first of DETECTED that fits strictly."""
    return _strict(path, path.read_bytes(), detect(path) if encoding == "detect" else encoding)


def detect(path: Path) -> str:
    """The first of DETECTED in which the file decodes strictly; the last where it decodes in none."""
    data = path.read_bytes()
    for candidate in DETECTED[:-1]:
        try:
            data.decode(candidate)
        except UnicodeDecodeError:
            continue
        return candidate
    return DETECTED[-1]


def _strict(path: Path, data: bytes, encoding: str) -> str:
    # the utf-8-sig codec counts offsets after the mark; a person's editor counts from the file's first byte
    mark = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" and data.startswith(codecs.BOM_UTF8) else 0
    try:
        return data[mark:].decode("utf-8" if encoding == "utf-8-sig" else encoding)
    except UnicodeDecodeError as error:
        offset = mark + error.start
        line = data.count(b"\n", 0, offset) + 1
        raise UndecodableError(
            path,
            line,
            f"byte offset {offset}: not {encoding} (byte 0x{data[offset]:02X}); "
            "declare the file's encoding in sources.yaml or export it again",
        ) from error

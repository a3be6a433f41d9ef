"""The records of an XPORT v5 file, a column at a time: the file is mapped, never read whole."""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.check.inmemory import MemoryPath
from cdisc_kit.check.xptheader import CARD, FileProblem, FileVariable, HeaderError, XptHeader, read_header
from cdisc_kit.columns import Coded

if TYPE_CHECKING:
    from cdisc_kit.check.inmemory import Place

Data = mmap.mmap | bytes
LARGEST = 5 * 10**9  # bytes of a file that regulators take (FDA Study Data Technical Conformance Guide)
_HIGH = 0x7F
_MOST_GARBAGE = 10_000  # records at the end that are looked at one by one
_CHUNK = 1 << 24
_WORD = 8  # bytes
_MULTIPLIERS = np.random.default_rng(5).integers(1, 1 << 63, size=1 << 13, dtype=np.uint64) | np.uint64(1)
_SECOND_MEMBER = re.compile(rb"HEADER RECORD\*{7}MEMBER  HEADER RECORD!{7}")


class XptRecords:
    """Records of one file. `text` and `numbers` read one column; blanks at the end of a text are padding."""

    states_encoding = False

    def __init__(self, header: XptHeader, data: Data, rows: int) -> None:
        self.rows = rows
        raw = np.frombuffer(data, dtype=np.uint8, count=rows * header.width, offset=header.start)
        self._table = raw.reshape(rows, header.width)
        self._encoding = _encoding(self._table, header.variables)
        self.ascii = self._encoding == "ascii"

    def text(self, variable: FileVariable) -> tuple[Coded, frozenset[int]]:
        """The texts of a Char variable, and which of the distinct values are no text in the encoding."""
        codes, raw = _distinct(self._field(variable))
        values, bad = np.empty(len(raw), dtype=object), set()
        for at, cell in enumerate(raw):
            try:
                values[at] = cell.decode(self._encoding).rstrip(" ")
            except UnicodeDecodeError:
                values[at] = cell.decode("ascii", errors="backslashreplace").rstrip(" ")
                bad.add(at)
        return Coded(codes, values), frozenset(bad)

    def numbers(self, variable: FileVariable) -> np.ndarray:
        """The values of a Num variable as float64, NaN for each kind of missing value."""
        raw = self._field(variable)
        words = np.zeros((self.rows, 8), dtype=np.uint8)
        words[:, : variable.length] = raw
        return ibm_to_ieee(words.reshape(-1).view(">u8").astype(np.uint64))

    def _field(self, variable: FileVariable) -> np.ndarray:
        return self._table[:, variable.start : variable.start + variable.length]


def _distinct(field: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    """Codes of the rows of a byte matrix, and the distinct rows in the order they come up.

    Rows are compared by a sum over their words first, and that no two different rows share one is checked:
    making a Python object of every cell would take most of the time of a check.
    """
    rows, width = field.shape
    words = np.zeros((rows, -(-width // _WORD)), dtype=np.uint64)
    words.view(np.uint8)[:, :width] = field
    sums = words @ _MULTIPLIERS[: words.shape[1]]
    codes, uniques = pd.factorize(sums)
    first = np.empty(len(uniques), dtype=np.int64)
    first[codes[::-1]] = np.arange(rows)[::-1]
    if words.shape[1] > 1 and not np.array_equal(words[first][codes], words):
        codes, cells = pd.factorize(np.ascontiguousarray(field).reshape(-1).view(f"V{width}").astype(object))
        return codes, [bytes(cell).rstrip(b"\0") for cell in cells]
    return codes, [field[row].tobytes().rstrip(b"\0") for row in first.tolist()]


def open_xpt(path: Place) -> tuple[XptHeader | None, XptRecords | None, list[FileProblem]]:
    """Header and records of the file, as far as they can be read, and everything wrong with the file."""
    name = path.name
    try:
        size = path.stat().st_size
        if not path.is_file() or size == 0:
            return (
                None,
                None,
                [FileProblem("unreadable", name, "not a file, or empty", "不是文件，或为空文件")],
            )
        data = _mapped(path)
        header = read_header(data, size)
        if header.start > size:
            raise HeaderError("header", "the file ends within its header", "文件在文件头内结束")
    except HeaderError as error:
        return None, None, [FileProblem(error.kind, name, error.detail, error.detail_zh)]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be mapped"
        return None, None, [FileProblem("unreadable", name, reason, "无法读取")]
    rows, problems = _rows(header, data, size, name)
    if size > LARGEST:
        problems.append(FileProblem("size", name, f"{size:,} bytes", f"{size:,}字节", header.name))
    return header, XptRecords(header, data, rows), problems


def _mapped(path: Place) -> Data:
    """The bytes of a file, without reading them; those of one in memory as they are."""
    if isinstance(path, MemoryPath):
        return path.read_bytes()
    with path.open("rb") as handle:
        return mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)


def _rows(header: XptHeader, data: Data, size: int, file: str) -> tuple[int, list[FileProblem]]:
    """How many records there are: all that is not padding. The format stores no count."""
    second = _SECOND_MEMBER.search(data, header.start)
    end = second.start() if second else size
    problems = []
    if second:
        problems.append(_problem("members", header, file, "a second dataset follows", "其后还有另一个数据集"))
    whole, rest = divmod(end - header.start, header.width)
    tail = bytes(data[header.start + whole * header.width : end])
    rows, garbage = _without_padding(header, data, whole)
    if tail.strip(b" ") and not garbage and _goes_on(header, data, rows, tail):
        text = f"the last record has {rest} of {header.width} bytes"
        problems.append(
            _problem("truncated", header, file, text, f"最后一条记录只有{rest}字节，应为{header.width}字节")
        )
    elif garbage or tail.strip(b" "):
        after = f"after record {rows}"
        problems.append(_problem("trailing", header, file, after, f"在第{rows}条记录之后"))
    elif size % CARD or end - header.start - rows * header.width >= CARD:
        text = f"{end - header.start - rows * header.width} bytes of padding after record {rows}"
        zh = f"第{rows}条记录之后有{end - header.start - rows * header.width}个填充字节"
        problems.append(_problem("padding", header, file, text, zh))
    return rows, problems


def _problem(kind: str, header: XptHeader, file: str, detail: str, detail_zh: str) -> FileProblem:
    return FileProblem(kind, file, detail, detail_zh, header.name)


def _without_padding(header: XptHeader, data: Data, rows: int) -> tuple[int, bool]:
    """Records up to the last that begins as records begin; whether anything but blanks follows it."""
    first, end = header.variables[0], header.start + rows * header.width
    used = -(-(_last_byte(data, header.start, end) - header.start) // header.width)
    garbage = data.find(b"\0", header.start + used * header.width, end) >= 0
    rows, floor = used, max(0, used - _MOST_GARBAGE)
    while rows > floor:
        at = header.start + (rows - 1) * header.width
        record = bytes(data[at : at + header.width])
        blank = not record.strip(b" ")
        leading = record[first.start : first.start + first.length] if first.type == "Char" else b"x"
        if not blank and not (leading[:1] == b" " and leading.strip(b" ")) and not _control(header, record):
            break
        garbage = garbage or not blank
        rows -= 1
    return rows, garbage


def _last_byte(data: Data, start: int, end: int) -> int:
    """Where the bytes that are neither blank nor zero end."""
    for at in range(end, start, -_CHUNK):
        chunk = np.frombuffer(data[max(start, at - _CHUNK) : at], dtype=np.uint8)
        used = np.flatnonzero((chunk != ord(" ")) & (chunk != 0))
        if len(used):
            return max(start, at - _CHUNK) + int(used[-1]) + 1
    return start


def _control(header: XptHeader, record: bytes) -> bool:
    """True where text fields hold bytes that no text holds in more than one field."""
    fields = [record[v.start : v.start + v.length] for v in header.variables if v.type == "Char"]
    return sum(any(byte < 0x09 for byte in field) for field in fields) > 1


def _goes_on(header: XptHeader, data: Data, rows: int, tail: bytes) -> bool:
    """True where the incomplete record begins with the same first value as the record before it."""
    if not rows:
        return True
    first = header.variables[0]
    size = min(first.length, len(tail))
    at = header.start + (rows - 1) * header.width
    return bytes(data[at : at + size]) == tail[:size]


def _encoding(table: np.ndarray, variables: tuple[FileVariable, ...]) -> str:
    """The encoding that the most texts are valid in: ASCII, else UTF-8 before GB18030.

    Number fields hold any byte, so only text columns are looked at, and only rows with a byte above 0x7F.
    """
    failures = {"utf-8": 0, "gb18030": 0}
    seen = False
    rows = max(1, _CHUNK // max(1, table.shape[1]))
    for variable in (v for v in variables if v.type == "Char"):
        for at in range(0, len(table), rows):
            field = table[at : at + rows, variable.start : variable.start + variable.length]
            if field.size and field.max() > _HIGH:
                seen = True
                high = np.ascontiguousarray(field[(field > _HIGH).any(axis=1)])
                for cell in {bytes(line) for line in high}:
                    for encoding in failures:
                        failures[encoding] += not _decodes(cell, encoding)
    return min(failures, key=lambda e: failures[e]) if seen else "ascii"


def _decodes(cell: bytes, encoding: str) -> bool:
    try:
        cell.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def ibm_to_ieee(words: np.ndarray) -> np.ndarray:
    """IBM hexadecimal doubles (as uint64) as float64; a missing value (one byte, then zeros) is NaN."""
    fraction = words & np.uint64((1 << 56) - 1)
    power = ((words >> np.uint64(56)) & np.uint64(0x7F)).astype(np.int64) - 64
    numbers = np.ldexp(fraction.astype(np.float64), (4 * power - 56).astype(np.int32))
    numbers[(words >> np.uint64(63)).astype(bool)] *= -1
    numbers[(fraction == 0) & (words != 0)] = np.nan
    return numbers

"""The header of an XPORT v5 file that somebody else wrote: what can be read of it, and what is wrong with it.

Tolerant on purpose: a damaged file is a `FileProblem`, never an exception, so that its neighbours are still
checked. Sizes come from the file itself; a count that the header claims is believed only where the bytes
are there. Layout: SAS technical note TS-140.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Buffer, Sequence

CARD = 80
DEFINE_PROBLEM = "define"  # the kind of problem of a Define-XML that cannot be used
_NAMESTR = struct.Struct(">hhhh8s40s8s3h2x8s2hi52x")
_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_LIBRARY_V8 = b"HEADER RECORD*******LIBV8"
_OTHERS = (  # files that are called .xpt by mistake
    (b"**COMPRESSED**", "a file of PROC CPORT", "PROC CPORT文件"),
    (b"LIB CONTROL", "a file of PROC CPORT", "PROC CPORT文件"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS dataset (sas7bdat)", "SAS数据集（sas7bdat）"),
    (b"PK\x03\x04", "a ZIP archive or workbook", "ZIP压缩包或工作簿"),
)
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_NAMESTRS = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_OBSERVATIONS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_SHORTEST_NUM, _LONGEST_NUM = 2, 8  # a numeric variable may be stored in fewer bytes than a double


@dataclass(frozen=True)
class FileProblem:
    """One thing wrong with a file: `kind` is what rules refer to, `detail` and `detail_zh` say where.

    `row` is 0-based, -1 where no record is meant.
    """

    kind: str
    file: str
    detail: str
    detail_zh: str
    dataset: str = ""
    variable: str = ""
    row: int = -1
    value: str = ""


class HeaderError(Exception):
    """The header cannot be read on from here. Stays within the reader."""

    def __init__(self, kind: str, detail: str, detail_zh: str) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.detail_zh = kind, detail, detail_zh


@dataclass(frozen=True)
class FileVariable:
    """One variable as the file describes it: `length` in bytes, `start` its place in a record."""

    name: str
    label: str
    type: Literal["Char", "Num"]
    length: int
    start: int


@dataclass(frozen=True)
class XptHeader:
    """Name, label and variables; observations begin at byte `start`, `width` bytes each."""

    name: str
    label: str
    variables: tuple[FileVariable, ...]
    start: int
    width: int


def read_header(data: Buffer, size: int) -> XptHeader:
    """The header at the beginning of `data` (`size` bytes). Raises HeaderError."""
    view = memoryview(data)
    _require_version_5(bytes(view[:CARD]))
    _require(view, 3 * CARD, _MEMBER, "MEMBER", "third record")
    length = _number(view[3 * CARD + 75 : 3 * CARD + 78])
    if length not in (140, 136):
        raise _broken("the length of variable descriptions is not stated", "未说明变量描述的长度")
    name = _text(view[5 * CARD + 8 : 5 * CARD + 16])
    label = _text(view[6 * CARD + 32 : 6 * CARD + 72])
    _require(view, 7 * CARD, _NAMESTRS, "NAMESTR", "eighth record")
    count = _number(view[7 * CARD + 54 : 7 * CARD + 58])
    first, end = 8 * CARD, 8 * CARD + length * count
    if count < 1 or end > size:
        raise _broken(
            f"{count} variables are announced, which the file's {size} bytes cannot hold",
            f"声明了{count}个变量，文件的{size}字节容纳不下",
        )
    variables = tuple(_variable(bytes(view[at : at + length])) for at in range(first, end, length))
    start = -(-end // CARD) * CARD
    _require(view, start, _OBSERVATIONS, "OBS", "record after the variables")
    return XptHeader(name, label, variables, start + CARD, _width(variables))


def _require_version_5(card: bytes) -> None:
    if card.startswith(_LIBRARY):
        return
    if card.startswith(_LIBRARY_V8):
        raise HeaderError(
            "version",
            "this is XPORT version 8 (version 9 of SAS writes it too); write the file again as version 5",
            "这是XPORT第8版文件（SAS第9版也会写出），请以第5版重新生成",
        )
    for start, en, zh in _OTHERS:
        if card.startswith(start):
            raise HeaderError(
                "version", f"this is {en}; write it as XPORT version 5", f"这是{zh}，请以XPORT第5版生成"
            )
    raise HeaderError("unreadable", "not an XPORT file", "不是XPORT文件")


def _require(view: memoryview, at: int, expected: bytes, name: str, where: str) -> None:
    if bytes(view[at : at + len(expected)]) != expected:
        raise _broken(f"the {name} record is not where it must be ({where})", f"{name}记录不在应有的位置")


def _broken(detail: str, detail_zh: str) -> HeaderError:
    return HeaderError("header", detail, detail_zh)


def _variable(raw: bytes) -> FileVariable:
    kind, _, length, _, name, label, *_, start = _NAMESTR.unpack(raw.ljust(_NAMESTR.size))
    text = _text(name)
    if kind not in (1, 2) or length < 1 or start < 0:
        raise _broken(f"the description of variable {text!r} is damaged", f"变量{text}的描述已损坏")
    if kind == 1 and not _SHORTEST_NUM <= length <= _LONGEST_NUM:
        raise _broken(f"the number {text!r} is {length} bytes long", f"数值变量{text}长{length}字节")
    return FileVariable(text, _text(label), "Num" if kind == 1 else "Char", length, start)


def _width(variables: Sequence[FileVariable]) -> int:
    """Bytes of a record; HeaderError where variables overlap or leave a gap."""
    end = 0
    for variable in sorted(variables, key=lambda v: v.start):
        if variable.start != end:
            raise _broken(
                f"variable {variable.name!r} does not begin where the one before it ends",
                f"变量{variable.name}的起点与前一变量的终点不符",
            )
        end += variable.length
    return end


def _number(raw: memoryview) -> int:
    digits = bytes(raw).strip()
    return int(digits) if digits.isdigit() else -1


def _text(raw: memoryview | bytes) -> str:
    """Header text; bytes of no known encoding stay visible as `\\xff`."""
    data = bytes(raw).rstrip(b" \0")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("ascii", errors="backslashreplace")

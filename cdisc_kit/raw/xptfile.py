"""What pyreadstat does not tell of a SAS transport file: several datasets, a cut-off end, special missings.

Layout: records of 80 bytes; member header, variable descriptions (NAMESTR, 140 bytes each), observations
(SAS Technical Support TS-140, version 8 alike).
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from cdisc_kit.errors import RawDataError

RECORD = 80
_LIBRARY = re.compile(rb"HEADER RECORD\*{7}(LIBRARY |LIBV8   )HEADER RECORD!{7}")
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(MEMBER  |MEMBV8  )HEADER RECORD!{7}.{26}([0-9]{4})")
_NAMESTR = re.compile(rb"HEADER RECORD\*{7}(NAMESTR |NAMSTV8 )HEADER RECORD!{7}[0-9]{6}([0-9]{4})")
_OBSERVATIONS = re.compile(rb"HEADER RECORD\*{7}(OBS     |OBSV8   )HEADER RECORD!{7}")
_NUMERIC = 1


def require_whole(path: Path) -> None:
    """Raise RawDataError for what is no transport file, one that is cut off, and one of several datasets."""
    data = path.read_bytes()
    if not _LIBRARY.match(data):
        raise RawDataError(
            f"{path}: not a SAS transport file (another type, or a CPORT file); export it again"
        )
    members = [found for found in _MEMBER.finditer(data) if found.start() % RECORD == 0]
    if len(members) != 1:
        told = (
            f"holds {len(members)} datasets; export each to a file of its own"
            if members
            else "has no dataset"
        )
        raise RawDataError(f"{path}: {told}")
    width, start = sum(_variables(path, data)[0]), _observations(data)
    # the last record of 80 bytes is filled up with blanks; half an observation is none
    rest = data[len(data) - (len(data) - start) % width :] if start and width else b""
    if len(data) % RECORD or not start or rest.strip(b" "):
        raise RawDataError(f"{path}: the file is cut off; export it again")


def special_missing(path: Path, rows: int) -> dict[int, dict[int, str]]:
    """Variable position -> row position -> `.A` to `.Z` or `._`, in the first `rows` observations."""
    data = path.read_bytes()
    lengths, kinds = _variables(path, data)
    width, start = sum(lengths), _observations(data)
    if not rows or not width:
        return {}
    if len(data) < start + rows * width:
        raise RawDataError(f"{path}: its variables do not fit its observations; export it again")
    cells = np.frombuffer(data, dtype=np.uint8, count=rows * width, offset=start).reshape(rows, width)
    found: dict[int, dict[int, str]] = {}
    begin = 0
    for at, (length, kind) in enumerate(zip(lengths, kinds, strict=True)):
        part = cells[:, begin : begin + length]
        begin += length
        if kind == _NUMERIC:
            # a missing value is its letter and zeros: a number without digits
            letter = ((part[:, 0] >= ord("A")) & (part[:, 0] <= ord("Z"))) | (part[:, 0] == ord("_"))
            marked = np.flatnonzero(letter & ~part[:, 1:].any(axis=1))
            if len(marked):
                found[at] = {int(row): f".{chr(part[row, 0])}" for row in marked}
    return found


def _observations(data: bytes) -> int:
    """Where the observations begin; 0 in a file that is cut off before."""
    heading = _OBSERVATIONS.search(data)
    return heading.start() + RECORD if heading else 0


def _variables(path: Path, data: bytes) -> tuple[list[int], list[int]]:
    """Length in bytes and kind (1 number, 2 text) of each variable, in file order."""
    member, heading = _MEMBER.search(data), _NAMESTR.search(data)
    if member is None or heading is None:
        return [], []
    size, count, start = int(member.group(2)), int(heading.group(2)), heading.start() + RECORD
    if len(data) < start + count * size:
        raise RawDataError(f"{path}: the file is cut off; export it again")
    parts = [struct.unpack_from(">hhh", data, start + at * size) for at in range(count)]
    if any(length < 1 for _, _, length in parts):
        raise RawDataError(f"{path}: a variable has no length; the file is damaged, export it again")
    return [length for _, _, length in parts], [kind for kind, _, _ in parts]

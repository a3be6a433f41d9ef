"""The header of a file with one dataset: library, member and variable descriptions."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from cdisc_kit.xpt.declaration import MAX_LABEL_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cdisc_kit.xpt.declaration import XptVariable

CARD = 80  # bytes of a record

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def padded_length(length: int) -> int:
    """`length` rounded up to whole records of 80 bytes."""
    return -(-length // CARD) * CARD


def header(
    name: str, label: str, variables: Sequence[XptVariable], encoding: str, created: datetime
) -> bytes:
    """Everything before the observations: eight header records, the NAMESTR block, the OBS record."""
    stamp = f"{created:%d}{_MONTHS[created.month - 1]}{created:%y:%H:%M:%S}"  # %b depends on the locale
    # Fixed: who wrote the file and where must not change its bytes.
    host = f"{'9.4':<8}{'X64_10PR':<8}{'':24}{stamp}"
    cards = (
        _header_card("LIBRARY"),
        f"{'SAS':<8}{'SAS':<8}{'SASLIB':<8}{host}".encode(),
        stamp.encode(),
        _header_card("MEMBER", "000000000000000001600000000140"),
        _header_card("DSCRPTR"),
        f"{'SAS':<8}{name:<8}{'SASDATA':<8}{host}".encode(),
        f"{stamp}{'':16}".encode() + label.encode(encoding).ljust(MAX_LABEL_BYTES),
        _header_card("NAMESTR", f"{len(variables):010d}".ljust(30, "0")),
    )
    namestrs = b"".join(_namestrs(variables, encoding))
    padded = namestrs.ljust(padded_length(len(namestrs)))
    return b"".join(card.ljust(CARD) for card in cards) + padded + _header_card("OBS").ljust(CARD)


def _header_card(kind: str, counts: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{counts}".encode()


def _namestrs(variables: Sequence[XptVariable], encoding: str) -> Iterator[bytes]:
    position = 0
    for number, variable in enumerate(variables, start=1):
        yield struct.pack(
            ">4h8s40s8s3h2x8s2hi52x",
            1 if variable.type == "Num" else 2,
            0,
            variable.length,
            number,
            variable.name.encode().ljust(8),
            variable.label.encode(encoding).ljust(MAX_LABEL_BYTES),
            b" " * 8,  # no format: its name, width, decimals and justification
            *(0, 0, 0),
            b" " * 8,  # no informat: its name, width and decimals
            *(0, 0),
            position,
        )
        position += variable.length

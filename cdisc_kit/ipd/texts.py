"""A text of a package with its place, and bytes as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_ENCODINGS = ("utf-8-sig", "gb18030")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffd]{4,}")


class UnreadableError(Exception):
    """A file cannot be looked through; the text says why and names no value."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text. `place` is its path, member, sheet or column; `value` never leaves the internal list of hits.

    A `cell` is a value of a released dataset (distinct values count once), a `name` the path of a file, a
    `stamp` a time that says when something was made; everything else is a `text`. `column` names the variable
    of a cell.
    """

    place: str
    text: str = field(repr=False)
    role: Literal["cell", "text", "name", "stamp"]
    column: str = ""


def decoded_text(content: bytes, *, strict: bool = True) -> str:
    """Bytes as text: UTF-16 where a mark says so, else UTF-8, else GB18030; else UnreadableError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if strict:
        raise UnreadableError("a text in no encoding that is known")
    return content.decode("latin-1")


def raw_strings(place: str, content: bytes) -> Iterator[Text]:
    """What reads like text in any bytes, in each encoding it might be in."""
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        for match in _PRINTABLE.finditer(content.decode(encoding, errors="replace")):
            yield Text(f"{place}?{encoding}", match[0], "text")

"""Every file of a package as the texts that stand in it, each with its place.

Nothing is skipped: names, archive members with their times and comments, hidden sheets, attributes, comments
and metadata are texts like any other. What cannot be read is told as unread, and a scan that meets it fails.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from cdisc_kit.ipd import documents, pictures, tables
from cdisc_kit.ipd.texts import Text, UnreadableError, decoded_text, raw_strings

DATA = re.compile(r"(^|/)sdtm/")
_DEPTH = 5
_LIMIT = 1 << 30  # bytes unpacked of one archive: more is a bomb
# Mostly places in the list of shared texts; the cells themselves are read as a spreadsheet shows them.
_SHEET_VALUE = re.compile(r"!xl/worksheets/[^!]*\.xml v$")
_EMBEDDED = re.compile(r"data:[\w/+.;=-]*?;base64,([A-Za-z0-9+/=\s%]+)")
_FIXED = (1980, 1, 1, 0, 0, 0)

Kind = Literal[
    "archive", "compressed", "table", "json", "lines", "markup", "pdf", "picture", "text", "binary"
]


@dataclass
class Decoded:
    """The texts of a package and the places that could not be read, with the reason."""

    texts: list[Text] = field(default_factory=list, repr=False)
    unread: list[tuple[str, str]] = field(default_factory=list)

    def names(self) -> list[str]:
        """Paths of all files, those inside of archives too."""
        return [text.text for text in self.texts if text.role == "name"]


def decode(files: Mapping[str, bytes]) -> Decoded:
    """All texts of `files` (path -> bytes)."""
    found = Decoded()
    for path in sorted(files):
        _file(path, path, files[path], found, 0)
    return found


def _file(path: str, place: str, content: bytes, found: Decoded, depth: int) -> None:
    """`path` is the file's own name, `place` where it is found: `a.zip!b/c.csv` inside of an archive."""
    found.texts.append(Text(place, path, "name"))
    if depth > _DEPTH:
        found.unread.append((place, "archives within archives, too deep"))
        return
    try:
        for text in _texts(path, content, place, found, depth):
            if not _SHEET_VALUE.search(text.place):
                found.texts.append(text)
            _embedded(text, found, depth)
    except UnreadableError as error:
        found.unread.append((place, str(error)))
        found.texts += raw_strings(place, content)


def _embedded(text: Text, found: Decoded, depth: int) -> None:
    """Files written into a page as `data:` addresses."""
    if ";base64," not in text.text:
        return
    for at, match in enumerate(_EMBEDDED.finditer(text.text)):
        place = f"{text.place}#data{at}"
        try:
            content = base64.b64decode(re.sub(r"\s|%0A", "", match[1]), validate=True)
        except binascii.Error:
            found.unread.append((place, "data: address that is no base64"))
            continue
        _file(place.rpartition("/")[2], place, content, found, depth + 1)


def _texts(path: str, content: bytes, place: str, found: Decoded, depth: int) -> Iterable[Text]:
    kind = kind_of(path, content)
    if kind in ("archive", "compressed"):
        unpack = _archive if kind == "archive" else _compressed
        return unpack(path, content, place, found, depth)
    if kind == "binary":
        raise UnreadableError("a kind of file that cannot be looked through")
    return _of_kind(kind, path, content, place)


def _of_kind(kind: Kind, path: str, content: bytes, place: str) -> Iterable[Text]:
    role: Literal["cell", "text"] = "cell" if DATA.search(place) else "text"
    readers: dict[str, Callable[[], Iterable[Text]]] = {
        "table": lambda: tables.texts(path, content, place, role),
        "json": lambda: documents.json_texts(content, place, role),
        "lines": lambda: documents.json_lines(content, place, role),
        "markup": lambda: documents.markup_texts(content, place, html=_ending(path) in ("html", "htm")),
        "pdf": lambda: documents.pdf_texts(content, place),
        "picture": lambda: pictures.texts(content, place),
        "text": lambda: _lines(decoded_text(content), place),
    }
    return readers[kind]()


_BY_START: tuple[tuple[tuple[bytes, ...], Kind], ...] = (
    ((b"PK\x03\x04", b"PK\x05\x06"), "archive"),
    ((b"\x1f\x8b",), "compressed"),
    ((b"%PDF",), "pdf"),
    ((pictures.PNG, pictures.JPEG), "picture"),
    ((b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0"), "binary"),
    ((tables.TRANSPORT,), "table"),
)
_BY_ENDING: dict[str, Kind] = {
    **dict.fromkeys(("csv", "tsv", "xpt"), "table"),
    **dict.fromkeys(("json", "jsonld"), "json"),
    **dict.fromkeys(("ndjson", "jsonl"), "lines"),
    **dict.fromkeys(["xml", "xsl", "xslt", "html", "htm", "svg", "xhtml", "rels", "vml", "xmp"], "markup"),
}


def kind_of(path: str, content: bytes) -> Kind:
    """What a file is, by its first bytes, then by its name."""
    for starts, kind in _BY_START:
        if content.startswith(starts):
            return kind
    named = _BY_ENDING.get(_ending(path))
    return named or ("text" if _is_text(content) else "binary")


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix.lower().removeprefix(".")


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        decoded_text(content)
    except UnreadableError:
        return False
    return True


def _lines(text: str, place: str) -> Iterator[Text]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield Text(f"{place}:{number}", unescape(line), "text")


def _archive(path: str, content: bytes, place: str, found: Decoded, depth: int) -> Iterator[Text]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableError("a damaged ZIP") from error
    with archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > _LIMIT:
            raise UnreadableError("a ZIP that unpacks to more than 1 GiB")
        yield Text(f"{place}!", decoded_text(archive.comment, strict=False), "text")
        for member in members:
            inner = f"{place}!{member.filename}"
            yield Text(inner, decoded_text(member.comment, strict=False), "text")
            yield Text(inner, decoded_text(member.extra.replace(b"\0", b" "), strict=False), "text")
            if member.date_time != _FIXED:
                yield Text(inner, "{:04d}-{:02d}-{:02d}".format(*member.date_time), "stamp")
            try:
                _file(member.filename, inner, archive.read(member), found, depth + 1)
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise UnreadableError("a ZIP member that is encrypted or damaged") from error
    if any(member.filename == "xl/workbook.xml" for member in members):
        yield from tables.workbook_texts(content, place)
    _require_no_more(content, path)


def _require_no_more(content: bytes, path: str) -> None:
    """Bytes before the first member or behind the directory are no part of the archive: nobody reads them."""
    end = content.rfind(b"PK\x05\x06")
    comment = int.from_bytes(content[end + 20 : end + 22], "little")
    if end < 0 or len(content) != end + 22 + comment:
        raise UnreadableError("a ZIP with bytes behind its end")


def _compressed(path: str, content: bytes, place: str, found: Decoded, depth: int) -> Iterator[Text]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            inner = file.read(_LIMIT + 1)
            moment = file.mtime
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError("a damaged gzip file") from error
    if len(inner) > _LIMIT:
        raise UnreadableError("a gzip file that unpacks to more than 1 GiB")
    yield from raw_strings(f"{place}!", content[:512])
    if moment:
        yield Text(f"{place}!", str(np.datetime64(moment, "s")), "stamp")
    _file(path.removesuffix(".gz"), f"{place}!", inner, found, depth + 1)

"""Pictures of a package as texts: what PNG and JPEG hold beside the pixels. Pixels are not read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from cdisc_kit.ipd.texts import Text, UnreadableError, decoded_text, raw_strings

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD", b"sBIT")
_NO_LENGTH = {0x01, 0xD8, *range(0xD0, 0xD8)}
_SCAN, _END = 0xDA, 0xD9
_PLAIN = {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD}


def texts(content: bytes, place: str) -> Iterator[Text]:
    """Texts, times and EXIF data of a picture. UnreadableError where its parts do not follow each other."""
    return _png(content, place) if content.startswith(PNG) else _jpeg(content, place)


def _png(content: bytes, place: str) -> Iterator[Text]:
    at, kind = len(PNG), b""
    while at < len(content):
        if kind == b"IEND" or at + 12 > len(content):
            raise UnreadableError("a PNG with bytes behind its end, or cut off")
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += length + 12
        if kind not in _PIXELS:
            yield from _chunk(kind, data, f"{place} {kind.decode('latin-1')}")
    if kind != b"IEND":
        raise UnreadableError("a PNG that is cut off")


def _chunk(kind: bytes, data: bytes, place: str) -> Iterator[Text]:
    try:
        if kind == b"zTXt":
            key, _, packed = data.partition(b"\0")
            data = key + b"\0" + zlib.decompress(packed[1:])
        elif kind == b"iTXt":
            key, _, rest = data.partition(b"\0")
            language, _, last = rest[2:].partition(b"\0")
            translated, _, body = last.partition(b"\0")
            data = b"\0".join(
                [key, language, translated, zlib.decompress(body) if rest[:1] == b"\1" else body]
            )
        elif kind == b"iCCP":
            name, _, packed_profile = data.partition(b"\0")
            data = name + b"\0" + zlib.decompress(packed_profile[1:])
    except zlib.error as error:
        raise UnreadableError("a PNG with a damaged text") from error
    if kind == b"tIME" and len(data) == 7:
        year, month, day = struct.unpack(">HBB", data[:4])
        yield Text(place, f"{year:04d}-{month:02d}-{day:02d}", "stamp")
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        for part in data.split(b"\0"):
            yield Text(place, decoded_text(part, strict=False), "text")
    else:
        yield from raw_strings(place, data)


def _jpeg(content: bytes, place: str) -> Iterator[Text]:
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise UnreadableError("a JPEG whose parts do not follow each other")
        marker = content[at + 1]
        if marker == _SCAN:
            end = content.rfind(bytes([0xFF, _END]))
            if end != len(content) - 2:
                raise UnreadableError("a JPEG with bytes behind its end, or cut off")
            return
        if marker in _NO_LENGTH or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if marker not in _PLAIN:
            yield from raw_strings(f"{place} {marker:02X}", content[at + 4 : at + 2 + length])
        at += 2 + length
    raise UnreadableError("a JPEG that is cut off")

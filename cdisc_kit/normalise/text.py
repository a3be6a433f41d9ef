"""Characters of a cell: superscripts, full-width forms, invisible characters, spaces, broken encodings."""

from __future__ import annotations

import re
import unicodedata

from cdisc_kit.normalise.notes import SUPERSCRIPT, TRIM, WIDTH, Note, Read

# The characters that normalisation form KC and trimming never change.
_UNTOUCHED = re.compile("[!-~\u4e00-\u9fff]+(?: [!-~\u4e00-\u9fff]+)*")
_POWER = re.compile(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_IN_LINE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_SPACES = re.compile(r"\s+")


def clean(raw: str) -> Read:
    """The text without typing accidents. Superscripts come first: form KC would make 109 of 10⁹."""
    if _UNTOUCHED.fullmatch(raw):
        return Read(raw)
    notes: list[Note] = []
    in_line = _POWER.sub(lambda found: "^" + found.group(), raw).translate(_IN_LINE)
    if in_line != raw:
        notes.append(SUPERSCRIPT)
    # an ideographic space is a matter of trimming, not of width
    spaced = in_line.replace("\u3000", " ").replace("\xa0", " ")
    unified = unicodedata.normalize("NFKC", spaced)
    if unified != spaced:
        notes.append(WIDTH)
    # what an invisible character kept apart may now compose
    visible = unicodedata.normalize("NFKC", _INVISIBLE.sub("", unified))
    trimmed = _SPACES.sub(" ", visible).strip()
    if spaced != in_line or trimmed != unified:
        notes.append(TRIM)
    return Read(trimmed, tuple(notes))


def spelling(text: str) -> str:
    """Text of a table of the study as a cell with that text is read."""
    return clean(text).text


# Full-width punctuation that Chinese text is written with, and that form KC would make ASCII of.
PUNCTUATION = "！（），：；？～…"
_ASIDE = {ord(mark): 0xFDD0 + at for at, mark in enumerate(PUNCTUATION)}  # code points that are no characters
_BACK = {place: mark for mark, place in _ASIDE.items()}


def wording(raw: str) -> str:
    """The cleaned text with its Chinese punctuation, as it is shown to a reader of Chinese."""
    return clean(raw.translate(_ASIDE)).text.translate(_BACK)


# UTF-8 bytes shown as Windows-1252: a lead byte of a Chinese character, then continuation bytes.
_AS_LATIN = re.compile(
    "[\xe3-\xef](?=[\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122])"
)
_HAN = re.compile("[\u4e00-\u9fff]")


def is_mojibake(raw: str) -> bool:
    """True for text whose bytes were once read in the wrong encoding (UTF-8 as Windows-1252 or as GBK)."""
    if raw.isascii():
        return False
    if "\ufffd" in raw or "锟斤拷" in raw:
        return True
    if not _HAN.search(raw):
        return _AS_LATIN.search(raw) is not None
    return _was_utf8(raw)


def _was_utf8(raw: str) -> bool:
    """Chinese text whose GBK bytes are the UTF-8 bytes of other Chinese text; a cut last character counts."""
    if "\ue000" <= max(raw) <= "\uf8ff":  # GBK puts odd bytes into the private use area
        raw = "".join(character for character in raw if not "\ue000" <= character <= "\uf8ff")
    try:
        data = raw.rstrip("?").encode("gbk")
    except UnicodeEncodeError:
        return False
    for cut in range(3):
        try:
            text = data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return len(_HAN.findall(text)) > 0 and all(_HAN.match(c) or c.isascii() for c in text)
    return False

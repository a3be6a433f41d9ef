"""A text as a person means it: what hides a number, a date or a name from a search is undone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\ufe58\ufe63\uff0d]")
_WRITTEN = "零〇○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两"
_DIGITS = str.maketrans(_WRITTEN, "00012345678912345678912")
_SPELT = re.compile(f"[{_WRITTEN}](?:[ -]?[{_WRITTEN}]){{3,}}")
_OF_DATE = re.compile(r"([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=[月日号床])")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0002ebef]")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def plain(text: str) -> str:
    """Form KC without invisible characters, with one kind of dash, and Chinese digits as digits."""
    if text.isascii() and text.isprintable():
        return text
    made = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    made = _DASHES.sub("-", _INVISIBLE.sub("", made))
    if not _HAN.search(made) and "〇" not in made:
        return made
    made = _OF_DATE.sub(_number, made)
    return _SPELT.sub(lambda found: found[0].translate(_DIGITS), made)


def _number(found: re.Match[str]) -> str:
    """十二 before 月, 二十五 before 日."""
    tens, ten, ones = found.groups()
    if not (tens or ten or ones):
        return ""
    unit = (ones or "0") if ten else (tens + ones)
    return ((tens or "1") if ten else "").translate(_DIGITS) + unit.translate(_DIGITS)


def readings(text: str) -> Iterator[str]:
    """The text, and what it says where its bytes were once read in the wrong encoding or escaped."""
    yield plain(text)
    if _PERCENT.search(text):
        yield plain(unquote(text))
    if text.isascii():
        return
    for wrong in ("latin-1", "cp1252", "gb18030"):
        for right in ("gb18030", "utf-8"):
            if wrong == right:
                continue
            try:
                meant = text.encode(wrong).decode(right)
            except (UnicodeEncodeError, UnicodeDecodeError):
                continue
            if meant != text and _HAN.search(meant):
                yield plain(meant)


def has_chinese(text: str) -> bool:
    """True where a Chinese character stands in it."""
    return _HAN.search(text) is not None

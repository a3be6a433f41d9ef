"""Words that stand for the lack of a value: missing, unknown, not done."""

from __future__ import annotations

from cdisc_kit.normalise.notes import MISSING, NOT_DONE, UNKNOWN, Read

_DASHES = frozenset({"-", "—", "–", "−"})
_EMPTY = frozenset({"--", "——", "/", "n/a", "未填", "空"})
_OF_DATABASES = frozenset({"null"})  # how they print that there is no value
# In free text 无 and NA are words (NA is also the usual code of sodium), and so is 不详.
_MISSING = {
    "text": _EMPTY | _DASHES,
    "qualitative": _EMPTY | _OF_DATABASES | {"无", "na"},  # a dash is NEGATIVE
}
_MISSING_ELSEWHERE = _EMPTY | _DASHES | _OF_DATABASES | {"无", "na"}
_UNKNOWN = frozenset({"uk", "unk", "nk", "不详", "未知"})
_NOT_DONE = frozenset({"nd", "未做", "未查", "未测", "未检"})
NOT_DONE_TEXT = "ND"


def token(text: str, kind: str, unknown: frozenset[str] = frozenset()) -> Read | None:
    """What a whole cell that is a token reads as in a column of type `kind`; None for any other text.

    A result that was not done stays as `ND`, which mappings read as not done; elsewhere the cell is null.
    """
    word = text.casefold()
    if word in _MISSING.get(kind, _MISSING_ELSEWHERE):
        return Read("", (MISSING,))
    if kind == "text":
        return None
    if word in _UNKNOWN or text in unknown:
        return Read("", (UNKNOWN,))
    if word not in _NOT_DONE:
        return None
    if kind != "qualitative":
        return Read("", (NOT_DONE,))
    return Read(NOT_DONE_TEXT, (NOT_DONE,) if text != NOT_DONE_TEXT else ())

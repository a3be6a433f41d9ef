"""The values of one variable as fixed-width bytes: text in the file's encoding, numbers as IBM doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    Floats: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
    Words: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint64]]
    Integers: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
    Flags: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
    Fields: TypeAlias = np.ndarray[tuple[int], np.dtype[np.void]]
    Values: TypeAlias = pd.api.extensions.ExtensionArray

MAX_CHAR_BYTES = 200


def byte_lengths(series: pd.Series, encoding: str) -> Integers:
    """Bytes each text of `series` takes in `encoding`: 0 where missing, -1 where it cannot be written."""
    codes, texts, refused = encode(series.array, encoding)
    lengths = _lengths(texts)
    lengths[list(refused)] = -1
    return lengths[codes]


def byte_range(texts: np.ndarray, encoding: str) -> tuple[int, int]:
    """-1 where a text cannot be written (else 0) and the most bytes of one; `texts` is an object array."""
    try:
        if not any("\0" in text for text in texts):
            return 0, max((len(text.encode(encoding)) for text in texts), default=0)
    except (UnicodeEncodeError, TypeError):
        pass  # told text by text
    lengths = byte_lengths(pd.Series(texts, dtype=object), encoding)
    return int(lengths.min(initial=0)), int(lengths.max(initial=0))


def char_field(values: Values, length: int, encoding: str) -> tuple[Fields, dict[str, Flags]]:
    """Each text as `length` blank-padded bytes; rows that cannot be written, by reason."""
    codes, texts, refused = encode(values, encoding)
    for position in np.flatnonzero(_lengths(texts) > length).tolist():
        refused[position] = _too_long(len(texts[position]), length, encoding)
        texts[position] = b""
    table = np.frombuffer(b"".join([text.ljust(length) for text in texts]), dtype=f"V{length}")
    wrong = {
        reason: np.isin(codes, [position for position, why in refused.items() if why == reason])
        for reason in dict.fromkeys(refused.values())
    }
    return table[codes], wrong


def _too_long(needed: int, length: int, encoding: str) -> str:
    if needed > MAX_CHAR_BYTES:
        return f"takes more than {MAX_CHAR_BYTES} bytes in {encoding}: move the rest to SUPP--"
    return f"takes more than the declared {length} bytes in {encoding}: declare more"


def encode(values: Values, encoding: str) -> tuple[Integers, list[bytes], dict[int, str]]:
    """Distinct texts as bytes, a code into them for each row, and why a text (by position) is refused.

    The last of the texts is blank and belongs to no value: code -1, pandas' mark of a missing value, falls
    on it. Refused texts are blank too.
    """
    codes, uniques = pd.factorize(values)  # type: ignore[call-overload]  # the stubs lack extension arrays
    distinct = uniques.tolist()
    refused: dict[int, str] = {}
    try:
        texts = [text.encode(encoding) for text in distinct]
    except (UnicodeEncodeError, AttributeError):
        texts = [_encode_or_refuse(text, encoding, i, refused) for i, text in enumerate(distinct)]
    if b"\0" in b"".join(texts):
        refused |= {i: "holds a NUL, where readers cut it off" for i, t in enumerate(texts) if b"\0" in t}
        texts = [b"" if i in refused else t for i, t in enumerate(texts)]
    return codes, [*texts, b""], refused


def _encode_or_refuse(text: object, encoding: str, position: int, refused: dict[int, str]) -> bytes:
    if not isinstance(text, str):
        refused[position] = f"is of type {type(text).__name__}, not text"
        return b""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        refused[position] = f"has a character {encoding} cannot hold: replace it or choose another encoding"
        return b""


def _lengths(texts: list[bytes]) -> Integers:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def num_field(values: Values) -> tuple[Words, dict[str, Flags]]:
    """Each number as the 64 bits of an IBM double; rows that cannot be written, by reason."""
    numbers: Floats = pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan)
    words, inside = ieee_to_ibm(numbers)
    size = np.abs(numbers)
    wrong = {
        "is infinite": np.isinf(size),
        "is too large for IBM floating point (16**63 or more)": ~inside & (size > 1) & ~np.isinf(size),
        "is too small for IBM floating point (less than 16**-65)": ~inside & (size < 1),
    }
    if values.dtype.kind in "iu":
        wrong["is an integer of 2**53 or more, not exact as a number"] = size >= 2.0**53
    return words, {reason: rows for reason, rows in wrong.items() if rows.any()}


def ieee_to_ibm(numbers: Floats) -> tuple[Words, Flags]:
    """IBM hexadecimal doubles (as 64-bit words) of IEEE doubles, and which of them are exact.

    The 53 bits of an IEEE significand move by 0 to 3 places into the 56 bits of an IBM fraction, so a
    number is exact when 16**-65 <= |x| < 16**63. Zeros are exact (the sign of -0.0 goes), and so is NaN,
    which becomes the missing value `.`.
    """
    bits = numbers.view(np.uint64)
    significand = (bits & np.uint64(2**52 - 1)) | np.uint64(2**52)
    # x = 0.significand * 2**exponent = 0.fraction * 16**power, the fraction shifted right to make up.
    exponent = ((bits >> np.uint64(52)) & np.uint64(0x7FF)).astype(np.int64) - 1022
    power = -(-exponent // 4)
    fraction = significand << (3 + exponent - 4 * power).astype(np.uint64)
    sign = bits & np.uint64(2**63)
    words = sign | ((power + 64).astype(np.uint64) << np.uint64(56)) | fraction
    zero, missing = numbers == 0, np.isnan(numbers)
    words[zero] = 0
    words[missing] = 0x2E << 56
    return words, zero | missing | ((power >= -64) & (power <= 63))

"""The scan of a whole package: known values, shapes, dates, formulas, keys, names of files."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from cdisc_kit.ipd.decode import Decoded
from cdisc_kit.ipd.evidence import Hit
from cdisc_kit.ipd.known import Known
from cdisc_kit.ipd.patterns import is_measured, shapes
from cdisc_kit.ipd.spelling import readings
from cdisc_kit.ipd.texts import Text
from cdisc_kit.ipd.writtendates import days, months

# Released dates lie around the epoch of 1930; no trial follows anybody until here. Whoever takes part
# has lived and fallen ill after it, so that a date from here on can only be a real one.
LIVED = "1942-01-01"
# Times of making are constants: 1960 and 2000 of transport files, 1980 of archives, those around the epoch.
_CONSTANT = "2000-01-01"
_YEAR = re.compile(r"(?<!\d)(?:19[4-9]\d|20\d\d)(?!\d)")
_DATES = re.compile(r".*(?:DTC|STTPT|ENTPT)")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CSV = re.compile(r"\.[ct]sv [^!]*$")
_SHEET_FORMULA = re.compile(r"xl/worksheets/[^!]*\.xml f$")
_KEY_FILE = "cdisc-kit-key-1:"
# A SHA-256 of a manifest: eight of its digits may read like a date, and mean nothing.
_DIGEST = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
_UNSAFE = re.compile(r'[\x00-\x1f\\:*?"<>|]')


@dataclass(frozen=True)
class Allowed:
    """What a package may state though it looks like a leak.

    `days` (YYYY-MM-DD) are those of registration, approvals and versions of standards, `texts` public names:
    both may stand in documents, and in cells of `columns`, those of the trial's design.
    """

    days: frozenset[str]
    texts: tuple[str, ...] = field(default=(), repr=False)
    columns: frozenset[str] = frozenset()

    def without(self, text: str, *, cell: bool, column: str) -> str:
        """`text` without the public names that may stand there."""
        if not cell or column in self.columns:
            for name in self.texts:
                if name in text:
                    text = text.replace(name, " ")
        return text


def hits(decoded: Decoded, known: Known, allowed: Allowed) -> Iterator[Hit]:
    """Everything in the texts of a package that must not stand there; equal texts are looked at once."""
    seen: dict[tuple[str, str, str], Text] = {}
    for text in decoded.texts:
        seen.setdefault((text.text, text.role, text.column), text)
        if _is_formula(text):
            yield Hit("formula", text.place, text.text)
    for text in seen.values():
        found: dict[tuple[str, str], None] = {}
        for reading in dict.fromkeys(readings(text.text)):
            found |= dict.fromkeys(_of_reading(reading, text, known, allowed))
        yield from (Hit(rule, text.place, value) for rule, value in found)


def _of_reading(reading: str, text: Text, known: Known, allowed: Allowed) -> Iterator[tuple[str, str]]:
    cell = text.role == "cell"
    reading = allowed.without(reading, cell=cell, column=text.column)
    if not cell:
        reading = _DIGEST.sub(" ", reading)
    yield from known.found(reading, cell=cell)
    yield from shapes(reading, cell=cell, column=text.column)
    if any(map(str.isdigit, reading)):
        yield from (("date", value) for value in _dates(reading, text, known, allowed))


def _dates(reading: str, text: Text, known: Known, allowed: Allowed) -> Iterator[str]:
    if text.role == "cell":
        design = text.column in allowed.columns
        measured = is_measured(reading, text.column)
        found = days(reading, runs=not measured) - (allowed.days if design else frozenset())
        yield from (day for day in found if day >= LIVED)
        if not measured and not design:
            yield from (month for month in months(reading) if month >= LIVED[:7])
        if _DATES.fullmatch(text.column):
            yield from _YEAR.findall(reading)
        return
    for day in days(reading) - allowed.days:
        if day in known.days or (text.role == "stamp" and day > _CONSTANT):
            yield day


def _is_formula(text: Text) -> bool:
    if _SHEET_FORMULA.search(text.place):
        return True
    return bool(
        text.column
        and _CSV.search(text.place)
        and _FORMULA.match(text.text)
        and not _NUMBER.fullmatch(text.text)
    )


def keys_in(files: Mapping[str, bytes], decoded: Decoded, secrets: Iterable[bytes]) -> Iterator[Hit]:
    """Keys in any writing, in the bytes of a file and in the texts of what is packed within."""
    forms = [form for secret in secrets for form in _writings(secret)]
    for path, content in files.items():
        if any(form in content for form in forms) or _KEY_FILE.encode() in content:
            yield Hit("key", path, "")
    texts = [form.decode("ascii") for form in forms if form.isascii()]
    for text in decoded.texts:
        if len(text.text) >= 32 and (_KEY_FILE in text.text or any(form in text.text for form in texts)):
            yield Hit("key", text.place, "")


def _writings(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
        yield encode(secret).rstrip(b"=")


def unsafe_names(names: Iterable[str]) -> Iterator[Hit]:
    """Paths that leave their folder, or that a file system or terminal would take for something else."""
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not name.isascii() or _UNSAFE.search(name):
            yield Hit("file name", name.encode("ascii", "backslashreplace").decode("ascii"), name)

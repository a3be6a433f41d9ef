"""The text form of the standard's facts: tab-separated tables that a person can read and diff.

A table is UTF-8 text with LF line ends: one header line, then one line a row. No cell holds a tab or a line
break, so nothing is quoted; lists in a cell are separated by blanks (synonyms by "; "). The last column is
never blank, so that no line ends in white space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from cdisc_kit.errors import StandardError

V = TypeVar("V")

FOLDER = Path(__file__).parent


class Table(dict[str, V]):
    """Entries of the standard by name; asking with `[]` for one that does not exist says what is near.

    `what` reads as the start of a sentence: "SDTMIG 3.4 has no dataset". `in` and `get` never raise.
    """

    def __init__(self, what: str, entries: Iterable[tuple[str, V]] = ()) -> None:
        super().__init__(entries)
        self.what = what

    def __missing__(self, name: str) -> V:
        raise StandardError(f"{self.what} {name!r}{did_you_mean(name, self)}")


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean 'AESEV'?` with up to three candidates near `name`, or "" where none is near."""
    near = nearest(name, candidates)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def nearest(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Up to three candidates that differ from `name` in case or by a few characters, nearest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it

    by_upper: dict[str, str] = {}
    for candidate in candidates:
        by_upper.setdefault(candidate.upper(), candidate)
    if name.upper() in by_upper:
        return (by_upper[name.upper()],)
    return tuple(by_upper[upper] for upper in get_close_matches(name.upper(), by_upper, n=3))


def bundled(stem: str, version: str) -> Path:
    """The folder `<stem>-<version>` of bundled tables; StandardError names the versions there are."""
    folder = FOLDER / f"{stem}-{version}"
    if not folder.is_dir():
        found = sorted(path.name for path in folder.parent.glob(f"{Path(stem).name}-[0-9]*"))
        raise StandardError(f"no tables {folder.name!r} in the kit; there are: {', '.join(found) or 'none'}")
    return folder


def read_table(path: Path, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """The rows of a table as lists of text cells, in file order.

    StandardError where the file is missing, its header differs from `columns` or a row has not as many
    cells as there are columns.
    """
    try:
        header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, ValueError) as error:
        raise StandardError(f"{path}: cannot be read as a table ({error}); reinstall the kit") from error
    if tuple(header.split("\t")) != columns:
        raise StandardError(f"{path}:1 header is not {' '.join(columns)}; write the table anew")
    for number, line in enumerate(lines, start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise StandardError(f"{path}:{number} has {len(cells)} cells, not {len(columns)}; write it anew")
        yield cells


def write_table(path: Path, columns: tuple[str, ...], rows: Iterable[Iterable[str]]) -> None:
    """Write a table; StandardError where a cell holds a tab or a line break."""
    lines = ["\t".join(columns)]
    for row in rows:
        cells = tuple(row)
        if len(cells) != len(columns) or any(cell != " ".join(cell.split()) for cell in cells):
            raise StandardError(
                f"{path}:{len(lines) + 1} row does not fit the columns or holds odd white space"
            )
        lines.append("\t".join(cells))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")

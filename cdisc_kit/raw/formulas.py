"""Cells of a sheet with an error (`#DIV/0!`) or a formula without a result: read as blank."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path

from lxml import etree

_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SUSPECT = re.compile(rb"""\bt=["']e["']|<(?:\w+:)?f[\s/>]""")
_REFERENCE = re.compile("([A-Z]+)([0-9]+)")


def faulty_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """(row, column) -> the error, both counted from 1; '' where a formula was never computed.

    None for another container than XLSX.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(_part(archive, sheet))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError):
        return {}
    return _faulty(content) if _SUSPECT.search(content) else {}


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the archive that holds a sheet (ECMA-376 part 1, 18.2.19). KeyError where there is none."""
    sheets = etree.fromstring(archive.read("xl/workbook.xml")).iter("{*}sheet")
    wanted = next((_relation(entry) for entry in sheets if entry.get("name") == sheet), "")
    relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {str(entry.get("Id")): str(entry.get("Target")) for entry in relations}
    return posixpath.normpath(posixpath.join("/xl", targets[wanted])).lstrip("/")


def _relation(entry: etree._Element) -> str:
    """The relationship's id, whatever edition's namespace it stands in."""
    named = {etree.QName(str(name)).localname: str(value) for name, value in entry.attrib.items()}
    return str(entry.get(_ID) or named.get("id", ""))


def _faulty(content: bytes) -> dict[tuple[int, int], str]:
    found = {}
    for row, element in enumerate(etree.fromstring(content).iter("{*}row"), start=1):
        number = int(element.get("r", row))
        for at, cell in enumerate(element.iter("{*}c"), start=1):
            if cell.get("t") == "e" or _uncomputed(cell):
                found[number, _column(cell.get("r"), at)] = str(cell.findtext("{*}v") or "")
    return found


def _uncomputed(cell: etree._Element) -> bool:
    """True for a formula without a result; one whose result is an empty text says so by its type."""
    return cell.find("{*}f") is not None and not cell.findtext("{*}v") and cell.get("t") != "str"


def _column(reference: str | None, at: int) -> int:
    """3 for C7; the position among the cells of the row where a cell names no reference."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return at
    column = 0
    for letter in match.group(1):
        column = 26 * column + ord(letter) - ord("A") + 1
    return column

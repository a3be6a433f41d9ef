"""Terminology files as NCI EVS and CDISC Library publish them -> codelists, with package and date.

Four forms: NCI's tab-delimited text (and the Library's CSV of the same columns), NCI's workbook, NCI's
ODM-XML, and the JSON of a package in CDISC Library. Definitions are not taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdisc_kit.errors import StandardError
from cdisc_kit.standard.nci_ct import NCI_COLUMNS, STANDARD_COLUMN, codelists_of, pair, read_nci_text, split
from cdisc_kit.standard.terminology import PACKAGES, Codelist, Term

if TYPE_CHECKING:
    from lxml.etree import _Element

_ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
_NCI = "{http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC}"
_DATE = re.compile(r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)")


@dataclass(frozen=True)
class CtFile:
    """A file's codelists. `titles` are its own words about itself, from which package and date are read."""

    codelists: list[Codelist]
    titles: tuple[str, ...]

    def package(self, named: str = "") -> str:
        """`sdtm` or `define-xml`; `named` where the file tells neither. StandardError where it is unclear."""
        told = " ".join(self.titles).lower().replace("_", " ")
        found = [package for package in PACKAGES if package in told]
        if named and found and named not in found:
            raise StandardError(f"the file says it is {found[0]} terminology, not {named}")
        if not named and len(found) != 1:
            raise StandardError(
                "the file does not say which package it is; the kit uses SDTM and Define-XML: "
                f"give --package {'|'.join(PACKAGES)}"
            )
        return named or found[0]

    def date(self, named: str = "") -> str:
        """The package's date; `named` where the file tells none. StandardError where it is unclear."""
        found = sorted({date for title in self.titles for date in _DATE.findall(title)})
        if named and found and named not in found:
            raise StandardError(f"the file says it is of {', '.join(found)}, not {named}")
        if not named and len(found) != 1:
            raise StandardError("the file does not say of which date it is; give --date YYYY-MM-DD")
        return named or found[0]


def read_ct_file(path: Path) -> CtFile:
    """The codelists of a published file, paired; its ending tells its form. StandardError for any other."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise StandardError(f"{path}: terminology is read from {', '.join(_READERS)}")
    file = reader(path)
    if not any(codelist.terms for codelist in file.codelists):
        raise StandardError(f"{path}: holds no term of a codelist")
    return CtFile(file.codelists, (*file.titles, path.stem) if not _dated(file.titles) else file.titles)


def _dated(titles: Iterable[str]) -> bool:
    return any(_DATE.search(title) for title in titles)


def _text(path: Path) -> CtFile:
    codelists, standards = read_nci_text(path)
    return CtFile(codelists, tuple(sorted(standards)) or (path.stem,))


def _workbook(path: Path) -> CtFile:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415

    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (CalamineError, OSError) as error:
        raise StandardError(f"{path}: not a readable workbook ({error})") from error
    for name, rows in sheets.items():
        head = [str(cell).strip() for cell in rows[0]] if rows else []
        if set(NCI_COLUMNS) <= set(head):
            at = [head.index(column) for column in NCI_COLUMNS]
            cells = ([" ".join(str(row[i]).split()) for i in at] for row in rows[1:])
            codelists = codelists_of(f"{path} [{name}]", enumerate(cells, start=2))
            standards = (
                {str(row[head.index(STANDARD_COLUMN)]) for row in rows[1:]}
                if STANDARD_COLUMN in head
                else set()
            )
            return CtFile(codelists, (*sorted(standards), name))
    raise StandardError(f"{path}: no sheet has the columns {', '.join(NCI_COLUMNS)}")


def _odm(path: Path) -> CtFile:
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.parse(path, parser).getroot()
    except (OSError, etree.XMLSyntaxError) as error:
        raise StandardError(f"{path}: not readable XML ({error})") from error
    if root.tag != f"{_ODM}ODM":
        raise StandardError(f"{path}: not an ODM 1.3 document")
    versions = list(root.iter(f"{_ODM}MetaDataVersion"))
    titles = (root.get("FileOID", ""), *(version.get("Name", "") for version in versions))
    codelists = [_odm_codelist(path, node) for node in root.iter(f"{_ODM}CodeList")]
    return CtFile(pair(codelists), titles)


def _odm_codelist(path: Path, node: _Element) -> Codelist:
    items = [*node.iter(f"{_ODM}EnumeratedItem"), *node.iter(f"{_ODM}CodeListItem")]
    terms = (
        Term(
            item.get(f"{_NCI}ExtCodeID", ""),
            _line(item.get("CodedValue")),
            _child(item, "PreferredTerm"),
            _synonyms(_line(n.text) for n in item.findall(f"{_NCI}CDISCSynonym")),
        )
        for item in items
    )
    return _codelist(
        path,
        code=node.get(f"{_NCI}ExtCodeID", ""),
        submission=_child(node, "CDISCSubmissionValue"),
        name=_line(node.get("Name")),
        preferred=_child(node, "PreferredTerm"),
        extensible=node.get(f"{_NCI}CodeListExtensible") == "Yes",
        terms=terms,
    )


def _library(path: Path) -> CtFile:
    try:
        content = json.loads(path.read_bytes())
        codelists = [_library_codelist(path, entry) for entry in content["codelists"]]
        titles = (str(content.get("name", "")), str(content.get("effectiveDate", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StandardError(f"{path}: not a terminology package of CDISC Library ({error!r})") from error
    return CtFile(pair(codelists), titles)


def _library_codelist(path: Path, entry: dict[str, Any]) -> Codelist:
    terms = (
        Term(
            str(term["conceptId"]),
            _line(term["submissionValue"]),
            _line(term.get("preferredTerm")),
            _synonyms(map(_line, term.get("synonyms") or ())),
        )
        for term in entry.get("terms") or ()
    )
    return _codelist(
        path,
        code=str(entry["conceptId"]),
        submission=_line(entry["submissionValue"]),
        name=_line(entry["name"]),
        preferred=_line(entry.get("preferredTerm")),
        extensible=str(entry["extensible"]).lower() == "true",
        terms=terms,
    )


def _codelist(
    path: Path,
    *,
    code: str,
    submission: str,
    name: str,
    preferred: str,
    extensible: bool,
    terms: Iterable[Term],
) -> Codelist:
    """A codelist whose identity and terms are complete and distinct, or StandardError."""
    if not code or not submission:
        raise StandardError(
            f"{path}: a codelist has no code or no submission value ({code or submission or name})"
        )
    found: dict[str, Term] = {}
    for term in terms:
        if not term.code or not term.value or term.value in found:
            raise StandardError(f"{path}: codelist {code} holds a term twice, or one without code or value")
        found[term.value] = replace(term, preferred=term.preferred or term.value)
    return Codelist(code, submission, name, preferred or name, extensible, terms=found)


def _synonyms(texts: Iterable[str]) -> tuple[str, ...]:
    """One synonym a part: the Library, too, joins several by semicolons here and there."""
    return tuple(part for text in texts for part in split(text))


def _child(node: _Element, name: str) -> str:
    return _line(node.findtext(f"{_NCI}{name}"))


def _line(value: object) -> str:
    """The text with its white space as single blanks; '' for None."""
    return " ".join(str(value if value is not None else "").split())


_READERS: dict[str, Callable[[Path], CtFile]] = {
    ".txt": _text,
    ".csv": _text,
    ".xlsx": _workbook,
    ".xml": _odm,
    ".json": _library,
}

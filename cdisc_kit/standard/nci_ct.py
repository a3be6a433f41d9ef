"""Controlled terminology as NCI EVS publishes it -> the kit's tables.

Reads the tab-delimited text file of NCI EVS ("SDTM Terminology.txt") and CDISC Library's CSV of the same
columns. Definitions are not taken over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from cdisc_kit.errors import StandardError
from cdisc_kit.standard.tables import write_table
from cdisc_kit.standard.terminology import (
    CODELIST_COLUMNS,
    SYNONYM_SEPARATOR,
    TERM_COLUMNS,
    Codelist,
    Term,
)

NCI_COLUMNS = (
    *("Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name"),
    *("CDISC Submission Value", "CDISC Synonym(s)", "NCI Preferred Term"),
)
STANDARD_COLUMN = "Standard and Date"  # of newer files: `SDTM CT 2025-03-28`


def read_nci_ct(path: Path) -> list[Codelist]:
    """The codelists of the file, paired (see `pair`).

    StandardError where the file is not UTF-8, lacks a column, holds a term twice in a codelist, or a term
    stands before its codelist.
    """
    return read_nci_text(path)[0]


def read_nci_text(path: Path) -> tuple[list[Codelist], set[str]]:
    """As `read_nci_ct`, with what the column `Standard and Date` of newer files says."""
    standards: set[str] = set()

    def rows() -> Iterator[tuple[int, list[str]]]:
        for line, cells, standard in _rows(path):
            standards.update({standard} - {""})
            yield line, cells

    return codelists_of(str(path), rows()), standards


def codelists_of(shown: str, rows: Iterable[tuple[int, list[str]]]) -> list[Codelist]:
    """The codelists in numbered rows whose cells are those of NCI_COLUMNS; `shown` names the file."""
    codelists: dict[str, Codelist] = {}
    for line, row in rows:
        code, owner, extensible, name, value, synonyms, preferred = row
        if not owner:
            codelists[code] = Codelist(code, value, name, preferred, extensible.upper() == "YES")
        elif owner not in codelists:
            raise StandardError(f"{shown}:{line} a term names codelist {owner}, which no line above holds")
        elif value in codelists[owner].terms:
            raise StandardError(f"{shown}:{line} codelist {owner} holds the same submission value twice")
        else:
            codelists[owner].terms[value] = Term(code, value, preferred, split(synonyms))
    return pair(codelists.values())


def split(cell: str) -> tuple[str, ...]:
    """The non-blank parts of a cell that NCI and CDISC separate by semicolons."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def pair(codelists: Iterable[Codelist]) -> list[Codelist]:
    """The codelists with `names_in` and `codes_in` filled in; NCI's file does not say which lists pair.

    A list of codes is called like its list of names with CD added (LBTESTCD, LBTEST), or they end in TC and
    TN (TENMW1TC, TENMW1TN). They are a pair where both hold exactly the same concepts.
    """
    by_name = {codelist.submission: codelist for codelist in codelists}
    for codes in list(by_name.values()):
        stem, ending = codes.submission[:-2], codes.submission[-2:]
        names = by_name.get({"CD": stem, "TC": stem + "TN"}.get(ending, ""))
        if names and names.by_code.keys() == codes.by_code.keys():
            by_name[codes.submission] = replace(codes, names_in=names.code)
            by_name[names.submission] = replace(names, codes_in=codes.code)
    return list(by_name.values())


def write_package(folder: Path, codelists: Iterable[Codelist]) -> None:
    """Write the two tables of a package, sorted by codelist and submission value; same input, same bytes.

    StandardError where a synonym holds the separator.
    """
    ordered = sorted(codelists, key=lambda codelist: codelist.code)
    write_table(folder / "codelists.tsv", CODELIST_COLUMNS, map(_head, ordered))
    write_table(folder / "terms.tsv", TERM_COLUMNS, (row for c in ordered for row in _term_rows(c)))


def _rows(path: Path) -> Iterator[tuple[int, list[str], str]]:
    """(line number, cells in the order of NCI_COLUMNS, standard); NCI's text quotes nothing, the CSV does."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                reader = csv.DictReader(file)
            else:
                reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = [c for c in NCI_COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise StandardError(f"{path}: no column {', '.join(missing)}; is it NCI's CDISC CT as text?")
            for row in reader:
                cells = [" ".join((row[c] or "").split()) for c in NCI_COLUMNS]
                yield reader.line_num, cells, (row.get(STANDARD_COLUMN) or "").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StandardError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def _head(c: Codelist) -> tuple[str, ...]:
    extensible = "Yes" if c.extensible else "No"
    return (c.code, c.submission, extensible, c.names_in, c.codes_in, c.name, c.preferred)


def _term_rows(codelist: Codelist) -> Iterator[tuple[str, ...]]:
    for term in sorted(codelist.terms.values(), key=lambda term: term.value):
        if any(";" in synonym for synonym in term.synonyms):
            raise StandardError(f"codelist {codelist.code}, term {term.code}: a synonym holds a semicolon")
        yield (codelist.code, term.code, term.value, SYNONYM_SEPARATOR.join(term.synonyms), term.preferred)

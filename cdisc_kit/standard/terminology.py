"""Controlled terminology: codelists and terms of one package (SDTM CT, Define-XML CT) of one date.

A package is a folder with two tables sorted by codelist: `codelists.tsv` (read at once, it is small) and
`terms.tsv` (several MB: only the lines of the codelists asked for are ever turned into terms).
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from cdisc_kit.errors import StandardError
from cdisc_kit.standard.tables import FOLDER, Table, did_you_mean, nearest, read_table

CODELIST_COLUMNS = ("code", "submission", "extensible", "names_in", "codes_in", "name", "preferred")
TERM_COLUMNS = ("codelist", "code", "value", "synonyms", "preferred")
PACKAGES = ("sdtm", "define-xml")
CT_VARIABLE = "CDISC_KIT_CT"
SYNONYM_SEPARATOR = "; "  # NCI's own; no synonym can hold a semicolon


@dataclass(frozen=True)
class Term:
    """One term of a codelist: NCI C-code, submission value, NCI preferred term, CDISC synonyms."""

    code: str
    value: str
    preferred: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Codelist:
    """One codelist; `terms` is keyed by submission value, sorted.

    A list of test codes (LBTESTCD) names in `names_in` the C-code of the list of the tests' names (LBTEST),
    which in turn names it in `codes_in`; both are "" for other lists. The two lists share their terms'
    C-codes.
    """

    code: str
    submission: str
    name: str
    preferred: str
    extensible: bool
    names_in: str = ""
    codes_in: str = ""
    terms: dict[str, Term] = field(default_factory=dict)

    @cached_property
    def by_code(self) -> dict[str, Term]:
        """The terms by C-code."""
        return {term.code: term for term in self.terms.values()}

    def nearest(self, value: str) -> tuple[str, ...]:
        """Up to three submission values near `value`; a term that has it as a synonym comes first."""
        folded = value.casefold()
        for term in self.terms.values():
            if folded in (s.casefold() for s in (*term.synonyms, term.preferred)):
                return (term.value,)
        return nearest(value, self.terms)


class ControlledTerminology:
    """The package in `folder`, called `<package>-<date>`: codelists by C-code, in the order of the codes.

    Also for a folder that `nci_ct.write_package` wrote. StandardError where the folder holds no package.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package, self.version = folder.name[:-11], folder.name[-10:]
        self._heads = Table[list[str]](f"{folder.name} has no codelist")
        for cells in read_table(folder / "codelists.tsv", CODELIST_COLUMNS):
            self._heads[cells[0]] = cells
        self._codes = {cells[1]: code for code, cells in self._heads.items()}
        self._loaded: dict[str, Codelist] = {}
        self._terms: dict[tuple[str, str], bool] = {}  # those asked for: each is a search of the file

    def __contains__(self, code: str) -> bool:
        return code in self._heads

    def __iter__(self) -> Iterator[str]:
        return iter(self._heads)

    def __len__(self) -> int:
        return len(self._heads)

    def __getitem__(self, code: str) -> Codelist:
        """The codelist with that C-code; StandardError (with a suggestion) where there is none."""
        if code not in self._loaded:
            self._loaded[code] = self._load(code)
        return self._loaded[code]

    def by_submission(self, name: str) -> Codelist:
        """The codelist with that submission value (`NY`); StandardError where there is none."""
        if name not in self._codes:
            near = did_you_mean(name, self._codes)
            raise StandardError(f"{self.folder.name} has no codelist with submission value {name!r}{near}")
        return self[self._codes[name]]

    def find(self, name: str) -> Codelist | None:
        """The codelist with that submission value or C-code, or None."""
        code = self._codes.get(name, name)
        return self[code] if code in self._heads else None

    def submissions(self) -> list[str]:
        """Every codelist's submission value, in the order of the codes."""
        return list(self._codes)

    def has_term(self, code: str, value: str) -> bool:
        """True where some codelist has the term `value` under that C-code."""
        if (code, value) not in self._terms:
            self._terms[code, value] = f"\t{code}\t{value}\t".encode() in self._data
        return self._terms[code, value]

    def paired(self, codelist: Codelist, value: str) -> Term:
        """The name of a test code, or the code of a test's name: the paired list's term of the same C-code.

        StandardError where the codelist has no partner, or no such term. The message does not hold `value`,
        which may come from the data.
        """
        partner = codelist.names_in or codelist.codes_in
        if not partner:
            raise StandardError(f"{self.folder.name} {codelist.submission} is no list of test codes or names")
        term = codelist.terms.get(value)
        if term is None or term.code not in self[partner].by_code:
            raise StandardError(
                f"{self.folder.name}: a value is no term of {codelist.submission} ({codelist.code}), "
                f"so {self[partner].submission} has none to match it"
            )
        return self[partner].by_code[term.code]

    def _load(self, code: str) -> Codelist:
        _, submission, extensible, names_in, codes_in, name, preferred = self._heads[code]
        terms = {term.value: term for term in map(_term, self._lines(code))}
        return Codelist(code, submission, name, preferred, extensible == "Yes", names_in, codes_in, terms)

    def _lines(self, code: str) -> list[str]:
        """The lines of one codelist, found by bisection: the file is sorted by its first cell."""
        data, key = self._data, code.encode()

        def codelist_at(position: int) -> bytes:
            start = data.rfind(b"\n", 0, position) + 1
            return data[start : data.index(b"\t", start)]

        first = data.index(b"\n") + 1
        start = bisect_left(range(len(data)), key, lo=first, key=codelist_at)
        end = bisect_right(range(len(data)), key, lo=start, key=codelist_at)
        return data[start:end].decode().splitlines()

    @cached_property
    def _data(self) -> bytes:
        path = self.folder / "terms.tsv"
        data = path.read_bytes() if path.is_file() else b""
        if data.partition(b"\n")[0].decode().split("\t") != list(TERM_COLUMNS):
            raise StandardError(f"{path}: is missing or its header is not {' '.join(TERM_COLUMNS)}")
        return data


def load_ct(version: str, package: Literal["sdtm", "define-xml"] = "sdtm") -> ControlledTerminology:
    """The package of that date (`2025-03-28`), bundled or imported by the user, opened once a process.

    StandardError, naming the dates there are, where there is none of that date.
    """
    folders = packages(package)
    if version not in folders:
        raise StandardError(
            f"no {package} terminology of {version}; there is: {', '.join(folders) or 'none'}. "
            "Read a published file with: cdisc-kit ct import FILE"
        )
    return _open(folders[version])


def packages(package: str = "sdtm") -> dict[str, Path]:
    """Date -> folder of each package there is, oldest first; a bundled one counts before an imported one."""
    places = (ct_folder(), FOLDER / "ct")
    found = {
        path.name[-10:]: path
        for place in places
        for path in place.glob(f"{package}-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")
        if path.is_dir()
    }
    return dict(sorted(found.items()))


def ct_folder() -> Path:
    """Where the user's packages lie: the folder CDISC_KIT_CT names, else one of this user's data folder."""
    if os.environ.get(CT_VARIABLE):
        return Path(os.environ[CT_VARIABLE])
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "cdisc-kit" / "ct"


def earlier_packages(ct: ControlledTerminology) -> tuple[str, ...]:
    """The dates of the packages of its kind that are older, oldest first."""
    return tuple(date for date in packages(ct.package) if date < ct.version)


def removed(ct: ControlledTerminology, codelist: Codelist, value: str) -> str:
    """The date of the newest older package in which `value` was a term of the codelist; '' for none.

    '' too where it still is one. Older packages are those there are: bundled and imported ones.
    """
    if value in codelist.terms:
        return ""
    for date in reversed(earlier_packages(ct)):
        earlier = _open(packages(ct.package)[date])
        if codelist.code in earlier and value in earlier[codelist.code].terms:
            return date
    return ""


@cache
def _open(folder: Path) -> ControlledTerminology:
    return ControlledTerminology(folder)


def _term(line: str) -> Term:
    _, code, value, synonyms, preferred = line.split("\t")
    return Term(code, value, preferred, tuple(synonyms.split(SYNONYM_SEPARATOR)) if synonyms else ())

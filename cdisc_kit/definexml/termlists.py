"""Codelists reduced to the terms that stand in the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cdisc_kit.dataset import Dataset
from cdisc_kit.definexml.model import Entry, TermList
from cdisc_kit.standard.anchors import MULTIPLE

if TYPE_CHECKING:
    from cdisc_kit.standard import Codelist, ControlledTerminology

SPONSOR_LIST_MAX = 100  # more distinct values than this are free text, not a list

# Codes whose decode is not in the variable of the same name without "CD".
_DECODED_IN = {"ETCD": "ELEMENT", "QNAM": "QLABEL"}


def decoded_in(name: str, names: Iterable[str]) -> str:
    """The variable among `names` that holds the text of the codes in `name` (--TESTCD: --TEST), or ""."""
    partner = _DECODED_IN.get(name, name[:-2] if name.endswith("CD") else "")
    return partner if partner in set(names) else ""


def is_decode(name: str, names: Iterable[str]) -> bool:
    """True where `name` holds the text of another variable's codes."""
    held = set(names)
    return any(decoded_in(other, held) == name for other in held)


def decodes(dataset: Dataset, name: str) -> dict[str, str]:
    """Code to text, from the rows of the dataset; empty where no variable holds the text."""
    partner = decoded_in(name, (variable.name for variable in dataset.variables))
    if not partner:
        return {}
    pairs = dataset.frame.loc[dataset.frame[partner] != "", [name, partner]].drop_duplicates(name)
    return dict(zip(pairs[name].astype(str), pairs[partner].astype(str), strict=True))


def controlled(
    codes: tuple[str, ...], values: Iterable[str], decoded: dict[str, str], ct: ControlledTerminology
) -> TermList | None:
    """The terms in use of one CDISC codelist, or of several together; None without a value.

    Where several codelists govern a variable but one of them explains every known term, that one is meant.
    """
    used = sorted(set(values) - {""})
    lists = [ct[code] for code in codes if code in ct]
    if not used or not lists:
        return None
    holders = _covering(lists, used)
    decoded = decoded or _paired(holders, used, ct)
    entries = tuple(_entry(value, decoded, holders) for value in used)
    if len(holders) > 1:
        # The union of two CDISC lists is none of CDISC's: it has no C-code, its terms keep theirs.
        submissions = [held.submission for held in holders]
        return TermList("_".join(submissions), " / ".join(held.name for held in holders), "", entries)
    return TermList(holders[0].submission, holders[0].name, holders[0].code, entries)


def sponsor(stem: str, name: str, values: Iterable[str], decoded: dict[str, str]) -> TermList | None:
    """A list of the study's own: the values in use; None where there is none or far too many."""
    used = sorted(set(values) - {""})
    if not 0 < len(used) <= SPONSOR_LIST_MAX:
        return None
    return TermList(stem, name, "", tuple(Entry(value, decoded.get(value, "")) for value in used))


def _covering(lists: list[Codelist], used: list[str]) -> list[Codelist]:
    """The one list that holds all terms any list holds, else every list that holds a term, else the first."""
    known = [{value for value in used if value in codelist.terms} for codelist in lists]
    every = set().union(*known)
    for codelist, terms in zip(lists, known, strict=True):
        if terms == every:
            return [codelist]
    return [codelist for codelist, terms in zip(lists, known, strict=True) if terms]


def _paired(lists: list[Codelist], used: list[str], ct: ControlledTerminology) -> dict[str, str]:
    """Names of test codes by the codelists' own pairs, for a dataset that does not hold the names."""
    return {
        value: ct.paired(codelist, value).value
        for codelist in lists
        if codelist.names_in
        for value in used
        if value in codelist.terms
    }


def _entry(value: str, decoded: dict[str, str], lists: list[Codelist]) -> Entry:
    for codelist in lists:
        if value in codelist.terms:
            return Entry(value, decoded.get(value, ""), codelist.terms[value].code)
    # A value outside a closed list is an error of the data, which calling it an extension would hide.
    # MULTIPLE is no error: the guide puts it into any list (IG 4.2.8.3).
    extended = value == MULTIPLE or any(codelist.extensible for codelist in lists)
    return Entry(value, decoded.get(value, ""), extended=extended)

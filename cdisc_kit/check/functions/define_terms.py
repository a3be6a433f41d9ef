"""Codelists of Define-XML against the terminology they say they are from; origins, methods."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from cdisc_kit.check.definefile import line_of
from cdisc_kit.check.functions.define_datasets import about, items
from cdisc_kit.check.hit import Hit
from cdisc_kit.errors import StandardError
from cdisc_kit.standard import load_ct
from cdisc_kit.standard.anchors import MULTIPLE

if TYPE_CHECKING:
    from lxml import etree

    from cdisc_kit.check.defined import DefinedItem, DefinedList, DefinedTerm
    from cdisc_kit.check.definefile import Define
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study
    from cdisc_kit.standard import Codelist, ControlledTerminology

_NUMBERS = ("integer", "float")
_ORIGINS = ("Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available", "Other")
_ORIGINS_2_0 = ("CRF", "Derived", "Assigned", "Protocol", "eDT", "Predecessor")
_SOURCES = ("Investigator", "Sponsor", "Subject", "Vendor")
_SOURCED = ("Collected", "Derived", "Assigned")  # need to say from whom


def list_code(study: Study, rule: Rule) -> Iterator[Hit]:
    """Codelists whose NCI code is none of the terminology they are from."""
    for listed, ct in _standard_lists(study):
        if listed.code not in ct:
            yield _on(study, listed, listed.code, version=ct.version)


def term(study: Study, rule: Rule) -> Iterator[Hit]:
    """Terms whose NCI code, or mark as extension, is not as the terminology has it. `wrong`:

    `code`: a code that is not the term's; `uncoded`: a term without its code; `unmarked`: no term of the
    list, and not marked as extension; `marked`: a term of the list, marked as one; `closed`: an extension of
    a list that may not be extended.
    """
    for listed, ct in _standard_lists(study):
        if listed.code in ct:
            for one in listed.items:
                if rule.text("wrong") == _wrong(one, ct[listed.code]):
                    yield _on(study, listed, one.value, one.line, list=listed.name, version=ct.version)


def _wrong(one: DefinedTerm, standard: Codelist) -> str:
    known = standard.terms.get(one.value)
    if one.extended:
        closed = not standard.extensible and one.value != MULTIPLE
        return "marked" if known else "closed" if closed else ""
    if known is None:
        return "unmarked"
    return "uncoded" if not one.code else "" if one.code == known.code else "code"


def term_twice(study: Study, rule: Rule) -> Iterator[Hit]:
    """Values that stand twice in a codelist."""
    for listed in study.define.codelists.values() if study.define else ():
        seen = set()
        for one in listed.items:
            if one.value in seen:
                yield _on(study, listed, one.value, one.line, list=listed.name)
            seen.add(one.value)


def term_blank(study: Study, rule: Rule) -> Iterator[Hit]:
    """Terms of a codelist without a value."""
    for listed in study.define.codelists.values() if study.define else ():
        for one in listed.items:
            if not one.value.strip():
                yield _on(study, listed, "", one.line, list=listed.name)


def list_type(study: Study, rule: Rule) -> Iterator[Hit]:
    """Codelists of numbers for a variable of text, or of text for one of numbers: each list once."""
    told: set[str] = set()
    for _, _, item in items(study):
        listed = study.define.codelists.get(item.codelist) if study.define else None
        if not listed or not listed.data_type or not item.data_type or listed.oid in told:
            continue
        if (listed.data_type in _NUMBERS) != (item.data_type in _NUMBERS):
            told.add(listed.oid)
            yield _on(study, listed, listed.data_type, type=item.data_type)


def list_of_variable(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables with another codelist of the terminology than the ones of fixed terms that the guide gives.

    Where the guide's list may be extended, it may be exchanged too: a scale has lists of its own.
    """
    for define, records, item in items(study) if study.exact_guide else ():
        listed = define.codelists.get(item.codelist)
        standard = study.standard_variable(records, item.name)
        if listed and listed.code and standard and standard.codelists:
            ours = [study.ct[code] for code in standard.codelists if code in study.ct]
            fixed = ours and not any(one.extensible for one in ours)
            if fixed and listed.code not in standard.codelists and listed.code in study.ct:
                yield about(define, records.name, item, listed.oid, list=" / ".join(standard.codelists))


def _standard_lists(study: Study) -> Iterator[tuple[DefinedList, ControlledTerminology]]:
    """Codelists with an NCI code, and their terminology where the kit has it."""
    define = study.define
    if define is None:
        return
    stated, known = define.standard("CT", "SDTM"), cache(_terminology)
    for listed in define.codelists.values():
        ct = known(listed.version or stated) if listed.code else None
        if ct is not None:
            yield listed, ct


def _terminology(version: str) -> ControlledTerminology | None:
    try:
        return load_ct(version)
    except StandardError:
        return None  # Study says of which terminology there are no tables


def _on(study: Study, listed: DefinedList, value: str, line: int = 0, **facts: str) -> Hit:
    assert study.define is not None
    return Hit(
        "", value=value, facts={"oid": listed.oid, **facts}, file=study.define.file, line=line or listed.line
    )


def origin(study: Study, rule: Rule) -> Iterator[Hit]:
    """Variables whose origin is wrong. `lack`: `origin` (none), `type` or `source` (none, or no such one),
    `method` (derived without one)."""
    define = study.define
    if define is None:
        return
    nodes = {node.get("OID", ""): node for node in define.elements("ItemDef")}
    for dataset in define.datasets.values():
        for item in dataset.items:
            levels = define.value_lists.get(item.value_list, ())
            for one, others in ((item, levels), *((level, (item,)) for level in levels)):
                own = _origins(define, nodes[one.oid])
                elsewhere = _Elsewhere(
                    any(_origins(define, nodes[other.oid]) for other in others),
                    any(other.method for other in others),
                )
                if not one.no_data and _lacks(define, one, own, elsewhere, rule.text("lack")):
                    value = own[0].get("Type", "") if own else one.oid
                    line = line_of(own[0]) if own else one.line
                    yield Hit(dataset.name, item.name, value=value, file=define.file, line=line)


class _Elsewhere(NamedTuple):
    """What a variable leaves to its value levels, and they to the variable."""

    origin: bool
    method: bool


def _origins(define: Define, node: etree._Element) -> list[etree._Element]:
    return node.findall(define.qualified("def:Origin"))


def _lacks(
    define: Define,
    item: DefinedItem,
    own: list[etree._Element],
    elsewhere: _Elsewhere,
    what: str,
) -> bool:
    types = [one.get("Type", "") for one in own]
    newer = define.version != "2.0"
    match what:
        case "origin":
            return not own and not elsewhere.origin
        case "type":
            return any(one not in (_ORIGINS if newer else _ORIGINS_2_0) for one in types)
        case "source":
            named = [(one.get("Type"), one.get("Source", "")) for one in own]
            return newer and any(s not in _SOURCES and (s or t in _SOURCED) for t, s in named)
        case _:
            return "Derived" in types and not item.method and not elsewhere.method

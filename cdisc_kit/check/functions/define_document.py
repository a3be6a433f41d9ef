"""Define-XML as a document: its schema, what refers to what, the standards it names, the files it links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cdisc_kit.check.definefile import line_of
from cdisc_kit.check.defineschema import schema_of
from cdisc_kit.check.hit import Hit
from cdisc_kit.check.inmemory import Place, within

if TYPE_CHECKING:
    from lxml import etree

    from cdisc_kit.check.definefile import Define
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

# Attribute -> the element whose OID or ID it holds.
_REFERENCES = {
    "ItemOID": "ItemDef",
    "def:ItemOID": "ItemDef",
    "MethodOID": "MethodDef",
    "CodeListOID": "CodeList",
    "ValueListOID": "def:ValueListDef",
    "WhereClauseOID": "def:WhereClauseDef",
    "def:CommentOID": "def:CommentDef",
    "def:StandardOID": "def:Standard",
    "leafID": "def:leaf",
    "def:ArchiveLocationID": "def:leaf",
}
_KINDS = tuple(dict.fromkeys(_REFERENCES.values()))
# What a definition can refer to: where one is missing, nobody can say whether these are unused.
_HOLDS = {
    "ItemDef": {"CodeList", "def:ValueListDef", "def:CommentDef", "def:leaf"},
    "def:ValueListDef": {"ItemDef", "MethodDef", "def:WhereClauseDef"},
    "def:WhereClauseDef": {"ItemDef", "def:CommentDef"},
    "MethodDef": {"def:leaf", "def:CommentDef"},
    "def:CommentDef": {"def:leaf"},
}
_NAMESPACE = re.compile(r"\{[^}]*\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_STYLE = re.compile(r"""href\s*=\s*["']([^"']*)["']""")
_LONGEST = 300  # characters of a message of the schema


def schema(study: Study, rule: Rule) -> Iterator[Hit]:
    """What the XML schema of the document's version finds, line by line."""
    define = study.define
    if define is None:
        return
    against = schema_of(define)
    if against is None:
        study.not_checked.append("Define-XML against CDISC's XML schema: the library odmlib is not installed")
        return
    against.validate(define.root.getroottree())
    for error in against.error_log:  # type: ignore[attr-defined]  # the stubs forget that it is a list
        detail = _NAMESPACE.sub("", error.message)[:_LONGEST]
        yield Hit("", value=_element(detail), facts={"detail": detail}, file=define.file, line=error.line)


def _element(message: str) -> str:
    """The element that a message of the schema begins with."""
    found = re.match(r"Element '([^']*)'", message)
    return found[1] if found else ""


def undefined(study: Study, rule: Rule) -> Iterator[Hit]:
    """References to something that is not defined: one hit for each thing, at its first reference."""
    define, told = study.define, set()
    if define is None:
        return
    for node, kind, oid in _references(define):
        if (kind, oid) not in told and oid not in _defined(define, kind):
            told.add((kind, oid))
            yield _at(define, node, oid, kind=_plain(kind))


def unused(study: Study, rule: Rule) -> Iterator[Hit]:
    """Definitions that nothing refers to.

    Left out are those that something undefined may refer to, and items of variables that the document has
    forgotten: that is told elsewhere.
    """
    define = study.define
    if define is None:
        return
    referenced: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for _, kind, oid in _references(define):
        referenced[kind].add(oid)
    unclear = _unclear({kind for kind in _KINDS if referenced[kind] - _defined(define, kind)})
    forgotten = _undeclared(study, define)
    for kind in _KINDS:
        for node in define.elements(kind) if kind not in unclear else ():
            oid = _oid(node)
            spare = kind == "ItemDef" and node.get("Name") in forgotten
            spare = spare or node.get("PublishingSet") == "DEFINE-XML"  # describes the document's own words
            if oid not in referenced[kind] and not spare:
                yield _at(define, node, oid, kind=_plain(kind))


def _unclear(missing: set[str]) -> set[str]:
    """The kinds that are missing, and those they can refer to, and so on."""
    while missing != (further := missing.union(*(_HOLDS.get(kind, set()) for kind in missing))):
        missing = further
    return missing


def _undeclared(study: Study, define: Define) -> set[str]:
    """Names of variables in the files that their dataset's definition lacks."""
    found = set()
    for records in study.datasets.values():
        dataset = define.datasets.get(records.name)
        found |= records.variables.keys() - (dataset.by_name.keys() if dataset else set())
    return found


def twice(study: Study, rule: Rule) -> Iterator[Hit]:
    """Definitions with the OID of an earlier one of the same kind; datasets and variables named twice."""
    define = study.define
    if define is None:
        return
    for kind in (*_KINDS, "ItemGroupDef"):
        yield from _repeated(define, define.elements(kind), ("OID", "ID"), kind)
    yield from _repeated(define, define.elements("ItemGroupDef"), ("Name",), "ItemGroupDef")
    for group in define.elements("ItemGroupDef"):
        refs = group.findall(define.qualified("ItemRef"))
        yield from _repeated(define, iter(refs), ("ItemOID",), "ItemRef")


def _repeated(
    define: Define, nodes: Iterator[etree._Element], attributes: tuple[str, ...], kind: str
) -> Iterator[Hit]:
    seen = set()
    for node in nodes:
        value = next((node.attrib[name] for name in attributes if name in node.attrib), "")
        if value and value in seen:
            yield _at(define, node, str(value), kind=_plain(kind))
        seen.add(value)


def link(study: Study, rule: Rule) -> Iterator[Hit]:
    """Links, by `wrong`: `place` of those that lead out of the folder, `absent` of those to no file."""
    define = study.define
    if define is None:
        return
    for node in define.elements("def:leaf"):
        href = define.leaves.get(node.get("ID", ""), "")
        inside = _inside(study, href)
        if rule.text("wrong") == "place":
            if inside is None:
                yield _at(define, node, href)
        elif inside is not None and not inside and not _read_as(study, define, node, href):
            yield _at(define, node, href)


def stylesheet(study: Study, rule: Rule) -> Iterator[Hit]:
    """A stylesheet that is not in the folder."""
    define = study.define
    if define is None:
        return
    for node in define.root.itersiblings(preceding=True):
        if getattr(node, "target", "") == "xml-stylesheet":
            found = _STYLE.search(node.text or "")
            if found and not _inside(study, found[1]):
                yield Hit("", value=found[1], file=define.file, line=line_of(node))


def _inside(study: Study, href: str) -> bool | None:
    """Whether the file is there; None where the link leads out of the folder, or may on some system."""
    path = unquote(href.partition("#")[0])
    parts = PurePosixPath(path).parts
    if not path or _SCHEME.match(path) or path[0] in "/\\" or ".." in parts or not path.isprintable():
        return None
    if "\\" in path:
        return None
    there = False
    for folder in _places(study):
        place = folder.joinpath(*parts)
        try:
            if not within(place, folder):
                return None
            there = there or place.is_file()
        except (OSError, RuntimeError):  # a loop of symbolic links, or a name longer than any can be
            return None
    return there


def _places(study: Study) -> tuple[Place, ...]:
    """Where links start: at the document, and at the datasets where those lie elsewhere."""
    define = study.define
    return tuple(dict.fromkeys((define.folder if define else study.package.folder, study.package.folder)))


def _read_as(study: Study, define: Define, node: etree._Element, href: str) -> bool:
    """True for the leaf of a dataset that was read from a file of another form (Dataset-JSON)."""
    records = study.datasets.get(_holder(define, node))
    if records is None:
        return False
    here, there = PurePosixPath(records.file), PurePosixPath(unquote(href))
    return here.stem.lower() == there.stem.lower() and here.suffix.lower() != there.suffix.lower()


def _references(define: Define) -> Iterator[tuple[etree._Element, str, str]]:
    names = {define.qualified(a) if ":" in a else a: kind for a, kind in _REFERENCES.items()}
    for node in define.root.iter("*"):
        for attribute in sorted(names.keys() & set(node.keys())):
            yield node, names[attribute], str(node.attrib[attribute])


def _defined(define: Define, kind: str) -> set[str]:
    found = define.oids.get(kind)
    if found is None:
        found = define.oids[kind] = {_oid(node) for node in define.elements(kind)}
    return found


def _oid(node: etree._Element) -> str:
    return node.get("OID") or node.get("ID") or ""


def _plain(kind: str) -> str:
    return kind.removeprefix("def:")


def _holder(define: Define, node: etree._Element) -> str:
    """The name of the dataset in whose definition the element stands."""
    group = define.qualified("ItemGroupDef")
    own = node if node.tag == group else next(iter(node.iterancestors(group)), None)
    return "" if own is None else own.get("Name", "")


def _at(define: Define | None, node: etree._Element, value: str, **facts: str) -> Hit:
    """A hit at an element: with the dataset and the variable it is about, where it is about one."""
    assert define is not None
    dataset = _holder(define, node)
    variable = ""
    if not dataset:
        items = define.qualified("ItemDef")
        own = node if node.tag == items else next(iter(node.iterancestors(items)), None)
        dataset, variable = define.places.get("" if own is None else own.get("OID", ""), ("", ""))
    return Hit(dataset, variable, value=value, facts=facts, file=define.file, line=line_of(node))

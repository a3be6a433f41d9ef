"""What a Define-XML 2.0 or 2.1 file says, as far as the data are held against it. Hostile XML is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from cdisc_kit.check.defined import Condition, DefinedDataset, DefinedItem, DefinedList, DefinedTerm
from cdisc_kit.check.xptheader import FileProblem

if TYPE_CHECKING:
    from cdisc_kit.check.inmemory import Place

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
HREF = "{http://www.w3.org/1999/xlink}href"
_DEF = {
    "2.0": "{http://www.cdisc.org/ns/def/v2.0}",
    "2.1": "{http://www.cdisc.org/ns/def/v2.1}",
}
_NCI_CODE = "nci:ExtCodeID"
LARGEST = 200 * 10**6  # bytes; a Define-XML of a large submission has some ten million
_PROLOGUE = 4096  # bytes in which a DTD begins
_ENTITIES = ("declares a DTD or entities, which are refused", "声明了DTD或实体，不予接受")
_MOST_DIGITS = 9  # of a number that is believed


@dataclass
class Define:
    """The document in `folder`: datasets by name, codelists and value lists by OID, files by leaf ID."""

    file: str
    version: str
    root: etree._Element
    folder: Place
    datasets: dict[str, DefinedDataset] = field(default_factory=dict)
    codelists: dict[str, DefinedList] = field(default_factory=dict)
    leaves: dict[str, str] = field(default_factory=dict)
    value_lists: dict[str, tuple[DefinedItem, ...]] = field(default_factory=dict)
    oids: dict[str, set[str]] = field(default_factory=dict)  # by element, as they are asked for

    @cached_property
    def places(self) -> dict[str, tuple[str, str]]:
        """Dataset and variable of each ItemDef that a dataset or one of its value lists refers to."""
        found: dict[str, tuple[str, str]] = {}
        for dataset in self.datasets.values():
            for item in dataset.items:
                found.setdefault(item.oid, (dataset.name, item.name))
                for level in self.value_lists.get(item.value_list, ()):
                    found.setdefault(level.oid, (dataset.name, item.name))
        return found

    @cached_property
    def namespace(self) -> str:
        """The def: namespace in braces."""
        return _DEF[self.version]

    def qualified(self, name: str) -> str:
        """`def:leaf` and `ItemDef` as lxml writes them."""
        prefix, _, local = name.rpartition(":")
        return (self.namespace if prefix else ODM) + local

    def elements(self, name: str) -> Iterator[etree._Element]:
        """Every element of that name, in the order of the file."""
        return self.root.iter(self.qualified(name))

    def standard(self, kind: str, publishing_set: str = "") -> str:
        """Version of the stated IG or CT package; '' where none is stated."""
        for node in self.elements("def:Standard"):
            if node.get("Type") == kind and node.get("PublishingSet", "") in (publishing_set, ""):
                return node.get("Version", "")
        version = self.root.find(f".//{ODM}MetaDataVersion")
        if kind == "IG" and version is not None:
            return version.get(f"{self.namespace}StandardVersion", "")
        return ""


def read_define(path: Place, name: str = "") -> tuple[Define | None, list[FileProblem]]:
    """The document, or why it cannot be read. Entities, DTDs and network access are off.

    `name` is what the file is called in findings.
    """
    name = name or path.name
    try:
        root = _tree(path).getroot()
        version = next((v for v, ns in _DEF.items() if ns.strip("{}") in root.nsmap.values()), "")
        if root.tag != f"{ODM}ODM" or not version:
            raise _RefusedError("not Define-XML 2.0 or 2.1", "不是Define-XML 2.0或2.1")
    except _RefusedError as refused:
        return None, [FileProblem("define", name, refused.detail, refused.detail_zh)]
    return _Reading(Define(name, version, root, path.parent)).document(), []


class _RefusedError(Exception):
    """The file cannot be used. Stays within the reader."""

    def __init__(self, detail: str, detail_zh: str) -> None:
        super().__init__(detail)
        self.detail, self.detail_zh = detail, detail_zh


def _tree(path: Place) -> etree._ElementTree:
    try:
        if not path.is_file():
            raise _RefusedError("not a file", "不是文件")
        if path.stat().st_size > LARGEST:
            raise _RefusedError(f"larger than {LARGEST:,} bytes", f"超过{LARGEST:,}字节")
        with path.open("rb") as file:
            tree = etree.parse(file, _parser())
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        if _declares_entities(path):
            raise _RefusedError(*_ENTITIES) from error
        line = getattr(error, "lineno", 0) or 0
        raise _RefusedError(f"not well-formed XML at line {line}", f"第{line}行XML格式错误") from error
    except OSError as error:
        raise _RefusedError(error.strerror or "cannot be read", "无法读取") from error
    if tree.docinfo.internalDTD is not None:
        raise _RefusedError(*_ENTITIES)
    return tree


def _declares_entities(path: Place) -> bool:
    """True where a DTD stands in front of the document: what its entities become may be past all limits."""
    with path.open("rb") as file:
        return b"<!DOCTYPE" in file.read(_PROLOGUE)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )


class _Reading:
    """One pass over the elements; OIDs that are not defined are left out, for the rules to tell."""

    def __init__(self, define: Define) -> None:
        self.define, self.ns = define, define.namespace
        self.items = {node.get("OID", ""): node for node in define.elements("ItemDef")}
        self.standards = {n.get("OID", ""): n for n in define.elements("def:Standard")}
        self.holders = {
            ref.get("ItemOID", ""): group.get("Name", "")
            for group in define.elements("ItemGroupDef")
            for ref in group.findall(f"{ODM}ItemRef")
        }
        self.clauses: dict[str, tuple[Condition, ...]] = {}

    def document(self) -> Define:
        """Fill the document."""
        define = self.define
        define.leaves = {n.get("ID", ""): n.get(HREF, "") for n in define.elements("def:leaf")}
        for node in define.elements("CodeList"):
            define.codelists.setdefault(node.get("OID", ""), self._codelist(node))
        for node in define.elements("def:WhereClauseDef"):
            self.clauses[node.get("OID", "")] = self._conditions(node)
        for node in define.elements("def:ValueListDef"):
            define.value_lists.setdefault(node.get("OID", ""), self._items(node))
        for node in define.elements("ItemGroupDef"):
            define.datasets.setdefault(node.get("Name", ""), self._dataset(node))
        return define

    def _dataset(self, node: etree._Element) -> DefinedDataset:
        cls = node.get(f"{self.ns}Class") or next(
            (n.get("Name", "") for n in node.iter(f"{self.ns}Class")), ""
        )
        items = self._items(node)
        return DefinedDataset(
            node.get("OID", ""),
            node.get("Name", ""),
            node.get("Domain", ""),
            _texts(node, "Description"),
            cls,
            items,
            node.get(f"{self.ns}ArchiveLocationID", ""),
            node.get(f"{self.ns}HasNoData") == "Yes",
            node.get("Repeating", ""),
            node.get("IsReferenceData", ""),
            line_of(node),
            {item.name: item for item in reversed(items)},
            node.get(f"{self.ns}Structure", ""),
            node.get("SASDatasetName", ""),
        )

    def _items(self, node: etree._Element) -> tuple[DefinedItem, ...]:
        refs = enumerate(node.findall(f"{ODM}ItemRef"), start=1)
        return tuple(self._item(ref, at) for at, ref in refs if ref.get("ItemOID", "") in self.items)

    def _item(self, ref: etree._Element, position: int) -> DefinedItem:
        item = self.items[ref.get("ItemOID", "")]
        codelist, values = item.find(f"{ODM}CodeListRef"), item.find(f"{self.ns}ValueListRef")
        refs = (c.get("WhereClauseOID", "") for c in ref.findall(f"{self.ns}WhereClauseRef"))
        return DefinedItem(
            item.get("OID", ""),
            item.get("Name", ""),
            _texts(item, "Description"),
            item.get("DataType", ""),
            _integer(item.get("Length")),
            ref.get("Mandatory") == "Yes",
            _integer(ref.get("OrderNumber")) or position,
            _integer(ref.get("KeySequence")),
            "" if codelist is None else codelist.get("CodeListOID", ""),
            "" if values is None else values.get("ValueListOID", ""),
            tuple(self.clauses[oid] for oid in refs if oid in self.clauses),
            _integer(item.get("SignificantDigits")) if "SignificantDigits" in item.attrib else None,
            ref.get(f"{self.ns}HasNoData") == "Yes",
            ref.get("MethodOID", ""),
            line_of(item),
            line_of(ref),
            item.get("SASFieldName", ""),
        )

    def _conditions(self, node: etree._Element) -> tuple[Condition, ...]:
        return tuple(self._condition(check) for check in node.findall(f"{ODM}RangeCheck"))

    def _condition(self, check: etree._Element) -> Condition:
        oid = check.get(f"{self.ns}ItemOID", "")
        item = self.items.get(oid)
        name = "" if item is None else item.get("Name", "")
        values = tuple(v.text or "" for v in check.findall(f"{ODM}CheckValue"))
        return Condition(oid, name, self.holders.get(oid, ""), check.get("Comparator", ""), values)

    def _codelist(self, node: etree._Element) -> DefinedList:
        standard = self.standards.get(node.get(f"{self.ns}StandardOID", ""))
        nodes = (n for tag in ("CodeListItem", "EnumeratedItem") for n in node.findall(f"{ODM}{tag}"))
        return DefinedList(
            node.get("OID", ""),
            node.get("Name", ""),
            tuple(self._term(n) for n in nodes),
            node.find(f"{ODM}ExternalCodeList") is not None,
            _nci_code(node),
            "" if standard is None else standard.get("Version", ""),
            line_of(node),
            node.get("DataType", ""),
        )

    def _term(self, node: etree._Element) -> DefinedTerm:
        extended = node.get(f"{self.ns}ExtendedValue") == "Yes"
        value = node.get("CodedValue", "")
        return DefinedTerm(value, _texts(node, "Decode"), _nci_code(node), extended, line_of(node))


def _nci_code(node: etree._Element) -> str:
    aliases = node.findall(f"{ODM}Alias")
    return next((a.get("Name", "") for a in aliases if a.get("Context") == _NCI_CODE), "")


def _texts(node: etree._Element, name: str) -> tuple[str, ...]:
    """The translations in `Description` or `Decode`, blank ones left out."""
    found = ((text.text or "").strip() for text in node.findall(f"{ODM}{name}/{ODM}TranslatedText"))
    return tuple(text for text in found if text)


def _integer(value: str | None) -> int:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def line_of(node: etree._Element) -> int:
    """The line of the file that the element stands in."""
    line = node.sourceline
    return line if isinstance(line, int) else 0

"""What a Define-XML 2.0 or 2.1 file says, as far as the data are held against it. Hostile XML is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from cdisc_kit.check.xptheader import FileProblem

if TYPE_CHECKING:
    from pathlib import Path

_ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
_DEF = {
    "2.0": "{http://www.cdisc.org/ns/def/v2.0}",
    "2.1": "{http://www.cdisc.org/ns/def/v2.1}",
}
_HREF = "{http://www.w3.org/1999/xlink}href"
LARGEST = 200 * 10**6  # bytes; a Define-XML of a large submission has some ten million


@dataclass(frozen=True)
class DefinedItem:
    """A variable of a dataset, or a value level of one: `where` is (variable, comparator, values)."""

    oid: str
    name: str
    label: str
    data_type: str
    length: int
    mandatory: bool
    order: int
    key: int
    codelist: str
    value_list: str = ""
    where: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class DefinedList:
    """A codelist: its terms (None for an external dictionary), and whether the study may not add to it."""

    oid: str
    name: str
    terms: frozenset[str] | None
    code: str


@dataclass(frozen=True)
class DefinedDataset:
    """An ItemGroupDef."""

    oid: str
    name: str
    domain: str
    label: str
    cls: str
    items: tuple[DefinedItem, ...]
    leaf: str
    no_data: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The key variables in the order of their KeySequence."""
        return tuple(i.name for i in sorted(self.items, key=lambda i: i.key) if i.key)


@dataclass
class Define:
    """The document: version, standards, datasets by name, codelists and files by OID."""

    file: str
    version: str
    root: etree._Element
    datasets: dict[str, DefinedDataset] = field(default_factory=dict)
    codelists: dict[str, DefinedList] = field(default_factory=dict)
    leaves: dict[str, str] = field(default_factory=dict)
    value_lists: dict[str, tuple[DefinedItem, ...]] = field(default_factory=dict)

    @cached_property
    def namespace(self) -> str:
        """The def: namespace in braces."""
        return _DEF[self.version]

    def standard(self, kind: str, publishing_set: str = "") -> str:
        """Version of the stated IG or CT package; '' where none is stated."""
        for node in self.root.iter(f"{self.namespace}Standard"):
            if node.get("Type") == kind and node.get("PublishingSet", "") in (publishing_set, ""):
                return node.get("Version", "")
        version = self.root.find(f".//{_ODM}MetaDataVersion")
        if kind == "IG" and version is not None:
            return version.get(f"{self.namespace}StandardVersion", "")
        return ""


def read_define(path: Path) -> tuple[Define | None, list[FileProblem]]:
    """The document, or why it cannot be read. Entities, DTDs and network access are off."""
    name = path.name
    try:
        if path.stat().st_size > LARGEST:
            return None, [
                FileProblem("define", name, f"larger than {LARGEST:,} bytes", f"超过{LARGEST:,}字节")
            ]
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        tree = etree.parse(str(path), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        return None, [
            FileProblem("define", name, f"not well-formed XML at line {line}", f"第{line}行XML格式错误")
        ]
    except OSError as error:
        return None, [FileProblem("define", name, error.strerror or "cannot be read", "无法读取")]
    if tree.docinfo.internalDTD is not None:
        return None, [FileProblem("define", name, "declares a DTD or entities", "声明了DTD或实体")]
    root = tree.getroot()
    version = next((v for v, ns in _DEF.items() if ns.strip("{}") in root.nsmap.values()), "")
    if root.tag != f"{_ODM}ODM" or not version:
        return None, [FileProblem("define", name, "not Define-XML 2.0 or 2.1", "不是Define-XML 2.0或2.1")]
    return _document(name, version, root), []


def _document(name: str, version: str, root: etree._Element) -> Define:
    define = Define(name, version, root)
    ns = define.namespace
    items = {node.get("OID", ""): node for node in root.iter(f"{_ODM}ItemDef")}
    define.leaves = {n.get("ID", ""): n.get(_HREF, "") for n in root.iter(f"{ns}leaf")}
    for node in root.iter(f"{_ODM}CodeList"):
        listed = _codelist(node)
        define.codelists[listed.oid] = listed
    clauses = {n.get("OID", ""): _conditions(n, items, ns) for n in root.iter(f"{ns}WhereClauseDef")}
    for node in root.iter(f"{ns}ValueListDef"):
        define.value_lists[node.get("OID", "")] = _items(node, items, ns, clauses)
    for node in root.iter(f"{_ODM}ItemGroupDef"):
        group = _dataset(node, items, ns)
        define.datasets.setdefault(group.name, group)
    return define


def _dataset(node: etree._Element, items: dict[str, etree._Element], ns: str) -> DefinedDataset:
    cls = node.get(f"{ns}Class") or next((n.get("Name", "") for n in node.iter(f"{ns}Class")), "")
    return DefinedDataset(
        node.get("OID", ""),
        node.get("Name", ""),
        node.get("Domain", ""),
        _description(node),
        cls,
        _items(node, items, ns, {}),
        node.get(f"{ns}ArchiveLocationID", ""),
        node.get(f"{ns}HasNoData") == "Yes",
    )


def _items(
    node: etree._Element,
    items: dict[str, etree._Element],
    ns: str,
    clauses: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]],
) -> tuple[DefinedItem, ...]:
    found = []
    for position, ref in enumerate(node.findall(f"{_ODM}ItemRef"), start=1):
        item = items.get(ref.get("ItemOID", ""))
        if item is None:
            continue
        codelist, values = item.find(f"{_ODM}CodeListRef"), item.find(f"{ns}ValueListRef")
        clause = ref.find(f"{ns}WhereClauseRef")
        found.append(
            DefinedItem(
                item.get("OID", ""),
                item.get("Name", ""),
                _description(item),
                item.get("DataType", ""),
                _integer(item.get("Length")),
                ref.get("Mandatory") == "Yes",
                _integer(ref.get("OrderNumber")) or position,
                _integer(ref.get("KeySequence")),
                "" if codelist is None else codelist.get("CodeListOID", ""),
                "" if values is None else values.get("ValueListOID", ""),
                () if clause is None else clauses.get(clause.get("WhereClauseOID", ""), ()),
            )
        )
    return tuple(found)


def _conditions(
    node: etree._Element, items: dict[str, etree._Element], ns: str
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    found = []
    for check in node.findall(f"{_ODM}RangeCheck"):
        item = items.get(check.get(f"{ns}ItemOID", ""))
        values = tuple(v.text or "" for v in check.findall(f"{_ODM}CheckValue"))
        found.append((item.get("Name", "") if item is not None else "", check.get("Comparator", ""), values))
    return tuple(found)


def _codelist(node: etree._Element) -> DefinedList:
    external = node.find(f"{_ODM}ExternalCodeList")
    terms = [
        n.get("CodedValue", "")
        for tag in ("CodeListItem", "EnumeratedItem")
        for n in node.iter(f"{_ODM}{tag}")
    ]
    alias = next((n.get("Name", "") for n in node.findall(f"{_ODM}Alias")), "")
    return DefinedList(
        node.get("OID", ""), node.get("Name", ""), None if external is not None else frozenset(terms), alias
    )


def _description(node: etree._Element) -> str:
    text = node.find(f"{_ODM}Description/{_ODM}TranslatedText")
    return "" if text is None else (text.text or "").strip()


def _integer(value: str | None) -> int:
    return int(value) if value and value.isdigit() else 0

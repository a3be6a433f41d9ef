"""ODM 1.3.2 snapshots (CDISC Operational Data Model): the item groups of every form, in file order.

Read piece by piece with nothing fetched and nothing expanded: a file with a document type declaration, the
place of entities, is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from cdisc_kit.errors import RawDataError
from cdisc_kit.spec.readers import ODM_ATTRIBUTES

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
VERSIONS = ("1.3", "1.3.0", "1.3.1", "1.3.2")

_LEVELS = ("SubjectData", "StudyEventData", "FormData", "ItemGroupData")
_REFERENCES = ("SiteRef", "InvestigatorRef")
_METADATA = {"FormDef": "ItemGroupRef", "ItemGroupDef": "ItemRef"}
_INCOMPLETE = re.compile(r"([0-9]{4}|-)-([0-9]{2}|-)-([0-9]{2}|-)")
_UNKNOWN = "UNK"  # read as unknown whatever words a study declares


@dataclass(frozen=True)
class ItemGroup:
    """One ItemGroupData: the number of the FormData it stands in, its keys (ODM_ATTRIBUTES), its items.

    `line` is the line of the file it begins in.
    """

    form: int
    line: int
    keys: dict[str, str]
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OdmFile:
    """FormOID -> its item groups; FormOID -> ItemOIDs as the file's own metadata define them, if it has any.

    `unread` counts the elements that hold no item: audit records, signatures, annotations.
    """

    forms: dict[str, list[ItemGroup]]
    defined: dict[str, tuple[str, ...]]
    unread: Counter[str]


@dataclass
class _Reading:
    """What is known at one point of the file."""

    keys: dict[str, str] = field(default_factory=dict)
    form: int = 0
    line: int = 0
    items: list[tuple[str, str]] = field(default_factory=list)
    forms: dict[str, list[ItemGroup]] = field(default_factory=dict)
    groups_of: dict[str, list[str]] = field(default_factory=dict)
    items_of: dict[str, list[str]] = field(default_factory=dict)
    studies: set[str] = field(default_factory=set)
    unread: Counter[str] = field(default_factory=Counter)


def read_odm(path: Path) -> OdmFile:
    """Every item group of the file.

    Raises RawDataError for what is no ODM 1.3 snapshot of one study: damaged XML, another root or version,
    a transactional file, a document type declaration, no clinical data, data of several studies.
    """
    if not path.stat().st_size:
        raise RawDataError(f"{path}: the file is empty; export it again")
    reading = _Reading()
    try:
        for event, element in _events(path):
            if event == "start":
                _start(path, reading, element)
            else:
                _end(reading, element)
    except etree.XMLSyntaxError as error:
        raise RawDataError(
            f"{path}: line {error.lineno}: not well-formed XML (damaged, cut off, or of another encoding "
            "than it declares); export it again"
        ) from error
    if len(reading.studies) != 1:
        found = f"data of {len(reading.studies)} studies; export each alone"
        raise RawDataError(f"{path}: {found if reading.studies else 'no ClinicalData; export the data too'}")
    defined = {
        form: tuple(item for group in groups for item in reading.items_of.get(group, ()))
        for form, groups in reading.groups_of.items()
    }
    return OdmFile(reading.forms, defined, reading.unread)


def _events(path: Path) -> Iterator[tuple[str, etree._Element]]:
    events = etree.iterparse(
        path,
        events=("start", "end"),
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for number, (event, element) in enumerate(events):
        if not number:
            _check_root(path, element)
        yield event, element


def _check_root(path: Path, root: etree._Element) -> None:
    name = etree.QName(root)
    if root.getroottree().docinfo.internalDTD is not None:
        raise RawDataError(f"{path}: has a document type declaration, which ODM does not use; remove it")
    if name.localname != "ODM":
        raise RawDataError(f"{path}: the root element is {name.localname}, not ODM; export ODM 1.3.2")
    version = root.get("ODMVersion", "")
    if name.namespace != NAMESPACE or version not in ("", *VERSIONS):
        told = f"ODM version '{version}', namespace '{name.namespace or ''}'"
        raise RawDataError(f"{path}: {told} is not read; export ODM 1.3.2 (namespace {NAMESPACE})")
    if root.get("FileType") == "Transactional":
        raise RawDataError(f"{path}: holds transactions, not the state of the data; export a Snapshot")


def _start(path: Path, reading: _Reading, element: etree._Element) -> None:
    name = etree.QName(element).localname
    if name == "ClinicalData":
        reading.studies.add(element.get("StudyOID", ""))
    elif name in _METADATA:
        kept = reading.groups_of if name == "FormDef" else reading.items_of
        kept[element.get("OID", "")] = []
    if name in (*_LEVELS, "ItemData") and element.get("TransactionType", "Insert") != "Insert":
        raise RawDataError(
            f"{path}: line {element.sourceline}: a transaction of type {element.get('TransactionType')}, not "
            "the state of the data; export a Snapshot"
        )
    if name in _LEVELS:
        _open(reading, element, name)


def _open(reading: _Reading, element: etree._Element, name: str) -> None:
    """Keys of this level; those of the levels below belong to the element before."""
    level = name.removesuffix("Data")
    if name == "SubjectData":
        reading.keys = {"SubjectKey": element.get("SubjectKey", "")}
        return
    below = [part.removesuffix("Data") for part in _LEVELS[_LEVELS.index(name) :]]
    reading.keys = {key: text for key, text in reading.keys.items() if not key.startswith(tuple(below))}
    for key in (f"{level}OID", f"{level}RepeatKey"):
        reading.keys[key] = element.get(key, "")
    if name == "FormData":
        reading.form += 1
    elif name == "ItemGroupData":
        line = element.sourceline
        reading.line, reading.items = line if isinstance(line, int) else 0, []


def _end(reading: _Reading, element: etree._Element) -> None:
    name, parent = etree.QName(element).localname, element.getparent()
    above = etree.QName(parent).localname if parent is not None else ""
    if name in _REFERENCES and above == "SubjectData":
        reading.keys |= {key: element.get(key, "") for key in ODM_ATTRIBUTES if key in element.attrib}
    elif parent is not None and above in _METADATA and name == _METADATA[above]:
        kept = reading.groups_of if above == "FormDef" else reading.items_of
        kept[parent.get("OID", "")].append(element.get(f"{name.removesuffix('Ref')}OID", ""))
    elif name == "ItemGroupData":
        group = ItemGroup(reading.form, reading.line, dict(reading.keys), tuple(reading.items))
        reading.forms.setdefault(reading.keys.get("FormOID", ""), []).append(group)
        _forget(element)
    elif name.startswith("ItemData") and above == "ItemGroupData":
        reading.items += _items(element, name)
    elif name in _LEVELS:
        _forget(element)
    elif _holds_no_item(name, above):
        reading.unread[name] += 1


def _holds_no_item(name: str, above: str) -> bool:
    """Audit records, signatures, annotations, reference data: told by their number."""
    if above.startswith("ItemData"):
        return name != "MeasurementUnitRef"
    return above in ("ClinicalData", *_LEVELS) or name == "ReferenceData"


def _items(element: etree._Element, name: str) -> Iterator[tuple[str, str]]:
    """The item's value, and its unit as an item `OID.MeasurementUnitOID` where it names one."""
    oid = element.get("ItemOID", "")
    text = element.get("Value", "") if name == "ItemData" else (element.text or "")
    if element.get("IsNull") == "Yes":
        text = ""
    yield oid, _truncated(text) if "Incomplete" in name else text
    unit = element.find(f"{{{NAMESPACE}}}MeasurementUnitRef")
    if unit is not None:
        yield f"{oid}.MeasurementUnitOID", unit.get("MeasurementUnitOID", "")


def _truncated(text: str) -> str:
    """`2004-12--` as `2004-12`: SDTM drops unknown parts on the right; `2004---15` stays."""
    found = _INCOMPLETE.match(text)
    if found is None:
        return text
    year, month, day = found.groups()
    if year == "-":
        return _UNKNOWN
    if day == "-":
        return year if month == "-" else f"{year}-{month}"
    return text


def _forget(element: etree._Element) -> None:
    """Free what has been read: a file may be larger than the memory."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]

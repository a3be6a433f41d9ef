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
from typing import Any

from lxml import etree

from cdisc_kit.errors import RawDataError
from cdisc_kit.spec.readers import ODM_ATTRIBUTES

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
VERSIONS = ("1.3", "1.3.0", "1.3.1", "1.3.2")

_LEVELS = ("SubjectData", "StudyEventData", "FormData", "ItemGroupData")
_REFERENCES = ("SiteRef", "InvestigatorRef")
_METADATA = {"FormDef": "ItemGroupRef", "ItemGroupDef": "ItemRef"}
_STOPS = ("ClinicalData", "ReferenceData", *_LEVELS, *_REFERENCES, *_METADATA)
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
                _end(path, reading, element)
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
    """Begin and end of the elements in _STOPS; the items in between are there when their group ends."""
    safe: dict[str, Any] = {
        "load_dtd": False,
        "no_network": True,
        "resolve_entities": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }
    _, root = next(iter(etree.iterparse(path, events=("start",), **safe)))
    _check_root(path, root)
    tags = [f"{{{NAMESPACE}}}{name}" for name in _STOPS]
    yield from etree.iterparse(path, events=("start", "end"), tag=tags, **safe)


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
    name = _name(element)
    if name == "ClinicalData":
        reading.studies.add(element.get("StudyOID", ""))
    elif name in _LEVELS:
        _check_state(path, element)
        _open(reading, element, name)


def _check_state(path: Path, element: etree._Element) -> None:
    kind = element.get("TransactionType", "Insert")
    if kind != "Insert":
        raise RawDataError(
            f"{path}: line {element.sourceline}: a transaction of type {kind}, not the state of the data; "
            "export a Snapshot"
        )


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
    reading.form += name == "FormData"


def _end(path: Path, reading: _Reading, element: etree._Element) -> None:
    name = _name(element)
    if name in _REFERENCES:
        reading.keys |= {key: element.get(key, "") for key in ODM_ATTRIBUTES if key in element.attrib}
        return
    if name in _METADATA:
        part = _METADATA[name]
        kept = reading.groups_of if name == "FormDef" else reading.items_of
        kept[element.get("OID", "")] = [
            child.get(f"{part.removesuffix('Ref')}OID", "") for child in element if _name(child) == part
        ]
    elif name == "ItemGroupData":
        group = _item_group(path, reading, element)
        reading.forms.setdefault(reading.keys.get("FormOID", ""), []).append(group)
    elif name == "ReferenceData":
        reading.unread[name] += 1
    else:
        reading.unread.update(found for child in element if (found := _name(child)) not in _STOPS)
    element.clear()  # what has been read: a file may be larger than the memory


def _item_group(path: Path, reading: _Reading, element: etree._Element) -> ItemGroup:
    items: list[tuple[str, str]] = []
    for child in element:
        name = _name(child)
        if not name.startswith("ItemData"):
            reading.unread[name] += 1
            continue
        _check_state(path, child)
        oid = child.get("ItemOID", "")
        items.append((oid, _value(child, name)))
        for part in child:
            if _name(part) == "MeasurementUnitRef":
                items.append((f"{oid}.MeasurementUnitOID", part.get("MeasurementUnitOID", "")))
            else:
                reading.unread[_name(part)] += 1
    line = element.sourceline
    return ItemGroup(reading.form, line if isinstance(line, int) else 0, dict(reading.keys), tuple(items))


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _value(element: etree._Element, name: str) -> str:
    if element.get("IsNull") == "Yes":
        return ""
    text = element.get("Value", "") if name == "ItemData" else (element.text or "")
    return _truncated(text) if "Incomplete" in name else text


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

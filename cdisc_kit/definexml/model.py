"""The content of a define.xml before it is XML: items, value levels, lists of terms. Equal lists are one."""

from __future__ import annotations

from dataclasses import dataclass

from cdisc_kit.dataset import Dataset, Origin
from cdisc_kit.definexml.datatypes import DataType
from cdisc_kit.definexml.description import Comment, Dictionary

Condition = tuple[str, str, tuple[str, ...]]
"""Variable, comparator (EQ, IN, NOTIN), values."""


@dataclass(frozen=True)
class Entry:
    """One term in use; `code` is its C-code ("" for none), `extended` True for one the sponsor added."""

    value: str
    decode: str = ""
    code: str = ""
    extended: bool = False


@dataclass(frozen=True)
class TermList:
    """A codelist reduced to the terms in use; `code` is its C-code ("" for a list of the sponsor's)."""

    stem: str
    name: str
    code: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class ExternalList:
    """Terms of a dictionary outside CDISC; `data_type` is that of the items coded with it."""

    dictionary: Dictionary
    data_type: str


AnyList = TermList | ExternalList


@dataclass(frozen=True)
class Level:
    """A value-level item and the conditions that must all hold for its rows."""

    where: tuple[Condition, ...]
    item: Item


@dataclass(frozen=True)
class Item:
    """An ItemDef with what the ItemRef to it says. `sas_name` is "" at value level."""

    oid: str
    name: str
    label: str
    label_zh: str
    sas_name: str
    data: DataType
    mandatory: bool
    terms: AnyList | None = None
    origins: tuple[Origin, ...] = ()
    method: str = ""
    comments: tuple[Comment, ...] = ()
    key: int = 0
    role: str = ""
    has_data: bool = True
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Group:
    """An ItemGroupDef: a dataset with its items."""

    dataset: Dataset
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = ()
    domain: str = ""
    domain_label: str = ""
    in_standard: bool = True

"""What a Define-XML says, as values: datasets, variables and value levels, codelists, and where each stands.

`line` is the line of the element in the file. `labels` and `decodes` hold every translation there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Condition(NamedTuple):
    """A RangeCheck: `oid` and `variable` of what is compared ('' where the OID is not defined)."""

    oid: str
    variable: str
    dataset: str
    comparator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class DefinedItem:
    """A variable of a dataset, or a value level of one.

    `clauses` of a value level are its where clauses (one of them must hold), each a list of conditions that
    hold together. `length` is 0 and `digits` None where none is stated.
    """

    oid: str
    name: str
    labels: tuple[str, ...]
    data_type: str
    length: int
    mandatory: bool
    order: int
    key: int
    codelist: str
    value_list: str = ""
    clauses: tuple[tuple[Condition, ...], ...] = ()
    digits: int | None = None
    no_data: bool = False
    method: str = ""
    line: int = 0
    ref_line: int = 0
    sas_name: str = ""


@dataclass(frozen=True)
class DefinedTerm:
    """A term of a codelist; `code` is its NCI code, '' for none."""

    value: str
    decodes: tuple[str, ...]
    code: str
    extended: bool
    line: int


@dataclass(frozen=True)
class DefinedList:
    """A codelist; `code` is its NCI code, `version` that of the terminology it is said to be from."""

    oid: str
    name: str
    items: tuple[DefinedTerm, ...]
    external: bool
    code: str
    version: str
    line: int
    data_type: str = ""

    @property
    def terms(self) -> frozenset[str] | None:
        """The coded values; None for an external dictionary."""
        return None if self.external else frozenset(item.value for item in self.items)


@dataclass(frozen=True)
class DefinedDataset:
    """An ItemGroupDef."""

    oid: str
    name: str
    domain: str
    labels: tuple[str, ...]
    cls: str
    items: tuple[DefinedItem, ...]
    leaf: str
    no_data: bool
    repeating: str = ""
    reference_data: str = ""
    line: int = 0
    by_name: dict[str, DefinedItem] = field(default_factory=dict, compare=False)
    structure: str = ""
    sas_name: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The key variables in the order of their KeySequence."""
        return tuple(i.name for i in sorted(self.items, key=lambda i: i.key) if i.key)

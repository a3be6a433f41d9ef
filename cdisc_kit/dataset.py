"""`Dataset`: one SDTM dataset with its metadata, its values and where every value came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

VariableType = Literal["Char", "Num"]


@dataclass(frozen=True)
class Origin:
    """Where a variable's values come from, in Define-XML 2.1 words.

    `type` is one of Collected, Derived, Assigned, Protocol, Predecessor, Not Available; `source` one of
    Investigator, Sponsor, Subject, Vendor (empty where Define-XML wants none). `method` is the text of the
    derivation (only for Derived), `columns` the raw columns read, as `FORM.COLUMN`.
    """

    type: str
    source: str = ""
    method: str = ""
    columns: tuple[str, ...] = ()
    spec_file: str = ""
    spec_line: int = 0


@dataclass(frozen=True)
class Variable:
    """One variable. `length` is in bytes of the package's encoding (8 for Num).

    `codelist` names the controlled terminology as a C-code (empty: none); `sponsor_codelist` a list of the
    study's own (name of a map in ct.yaml). `origins` is keyed by the id of the record block that wrote the
    rows: variables with one origin have one entry keyed `*`.
    """

    name: str
    label: str
    type: VariableType
    length: int = 1
    role: str = ""
    core: str = ""
    codelists: tuple[str, ...] = ()
    sponsor_codelist: str = ""
    external_dictionary: str = ""
    iso8601: bool = False
    origins: dict[str, Origin] = field(default_factory=dict)
    comment: str = ""
    label_zh: str = ""
    assumed: bool = False

    @property
    def origin(self) -> Origin:
        """The origin of most blocks (the first declared where they differ)."""
        return next(iter(self.origins.values()), Origin("Assigned", "Sponsor"))


@dataclass(frozen=True)
class Lineage:
    """Cell-level lineage at the cost of a few arrays: rows know their record, variables their columns.

    `block[i]` is an index into `blocks`; `record[i]` the position of the raw row in the form that block
    reads (-1 where a row has no raw record, e.g. a trial-design row).
    """

    blocks: tuple[str, ...]
    forms: tuple[str, ...]
    block: np.ndarray
    record: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """One dataset, final: rows in natural-key order, columns in the order of `variables`.

    Char columns hold text with no missing marker but the empty string; Num columns hold float64 with NaN.
    `cls` is the Define-XML class (EVENTS, FINDINGS, …); `keys` the Define-XML natural keys.
    """

    name: str
    label: str
    cls: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    frame: pd.DataFrame
    lineage: Lineage | None = None
    label_zh: str = ""
    comment: str = ""
    _distinct: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def distinct(self, name: str) -> np.ndarray:
        """The texts of a Char variable, each once, found once: frames of a dataset are never changed."""
        if name not in self._distinct:
            self._distinct[name] = self.frame[name].drop_duplicates().to_numpy(dtype=object)
        return self._distinct[name]

    def know_distinct(self, known: dict[str, np.ndarray]) -> None:
        """What the maker of the columns knows of their distinct texts (none left out, none twice)."""
        self._distinct.update(known)

    @property
    def is_reference(self) -> bool:
        """True for trial design: no row belongs to a subject."""
        return self.cls == "TRIAL DESIGN"

    def variable(self, name: str) -> Variable:
        """The variable called `name`; KeyError where there is none."""
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(f"{self.name} has no variable {name}")

"""SDTMIG: the datasets of the implementation guide and their variables, as the guide lists them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, cast

from cdisc_kit.standard.tables import Table, bundled, read_table

DATASET_COLUMNS = ("name", "class", "keys", "structure", "label")
VARIABLE_COLUMNS = (
    *("dataset", "order", "name", "type", "role", "core"),
    *("codelists", "codelist_names", "values", "format", "sponsor_terms", "label"),
)

# The guide's format word -> the name of the dictionary in CDISC's own codelist C66788 (DICTNAM).
DICTIONARIES = {
    "MedDRA": "MedDRA",
    "LOINC": "LOINC",
    "ISO 21090 NullFlavor": "ISO 21090",
    "ISO 3166-1 Alpha-3": "ISO 3166",
}


@dataclass(frozen=True)
class StandardVariable:
    """One variable of one dataset of the guide (SDTMIG, specification tables).

    `order` counts from 1 within the dataset. `codelists` holds the C-codes of the controlled terminology and
    `codelist_names` their submission values, in the same order; `values` the values the guide itself fixes
    (DOMAIN). `format` is the guide's word for a format or dictionary ("ISO 8601 duration", "MedDRA").
    `sponsor_terms` is True where the guide expects controlled terms that the sponsor defines.
    """

    name: str
    label: str
    type: Literal["Char", "Num"]
    role: str
    core: Literal["Req", "Exp", "Perm"]
    order: int
    codelists: tuple[str, ...] = ()
    codelist_names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    format: str = ""
    sponsor_terms: bool = False

    @property
    def iso8601(self) -> bool:
        """True where values are ISO 8601 dates, durations or intervals; `format` says which."""
        return self.format.startswith("ISO 8601")

    @property
    def external_dictionary(self) -> str:
        """The dictionary values come from, as a term of codelist C66788 (DICTNAM); "" for none."""
        return DICTIONARIES.get(self.format, "")


@dataclass(frozen=True)
class StandardDataset:
    """One dataset of the guide; `variables` stands in the guide's order.

    `cls` is the guide's class ("Special-Purpose"), `keys` the natural keys the guide gives as an example,
    `order` the dataset's place in the guide, from 1.
    """

    name: str
    label: str
    cls: str
    structure: str
    keys: tuple[str, ...]
    order: int
    variables: Table[StandardVariable]

    @property
    def define_class(self) -> str:
        """The class as Define-XML 2.1 spells it (codelist C103329, GNRLOBSC): "SPECIAL PURPOSE"."""
        return self.cls.upper().replace("-", " ")


@dataclass(frozen=True)
class SDTMIG:
    """One version of the guide: its datasets by name, in the guide's order."""

    version: str
    datasets: Table[StandardDataset]

    def dataset(self, name: str) -> StandardDataset:
        """The dataset called `name`; `SUPPAE` is SUPPQUAL under that name (SDTMIG 8.4).

        StandardError where the guide has neither the dataset nor the parent of the supplement.
        """
        return self.find(name) or self.datasets[name]

    def find(self, name: str) -> StandardDataset | None:
        """As `dataset`, but None for a name the guide does not know: no search for what was meant."""
        parent = name.removeprefix("SUPP")
        if name in self.datasets or parent == name or parent not in self.datasets:
            return self.datasets.get(name)
        label = f"Supplemental Qualifiers for {parent}"
        return replace(self.datasets["SUPPQUAL"], name=name, label=label)


def load_sdtmig(version: str = "3.4") -> SDTMIG:
    """The bundled SDTMIG of that version, read once a process; StandardError where there is none."""
    return _load(version)


@cache
def _load(version: str) -> SDTMIG:
    folder = bundled("sdtmig", version)
    variables: dict[str, list[StandardVariable]] = {}
    for dataset, *cells in read_table(folder / "variables.tsv", VARIABLE_COLUMNS):
        variables.setdefault(dataset, []).append(_variable(cells))
    datasets = Table[StandardDataset](f"SDTMIG {version} has no dataset")
    rows = read_table(folder / "datasets.tsv", DATASET_COLUMNS)
    for order, (name, cls, keys, structure, label) in enumerate(rows, start=1):
        own = Table(f"SDTMIG {version} {name} has no variable", ((v.name, v) for v in variables[name]))
        datasets[name] = StandardDataset(name, label, cls, structure, tuple(keys.split()), order, own)
    return SDTMIG(version, datasets)


def _variable(cells: list[str]) -> StandardVariable:
    order, name, type_, role, core, codelists, codelist_names, values, format_, sponsor_terms, label = cells
    return StandardVariable(
        name,
        label,
        cast(Literal["Char", "Num"], type_),
        role,
        cast(Literal["Req", "Exp", "Perm"], core),
        int(order),
        tuple(codelists.split()),
        tuple(codelist_names.split()),
        tuple(values.split()),
        format_,
        sponsor_terms == "Yes",
    )

"""SDTM: the variables the model knows by class, also those no dataset of the guide lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from cdisc_kit.standard.tables import Table, bundled, read_table

CLASS_COLUMNS = ("parent", "name")
DATASET_COLUMNS = ("class", "name", "label")
VARIABLE_COLUMNS = (
    *("class", "dataset", "order", "name", "type", "role"),
    *("format", "qualifies", "restriction", "ccode", "label"),
)


@dataclass(frozen=True)
class ModelVariable:
    """One variable of the model; `--` in its name stands for the dataset's two letters.

    `qualifies` names the variables it qualifies, `restriction` is the model's usage restriction ("Not in
    human clinical trials"), `ccode` the NCI concept, `order` its place in its class or dataset from 1.
    """

    name: str
    label: str
    type: Literal["Char", "Num"]
    role: str
    order: int
    format: str = ""
    qualifies: tuple[str, ...] = ()
    restriction: str = ""
    ccode: str = ""


@dataclass(frozen=True)
class ModelDataset:
    """A dataset whose variables the model itself lists (DM, TA, RELREC …)."""

    name: str
    label: str
    variables: Table[ModelVariable]


@dataclass(frozen=True)
class ModelClass:
    """A class of the model: either `variables` that its datasets share or `datasets` of their own.

    `parent` is the class whose variables it takes over ("" for none).
    """

    name: str
    parent: str
    variables: Table[ModelVariable]
    datasets: Table[ModelDataset]


@dataclass(frozen=True)
class SDTMModel:
    """One version of the model: its classes by name, in the model's order."""

    version: str
    classes: Table[ModelClass]

    def find(self, cls: str | None, name: str, dataset: str = "") -> ModelVariable | None:
        """The variable `name` that the model allows in the class, or None.

        `name` is generic (`--REASOC`) or, where `dataset` is given, a dataset's own (`AEREASOC` with
        dataset `AE`). Parents of the class are searched too, so `VISITNUM` is found in "Events". For a class
        whose datasets are listed (Special-Purpose, Trial Design …) only `dataset` counts. `cls` may be
        spelled as in Define-XML (`SPECIAL PURPOSE`); None searches every class, in the model's order.
        StandardError where the model has no such class.
        """
        generic = "--" + name.removeprefix(dataset) if dataset and name.startswith(dataset) else name
        for variables in self._tables(cls, dataset):
            if found := variables.get(name) or variables.get(generic):
                return found
        return None

    def _tables(self, cls: str | None, dataset: str) -> Iterator[Table[ModelVariable]]:
        for model_class in self.classes.values() if cls is None else self._chain(cls):
            yield model_class.variables
            for listed in model_class.datasets.values():
                if dataset in (listed.name, "") and (dataset or cls is None):
                    yield listed.variables

    def _chain(self, cls: str) -> Iterator[ModelClass]:
        spelled = {_define_class(name): name for name in self.classes}
        name = spelled.get(_define_class(cls), cls)
        while name:
            yield self.classes[name]
            name = self.classes[name].parent


def load_sdtm_model(version: str = "2.0") -> SDTMModel:
    """The bundled SDTM of that version, read once a process; StandardError where there is none."""
    return _load(version)


@cache
def _load(version: str) -> SDTMModel:
    folder = bundled("sdtm", version)
    name = f"SDTM {version}"
    classes = Table[ModelClass](f"{name} has no class")
    for parent, cls in read_table(folder / "classes.tsv", CLASS_COLUMNS):
        shared = Table[ModelVariable](f"{name} {cls} has no variable")
        classes[cls] = ModelClass(cls, parent, shared, Table(f"{name} {cls} has no dataset"))
    for cls, dataset, label in read_table(folder / "datasets.tsv", DATASET_COLUMNS):
        own = Table[ModelVariable](f"{name} {dataset} has no variable")
        classes[cls].datasets[dataset] = ModelDataset(dataset, label, own)
    for cls, dataset, *cells in read_table(folder / "variables.tsv", VARIABLE_COLUMNS):
        variable = _variable(cells)
        holder = classes[cls].datasets[dataset] if dataset else classes[cls]
        holder.variables[variable.name] = variable
    return SDTMModel(version, classes)


def _variable(cells: list[str]) -> ModelVariable:
    order, name, type_, role, format_, qualifies, restriction, ccode, label = cells
    return ModelVariable(
        name,
        label,
        cast(Literal["Char", "Num"], type_),
        role,
        int(order),
        format_,
        tuple(qualifies.split()),
        restriction,
        ccode,
    )


def _define_class(cls: str) -> str:
    return cls.upper().replace("-", " ")

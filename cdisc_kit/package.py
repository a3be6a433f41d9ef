"""Write a finished study into a folder: datasets, Define-XML, reports, manifest."""

from __future__ import annotations

from pathlib import Path

from cdisc_kit.dataset import Dataset
from cdisc_kit.xpt import XptVariable, write_xpt


def write_datasets(folder: Path, datasets: dict[str, Dataset], encoding: str) -> None:
    """One XPT v5 file for each dataset, named in lower case."""
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets.values():
        write_dataset(folder / f"{dataset.name.lower()}.xpt", dataset, encoding)


def write_dataset(path: Path, dataset: Dataset, encoding: str) -> None:
    """`dataset` as XPT v5 with its declared lengths. Raises OutputError for what the format cannot hold."""
    variables = [XptVariable(v.name, v.label, v.type, v.length) for v in dataset.variables]
    write_xpt(path, dataset.name, dataset.label, dataset.frame, variables, encoding=encoding)

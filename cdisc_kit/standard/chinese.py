"""Chinese labels of the guide's datasets and variables, in this project's own words.

Every label fits 40 bytes in UTF-8 (13 characters), and so in GB18030.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cdisc_kit.standard.tables import FOLDER, read_table

COLUMNS = ("name", "label")
_SUPPLEMENT = "SUPP"


@dataclass(frozen=True)
class ChineseLabels:
    """Labels by name; `--TERM` is the label of every variable of that ending that has none of its own."""

    datasets: dict[str, str]
    variables: dict[str, str]

    def dataset(self, name: str) -> str:
        """The label of a dataset, '' where the table has none."""
        parent = name.removeprefix(_SUPPLEMENT)
        if parent != name and parent in self.datasets:
            return f"{parent}补充限定变量"
        return self.datasets.get(name, "")

    def variable(self, dataset: str, name: str) -> str:
        """The label of a variable of `dataset`, '' for none; TSVAL2 is TSVAL with its number."""
        generic = f"--{name.removeprefix(dataset)}" if name.startswith(dataset) else ""
        found = self.variables.get(name) or self.variables.get(generic)
        base = re.sub(r"\d+$", "", name)
        if found or base == name:
            return found or ""
        continued = self.variable(dataset, base)
        return continued and continued + name.removeprefix(base)


@cache
def load_chinese_labels() -> ChineseLabels:
    """The bundled labels, read once a process."""
    folder = FOLDER / "labels-zh"
    datasets = {row[0]: row[1] for row in read_table(folder / "datasets.tsv", COLUMNS)}
    variables = {row[0]: row[1] for row in read_table(folder / "variables.tsv", COLUMNS)}
    return ChineseLabels(datasets, variables)

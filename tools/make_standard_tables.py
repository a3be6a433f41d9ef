"""Write the tables in cdisc_kit/standard/ from the files CDISC and NCI publish.

    make_standard_tables.py ct FILE PACKAGE DATE       NCI EVS text file or CDISC Library CSV of a CT package
    make_standard_tables.py ig DATASETS.csv VARIABLES.csv VERSION         CDISC Library CSV exports, SDTMIG
    make_standard_tables.py model DATASETS.csv VARIABLES.csv VERSION      CDISC Library CSV exports, SDTM
    make_standard_tables.py reference [FOLDER]         the same facts as JSON ($CDISC_KIT_REFERENCE/standards)

`--out FOLDER` writes elsewhere. Only facts are taken (names, labels, types, roles, codes): definitions,
notes and examples are not. The exports of the guide lack two facts that only its text has: the natural keys
of a dataset and the mark for terms that the sponsor defines. `ig` keeps those the tables hold already.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import StandardError
from cdisc_kit.standard import model, sdtmig
from cdisc_kit.standard.nci_ct import pair, read_nci_ct, split, write_package
from cdisc_kit.standard.tables import FOLDER, read_table, write_table
from cdisc_kit.standard.terminology import Codelist, Term

Row = tuple[str, ...]

# The guide names neither codelist nor format for this variable; the model does.
FORMATS = {("DM", "COUNTRY"): "ISO 3166-1 Alpha-3"}

# The classes of the model that take over another's variables (SDTM 2.0, sections 3.1 and 3.1.3.1).
PARENTS = {
    "Interventions": "General Observations",
    "Events": "General Observations",
    "Findings": "General Observations",
    "Findings About": "Findings",
}


@dataclass(frozen=True)
class Guide:
    """Rows of the two tables of a guide, in its order."""

    datasets: list[Row]
    variables: list[Row]

    def write(self, folder: Path) -> None:
        write_table(folder / "datasets.tsv", sdtmig.DATASET_COLUMNS, self.datasets)
        write_table(folder / "variables.tsv", sdtmig.VARIABLE_COLUMNS, self.variables)


@dataclass(frozen=True)
class Model:
    """Rows of the three tables of a model, in its order."""

    classes: list[Row]
    datasets: list[Row]
    variables: list[Row]

    def write(self, folder: Path) -> None:
        write_table(folder / "classes.tsv", model.CLASS_COLUMNS, self.classes)
        write_table(folder / "datasets.tsv", model.DATASET_COLUMNS, self.datasets)
        write_table(folder / "variables.tsv", model.VARIABLE_COLUMNS, self.variables)


# --- CDISC Library CSV exports ---------------------------------------------------------------------------


def library_guide(datasets: Path, variables: Path, known: Path) -> Guide:
    """The guide in two exports; keys and sponsor marks as the tables in the folder `known` hold them."""
    keys = {row[0]: row[2] for row in _known(known / "datasets.tsv", sdtmig.DATASET_COLUMNS)}
    rows = _known(known / "variables.tsv", sdtmig.VARIABLE_COLUMNS)
    sponsor = {(row[0], row[2]): row[10] for row in rows}
    guide = Guide([], [])
    for row in _library_rows(datasets):
        name = row["Dataset Name"]
        texts = (row["Structure"], row["Dataset Label"])
        guide.datasets.append((name, row["Class"], keys.get(name, ""), *texts))
    for row in _library_rows(variables):
        place = (row["Dataset Name"], row["Variable Name"])
        guide.variables.append(_library_variable(row, sponsor.get(place, "")))
    order = {row[0]: number for number, row in enumerate(guide.datasets)}
    guide.variables.sort(key=lambda row: (order[row[0]], int(row[1])))
    return guide


def _library_variable(row: dict[str, str], sponsor_terms: str) -> Row:
    dataset, name = row["Dataset Name"], row["Variable Name"]
    return (
        *(dataset, row["Variable Order"], name, row["Type"], row["Role"], row["Core"]),
        " ".join(split(row["CDISC CT Codelist Code(s)"])),
        " ".join(split(row["Codelist Submission Values"])),
        " ".join(split(row["Value List"])),
        row["Described Value Domain(s)"] or FORMATS.get((dataset, name), ""),
        *(sponsor_terms, row["Variable Label"]),
    )


def library_model(datasets: Path, variables: Path) -> Model:
    """The model in two exports."""
    listed: list[Row] = [(r["Class"], r["Dataset Name"], r["Dataset Label"]) for r in _library_rows(datasets)]
    rows = [_library_model_variable(row) for row in _library_rows(variables)]
    classes = dict.fromkeys(row[0] for row in rows)
    return Model([(PARENTS.get(cls, ""), cls) for cls in classes], listed, rows)


def _library_model_variable(row: dict[str, str]) -> Row:
    return (
        *(row["Class"], row["Dataset Name"], row["Variable Order"], row["Variable Name"]),
        *(row["Type"], row["Role"], row["Described Value Domain"]),
        " ".join(split(row["Variables Qualified"])),
        *(row["Usage Restrictions"], row["Variable C-Code"], row["Variable Label"]),
    )


def _library_rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield {column: " ".join((cell or "").split()) for column, cell in row.items() if column}


def _known(path: Path, columns: tuple[str, ...]) -> Iterable[list[str]]:
    return read_table(path, columns) if path.is_file() else ()


# --- the same facts as JSON ------------------------------------------------------------------------------


def reference_guide(content: dict[str, Any]) -> Guide:
    """The guide in the reference's JSON."""
    guide = Guide([], [])
    for d in content["datasets"]:
        guide.datasets.append((d["name"], d["class"], " ".join(d["keys"]), d["structure"], d["label"]))
        guide.variables.extend(_reference_variable(d["name"], v) for v in d["variables"])
    return guide


def _reference_variable(dataset: str, v: dict[str, Any]) -> Row:
    return (
        *(dataset, str(v["order"]), v["name"], v["type"], v["role"], v["core"]),
        *(" ".join(v.get(key, ())) for key in ("codelists", "codelist_names", "values")),
        v.get("format", FORMATS.get((dataset, v["name"]), "")),
        "Yes" if v.get("sponsor_terms") else "",
        v["label"],
    )


def reference_model(content: dict[str, Any]) -> Model:
    """The model in the reference's JSON."""
    result = Model([], [], [])
    for c in content["classes"]:
        result.classes.append((c.get("parent", ""), c["name"]))
        result.variables.extend(_reference_model_variable(c["name"], "", v) for v in c.get("variables", ()))
        for d in c.get("datasets", ()):
            result.datasets.append((c["name"], d["name"], d["label"]))
            result.variables.extend(
                _reference_model_variable(c["name"], d["name"], v) for v in d["variables"]
            )
    return result


def _reference_model_variable(cls: str, dataset: str, v: dict[str, Any]) -> Row:
    return (
        *(cls, dataset, str(v["order"]), v["name"], v["type"], v["role"], v.get("format", "")),
        " ".join(v.get("qualifies", ())),
        *(v.get("restriction", ""), v.get("ccode", ""), v["label"]),
    )


def reference_codelists(content: dict[str, Any]) -> list[Codelist]:
    """The codelists in the reference's JSON, paired by our own rule."""
    return pair(
        Codelist(
            code,
            c["submission"],
            c["name"],
            c["preferred"],
            c["extensible"],
            terms={t[1]: Term(t[0], t[1], t[2], tuple(t[3])) for t in c["terms"]},
        )
        for code, c in content["codelists"].items()
    )


def write_reference(source: Path, out: Path) -> None:
    """Every table, from the reference's JSON files."""
    reference_guide(_json(source / "sdtmig-3-4.json")).write(out / "sdtmig-3.4")
    reference_model(_json(source / "sdtm-2-0.json")).write(out / "sdtm-2.0")
    for file in sorted(source.glob("*-ct-*.json*")):
        package = file.name.partition(".")[0].replace("-ct-", "-")
        write_package(out / "ct" / package, reference_codelists(_json(file)))


def _json(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return content


# --- command line ----------------------------------------------------------------------------------------


def main() -> None:
    """Run the command named first (see the module's text)."""
    options = _options()
    out: Path = options.out
    if options.command == "ct":
        folder = out / "ct" / f"{options.package}-{options.date}"
        write_package(folder, read_nci_ct(options.file))
    elif options.command == "ig":
        folder = out / f"sdtmig-{options.version}"
        library_guide(options.datasets, options.variables, folder).write(folder)
    elif options.command == "model":
        library_model(options.datasets, options.variables).write(out / f"sdtm-{options.version}")
    else:
        write_reference(options.folder or _reference_folder(), out)


def _reference_folder() -> Path:
    if "CDISC_KIT_REFERENCE" not in os.environ:
        raise SystemExit("give the folder of the reference files, or set CDISC_KIT_REFERENCE")
    return Path(os.environ["CDISC_KIT_REFERENCE"]) / "standards"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER)
    commands = parser.add_subparsers(dest="command", required=True)
    ct = commands.add_parser("ct")
    ct.add_argument("file", type=Path)
    ct.add_argument("package", choices=("sdtm", "define-xml"))
    ct.add_argument("date", help="2025-03-28")
    for name in ("ig", "model"):
        exports = commands.add_parser(name)
        exports.add_argument("datasets", type=Path)
        exports.add_argument("variables", type=Path)
        exports.add_argument("version")
    commands.add_parser("reference").add_argument("folder", type=Path, nargs="?")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except StandardError as error:
        raise SystemExit(str(error)) from error

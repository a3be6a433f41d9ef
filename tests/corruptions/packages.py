"""The packages that corruptions are planted in: a demonstration package cut down to some of its subjects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
from lxml import etree

from cdisc_kit.check import check_folder
from cdisc_kit.findings import Finding
from cdisc_kit.xpt import XptVariable, write_xpt

SUBJECTS = {  # dead and alive, treated and not, screened only; every dataset keeps a record
    "atg": ("01003", "01004", "01015", "01017", "02010", "03001", "04005"),
    "capeox": ("B002", "B003", "B005", "B018", "B028", "B031"),
}

DATASETS = {  # what corruptions are about, and all that those refer to; to be quick
    "atg": "AE CM CO DM DS EC EX LB MH SE SUPPDM SV TA TE TI TS TV VS",
    "capeox": "AE CM DM DS EC EX IE LB MH SE SUPPAE SUPPDS SV TA TE TI TS TV VS",
}
RARE = {
    "capeox": "DV MB RELREC RS SS SUPPTU TR TU"
}  # few corruptions are about these: in a package of their own
_ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
_DEF = "{http://www.cdisc.org/ns/def/v2.1}"
_DEFINITIONS = [f"{_ODM}{name}" for name in ("ItemDef", "CodeList", "MethodDef")] + [
    f"{_DEF}{name}" for name in ("ValueListDef", "WhereClauseDef", "CommentDef", "Standard")
]


@dataclass(frozen=True)
class Table:
    """One dataset: its description and its records (Char as object text, Num as float64)."""

    name: str
    label: str
    variables: tuple[XptVariable, ...]
    frame: pd.DataFrame

    @property
    def file(self) -> str:
        return f"{self.name.lower()}.xpt"

    def write(self, path: Path) -> None:
        texts = [self.label, *(v.label for v in self.variables)]
        texts += ["".join(self.frame[v.name]) for v in self.variables if v.type == "Char"]
        encoding = "ascii" if "".join(texts).isascii() else "utf-8"
        write_xpt(path, self.name, self.label, self.frame, self.variables, encoding=encoding)


@dataclass(frozen=True)
class Base:
    """A package that corruptions are planted in, and what is found in it before."""

    folder: Path
    tables: dict[str, Table]
    clean: tuple[Finding, ...]


def bases(sdtm: Path, study: str, work: Path, *, small: bool) -> list[Base]:
    """The packages of the SDTM folder, written to `work`: one cut down, and one with all that is needed."""
    names = [path.stem.upper() for path in sorted(sdtm.glob("*.xpt"))]
    wanted = [DATASETS[study].split(), (DATASETS[study] + " " + RARE.get(study, "")).split()]
    choices = wanted[: 1 + (study in RARE)] if small else [names]
    read = {name: _read(sdtm / f"{name.lower()}.xpt") for name in sorted({*choices[-1]})}
    found = []
    for at, chosen in enumerate(choices):
        tables = {name: read[name] for name in sorted(chosen)}
        if small:
            known = tables["DM"].frame.set_index("SUBJID")["USUBJID"]
            kept = known[list(SUBJECTS[study])]
            tables = {name: _only(table, kept, chosen) for name, table in tables.items()}
        folder = work / f"{study}-{at}"
        write_package(tables, sdtm / "define.xml", folder)
        found.append(Base(folder, tables, check_folder(folder).findings))
    return found


def base_of(entry: dict[str, Any], bases: list[Base]) -> Base:
    """The smallest package that holds what the corruption is about."""
    return next(base for base in bases if entry.get("dataset", "DM") in base.tables)


def _read(path: Path) -> Table:
    frame, meta = pyreadstat.read_xport(path)
    variables = tuple(
        XptVariable(name, label, "Num" if _num(frame[name]) else "Char", meta.variable_storage_width[name])
        for name, label in zip(meta.column_names, meta.column_labels, strict=True)
    )
    return Table(meta.table_name, meta.file_label, variables, frame)


def _num(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _only(table: Table, subjects: pd.Series, datasets: list[str]) -> Table:
    frame = table.frame
    if "USUBJID" in frame:
        frame = frame[frame["USUBJID"].isin(subjects)]
    if "RDOMAIN" in frame:
        frame = frame[frame["RDOMAIN"].isin(datasets)]
    frame = frame.reset_index(drop=True)
    assert len(frame), f"no record is left in {table.name}"
    return Table(table.name, table.label, table.variables, frame)


def write_package(tables: dict[str, Table], define: Path, folder: Path) -> None:
    """The tables and the Define-XML in a new folder."""
    folder.mkdir(parents=True)
    for table in tables.values():
        table.write(folder / table.file)
    for path in define.parent.glob("*.xsl"):
        (folder / path.name).write_bytes(path.read_bytes())
    tree = etree.parse(define)
    for group in tree.findall(f".//{_ODM}ItemGroupDef"):
        if group.get("Name") not in tables:
            _remove(group)
    prune(tree)
    tree.write(folder / "define.xml", encoding="UTF-8", xml_declaration=True)


def prune(tree: etree._ElementTree) -> None:
    """Leave out definitions that nothing refers to."""
    while True:
        used = {v for n in tree.iter() for k, v in n.attrib.items() if k not in ("OID", "ID")}
        gone = [n for n in tree.iter(_DEFINITIONS) if n.get("OID") not in used]
        if not gone:
            return
        for node in gone:
            _remove(node)


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)


def link(package: Path, folder: Path) -> None:
    """The same files in a new folder, without copying their bytes; a file is replaced, never written to."""
    folder.mkdir(parents=True)
    for path in package.iterdir():
        os.link(path, folder / path.name)

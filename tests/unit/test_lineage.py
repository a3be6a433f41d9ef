"""The place of each value in raw data and mapping: written with a package, found again by a check of it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import TinyStudy
from test_pipeline import PERSON, write_raw

from cdisc_kit.findings import Finding
from cdisc_kit.lineage import FOLDER, RECORDS, VARIABLES, traced, write_lineage
from cdisc_kit.output import write_manifest
from cdisc_kit.package import write_datasets
from cdisc_kit.pipeline import build

ROWS = {
    "DEMOG": [PERSON],
    "EVENT": [{"SUBJ": "1", "A": "late", "B": "z", "D": "2025-02-01"}, {"SUBJ": "1", "A": "early", "B": "y"}],
    "OTHER": [{"SUBJ": "1", "KEYNO": "1"}],
}


@pytest.fixture
def package(tiny: TinyStudy, tmp_path: Path) -> Path:
    """A package of two events with an unpivot each, sorted otherwise than their raw rows."""
    items = [{"word": "FIRST", "columns": {"VALUE": "A"}}, {"word": "SECOND", "columns": {"VALUE": "B"}}]
    tiny.change(
        "domains/ce.yaml",
        records=[{"id": "event", "from": "EVENT", "unpivot": {"items": items}}],
        variables={"CETERM": {"template": "{word} {VALUE}"}},
    )
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", ROWS))
    out = tmp_path / "out"
    write_datasets(out / "sdtm", built.datasets, "ascii")
    write_lineage(out / FOLDER, built)
    write_manifest(out, {})
    assert list(built.datasets["CE"].frame["CETERM"]) == [
        *("FIRST early", "SECOND y", "FIRST late", "SECOND z"),
    ]
    return out


def found(row: int, variable: str = "CETERM", dataset: str = "CE") -> Finding:
    return Finding("R", "ERROR", "m", dataset=dataset, variable=variable, row=row, source_file="ce.xpt")


def test_a_finding_names_raw_cell_and_mapping_line(package: Path) -> None:
    first, last = traced([found(2), found(3, "CEXYZ, CETERM")], package / "sdtm")
    places = [(f.form, f.source_file, f.source_row, f.source_column) for f in (first, last)]
    assert places == [("EVENT", "EVENT.csv", 3, "B"), ("EVENT", "EVENT.csv", 2, "A")]
    assert first.spec_file == "mappings/tiny/domains/ce.yaml"
    text = (package.parent / "mappings" / "tiny" / "domains" / "ce.yaml").read_text(encoding="utf-8")
    assert "{word} {VALUE}" in text.splitlines()[first.spec_line - 1]
    assert (first.row, first.variable, first.message) == (2, "CETERM", "m")


def test_a_record_without_a_known_variable_still_names_its_raw_row(package: Path) -> None:
    (traced_one,) = traced([found(1, "")], package / "sdtm")
    assert (traced_one.source_row, traced_one.source_column, traced_one.spec_line) == (3, "", 0)


def test_findings_without_a_record_stay_as_they_are(package: Path) -> None:
    findings = (found(0), found(1, dataset=""), found(99), found(1, dataset="XX"))
    assert traced(findings, package / "sdtm") == findings


@pytest.mark.parametrize("changed", ["sdtm/ce.xpt", f"{FOLDER.as_posix()}/{RECORDS}", "manifest.json"])
def test_a_package_that_was_changed_is_not_traced(package: Path, changed: str) -> None:
    path = package / changed
    path.write_bytes(path.read_bytes() + b" ")
    if changed == "manifest.json":
        path.write_text('{"outputs": ["no", "mapping"]}', encoding="utf-8")
    assert traced([found(2)], package / "sdtm") == (found(2),)


def test_a_folder_of_somebody_else_is_not_traced(tmp_path: Path) -> None:
    assert traced([found(2)], tmp_path) == (found(2),)


def test_the_tables_name_places_and_never_what_stands_there(package: Path) -> None:
    lines = list(csv.DictReader((package / FOLDER / RECORDS).open(encoding="utf-8", newline="")))
    assert [(x["record"], x["block"], x["item"], x["row"]) for x in lines if x["dataset"] == "CE"] == [
        *(("1", "event", "0", "3"), ("2", "event", "1", "3")),
        *(("3", "event", "0", "2"), ("4", "event", "1", "2")),
    ]
    text = "".join((package / FOLDER / name).read_text(encoding="utf-8") for name in (RECORDS, VARIABLES))
    for cell in ("late", "early", "2025-02-01"):
        assert cell not in text


def test_the_same_build_writes_the_same_bytes(tiny: TinyStudy, tmp_path: Path) -> None:
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", ROWS))
    for name in ("one", "two"):
        write_lineage(tmp_path / name, replace(built))
    for file in (RECORDS, VARIABLES):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


RELREC = """relationships:
  PAIR:
    - {dataset: CE, variable: CELNKID, reltype: ONE}
    - {dataset: DM, variable: SUBJID, reltype: MANY}
"""


@pytest.fixture
def with_references(tiny: TinyStudy, tmp_path: Path) -> Path:
    """A package whose events have a qualifier, and a relationship."""
    (tiny.folder / "relrec.yaml").write_text(RELREC, encoding="utf-8")
    tiny.edit("domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  CELNKID: {assign: B}")
    tiny.change("domains/ce.yaml", supp={"CEA": {"assign": "B", "label": "Own"}})
    built = build(tiny.load(), write_raw(tiny, tmp_path / "raw", ROWS))
    out = tmp_path / "out"
    write_datasets(out / "sdtm", built.datasets, "ascii")
    write_lineage(out / FOLDER, built)
    write_manifest(out, {})
    assert list(built.datasets["SUPPCE"].frame["QVAL"]) == ["y", "z"]
    return out


def test_a_qualifier_names_the_raw_cell_of_its_parent_and_its_own_line(with_references: Path) -> None:
    findings = [found(row, variable, "SUPPCE") for row, variable in ((1, "QVAL"), (2, "QVAL"), (2, "QNAM"))]
    traced_ones = traced(findings, with_references / "sdtm")
    places = [(f.form, f.source_row, f.source_column) for f in traced_ones]
    assert places == [("EVENT", 3, "B"), ("EVENT", 2, "B"), ("EVENT", 2, "")]
    assert {f.spec_file for f in traced_ones} == {"mappings/tiny/domains/ce.yaml"}
    mapping = with_references.parent / "mappings" / "tiny" / "domains" / "ce.yaml"
    lines = mapping.read_text(encoding="utf-8").splitlines()
    assert all("CEA" in lines[f.spec_line - 1] for f in traced_ones)


def test_a_relationship_names_its_line(with_references: Path) -> None:
    (traced_one,) = traced([found(1, "IDVAR", "RELREC")], with_references / "sdtm")
    assert (traced_one.spec_file, traced_one.spec_line) == ("mappings/tiny/relrec.yaml", 2)
    assert traced_one.source_row == 0

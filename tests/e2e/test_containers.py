"""The EDC export of capeox as a workbook and as ODM 1.3.2: one truth, one package."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import odmlib
import pytest
from dirt_match import judge, read_run
from lxml import etree

from cdisc_kit.build_command import BuildResult, build_package
from cdisc_kit.errors import InputError
from cdisc_kit.synth import DEMO_SEED
from cdisc_kit.synth.run import write_synthetic

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("containers")]

# Files that say where a cell was read (file, row). Everything else must be byte for byte equal.
OF_THE_SOURCE = {
    "manifest.json",
    "reports/findings.csv",
    "reports/findings.json",
    "reports/index.html",
    "sdtm/csdrg.html",
    "reports/ledger.csv",
    "reports/traceability/records.csv",
}
SUBJECTS = 12


@dataclass(frozen=True)
class Package:
    raw: Path
    out: Path
    result: BuildResult

    @property
    def findings(self) -> list[dict[str, Any]]:
        text = (self.out / "reports" / "findings.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)["findings"]
        return found

    def hashes(self) -> dict[str, str]:
        files = sorted(path for path in self.out.rglob("*") if path.is_file())
        return {
            path.relative_to(self.out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    def ledger(self) -> Counter[tuple[str, ...]]:
        """Lines without the row."""
        with (self.out / "reports" / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return Counter(tuple(text for name, text in row.items() if name != "row") for row in rows)


def package(folder: Path, container: str, **dirt: Any) -> Package:
    raw, out = folder / f"raw-{container}", folder / container
    write_synthetic("capeox", raw, seed=7, subjects=SUBJECTS, container=container, **dirt)
    result = build_package("capeox", raw=raw, demo=False, out=out, text="ascii", mappings=None, ipd=False)
    return Package(raw, out, result)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Package, Package]:
    folder = tmp_path_factory.mktemp("containers")
    return package(folder, "xlsx"), package(folder, "odm")


def test_every_file_but_those_that_name_the_source_is_the_same(packages: tuple[Package, Package]) -> None:
    workbook, odm = (one.hashes() for one in packages)
    assert workbook.keys() == odm.keys()
    assert sum(name.endswith(".xpt") for name in workbook) > 30
    assert {name for name in workbook if workbook[name] != odm[name]} <= OF_THE_SOURCE


def test_findings_differ_in_their_place_and_in_items_without_a_value_only(
    packages: tuple[Package, Package],
) -> None:
    def plain(one: Package) -> Counter[tuple[str, ...]]:
        kept = ("rule", "severity", "dataset", "variable", "row", "usubjid", "value", "message")
        return Counter(tuple(str(f[key]) for key in kept) for f in one.findings if f["rule"] != "COL-ABSENT")

    workbook, odm = map(plain, packages)
    assert workbook == odm and len(workbook) > 10
    assert {f["source"]["file"] for f in packages[1].findings if f["source"]["row"]} == {
        "ResMan_export_20261031.xml"
    }


def test_every_raw_cell_has_the_same_fate(packages: tuple[Package, Package]) -> None:
    workbook, odm = (one.ledger() for one in packages)
    assert workbook == odm and workbook.total() > 10_000


def test_rows_of_the_ledger_are_lines_of_the_file(packages: tuple[Package, Package]) -> None:
    odm = packages[1]
    (path,) = odm.raw.glob("*.xml")
    lines = path.read_text(encoding="utf-8").split("\n")
    with (odm.out / "reports" / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            assert f'ItemGroupOID="{row["form"]}"' in lines[int(row["row"]) - 1]


def test_the_file_is_valid_odm(packages: tuple[Package, Package]) -> None:
    (path,) = packages[1].raw.glob("*.xml")
    schema = next(Path(odmlib.__file__).parent.rglob("ODM1-3-2.xsd"))
    etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(path))


def test_the_same_seed_gives_the_same_bytes(packages: tuple[Package, Package], tmp_path: Path) -> None:
    write_synthetic("capeox", tmp_path / "again", seed=7, subjects=SUBJECTS, container="odm")
    (first,), (again,) = packages[1].raw.glob("*.xml"), (tmp_path / "again").glob("*.xml")
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("container", ["xlsx", "odm"])
def test_a_text_that_contradicts_its_code_is_found_where_it_was_planted(
    tmp_path: Path, container: str
) -> None:
    built = package(tmp_path, container, dirt_case=79)
    (planted,) = csv.DictReader((built.raw / "dirt_manifest.csv").open(encoding="utf-8", newline=""))
    (found,) = [f for f in built.findings if f["rule"] == "ODM-CONFLICT"]
    assert found["severity"] == "ERROR" and built.result.fails("error")
    place = found["source"]
    assert (place["form"], str(place["row"]), place["column"]) == (planted["form"], planted["row"], "SEX_TXT")
    assert found["value"] == planted["dirty_value"]


def test_planted_dirt_is_found_in_odm_and_nothing_else(tmp_path: Path) -> None:
    write_synthetic("capeox", tmp_path / "raw", seed=DEMO_SEED, dirt="full", container="odm")
    verdict = judge(read_run("capeox", tmp_path / "raw"))
    assert (verdict.recall, verdict.precision) == (100.0, 100.0), verdict.text()


def test_a_mistake_of_workbooks_is_not_for_odm(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--dirt-case 8 is a mistake of workbooks"):
        write_synthetic("capeox", tmp_path / "raw", seed=7, dirt_case=8, container="odm")


def test_a_study_with_one_container_has_no_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--container odm: not for study atg"):
        write_synthetic("atg", tmp_path / "raw", seed=7, container="odm")
    assert not (tmp_path / "raw").exists()

"""The package of a release as its requester opens it: read back with readers that are not ours."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import odmlib
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from demo import STUDIES, make_demo
from generated import MAPPINGS
from lxml import etree
from odmlib.dataset_json_1_1.model import DatasetJSON

from cdisc_kit.check import check_folder
from cdisc_kit.definexml import check_oids
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.spec import StudySpec, load_study

DEF = "{http://www.cdisc.org/ns/def/v2.1}"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
XLINK = "{http://www.w3.org/1999/xlink}"
KERNEL = "{http://datacite.org/schema/kernel-4}"
DATE = re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)")
TEXTS = (".xml", ".json", ".csv", ".html", ".md", ".txt")
# Rules of JSON for a data package: https://specs.frictionlessdata.io/schemas/
FIELD_TYPES = {"string", "integer", "number", "date"}

pytestmark = pytest.mark.e2e


@pytest.fixture(
    scope="module", params=[pytest.param(s, marks=pytest.mark.xdist_group(f"demo-{s}")) for s in STUDIES]
)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release for review that a demonstration build leaves."""
    return make_demo(request.param, tmp_path_factory.getbasetemp()).out / "ipd" / "release"


@pytest.fixture(scope="module")
def spec(package: Path) -> StudySpec:
    name = (package / "bag-info.txt").read_text(encoding="utf-8")
    return load_study(MAPPINGS / next(s for s in STUDIES if load_study(MAPPINGS / s).studyid[6:] in name))


def tables(package: Path) -> dict[str, list[list[str]]]:
    """Dataset -> rows of its CSV file, the names first."""
    found = {}
    for path in sorted((package / "data" / "sdtm" / "csv").iterdir()):
        with path.open(encoding="utf-8-sig", newline="") as file:
            found[path.stem.upper()] = list(csv.reader(file))
    return found


def as_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_folder_is_laid_out_as_promised(package: Path) -> None:
    found = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    names = {path.stem for path in (package / "data" / "sdtm" / "xpt").iterdir()}
    for form, suffix in (("xpt", "xpt"), ("csv", "csv"), ("json", "json")):
        assert {f"data/sdtm/{form}/{name}.{suffix}" for name in names} <= found
    tags = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
    catalogue = {"datacite.xml", "ro-crate-metadata.json", "datapackage.json"}
    payload = {"define.xml", "define.html", "define2-1.xsl", "dictionary.csv", "dictionary.xlsx"}
    payload |= {"datapackage.json", "deid/rules-applied.csv", "README.zh.md", "README.en.md"}
    expected = tags | {f"metadata/{name}" for name in catalogue} | {f"data/{name}" for name in payload}
    assert expected <= found
    assert {name.split("/")[0] for name in found} == tags | {"metadata", "data"}


def test_bagit_takes_it_for_a_bag(package: Path) -> None:
    bag = bagit.Bag(str(package))
    bag.validate()
    assert bag.info["External-Identifier"].endswith("_IPD_review")
    assert "Bagging-Date" not in bag.info


def test_the_three_forms_of_a_dataset_hold_the_same(package: Path) -> None:
    for name, (head, *rows) in tables(package).items():
        frame, _ = pyreadstat.read_xport(package / "data" / "sdtm" / "xpt" / f"{name.lower()}.xpt")
        held = DatasetJSON.read_json(str(package / "data" / "sdtm" / "json" / f"{name.lower()}.json"))
        assert list(frame.columns) == head == [column.name for column in held.columns]
        assert len(frame) == len(rows) == held.records == len(held.rows)
        for at, column in enumerate(head):
            cells = [row[at].removeprefix("'") for row in rows]
            json_cells = ["" if row[at] is None else row[at] for row in held.rows]
            if pd.api.types.is_numeric_dtype(frame[column]):
                numbers = [float(cell) if cell else None for cell in cells]
                assert numbers == [None if pd.isna(v) else v for v in frame[column].astype(object)], column
                assert numbers == [None if cell == "" else cell for cell in json_cells], column
            else:
                assert cells == list(frame[column].fillna("")) == json_cells, f"{name}.{column}"


@pytest.mark.parametrize("form", ["xpt", "json"])
def test_the_datasets_conform_and_their_define_describes_them(package: Path, form: str) -> None:
    result = check_folder(package / "data" / "sdtm" / form, define=package / "data" / "define.xml")
    assert [finding.one_line() for finding in result.findings] == []


def test_the_define_is_valid_and_whole(package: Path) -> None:
    path = package / "data" / "define.xml"
    schema = Path(odmlib.__file__).parent / "schemas" / "define" / "2.1" / "define2-1-0.xsd"
    tree = etree.parse(path)
    validator = etree.XMLSchema(etree.parse(schema))
    assert validator.validate(tree), validator.error_log
    assert check_oids(path) == []
    leaves = [leaf.get(f"{XLINK}href") for leaf in tree.iter(f"{DEF}leaf")]
    assert leaves
    assert all((path.parent / leaf).is_file() for leaf in leaves)
    assert not [*tree.iter(f"{DEF}DocumentRef"), *tree.iter(f"{DEF}AnnotatedCRF")]
    items = {item.get("OID") for item in tree.iter(f"{ODM}ItemDef")}
    for place in (package / "data" / "sdtm" / "json").iterdir():
        content = as_json(place)
        assert {column["itemOID"] for column in content["columns"]} <= items
        assert (place.parent / content["metaDataRef"]).resolve() == path.resolve()


def test_no_words_of_the_sponsor_are_in_what_describes_the_data(package: Path, spec: StudySpec) -> None:
    described = [*(package / "metadata").iterdir(), package / "data" / "define.xml"]
    described += [package / "data" / "dictionary.csv", package / "data" / "define.html"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in described)
    sponsor = spec.study["registration"]["sponsor"]
    sites = [str(site[language]) for site in spec.study["sites"].values() for language in ("zh", "en")]
    assert [site for site in sites if site not in sponsor.values() and site in text] == []
    forms = spec.sources.forms.items()
    columns = {f"{form}.{column}" for form, source in forms for column in source.columns}
    # A form may be called like a dataset; what is a variable too is no word of the sponsor's.
    columns -= {f"{name}.{column}" for name, rows in tables(package).items() for column in rows[0]}
    assert [column for column in columns if re.search(rf"\b{re.escape(column)}\b", text)] == []


def test_no_date_of_handling_or_of_the_study_is_told(package: Path, spec: StudySpec) -> None:
    # The registration is public, and its versions of the criteria are named after its day.
    known = {spec.ct_version, str(spec.study["registration"]["registered"])}
    for path in package.rglob("*"):
        if path.suffix in TEXTS and "README" not in path.name and path.parent.name != "deid":
            dates = set(DATE.findall(path.read_text(encoding="utf-8-sig"))) - known
            assert {date for date in dates if date > "1950"} == set(), path
    with zipfile.ZipFile(package / "data" / "dictionary.xlsx") as book:
        assert {info.date_time for info in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = book.read("docProps/core.xml").decode("utf-8")
        assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"1980-01-01T00:00:00Z"}


class TestDataPackage:
    def test_its_two_copies_differ_by_where_they_stand(self, package: Path) -> None:
        inner, outer = (
            as_json(package / "data/datapackage.json"),
            as_json(package / "metadata/datapackage.json"),
        )
        for resource in inner["resources"]:
            resource["path"] = f"data/{resource['path']}"
        assert inner == outer

    def test_every_resource_is_what_its_description_says(self, package: Path) -> None:
        content = as_json(package / "data" / "datapackage.json")
        assert content["profile"] == "tabular-data-package"
        assert re.fullmatch(r"[a-z0-9._-]+", content["name"])
        rows = tables(package)
        assert {resource["name"].upper() for resource in content["resources"]} == set(rows)
        for resource in content["resources"]:
            assert not re.search(r"^/|\.\.", resource["path"])
            held = (package / "data" / resource["path"]).read_bytes()
            assert resource["bytes"] == len(held)
            assert resource["hash"] == f"sha256:{hashlib.sha256(held).hexdigest()}"
            head, *body = rows[resource["name"].upper()]
            assert [field["name"] for field in resource["schema"]["fields"]] == head
            assert {field["type"] for field in resource["schema"]["fields"]} <= FIELD_TYPES
            assert all(field["title"] and field["description"] for field in resource["schema"]["fields"])
            for at, field in enumerate(resource["schema"]["fields"]):
                self.require_type(field["type"], {row[at] for row in body} - {""})

    def require_type(self, kind: str, cells: set[str]) -> None:
        if kind == "date":
            assert all(map(DATE.fullmatch, cells))
        elif kind == "integer":
            assert all(re.fullmatch(r"-?\d+", cell) for cell in cells)
        elif kind == "number":
            assert all(float(cell) == float(cell) for cell in cells)

    def test_keys_hold(self, package: Path) -> None:
        content, rows = as_json(package / "data" / "datapackage.json"), tables(package)
        head, *body = rows["DM"]
        subjects = {row[head.index("USUBJID")] for row in body}
        keyed = 0
        for resource in content["resources"]:
            head, *body = rows[resource["name"].upper()]
            schema = resource["schema"]
            if key := schema.get("primaryKey"):
                keyed += 1
                values = [tuple(row[head.index(name)] for name in key) for row in body]
                assert len(set(values)) == len(values), resource["name"]
                assert all(all(value) for value in values), resource["name"]
            for foreign in schema.get("foreignKeys", ()):
                assert foreign["reference"] == {"resource": "dm", "fields": ["USUBJID"]}
                assert {row[head.index("USUBJID")] for row in body} - {""} <= subjects
        assert keyed >= len(rows) - 1  # RELREC may have none


class TestDictionary:
    def test_each_variable_has_its_line_in_both_languages(self, package: Path) -> None:
        with (package / "data" / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
            head, *lines = list(csv.reader(file))
        variables = [(line[0], line[3]) for line in lines if not line[3].startswith("QVAL (")]
        expected = {(name, column) for name, rows in tables(package).items() for column in rows[0]}
        assert len(variables) == len(expected)
        assert set(variables) == expected
        assert all(all(line[at] for at in (0, 1, 2, 4, 5, 6, 10, 11)) for line in lines)
        by_name = {(line[0], line[3]): dict(zip(head, line, strict=True)) for line in lines}
        subject = by_name["DM", "USUBJID"]
        assert "pseudonym" in subject["What was done"]
        assert "假名" in subject["处理方式"]
        assert by_name["AE", "AESEQ"]["What was done"].startswith("Numbered anew")
        assert "1930-01-01" in by_name["AE", "AESTDTC"]["What was done"]
        assert "AEDECOD" in by_name["AE", "AETERM"]["What was done"]
        assert "Y = Yes" in by_name["AE", "AESER"]["Values present 现有取值"]

    def test_each_qualifier_has_its_line(self, package: Path) -> None:
        with (package / "data" / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
        listed = {(line[0], line[3][6:-1]) for line in lines if line[3].startswith("QVAL (")}
        held = {
            (name, row[rows[0].index("QNAM")])
            for name, rows in tables(package).items()
            if name.startswith("SUPP")
            for row in rows[1:]
        }
        assert listed == held

    def test_the_workbook_says_the_same_and_runs_nothing(self, package: Path) -> None:
        with (package / "data" / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
        sheet = openpyxl.load_workbook(package / "data" / "dictionary.xlsx").active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
        shown = [["" if v is None else str(v) for v in row] for row in sheet.iter_rows(values_only=True)]
        assert shown == [[cell.removeprefix("'") for cell in line] for line in lines]

    def test_small_numbers_of_records_are_not_told(self, package: Path) -> None:
        with (package / "data" / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
            counts = [line[-1] for line in csv.reader(file)][1:]
        k = int(next(iter({count for count in counts if count.startswith("<")}), "<5")[1:])
        assert not [count for count in counts if count.isdigit() and 0 < int(count) < k]


def test_the_rules_tell_neither_rare_counts_nor_who_has_a_sensitive_value(
    package: Path, spec: StudySpec
) -> None:
    with (package / "data" / "deid" / "rules-applied.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *lines = list(csv.reader(file))
    assert head == ["dataset", "variable", "rule", "reason", "rows"]
    by_value = [line for line in lines if line[2].startswith("records left out:")]
    assert by_value
    assert {line[4] for line in by_value} == {"not told"}
    report = as_json(package / "data" / "deid" / "anonymisation-report.json")
    k = load_policy(spec.folder).tiers[report["tier"]["name"]].k
    assert not [line for line in lines if line[4].isdigit() and 0 < int(line[4]) < k]
    assert {"USUBJID", "SITEID"} <= {line[1] for line in lines}


def test_what_catalogues_read_is_whole(package: Path) -> None:
    root = etree.parse(package / "metadata" / "datacite.xml").getroot()
    found = [etree.QName(child).localname for child in root]
    required = {"identifier", "creators", "titles", "publisher", "publicationYear", "resourceType"}
    assert required <= set(found)
    assert len(found) == len(set(found))
    assert re.fullmatch(r"20\d\d", root.findtext(f"{KERNEL}publicationYear"))
    assert root.find(f"{KERNEL}resourceType").get("resourceTypeGeneral") == "Dataset"
    assert root.find(f"{KERNEL}identifier").get("identifierType") == "DOI"
    assert all("SYNTHETIC" in t.text or "合成" in t.text for t in root.iter(f"{KERNEL}title"))
    names = list(root.iter(f"{KERNEL}creatorName"))
    assert [name.get("nameType") for name in names] == ["Organizational"]


def test_the_crate_lists_every_file(package: Path) -> None:
    place = package / "metadata" / "ro-crate-metadata.json"
    graph = {entity["@id"]: entity for entity in as_json(place)["@graph"]}
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = graph[descriptor["about"]["@id"]]
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= set(root)
    parts = {(place.parent / part["@id"]).resolve() for part in root["hasPart"]}
    assert parts == {path.resolve() for path in (package / "data").rglob("*") if path.is_file()}
    for part in root["hasPart"]:
        entity = graph[part["@id"]]
        assert int(entity["contentSize"]) == (place.parent / entity["@id"]).stat().st_size
    for entity in graph.values():
        references = [value["@id"] for value in entity.values() if isinstance(value, dict)]
        assert all(reference in graph or reference.startswith("https:") for reference in references)


@pytest.mark.xdist_group(f"demo-{STUDIES[-1]}")
def test_another_process_makes_the_same_bytes(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    demo = make_demo(STUDIES[-1], tmp_path_factory.getbasetemp())
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "cdisc_kit",
            "share",
            "prepare",
            "--study",
            demo.study,
            "--demo",
            "--state",
            "ipd",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    first, second = (
        {path.relative_to(f).as_posix(): path.read_bytes() for path in f.rglob("*") if path.is_file()}
        for f in (demo.out / "ipd" / "release", tmp_path / "ipd" / "release")
    )
    assert [name for name in first if first[name] != second.get(name)] == []
    assert first.keys() == second.keys()

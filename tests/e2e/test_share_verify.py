"""What a recipient can tell of a package with nothing but it: parts that disagree, bytes that changed."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable

import pandas as pd
import pytest
from demo import make_demo

from cdisc_kit.sharing.agreement import DICTIONARY, WORKBOOK, disagreements
from cdisc_kit.sharing.bag import MANIFEST, TAG_MANIFEST, manifest
from cdisc_kit.sharing.cells import csv_table, workbook
from cdisc_kit.sharing.verify import complaints
from cdisc_kit.xpt import XptVariable, xpt_bytes

Files = dict[str, bytes]
KEPT = ("ae", "dm", "suppae")
OF_DATASET = re.compile(r"data/sdtm/\w+/(\w+)\.\w+")
AE, AE_JSON = "data/sdtm/csv/ae.csv", "data/sdtm/json/ae.json"
FLIPS = 200

pytestmark = pytest.mark.xdist_group("demo-atg")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The release for review that a demonstration build leaves."""
    folder = make_demo("atg", tmp_path_factory.getbasetemp()).out / "ipd" / "release"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def few(package: Files) -> Files:
    """What is held against each other, of a few datasets: quick to judge."""
    files = {name: package[name] for name in package if not dropped(name)}
    lines = table(files[DICTIONARY])
    kept = [lines[0], *(line for line in lines[1:] if line[0].lower() in KEPT)]
    files |= dictionary(kept)
    for name in (n for n in files if n.endswith("datapackage.json")):
        content = json.loads(files[name])
        content["resources"] = [one for one in content["resources"] if one["name"] in KEPT]
        files[name] = json.dumps(content).encode()
    return files


def dropped(name: str) -> bool:
    of = OF_DATASET.fullmatch(name)
    return of is not None and of[1] not in KEPT


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def dictionary(lines: list[list[str]]) -> Files:
    cells = [[cell.removeprefix("'") for cell in line] for line in lines]
    return {DICTIONARY: csv_table(cells), WORKBOOK: workbook("Dictionary", cells, "Dictionary")}


def with_cell(content: bytes, record: int, column: str, value: str) -> bytes:
    head, *rows = table(content)
    rows[record - 1][head.index(column)] = value
    return csv_table([head, *rows])


def with_line(files: Files, variable: str, column: int, value: str) -> Files:
    lines = table(files[DICTIONARY])
    next(line for line in lines if (line[0], line[3]) == ("AE", variable))[column] = value
    return dictionary(lines)


def with_json(files: Files, change: Callable[[dict[str, list[list[object]]]], object]) -> Files:
    content = json.loads(files[AE_JSON])
    change(content)
    content["records"] = len(content["rows"])
    return {AE_JSON: json.dumps(content).encode()}


def another_table(files: Files) -> Files:
    frame = pd.DataFrame({"USUBJID": pd.Series(["x"], dtype=object)})
    variables = [XptVariable("USUBJID", "Unique Subject Identifier", "Char", 8)]
    return {"data/sdtm/xpt/ae.xpt": xpt_bytes("AE", "Adverse Events", frame, variables, encoding="ascii")}


def other_fields(files: Files) -> Files:
    content = json.loads(files["data/datapackage.json"])
    content["resources"][0]["schema"]["fields"].pop()
    return {"data/datapackage.json": json.dumps(content).encode()}


PLANTED: list[tuple[str, Callable[[Files], Files], str]] = [
    (
        "a cell of the CSV file",
        lambda f: {AE: with_cell(f[AE], 7, "AEDECOD", "Nothing")},
        "ae.xpt: AEDECOD of record 7 is not that of data/sdtm/csv/ae.csv",
    ),
    (
        "a number of the CSV file",
        lambda f: {AE: with_cell(f[AE], 3, "AESTDY", "4711")},
        "ae.json: AESTDY of record 3 is not that of data/sdtm/csv/ae.csv",
    ),
    (
        "a cell of Dataset-JSON",
        lambda f: with_json(f, lambda c: c["rows"][11].__setitem__(0, "OTHER")),
        "ae.json: STUDYID of record 12 is not that of data/sdtm/csv/ae.csv",
    ),
    (
        "a record short",
        lambda f: with_json(f, lambda c: c["rows"].pop()),
        r"ae.json: \d+ records, data/sdtm/csv/ae.csv has \d+",
    ),
    (
        "other variables",
        another_table,
        "ae.xpt: not the variables of data/sdtm/csv/ae.csv: AE.*, STUDYID.*",
    ),
    (
        "a subject of elsewhere",
        lambda f: {AE: with_cell(f[AE], 5, "USUBJID", "CHICTR-X")},
        "data/sdtm/csv/ae.csv: USUBJID of record 5 is not among the subjects of DM",
    ),
    (
        "a label of the dictionary",
        lambda f: with_line(f, "AETERM", 4, "Something"),
        rf"{DICTIONARY}, line \d+ \(AE.AETERM\): another label",
    ),
    (
        "a count of the dictionary",
        lambda f: with_line(f, "AEDECOD", -1, "4711"),
        rf"{DICTIONARY}, line \d+ \(AE.AEDECOD\): another number of records with a value",
    ),
    (
        "values of the dictionary",
        lambda f: with_line(f, "AESER", 9, "Q = Something"),
        rf"{DICTIONARY}, line \d+ \(AE.AESER\): 2 values of the data are not listed",
    ),
    (
        "a line of the dictionary",
        lambda f: with_line(f, "AETOXGR", 3, "AEXYZ"),
        rf"{DICTIONARY}: AE.AETOXGR: no line for it",
    ),
    (
        "the workbook alone",
        lambda f: {WORKBOOK: with_line(f, "AETERM", 4, "Something")[WORKBOOK]},
        f"{WORKBOOK}: not what {DICTIONARY} says",
    ),
    (
        "fields of the data package",
        other_fields,
        "data/datapackage.json: what it says of data/sdtm/csv/ae.csv is not so",
    ),
    ("no table", lambda f: {AE: b""}, r"a table or description cannot be read \(EmptyDataError\)"),
]


@pytest.mark.parametrize(("plant", "told"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
def test_parts_that_disagree_are_told_by_file_variable_and_record(
    few: Files, plant: Callable[[Files], Files], told: str
) -> None:
    found = disagreements({**few, **plant(few)})
    assert [line for line in found if re.fullmatch(told, line)], found


def test_parts_that_agree_say_nothing(few: Files) -> None:
    assert disagreements(few) == []


@pytest.mark.parametrize("form", ["xpt", "csv", "json"])
def test_a_dataset_that_one_form_lacks_is_told(few: Files, form: str) -> None:
    name = f"data/sdtm/{form}/ae.{form}"
    left = {key: content for key, content in few.items() if key != name}
    assert "AE: the dataset is not there in every form" in disagreements(left)


def with_manifests(files: Files) -> Files:
    """The package with lists of hashes made anew, by somebody who knows how."""
    payload = {name: content for name, content in files.items() if name.startswith("data/")}
    tags = {n: c for n, c in files.items() if n not in payload and n not in (MANIFEST, TAG_MANIFEST)}
    tags[MANIFEST] = manifest(payload)
    return {**payload, **tags, TAG_MANIFEST: manifest(tags)}


def test_the_lists_of_hashes_are_made_anew_as_they_are(package: Files) -> None:
    assert with_manifests(package) == package


def test_a_define_that_does_not_fit_the_data_is_told_though_every_hash_is_right(few: Files) -> None:
    define = few["data/define.xml"]
    changed = define.replace(b"Dictionary-Derived Term", b"Something Else Entirely", 1)
    assert changed != define
    found = complaints(with_manifests({**few, "data/define.xml": changed}))
    assert [line for line in found if "DEFINE-" in line and "DECOD" in line], found


def test_any_byte_changed_in_an_unpacked_package_is_told(few: Files) -> None:
    chance = random.Random(20260407)
    package = with_manifests(few)
    names = sorted(package)
    for _ in range(FLIPS):
        name = chance.choice(names)
        content = bytearray(package[name])
        at = chance.randrange(len(content))
        content[at] ^= chance.randrange(1, 256)
        assert complaints({**package, name: bytes(content)}), f"{name}, byte {at}"

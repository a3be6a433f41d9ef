"""Dataset-JSON is judged as XPORT is, and whatever somebody wrote into a file is told, not raised."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_json import convert, write_json
from hypothesis import given, settings
from hypothesis import strategies as st
from test_check_rules import line, package

from cdisc_kit.check import check_folder
from cdisc_kit.check.jsonfile import NotDatasetJsonError, open_json
from cdisc_kit.check_command import check_package
from cdisc_kit.errors import InputError
from cdisc_kit.findings import Finding

COLUMN = {"itemOID": "IT", "label": "A Label"}
DM: dict[str, Any] = {
    "datasetJSONCreationDateTime": "2024-06-01T12:00:00",
    "datasetJSONVersion": "1.1.0",
    "itemGroupOID": "IG.DM",
    "records": 2,
    "name": "DM",
    "label": "Demographics",
    "columns": [
        {**COLUMN, "name": "USUBJID", "dataType": "string", "length": 5},
        {**COLUMN, "name": "AGE", "dataType": "integer"},
        {**COLUMN, "name": "XDEC", "dataType": "decimal", "targetDataType": "decimal"},
        {**COLUMN, "name": "XFLAG", "dataType": "boolean"},
    ],
    "rows": [["S-1", 53, "1.5", True], ["S-2", None, None, None]],
}
BROKEN: list[dict[str, Any]] = [
    {"dataset": "LB", "row": 1, "set": {"LBTESTCD": "1ALT", "LBSTRESN": "7"}},
    {"dataset": "DM", "row": 1, "set": {"SEX": "X", "RFICDTC": "2024-02-31"}},
    {"dataset": "AE", "copy": 1},
    {"dataset": "AE", "row": 1, "set": {"AETERM": "头痛"}},
    {"dataset": "EX", "variable": "EXDOSE", "label": "Wrong"},
]


def of(folder: Path, **changes: Any) -> list[str]:
    """What the reader has to say of the small file with `changes` (None takes an attribute away)."""
    document = {key: value for key, value in {**DM, **changes}.items() if value is not None}
    write_json(document, folder / "dm.json")
    return said(check_folder(folder).findings)


def said(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{line(f)}: {f.message}" for f in findings if f.rule.startswith("FILE-")]


def written(folder: Path, text: str | bytes) -> list[str]:
    (folder / "dm.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return [line(f) for f in check_folder(folder).findings if f.rule.startswith("FILE-")]


@pytest.mark.parametrize("suffix", [".json", ".ndjson"])
def test_the_same_findings_as_for_xport(tmp_path: Path, suffix: str) -> None:
    xpt, other = tmp_path / "xpt", tmp_path / "other"
    xpt.mkdir()
    other.mkdir()
    tables = package.base()
    for change in BROKEN:
        package.edit(tables, change)
    package.write(tables, xpt)
    convert(xpt, other, suffix)
    expected = [
        f for f in check_folder(xpt).findings if f.rule != "TEXT-ASCII"
    ]  # JSON is UTF-8 by definition
    assert {"CT-VALUE", "REC-SEQ", "ISO-IMPOSSIBLE", "VAL-NUMBER", "META-LABEL"} <= {f.rule for f in expected}
    in_json = [replace(f, source_file=f.source_file.replace(".xpt", suffix)) for f in expected]
    assert list(check_folder(other).findings) == in_json


def test_values_are_read_as_written(tmp_path: Path) -> None:
    assert of(tmp_path) == []
    header, records, _ = open_json(tmp_path / "dm.json")
    assert header
    assert records
    name, age, decimal, flag = header.variables
    assert records.text(name)[0].values.tolist() == ["S-1", "S-2"]
    assert records.numbers(age)[0] == 53
    assert records.numbers(decimal)[0] == 1.5
    assert [v.type for v in header.variables] == ["Char", "Num", "Num", "Char"]
    assert records.text(flag)[0].values.tolist() == ["true", ""]


def test_rows_that_do_not_fit_the_columns_are_located(tmp_path: Path) -> None:
    rows = [["S-1", 53, "1.5", True], ["S-2"], ["S-3", 1, None, None, "more"], "no row", {"USUBJID": "S-4"}]
    assert of(tmp_path, rows=rows, records=5) == [
        "FILE-JSON-ROW DM 2: Not a record of the columns: the record has 1 cells for 4 columns",
        "FILE-JSON-ROW DM 3: Not a record of the columns: the record has 5 cells for 4 columns",
        "FILE-JSON-ROW DM 4: Not a record of the columns: no list of cells",
        "FILE-JSON-ROW DM 5: Not a record of the columns: no list of cells",
    ]


def test_cells_of_another_type_are_located(tmp_path: Path) -> None:
    rows = [[7, "53", 1.5, "Y"], ["S-00002", 1.5, "x", None], [["S"], {"a": 1}, None, None]]
    wrong = "The value is not as its column declares: "
    assert of(tmp_path, rows=rows, records=3) == [
        f"FILE-JSON-CELL DM.AGE 1 53: {wrong}not of the declared type integer",
        f"FILE-JSON-CELL DM.USUBJID 1 7: {wrong}not of the declared type string",
        f"FILE-JSON-CELL DM.XDEC 1 1.5: {wrong}not of the declared type decimal",
        f"FILE-JSON-CELL DM.XFLAG 1 Y: {wrong}not of the declared type boolean",
        f"FILE-JSON-CELL DM.AGE 2 1.5: {wrong}not of the declared type integer",
        f"FILE-JSON-CELL DM.USUBJID 2 S-00002: {wrong}longer than the declared length 5",
        f"FILE-JSON-CELL DM.XDEC 2 x: {wrong}not of the declared type decimal",
        f"FILE-JSON-CELL DM.AGE 3 {{…}}: {wrong}not of the declared type integer",
        f"FILE-JSON-CELL DM.USUBJID 3 […]: {wrong}not of the declared type string",
    ]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"records": 3}, "FILE-TRUNCATED DM: The file is cut short: 3 records are announced, 2 are there"),
        ({"records": 1}, "1 records are announced, 2 are there"),
        ({"records": "2"}, "records is no number"),
        ({"records": None}, "records is missing"),
        ({"rows": None}, "there is no list of rows"),
        ({"datasetJSONVersion": "1.2.0"}, "datasetJSONVersion is not 1.1"),
        ({"itemGroupOID": None}, "itemGroupOID is missing"),
        ({"name": 7}, "FILE-HEADER dm.json: The header is damaged: the dataset has no name"),
        ({"columns": []}, "FILE-HEADER dm.json: The header is damaged: there is no list of columns"),
        ({"columns": ["USUBJID"]}, "FILE-HEADER dm.json: The header is damaged: column 1 has no name"),
        ({"columns": None, "clinicalData": {}}, "Dataset-JSON 1.0; the kit reads version 1.1"),
        (
            {"columns": [{**COLUMN, "name": "A", "dataType": "text"}], "rows": [["x"], ["y"]]},
            "no such dataType",
        ),
        (
            {"columns": [{"name": "A", "dataType": "string"}], "rows": [["x"], ["y"]]},
            "column A lacks itemOID",
        ),
        (
            {"columns": [{**COLUMN, "name": "A", "dataType": "date", "targetDataType": "integer"}]},
            "SDTM keeps dates as text",
        ),
    ],
)
def test_attributes(tmp_path: Path, changes: dict[str, Any], detail: str) -> None:
    assert any(found.endswith(detail) for found in of(tmp_path, **changes)) or any(
        detail in found for found in of(tmp_path, **changes)
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "FILE-UNREADABLE"),
        ('{"name": "DM", ', "FILE-UNREADABLE"),
        ("[" * 100_000, "FILE-UNREADABLE"),
        ('{"columns": ' + '{"a":' * 100_000, "FILE-UNREADABLE"),
        ('{"columns": ' + "9" * 5000 + "}", "FILE-UNREADABLE"),
        (json.dumps(DM).encode("utf-16"), "FILE-UNREADABLE"),
        (b'{"name": "\xff"}', "FILE-UNREADABLE"),
        (json.dumps(DM).replace("53", "NaN"), "FILE-JSON"),
        (json.dumps(DM).replace("53", "1e999"), "FILE-JSON-CELL"),
        (json.dumps(DM).replace("53", "9" * 400), "FILE-JSON-CELL"),
        (json.dumps(DM).replace('"records"', '"name": "AE", "records"'), "FILE-JSON"),
    ],
    ids=["empty", "cut", "lists", "objects", "digits", "utf-16", "bytes", "nan", "infinite", "huge", "twice"],
)
def test_hostile_files(tmp_path: Path, text: str | bytes, rule: str) -> None:
    assert [found.split(" ")[0] for found in written(tmp_path, text)] == [rule]


def test_half_a_character_is_shown_and_told(tmp_path: Path) -> None:
    (tmp_path / "dm.json").write_text(json.dumps(DM).replace("S-1", "\\ud800"), encoding="utf-8")
    found = [line(f) for f in check_folder(tmp_path).findings if f.rule.startswith("TEXT-")]
    assert found == ["TEXT-BYTES DM.USUBJID 1 \\ud800"]


def test_other_json_is_left_alone_and_said(tmp_path: Path) -> None:
    write_json(DM, tmp_path / "dm.json")
    (tmp_path / "manifest.json").write_text('{"kit": 1}')
    result = check_folder(tmp_path)
    assert any("manifest.json" in sentence for sentence in result.not_checked)
    with pytest.raises(NotDatasetJsonError):
        open_json(tmp_path / "manifest.json")
    (tmp_path / "dm.json").unlink()
    with pytest.raises(InputError, match="no Dataset-JSON"):
        check_folder(tmp_path)


def test_compressed_files_are_said_not_to_have_been_read(tmp_path: Path) -> None:
    (tmp_path / "ae.dsjc").write_bytes(b"x")
    with pytest.raises(InputError, match=r"unpack ae\.dsjc first"):
        check_folder(tmp_path)
    write_json(DM, tmp_path / "dm.json")
    assert any("ae.dsjc is compressed" in sentence for sentence in check_folder(tmp_path).not_checked)


def test_core_is_said_not_to_have_judged_it(tmp_path: Path) -> None:
    write_json(DM, tmp_path / "dm.json")
    result = check_package(tmp_path, define=None, engine="both", reports=(), decisions=())
    assert [said for said in result.not_checked if "CDISC's rules were not run" in said]
    assert result.findings
    assert not result.errors


def test_both_forms_of_a_dataset_are_said_once(tmp_path: Path) -> None:
    package.write({name: t for name, t in package.base().items() if name in ("DM", "CO", "MH")}, tmp_path)
    convert(tmp_path, tmp_path)
    found = said(check_folder(tmp_path).findings)
    assert len(found) == 1
    assert found[0].startswith("FILE-FORMATS co.json")
    assert found[0].endswith("not co.json and 2 more")


def _damaged(text: str) -> Callable[[int, str], str]:
    return lambda at, junk: text[: at % len(text)] + junk + text[at % len(text) + len(junk) :]


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 2000), junk=st.text(min_size=1, max_size=8))
def test_no_damage_stops_the_reader(tmp_path_factory: pytest.TempPathFactory, at: int, junk: str) -> None:
    path = tmp_path_factory.mktemp("junk") / "dm.json"
    text = _damaged(json.dumps(DM))(at, junk)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        header, records, problems = open_json(path)
    except NotDatasetJsonError:
        return
    assert (header is None) == (records is None)
    assert header is not None or problems
    for variable in header.variables if header and records else ():
        column = records.numbers(variable) if variable.type == "Num" else records.text(variable)[0].codes
        assert len(column) == records.rows

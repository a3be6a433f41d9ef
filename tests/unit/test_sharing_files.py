"""The pieces a package is made of: cells that run nothing, tables, Dataset-JSON, keys, the bag."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import bagit
import numpy as np
import openpyxl
import pandas as pd
import pytest
from odmlib.dataset_json_1_1.model import DatasetJSON

from cdisc_kit.check.jsonfile import open_json
from cdisc_kit.dataset import Dataset, Variable
from cdisc_kit.datasetjson import Provenance, dataset_json
from cdisc_kit.errors import OutputError
from cdisc_kit.sharing.bag import MANIFEST, TAG_MANIFEST, bag, problems
from cdisc_kit.sharing.cells import csv_table, neutral, workbook
from cdisc_kit.sharing.datapackage import primary_key
from cdisc_kit.sharing.dictionary import shown_count

PROVENANCE = Provenance("ST.X", "MDV.ST.X", "../define.xml", "1949-12-27T00:00:00", "Somebody")


def small(**columns: list[object]) -> Dataset:
    """A dataset XX of these columns; a list of numbers is Num, a name that ends with DTC a date."""
    variables, frame = [], {}
    for name, values in columns.items():
        number = any(isinstance(value, float) for value in values)
        kind = "Num" if number else "Char"
        variables.append(Variable(name, f"Label of {name}", kind, 8, iso8601=name.endswith("DTC")))
        frame[name] = np.array(values, dtype=float if number else object)
    keys = tuple(name for name in columns if name in ("USUBJID", "XXTESTCD"))
    return Dataset("XX", "Things", "FINDINGS", "", keys, tuple(variables), pd.DataFrame(frame))


class TestCells:
    @pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@x", "\t=1", "＝1", "-"])
    def test_what_a_spreadsheet_would_run_is_marked(self, text: str) -> None:
        assert neutral(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "-1", "+2.5", "-1.5E-3", "a=b", "<5", ">=10", "1930-01-01"])
    def test_what_it_would_not_run_stays(self, text: str) -> None:
        assert neutral(text) == text

    def test_csv_opens_in_a_spreadsheet_as_it_is(self) -> None:
        content = csv_table([("a", "b"), ("=1", 2), ("中", 'x "y"')])
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.decode("utf-8-sig") == 'a,b\r\n\'=1,2\r\n中,"x ""y"""\r\n'

    def test_a_workbook_holds_text_and_no_time(self) -> None:
        rows = [("a", "b"), ("=1+1", 2), ("http://x", 3)]
        content = workbook("Sheet", rows, "Title")
        assert content == workbook("Sheet", rows, "Title")
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert [[cell.value for cell in row] for row in sheet] == [list(row) for row in rows]
        assert sheet["A2"].data_type == "s"
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert {info.date_time[0] for info in book.infolist()} == {1980}
            assert b"1980-01-01T00:00:00Z" in book.read("docProps/core.xml")


class TestDatasetJson:
    def test_types_and_missing_values(self) -> None:
        dataset = small(
            USUBJID=["S-1", "S-2"],
            XXSEQ=[1.0, float("nan")],
            XXSTRESN=[0.5, float("nan")],
            XXDTC=["1930-01-01", ""],
            XXENDTC=["1930-01-01", "1930-01"],
            XXORRES=["", "中"],
        )
        content = dataset_json(dataset, PROVENANCE)
        read = DatasetJSON.from_json(content.decode("utf-8"))
        assert [column.dataType for column in read.columns] == [
            *("string", "integer", "float", "date", "string", "string")
        ]
        assert read.rows == [
            ["S-1", 1, 0.5, "1930-01-01", "1930-01-01", ""],
            ["S-2", None, None, None, "1930-01", "中"],
        ]
        assert '"S-1",1,0.5' in content.decode("utf-8")
        assert read.records == 2
        assert read.itemGroupOID == "IG.XX"
        assert [column.itemOID for column in read.columns][:2] == ["IT.XX.USUBJID", "IT.XX.XXSEQ"]
        assert [column.keySequence for column in read.columns] == [1, *[None] * 5]

    def test_the_checker_has_nothing_to_say(self, tmp_path: Path) -> None:
        path = tmp_path / "xx.json"
        path.write_bytes(dataset_json(small(USUBJID=["S-1"], XXSEQ=[1.0], XXDTC=["1930-01-01"]), PROVENANCE))
        header, records, noted = open_json(path)
        assert noted == []
        assert header is not None
        assert records is not None
        assert records.rows == 1

    def test_no_records(self) -> None:
        content = json.loads(dataset_json(small(USUBJID=[], XXSEQ=[]), PROVENANCE))
        assert content["records"] == 0
        assert content["rows"] == []

    def test_a_value_json_does_not_know_is_refused(self) -> None:
        with pytest.raises(OutputError, match=r"XX\.XXSTRESN, row 2"):
            dataset_json(small(USUBJID=["S-1", "S-2"], XXSTRESN=[1.0, float("inf")]), PROVENANCE)

    def test_a_large_number_keeps_its_value(self) -> None:
        content = json.loads(dataset_json(small(USUBJID=["S-1"], XXSTRESN=[1e300]), PROVENANCE))
        assert content["rows"] == [["S-1", 1e300]]


class TestPrimaryKey:
    def test_subject_and_number(self) -> None:
        dataset = small(USUBJID=["A", "A", "B"], XXSEQ=[1.0, 2.0, 1.0], XXTESTCD=["X", "Y", "X"])
        assert primary_key(dataset) == ("USUBJID", "XXSEQ")

    def test_natural_keys_that_are_filled(self) -> None:
        assert primary_key(small(USUBJID=["A", "B"], XXTESTCD=["X", ""])) == ("USUBJID",)

    def test_none_where_records_share_them(self) -> None:
        assert primary_key(small(USUBJID=["A", "A"], XXTESTCD=["X", "X"])) == ()


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, "<5"), (4, "<5"), (5, 5), (50, 50)])
def test_small_counts_are_not_told(count: int, shown: object) -> None:
    assert shown_count(count, 5) == shown


class TestBag:
    files = bag(
        {"a/b.csv": b"1", "define.xml": b"<x/>"}, {"metadata/c.xml": b"2"}, {"External-Identifier": "X"}
    )

    def test_bagit_takes_it(self, tmp_path: Path) -> None:
        for name, content in self.files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        bagit.Bag(str(tmp_path)).validate()
        assert problems(self.files) == []

    @pytest.mark.parametrize("name", sorted(set(files) - {TAG_MANIFEST}))
    def test_every_changed_file_is_found(self, name: str) -> None:
        assert f"{name} was changed" in problems({**self.files, name: self.files[name] + b" "})

    def test_any_bit_changed_is_found(self) -> None:
        for name, content in self.files.items():
            for at in range(len(content)):
                for bit in range(8):  # an end of line becomes another kind of one, too
                    changed = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
                    assert problems({**self.files, name: changed}), (name, at, bit)

    def test_a_list_with_lines_put_elsewhere_or_twice_is_found(self) -> None:
        lines = self.files[TAG_MANIFEST].splitlines(keepends=True)
        for changed in (lines[::-1], [*lines, lines[0]], [*lines, b"\n"], [line + b" " for line in lines]):
            assert problems({**self.files, TAG_MANIFEST: b"".join(changed)})

    @pytest.mark.parametrize("name", sorted(files))
    def test_every_missing_file_is_found(self, name: str) -> None:
        left = {path: content for path, content in self.files.items() if path != name}
        assert f"{name} is missing" in problems(left)

    def test_a_file_nobody_lists_is_found(self) -> None:
        assert problems({**self.files, "data/new.csv": b""}) == ["data/new.csv is in no manifest"]

    def test_the_lists_hold_no_time(self) -> None:
        assert set(self.files) >= {MANIFEST, TAG_MANIFEST, "bagit.txt", "bag-info.txt"}
        assert self.files["bag-info.txt"] == b"External-Identifier: X\nPayload-Oxum: 5.2\n"

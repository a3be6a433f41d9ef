"""SAS, transport, SPSS and Stata files to text cells: what pyreadstat wrote is what a form reads."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml
from conftest import TinyStudy

from cdisc_kit.errors import CdiscKitError, FatalFindingsError, InputError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.normalise import normalise
from cdisc_kit.raw import RawTable, read_raw
from cdisc_kit.spec import StudySpec
from cdisc_kit.xpt import XptVariable, write_xpt

COLUMNS = {
    "SUBJ": {"label": "编号", "type": "text"},
    "NUM": {"label": "数值", "type": "number"},
    "TX": {"label": "文字", "type": "text"},
    "D": {"label": "日期", "type": "date"},
    "DTM": {"label": "日期时间", "type": "datetime"},
    "TM": {"label": "时间", "type": "time"},
    "C": {"label": "选项", "type": "code", "codes": {"1": "是", "2": "否"}},
}
FRAME = pd.DataFrame(
    {
        "SUBJ": ["001", "002", "003"],
        "NUM": [1.0, 2.5, np.nan],
        "TX": ["a b", "中文", ""],
        "D": [dt.date(2025, 1, 2), dt.date(1890, 3, 4), None],
        "DTM": [dt.datetime(2025, 1, 2, 0, 0), dt.datetime(2025, 1, 2, 3, 4, 59), pd.NaT],
        "TM": [dt.time(3, 4), dt.time(0, 0), None],
        "C": [1.0, 2.0, np.nan],
    }
)
# A SAS dataset of these rows (NUM of the last one is .B), written with the ReadStat library and packed.
SAS_DATASET = (
    "H4sIAAAAAAACA+3bvy8DYRgH8KdVQRkqkTBINCJhEN6qoJOWVlppSfQkBgNisViEmPxIJJYOGMz+AQuLRSJSMTYmnUwiYjIh"
    "8aPe6z3l+uohaULE99Phvfd773N3uaTte81bonfHN6sT+zXVqcOtcqo49STqGlzVXqJGspGHPlWT14sH4u6BSDQ0rIVDI25r"
    "9IVgQAvwuJX71F7A1ObTR7iI7ErsaxMe4YkJ2XbKtis6Mzu/SAAAAAAAAAAAAAAAAAAAAP9RlXwRpauMXktJ/t4jzuuUqmnO"
    "x3OBzWhcnGtKvlZptAklD3LuV47vsMiTzsL5mkUetMgdFnmyonAOAAAA8JNeHjNZP1UfpdKi6v3kLKq+p8jz//b9Uz0Z5Rl1"
    "bao+1XaQnXJT7vJs30aVbzNzY3+tsr9B6Tcr/Xalb8aXknmf39bLMTo3X0cTr7Nt4cpWzgXnncoRiZ75mGFTpq4Bjo/2DQ6N"
    "xkgbk3NyfV6uye0YUT9l1wGHfNxqkVioQ8jnB9n2yOxO0uvLlHPeS9+5992me11I2VcHcBWOMwp8SsGfZON3t+C/ANz2Trqn"
    "8n8CaD/XPy125jYvjKX5Gyf+3FghOvh52n95sHu1vW6qu04fyeKFpVyZ6QtCCG924/Bh+cMFnXFm1QIAAAAAAACA6hW9cxdp"
    "AEAAAA=="
)
WRITERS: dict[str, Callable[..., None]] = {
    "sav": pyreadstat.write_sav,
    "dta": pyreadstat.write_dta,
    "xpt": lambda frame, path, **more: pyreadstat.write_xport(frame, path, file_format_version=5, **more),
}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The other forms of the study, without rows."""
    folder = tmp_path / "raw"
    folder.mkdir()
    demog = "中心,编号,原编号,知情同意日期,出生日期,年龄,性别,首次用药,末次用药,退出日期\n"
    event = "编号,访视,访视日期,甲,乙,丙,日期一,日期二,时间一,时间二,数值,是否,多选\n"
    (folder / "DEMOG.csv").write_text(demog, encoding="utf-8")
    (folder / "EVENT.csv").write_text(event, encoding="utf-8")
    return folder


def spec_of(tiny: TinyStudy, kind: str, columns: dict[str, Any] | None = None, **reader: str) -> StudySpec:
    columns = COLUMNS if columns is None else columns
    reader = {"type": kind, "file": f"other.{kind}", **reader}
    form = {"title": {"en": "Other", "zh": "其他"}, "reader": reader, "columns": columns}
    return tiny.change("sources.yaml", forms={**forms_of(tiny), "OTHER": form}).load()


def forms_of(tiny: TinyStudy) -> dict[str, Any]:
    path = tiny.folder / "sources.yaml"
    forms: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)["forms"]
    return forms


def read(spec: StudySpec, raw: Path) -> RawTable:
    (table,) = read_raw(spec, raw).tables["OTHER"]
    return table


def told(table: RawTable, rule: str) -> list[Finding]:
    return [note for note in table.notes if note.rule == rule]


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_cells_are_the_text_the_normaliser_takes(tiny: TinyStudy, raw: Path, kind: str) -> None:
    WRITERS[kind](FRAME, raw / f"other.{kind}")
    spec = spec_of(tiny, kind)
    table = read(spec, raw)
    assert table.frame.to_dict("list") == {
        "SUBJ": ["001", "002", "003"],
        "NUM": ["1", "2.5", ""],
        "TX": ["a b", "中文", ""],
        "D": ["2025-01-02", "1890-03-04", ""],
        "DTM": ["2025-01-02T00:00", "2025-01-02T03:04", ""],
        "TM": ["03:04", "00:00", ""],
        "C": ["1", "2", ""],
    }
    assert list(table.row) == [1, 2, 3] and table.file == f"other.{kind}"
    normal, findings = normalise(spec, table)
    assert findings == [] and normal.frame.equals(table.frame)


def test_a_sas_dataset_is_read_alike(tiny: TinyStudy, raw: Path) -> None:
    pyreadstat.write_dta(FRAME, raw / "other.dta")
    same = read(spec_of(tiny, "dta"), raw)
    (raw / "other.sas7bdat").write_bytes(gzip.decompress(base64.b64decode(SAS_DATASET)))
    table = read(spec_of(tiny, "sas7bdat"), raw)
    assert table.frame.equals(same.frame) and table.dates is not None and same.dates is not None
    assert table.dates.equals(same.dates)
    assert [(f.source_row, f.source_column, f.value) for f in told(table, "TXT-MISSING")] == [
        (3, "NUM", ".B")
    ]


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8, 0.99])
def test_a_sas_dataset_cut_off_is_refused(tiny: TinyStudy, raw: Path, share: float) -> None:
    data = gzip.decompress(base64.b64decode(SAS_DATASET))
    (raw / "other.sas7bdat").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RawDataError, match=r"other\.sas7bdat: .*export it again"):
        read(spec_of(tiny, "sas7bdat"), raw)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_no_rows_is_no_problem(tiny: TinyStudy, raw: Path, kind: str) -> None:
    WRITERS[kind](FRAME.iloc[:0], raw / f"other.{kind}")
    assert len(read(spec_of(tiny, kind), raw).frame) == 0


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_variables_are_found_by_name_and_what_is_not_declared_is_told(
    tiny: TinyStudy, raw: Path, kind: str
) -> None:
    frame = FRAME[["TX", "SUBJ"]].rename(columns={"TX": "tx"}).assign(MORE=[1, 2, 3])
    WRITERS[kind](frame, raw / f"other.{kind}")
    table = read(spec_of(tiny, kind, {key: COLUMNS[key] for key in ("SUBJ", "TX")}), raw)
    assert table.frame.to_dict("list") == {"SUBJ": ["001", "002", "003"], "TX": ["a b", "中文", ""]}
    assert [f.source_column for f in told(table, "COL-UNKNOWN")] == ["MORE"]
    with pytest.raises(FatalFindingsError, match=r"COL-MISSING .* form OTHER has no column NUM"):
        read(spec_of(tiny, kind), raw)


def test_labels_do_not_take_the_place_of_codes(tiny: TinyStudy, raw: Path) -> None:
    pyreadstat.write_sav(FRAME, raw / "other.sav", variable_value_labels={"C": {1: "yes", 2: "no"}})
    assert list(read(spec_of(tiny, "sav"), raw).frame["C"]) == ["1", "2", ""]


def test_user_missing_values_of_spss_are_told_one_by_one(tiny: TinyStudy, raw: Path) -> None:
    frame = FRAME.assign(NUM=[99.0, 7.0, 98.0], C=[99.0, 1.0, 2.0], TX=["NA", "ok", "x"])
    pyreadstat.write_sav(
        frame,
        raw / "other.sav",
        missing_ranges={"NUM": [{"lo": 98, "hi": 99}], "C": [99], "TX": ["NA"]},
        variable_value_labels={"NUM": {99: "refused"}},
    )
    table = read(spec_of(tiny, "sav"), raw)
    assert list(table.frame["NUM"]) == ["", "7", ""] and list(table.frame["TX"]) == ["", "ok", "x"]
    notes = [(f.source_column, f.source_row, f.value, f.severity) for f in told(table, "TXT-MISSING")]
    assert notes == [
        ("NUM", 1, "99 (refused)", "INFO"),
        ("NUM", 3, "98", "INFO"),
        ("TX", 1, "NA", "INFO"),
        ("C", 1, "99", "INFO"),
    ]


def test_a_missing_value_that_is_an_answer_stays_one(tiny: TinyStudy, raw: Path) -> None:
    pyreadstat.write_sav(FRAME.assign(C=[99.0, 1.0, 2.0]), raw / "other.sav", missing_ranges={"C": [99]})
    codes = {**COLUMNS["C"]["codes"], "99": "拒绝回答"}  # type: ignore[dict-item]
    table = read(spec_of(tiny, "sav", {**COLUMNS, "C": {**COLUMNS["C"], "codes": codes}}), raw)
    assert list(table.frame["C"]) == ["99", "1", "2"] and told(table, "TXT-MISSING") == []


def test_missing_letters_of_stata_are_told(tiny: TinyStudy, raw: Path) -> None:
    numbers = pd.Series(["a", 2.5, None], dtype=object)
    frame = FRAME.assign(NUM=numbers)
    pyreadstat.write_dta(frame, raw / "other.dta", missing_user_values={"NUM": ["a"]})
    table = read(spec_of(tiny, "dta"), raw)
    assert list(table.frame["NUM"]) == ["", "2.5", ""]
    assert [(f.source_row, f.value) for f in told(table, "TXT-MISSING")] == [(1, ".a")]


def test_missing_letters_of_a_transport_file_are_told(tiny: TinyStudy, raw: Path) -> None:
    path = raw / "other.xpt"
    frame = FRAME.assign(NUM=[77777.0, 2.5, np.nan])
    pyreadstat.write_xport(frame, path, file_format_version=5)
    number = bytes.fromhex("4512FD1000000000")  # 77777 as IBM float
    data = path.read_bytes()
    assert data.count(number) == 1
    path.write_bytes(data.replace(number, b"B" + bytes(7)))
    table = read(spec_of(tiny, "xpt"), raw)
    assert list(table.frame["NUM"]) == ["", "2.5", ""], "a plain missing is blank without a word"
    assert [(f.source_row, f.source_column, f.value) for f in told(table, "TXT-MISSING")] == [
        (1, "NUM", ".B")
    ]


def test_numbers_have_the_fewest_digits_and_no_exponent(tiny: TinyStudy, raw: Path) -> None:
    numbers = [1e-7, 123456789012.0, 0.1]
    for kind, write in WRITERS.items():
        write(FRAME.assign(NUM=numbers), raw / f"other.{kind}")
        texts = list(read(spec_of(tiny, kind), raw).frame["NUM"])
        assert texts == ["0.0000001", "123456789012", "0.1"], kind


def test_a_number_stored_in_four_bytes_has_no_digits_it_never_had(tiny: TinyStudy, raw: Path) -> None:
    frame = pd.DataFrame({"SUBJ": ["1", "2"], "NUM": np.array([0.1, 36.6], dtype=np.float32)})
    frame.to_stata(raw / "other.dta", write_index=False, version=118)
    table = read(spec_of(tiny, "dta", {key: COLUMNS[key] for key in ("SUBJ", "NUM")}), raw)
    assert list(table.frame["NUM"]) == ["0.1", "36.6"]


def test_a_date_kept_as_date_and_time_is_a_date(tiny: TinyStudy, raw: Path) -> None:
    moments = [dt.datetime(2025, 1, 2), dt.datetime(2025, 1, 2, 8, 4, 59, 800_000), pd.NaT]
    pyreadstat.write_sav(FRAME.assign(D=moments, DTM=moments), raw / "other.sav")
    frame = read(spec_of(tiny, "sav"), raw).frame
    assert list(frame["D"]) == ["2025-01-02", "2025-01-02T08:05", ""]
    assert list(frame["DTM"]) == ["2025-01-02T00:00", "2025-01-02T08:05", ""]


def gb18030_transport(path: Path) -> None:
    frame = pd.DataFrame({"SUBJ": ["001"], "TX": ["中文"]})
    variables = (XptVariable("SUBJ", "", "Char", 3), XptVariable("TX", "", "Char", 8))
    write_xpt(path, "OTHER", "", frame, variables, encoding="gb18030")


def test_a_declared_encoding_counts(tiny: TinyStudy, raw: Path) -> None:
    gb18030_transport(raw / "other.xpt")
    columns = {key: COLUMNS[key] for key in ("SUBJ", "TX")}
    assert list(read(spec_of(tiny, "xpt", columns, encoding="gb18030"), raw).frame["TX"]) == ["中文"]


def test_text_of_another_encoding_is_told(tiny: TinyStudy, raw: Path) -> None:
    gb18030_transport(raw / "other.xpt")
    columns = {key: COLUMNS[key] for key in ("SUBJ", "TX")}
    with pytest.raises(RawDataError, match=r"other\.xpt: text is not utf-8; declare the file's encoding"):
        read(spec_of(tiny, "xpt", columns, encoding="utf-8"), raw)


def test_a_transport_file_of_two_datasets_is_refused(tiny: TinyStudy, raw: Path) -> None:
    path = raw / "other.xpt"
    pyreadstat.write_xport(FRAME, path, file_format_version=5)
    data = path.read_bytes()
    path.write_bytes(data + data[3 * 80 :])
    with pytest.raises(RawDataError, match=r"other\.xpt: holds 2 datasets; export each to a file of its own"):
        read(spec_of(tiny, "xpt"), raw)


@pytest.mark.parametrize("records", [1, 2, 3])
def test_a_transport_file_cut_off_between_records_is_refused(
    tiny: TinyStudy, raw: Path, records: int
) -> None:
    path = raw / "other.xpt"
    frame = pd.concat([FRAME.assign(NUM=1.1, C=1.0)] * 5)
    pyreadstat.write_xport(frame, path, file_format_version=5)
    path.write_bytes(path.read_bytes()[: -80 * records])
    with pytest.raises(RawDataError, match="cut off"):
        read(spec_of(tiny, "xpt"), raw)


@pytest.mark.parametrize("kind", ["sas7bdat", *sorted(WRITERS)])
@pytest.mark.parametrize("content", [b"", b"hello" * 100, b"PK\x03\x04" + bytes(500), b"<ODM/>"])
def test_another_type_of_file_is_refused(tiny: TinyStudy, raw: Path, kind: str, content: bytes) -> None:
    (raw / f"other.{kind}").write_bytes(content)
    with pytest.raises(RawDataError, match=rf"other\.{kind}: .*; export it again"):
        read(spec_of(tiny, kind), raw)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_file_cut_off_anywhere_is_never_read(tiny: TinyStudy, raw: Path, kind: str) -> None:
    path = raw / f"other.{kind}"
    WRITERS[kind](pd.concat([FRAME] * 20), path)
    data, spec = path.read_bytes(), spec_of(tiny, kind)
    for share in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(RawDataError, match=path.name):
            read(spec, raw)


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_damaged_bytes_never_end_in_a_traceback(tiny: TinyStudy, raw: Path, kind: str) -> None:
    path = raw / f"other.{kind}"
    WRITERS[kind](FRAME, path)
    data, spec, draw = path.read_bytes(), spec_of(tiny, kind), random.Random(5)
    complaints = 0
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(4):
            damaged[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read(spec, raw)
        except CdiscKitError:
            complaints += 1
    assert complaints > 0


@pytest.mark.parametrize("kind", ["sas7bdat", *sorted(WRITERS)])
def test_a_folder_in_place_of_the_file_is_told(tiny: TinyStudy, raw: Path, kind: str) -> None:
    (raw / f"other.{kind}").mkdir()
    with pytest.raises(InputError, match=rf"other\.{kind} is a folder"):
        read(spec_of(tiny, kind), raw)


def test_keys_of_another_reader_are_told(tiny: TinyStudy) -> None:
    tiny.change("sources.yaml", forms={**forms_of(tiny)})
    path = tiny.folder / "sources.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("file: OTHER.csv\n", "file: OTHER.csv\n      sheet: S\n"), encoding="utf-8")
    (problem,) = tiny.problems()
    assert "OTHER: 'sheet' is no key of a csv reader" in problem


def test_a_reader_without_a_file_is_told(tiny: TinyStudy) -> None:
    tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", "{type: sav}")
    (problem,) = tiny.problems()
    assert "OTHER: the reader has no 'file'" in problem

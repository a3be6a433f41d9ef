"""Raw files to text cells: every way a file can be wrong is told with its place."""

from __future__ import annotations

import datetime as dt
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from conftest import TinyStudy

from cdisc_kit.errors import FatalFindingsError, InputError, RawDataError
from cdisc_kit.normalise import normalise
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import RawTable, read_raw
from cdisc_kit.raw.csvfile import read_cells
from cdisc_kit.spec import StudySpec
from cdisc_kit.yamltext import Map

DEMOG = "中心,编号,原编号,知情同意日期,出生日期,年龄,性别,首次用药,末次用药,退出日期\n"
EVENT = "编号,访视,访视日期,甲,乙,丙,日期一,日期二,时间一,时间二,数值,是否,多选\n"
OTHER = "编号,键,值,值日期\n"
Sheet = list[list[object]]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for name, content in (("DEMOG", DEMOG), ("EVENT", EVENT), ("OTHER", OTHER)):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def spec(tiny: TinyStudy) -> StudySpec:
    return tiny.load()


def other(spec: StudySpec, raw: Path, content: str | bytes) -> RawTable:
    data = content.encode("utf-8") if isinstance(content, str) else content
    (raw / "OTHER.csv").write_bytes(data)
    (table,) = read_raw(spec, raw).tables["OTHER"]
    return table


def complaint(spec: StudySpec, raw: Path, content: str | bytes) -> str:
    with pytest.raises(RawDataError) as caught:
        other(spec, raw, content)
    return str(caught.value)


def workbook(path: Path, sheets: dict[str, Sheet]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        clock = book.add_format({"num_format": "hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, dt.time):
                        sheet.write_datetime(at, column, value, clock)
                    elif value is not None:
                        sheet.write(at, column, value)


@pytest.fixture
def sheet_spec(tiny: TinyStudy) -> StudySpec:
    """OTHER as a sheet with a code row, a label row, then data."""
    reader = "{type: xlsx, file: 'export_*.xlsx', sheet: OT, code_row: '1', label_row: '2', data_row: '3'}"
    return tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", reader).load()


def sheet_of(spec: StudySpec, raw: Path, rows: Sheet, name: str = "OT") -> RawTable:
    workbook(raw / "export_1.xlsx", {"cover": [], name: rows})
    (table,) = read_raw(spec, raw).tables["OTHER"]
    return table


def test_cells_are_text_and_rows_keep_their_line(spec: StudySpec, raw: Path) -> None:
    table = other(spec, raw, OTHER + '001,1,"a\nb",2025-01-02\n\n , ,,\n002, 007 ,NO,\n')
    assert table.frame.to_dict("list") == {
        "SUBJ": ["001", "002"],
        "KEYNO": ["1", " 007 "],
        "X": ["a\nb", "NO"],
        "XD": ["2025-01-02", ""],
    }
    assert list(table.row) == [2, 6], "a quoted line break counts as a line, blank lines too"
    assert (table.file, table.sheet, table.form) == ("OTHER.csv", "", "OTHER")


def test_columns_are_found_by_label_wherever_they_stand(spec: StudySpec, raw: Path) -> None:
    table = other(spec, raw, "值日期, 值 ,多余,键,编号\nd,x,?,k,001\n")
    assert table.frame.loc[0].to_dict() == {"SUBJ": "001", "KEYNO": "k", "X": "x", "XD": "d"}


def test_a_file_with_a_header_alone_has_no_rows(spec: StudySpec, raw: Path) -> None:
    assert len(other(spec, raw, OTHER).frame) == 0


def test_a_missing_folder_is_told_with_what_to_give(spec: StudySpec, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere does not exist; give --raw DIR, or --demo"):
        read_raw(spec, tmp_path / "nowhere")


def test_missing_forms_are_named_all_at_once(spec: StudySpec, raw: Path) -> None:
    (raw / "OTHER.csv").unlink()
    (raw / "EVENT.csv").unlink()
    with pytest.raises(InputError, match=r"no file for form EVENT \(EVENT\.csv\); OTHER \(OTHER\.csv\)"):
        read_raw(spec, raw)


def test_missing_columns_are_named_all_at_once_with_the_nearest(spec: StudySpec, raw: Path) -> None:
    with pytest.raises(FatalFindingsError) as caught:
        other(spec, raw, "编号,值一,值日\n")
    told = str(caught.value)
    assert "FATAL COL-MISSING OTHER.csv row 1 KEYNO: form OTHER has no column KEYNO '键'" in told
    assert "no column X '值'" in told and "XD '值日期'; did you mean '值日'?" in told
    assert [f.source_column for f in caught.value.findings if f.rule == "COL-UNKNOWN"] == ["值一", "值日"]


def test_a_byte_of_another_encoding_is_told_with_line_and_offset(spec: StudySpec, raw: Path) -> None:
    start = OTHER.encode("utf-8")
    with pytest.raises(FatalFindingsError) as caught:
        other(spec, raw, start + b"001,1,x,\n002,2," + "甲".encode("gb18030") + b",\n")
    offset = len(start) + len(b"001,1,x,\n002,2,")
    told = str(caught.value)
    assert f"FATAL ENC-BAD OTHER.csv row 3: byte offset {offset}: not utf-8 (byte 0xBC)" in told
    assert "declare the file's encoding" in told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_undeclared_encoding_is_found_strictly(tiny: TinyStudy, raw: Path, encoding: str) -> None:
    spec = tiny.edit(
        "sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", "{type: csv, file: OTHER.csv}"
    )
    table = other(spec.load(), raw, (OTHER + "001,1,龘𠮷,\n").encode(encoding))
    assert table.frame.loc[0, "X"] == "龘𠮷"
    assert [(n.rule, n.severity) for n in table.notes] == [("ENC-GUESS", "INFO")]
    assert encoding.removesuffix("-sig") in table.notes[0].message


def test_bytes_of_no_known_encoding_are_refused_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n\xff\xff,1\n")
    with pytest.raises(RawDataError, match=r"line 2, byte offset 4: not gb18030 \(byte 0xFF\)"):
        read_cells(path, "detect")


@pytest.mark.parametrize("content", ["", "\n\n", " , ,\n"])
def test_an_empty_file_is_told(spec: StudySpec, raw: Path, content: str) -> None:
    assert "the file is empty, not even a header line" in complaint(spec, raw, content)


def test_a_doubled_header_is_told(spec: StudySpec, raw: Path) -> None:
    assert "column '值' stands twice in the header" in complaint(
        spec, raw, "编号,键,值,值日期,值\n001,1,a,,b\n"
    )


@pytest.mark.parametrize(("row", "cells"), [("001,1,a,b,,c\n", 6), ("001,1\n", 2)])
def test_a_ragged_row_is_told_with_its_line(spec: StudySpec, raw: Path, row: str, cells: int) -> None:
    table = other(spec, raw, OTHER + "001,1,x,\n" + row)
    assert list(table.row) == [2, 3] and list(table.frame["SUBJ"]) == ["001", "001"]
    (told,) = table.notes
    assert (told.rule, told.severity, told.source_row) == ("ROW-WIDTH", "ERROR", 3)
    assert f"line 3 has {cells} cells, the header 4" in told.message and told.query


def test_surplus_cells_are_kept_in_the_finding_and_counted(spec: StudySpec, raw: Path) -> None:
    table = other(spec, raw, OTHER + "001,1,a, b,2025-01-01,c\n002,2,x,2025-01-02,\n003,3,y,,, \n")
    (told,) = table.notes
    assert told.value == "2025-01-01 | c" and "2025-01-01" not in told.message
    assert [(name, list(filled)) for name, filled in table.beyond] == [
        ("E", [True, False, False]),
        ("F", [True, False, False]),
    ]
    assert list(table.frame["X"]) == ["a", "x", "y"] and table.extra == ()


def test_a_name_in_a_surplus_cell_is_masked(tiny: TinyStudy, raw: Path) -> None:
    spec = tiny.load()
    other(spec, raw, OTHER + "001,1,a,2025-01-01,姓名张伟\n")
    _, findings = prepare_forms(spec, read_raw(spec, raw).tables)
    (told,) = [f for f in findings if f.rule == "ROW-WIDTH"]
    assert told.value == "姓名***"


def test_an_open_quote_is_told(spec: StudySpec, raw: Path) -> None:
    assert "line 2: not valid CSV" in complaint(spec, raw, OTHER + '001,1,"x,\n002,2,y,\n')


def test_no_message_holds_a_cell(spec: StudySpec, raw: Path) -> None:
    told = complaint(spec, raw, OTHER + '001,1,"SECRETNAME\n')
    assert "SECRETNAME" not in told


def test_a_workbook_gives_dates_by_its_own_flag_and_numbers_as_written(
    sheet_spec: StudySpec, raw: Path
) -> None:
    rows: Sheet = [
        ["SUBJ", "KEYNO", "X", "XD"],
        ["编号", "键", "值", "值日期"],
        ["001", 45930, 0.1, dt.datetime(2025, 9, 30)],
        [None, None, None, None],
        ["002", "007", 12.0, dt.datetime(2025, 9, 30, 8, 30)],
        ["003", True, 1e-7, dt.time(23, 59)],
    ]
    table = sheet_of(sheet_spec, raw, rows)
    assert table.frame.to_dict("list") == {
        "SUBJ": ["001", "002", "003"],
        "KEYNO": ["45930", "007", "TRUE"],
        "X": ["0.1", "12", "1e-07"],
        "XD": ["2025-09-30", "2025-09-30T08:30", "23:59"],
    }
    assert list(table.row) == [3, 5, 6]
    assert table.dates is not None
    assert table.dates["XD"].all() and not table.dates[["SUBJ", "KEYNO", "X"]].any(axis=None)
    assert (table.file, table.sheet) == ("export_1.xlsx", "OT")


def test_a_sheet_read_by_code_does_not_look_at_labels(sheet_spec: StudySpec, raw: Path) -> None:
    rows: Sheet = [["KEYNO", "XD", "SUBJ", "X"], ["changed", "changed", "", ""], ["1", None, "001", "x"]]
    assert sheet_of(sheet_spec, raw, rows).frame.loc[0, "X"] == "x"


def test_a_missing_column_of_a_sheet_names_the_sheet(sheet_spec: StudySpec, raw: Path) -> None:
    with pytest.raises(
        FatalFindingsError, match=r"COL-MISSING export_1\.xlsx OT row 1 KEYNO: .*; did you mean 'KEYNR'\?"
    ):
        sheet_of(sheet_spec, raw, [["SUBJ", "KEYNR", "X", "XD"], ["", "", "", ""]])


def test_a_missing_sheet_names_those_there_are(sheet_spec: StudySpec, raw: Path) -> None:
    with pytest.raises(RawDataError, match="sheet 'OT' is missing; the workbook has cover, OTH"):
        sheet_of(sheet_spec, raw, [["SUBJ"]], name="OTH")


def test_a_sheet_without_a_header_is_told(sheet_spec: StudySpec, raw: Path) -> None:
    with pytest.raises(RawDataError, match="sheet 'OT' has no header in row 1"):
        sheet_of(sheet_spec, raw, [[None], ["x"]])


def test_a_corrupt_workbook_is_told(sheet_spec: StudySpec, raw: Path) -> None:
    (raw / "export_1.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(RawDataError, match=r"export_1\.xlsx: not a readable XLSX workbook"):
        read_raw(sheet_spec, raw)


def test_two_files_that_fit_one_form_are_not_guessed_between(sheet_spec: StudySpec, raw: Path) -> None:
    workbook(raw / "export_2.xlsx", {"OT": []})
    with pytest.raises(InputError, match=r"2 files fit export_\*\.xlsx"):
        sheet_of(sheet_spec, raw, [["SUBJ", "KEYNO", "X", "XD"]])


def test_a_sheet_without_a_name_is_the_first(tiny: TinyStudy, raw: Path) -> None:
    reader = "{type: xlsx, file: 'other.xlsx'}"
    spec = tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", reader).load()
    workbook(raw / "other.xlsx", {"first": [["编号", "键", "值", "值日期"], ["001", "1", "x", None]]})
    assert read_raw(spec, raw).tables["OTHER"][0].frame.loc[0, "X"] == "x"


def test_each_pass_of_double_entry_is_a_table_of_its_own(tiny: TinyStudy, raw: Path) -> None:
    one, two = "one: {file: 1.csv, encoding: gb18030}", "two: {file: 2.csv, encoding: utf-8-sig}"
    reader = f"{{type: csv, passes: {{{one}, {two}}}}}"
    spec = tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", reader).load()
    (raw / "1.csv").write_bytes((OTHER + "001,1,甲,\n").encode("gb18030"))
    (raw / "2.csv").write_bytes((OTHER + "001,1,乙,\n").encode("utf-8-sig"))
    tables = read_raw(spec, raw).tables["OTHER"]
    assert [(table.entry, table.frame.loc[0, "X"]) for table in tables] == [("one", "甲"), ("two", "乙")]


def rules(table: RawTable) -> list[tuple[str, str, int]]:
    return [(note.rule, note.severity, note.source_row) for note in table.notes]


def test_a_column_nobody_declared_is_told(spec: StudySpec, raw: Path) -> None:
    table = other(spec, raw, "值日期,值,多余,键,编号\nd,x,?,k,001\n")
    assert rules(table) == [("COL-UNKNOWN", "WARN", 1)]
    assert table.notes[0].source_column == "多余" and table.notes[0].source_file == "OTHER.csv"


@pytest.mark.parametrize("lines", [2, 1_200])  # read by row, and by column
def test_a_column_without_a_heading_is_told_where_it_holds_something(
    spec: StudySpec, raw: Path, lines: int
) -> None:
    table = other(spec, raw, "编号,,键,值,值日期,\n" + "001,aside,k,x,d,\n" * lines)
    assert rules(table) == [("COL-UNKNOWN", "WARN", 1)]
    assert table.notes[0].source_column == "B" and f"its {lines} filled cells" in table.notes[0].message
    assert [(name, int(filled.sum())) for name, filled in table.extra] == [("B", lines)]


def told_beside(spec: StudySpec, raw: Path) -> list[tuple[str, str, str, str, int]]:
    return [
        (b.told.rule, b.told.severity, b.told.source_file, b.told.source_sheet, int(b.filled.sum()))
        for b in read_raw(spec, raw).beside
    ]


def test_files_nobody_declared_are_told_and_their_cells_counted(spec: StudySpec, raw: Path) -> None:
    (raw / "older").mkdir()
    (raw / "older" / "OTHER.csv").write_text("a,b\n1,\n", encoding="utf-8")
    workbook(raw / "more.xlsx", {"one": [["a"]], "blank": [], "two": [[None, "b"], [1]]})
    (raw / "scan.pdf").write_bytes(b"%PDF-1.7")
    for known in ("truth.json", "dirt_manifest.csv", "README.txt", "SYNTHETIC", ".hidden.csv", "~$more.xlsx"):
        (raw / known).write_text("a,b\n", encoding="utf-8")
    assert told_beside(spec, raw) == [
        ("FILE-UNKNOWN", "WARN", "more.xlsx", "one", 1),
        ("FILE-UNKNOWN", "WARN", "more.xlsx", "two", 2),
        ("FILE-UNKNOWN", "WARN", "older/OTHER.csv", "", 3),
        ("FILE-UNKNOWN", "WARN", "scan.pdf", "", 0),
    ]


def test_the_file_of_decisions_is_known(tiny: TinyStudy, raw: Path) -> None:
    (raw / "resolution.csv").write_text("form,a\n", encoding="utf-8")
    assert [rule for rule, *_ in told_beside(tiny.load(), raw)] == ["FILE-UNKNOWN"]
    assert told_beside(tiny.change("sources.yaml", resolution="resolution.csv").load(), raw) == []


def test_sheets_nobody_declared_are_told_and_their_cells_counted(sheet_spec: StudySpec, raw: Path) -> None:
    form: Sheet = [["SUBJ", "KEYNO", "X", "XD"], []]
    (raw / "OTHER.csv").unlink()
    workbook(raw / "export_1.xlsx", {"OT": form, "cover": [["title"], [None, "x"]], "blank": [[""]]})
    assert told_beside(sheet_spec, raw) == [("SHEET-UNKNOWN", "WARN", "export_1.xlsx", "cover", 2)]


def test_a_code_over_another_label_is_told(tiny: TinyStudy, sheet_spec: StudySpec, raw: Path) -> None:
    rows: Sheet = [["SUBJ", "KEYNO", "X", "XD"], ["编号", "键", "值日期", "值 日期"], ["001", "1", "x", None]]
    table = sheet_of(sheet_spec, raw, rows)
    (label,) = [f for f in table.notes if f.rule == "COL-LABEL"]
    assert (label.severity, label.source_row, label.source_column, label.value) == ("WARN", 2, "X", "值日期")
    assert "(that of XD)" in label.message and label.query
    rows = [["title"], *rows]
    assert [f.source_row for f in sheet_of(sheet_spec, raw, rows).notes if f.rule == "COL-LABEL"] == [3]


def test_a_formula_without_a_result_is_told(sheet_spec: StudySpec, raw: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "OT"
    for row in (
        ["SUBJ", "KEYNO", "X", "XD", "NOBODYS"],
        [],
        ["001", "1", "=A3", None, "=A3"],
        ["002", "2", "x"],
    ):
        sheet.append(row)
    book.save(raw / "export_1.xlsx")
    (table,) = read_raw(sheet_spec, raw).tables["OTHER"]
    (told,) = [f for f in table.notes if f.rule == "CELL-FORMULA"]
    assert (told.severity, told.source_row, told.source_column, told.value) == ("ERROR", 3, "X", "")
    assert list(table.frame["X"]) == ["", "x"] and told.query


def edit_part(path: Path, name: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def test_a_formula_that_gives_an_empty_text_has_a_result(sheet_spec: StudySpec, raw: Path) -> None:
    with xlsxwriter.Workbook(raw / "export_1.xlsx") as book:
        sheet = book.add_worksheet("OT")
        sheet.write_row(0, 0, ["SUBJ", "KEYNO", "X", "XD"])
        sheet.write_row(2, 0, ["001", "1"])
        sheet.write_formula(2, 2, '=T("")', None, "empty")
        sheet.write_formula(2, 3, "=1+1", None, 2)
    edit_part(raw / "export_1.xlsx", "xl/worksheets/sheet1.xml", b"<v>empty</v>", b"<v></v>")
    (table,) = read_raw(sheet_spec, raw).tables["OTHER"]
    assert not table.notes


@pytest.mark.parametrize("heading", ["值\u3000日期", '"值\n日期"', "值 日期", "XD", "xd", "采集日"])
def test_a_heading_in_another_spelling_is_found_and_told(tiny: TinyStudy, raw: Path, heading: str) -> None:
    tiny.edit(
        "sources.yaml",
        "XD: {label: 值日期, type: datetime}",
        "XD: {label: 值日期, aliases: [采集日], type: datetime}",
    )
    table = other(tiny.load(), raw, f"编号,键,值,{heading}\n001,1,x,2025-01-02\n")
    assert table.frame.loc[0, "XD"] == "2025-01-02"
    assert [(n.rule, n.severity, n.source_column) for n in table.notes] == [("COL-RENAMED", "INFO", "XD")]


def test_rows_that_are_no_records_are_skipped_and_told(spec: StudySpec, raw: Path) -> None:
    body = "001,1,x,\n,,,\n编号,键,值,值日期\n002,2,y,\n合计,2,,\n\n\n"
    table = other(spec, raw, "表三 其他记录,,,\n" + OTHER + body)
    assert list(table.frame["SUBJ"]) == ["001", "002"] and list(table.row) == [3, 6]
    assert rules(table) == [("ROW-SKIP", "INFO", row) for row in (1, 4, 5, 7)]


def test_a_title_above_the_header_of_a_sheet_moves_its_data_down(sheet_spec: StudySpec, raw: Path) -> None:
    rows: Sheet = [
        ["病例报告"],
        ["SUBJ", "KEYNO", "X", "XD"],
        ["编号", "键", "值", "值日期"],
        ["001", "1", "x", None],
    ]
    table = sheet_of(sheet_spec, raw, rows)
    assert list(table.frame["SUBJ"]) == ["001"] and list(table.row) == [4]
    assert rules(table) == [("ROW-SKIP", "INFO", 1)]


@pytest.mark.parametrize("old", [False, True])
def test_the_date_system_is_the_workbooks_own(sheet_spec: StudySpec, raw: Path, old: bool) -> None:
    options = {"date_1904": old, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(raw / "export_1.xlsx", options) as book:
        sheet = book.add_worksheet("OT")
        sheet.write_row(0, 0, ["SUBJ", "KEYNO", "X", "XD"])
        sheet.write_row(2, 0, ["001", "1", "x"])
        sheet.write_datetime(2, 3, dt.datetime(2025, 9, 4))
        sheet.write_row(3, 0, ["002", "1", "x", 44442 if old else 45904])
    (table,) = read_raw(sheet_spec, raw).tables["OTHER"]
    assert table.epoch == ("1904" if old else "1900")
    assert list(table.frame["XD"]) == ["2025-09-04", "44442" if old else "45904"]
    assert rules(table) == ([("DT-1904", "INFO", 0)] if old else [])
    late = replace(sheet_spec, extract_date="2026-10-31")
    result, findings = normalise(late, table)
    assert list(result.frame["XD"]) == ["2025-09-04", "2025-09-04"]
    assert [(f.rule, f.severity) for f in findings] == [("DT-1904", "WARN") if old else ("DT-SERIAL", "INFO")]


def test_a_formula_that_failed_is_told_and_not_read_as_blank_unsaid(sheet_spec: StudySpec, raw: Path) -> None:
    with xlsxwriter.Workbook(raw / "export_1.xlsx") as book:
        book.add_worksheet("FIRST").write_formula(2, 2, "=1/0", None, "#REF!")
        sheet = book.add_worksheet("OT")
        sheet.write_row(0, 0, ["SUBJ", "KEYNO", "X", "XD", "NOBODYS"])
        sheet.write_row(2, 0, ["001", "1", "x"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 4, "=1/0", None, "#DIV/0!")
        sheet.write_row(3, 0, ["002", "#N/A", "y"])
        sheet.write_formula(5, 3, "=NA()", None, "#N/A")
    (table,) = read_raw(sheet_spec, raw).tables["OTHER"]
    assert list(table.frame["X"]) == ["", "y"] and list(table.frame["KEYNO"]) == ["1", "#N/A"]
    told = [f for f in table.notes if f.rule == "CELL-ERROR"]
    assert [(f.severity, f.source_row, f.source_column, f.value) for f in told] == [
        ("ERROR", 3, "X", "#DIV/0!"),
        ("ERROR", 6, "XD", "#N/A"),
    ]
    assert all(f.form == "OTHER" and f.source_sheet == "OT" and f.query for f in told)


def test_the_base_of_1904_is_told_once_for_a_workbook(sheet_spec: StudySpec, raw: Path) -> None:
    forms = sheet_spec.sources.forms
    second = replace(forms["OTHER"], name="SECOND", reader=Map({**forms["OTHER"].reader, "sheet": "ST"}))
    sources = replace(sheet_spec.sources, forms={**forms, "SECOND": second})
    with xlsxwriter.Workbook(raw / "export_1.xlsx", {"date_1904": True}) as book:
        for name in ("OT", "ST"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["SUBJ", "KEYNO", "X", "XD"])
            sheet.write_row(2, 0, ["001", "1", "x"])
            sheet.write_datetime(2, 3, dt.datetime(2025, 9, 4), book.add_format({"num_format": "yyyy-mm-dd"}))
    tables = read_raw(replace(sheet_spec, sources=sources), raw).tables
    told = [f for name in ("OTHER", "SECOND") for table in tables[name] for f in table.notes]
    assert [(f.rule, f.severity, f.form, f.source_file) for f in told] == [
        ("DT-1904", "INFO", "", "export_1.xlsx")
    ]


def test_a_folder_in_place_of_a_file_is_told(spec: StudySpec, raw: Path) -> None:
    (raw / "OTHER.csv").unlink()
    (raw / "OTHER.csv").mkdir()
    with pytest.raises(InputError, match=r"OTHER\.csv is a folder; the mapping expects a file"):
        read_raw(spec, raw)


def test_a_folder_in_place_of_a_workbook_is_told(sheet_spec: StudySpec, raw: Path) -> None:
    (raw / "export_1.xlsx").mkdir()
    with pytest.raises(InputError, match=r"export_1\.xlsx is a folder"):
        read_raw(sheet_spec, raw)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04" + bytes(300), b"<html/>", b"\xd0\xcf\x11\xe0" + bytes(600)]
)
def test_what_is_no_workbook_is_told(sheet_spec: StudySpec, raw: Path, content: bytes) -> None:
    (raw / "export_1.xlsx").write_bytes(content)
    with pytest.raises(RawDataError, match=r"export_1\.xlsx: not a readable XLSX workbook; export it again"):
        read_raw(sheet_spec, raw)


def test_a_workbook_cut_off_is_told(sheet_spec: StudySpec, raw: Path) -> None:
    workbook(
        raw / "export_1.xlsx",
        {"OT": [["SUBJ", "KEYNO", "X", "XD"], ["a", "b", "c", "d"], ["1", "2", "3", ""]]},
    )
    data = (raw / "export_1.xlsx").read_bytes()
    for share in (0.2, 0.5, 0.8, 0.99):
        (raw / "export_1.xlsx").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(RawDataError, match=r"export_1\.xlsx"):
            read_raw(sheet_spec, raw)


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\xff", b"\xff\xfe1\x00,\x002\x00", b"\x00" * 40])
def test_a_csv_file_of_another_type_is_told(spec: StudySpec, raw: Path, content: bytes) -> None:
    (raw / "OTHER.csv").write_bytes(content)
    with pytest.raises((RawDataError, FatalFindingsError), match=r"OTHER\.csv"):
        read_raw(spec, raw)


def test_a_date_format_the_kit_does_not_know_is_told(tiny: TinyStudy) -> None:
    tiny.edit("sources.yaml", '"%Y/%m/%d", "%Y"]', '"%d %B %Y"]')
    (problem,) = tiny.problems()
    assert "sources.yaml:3" in problem and "'%d %B %Y' does not have the form" in problem

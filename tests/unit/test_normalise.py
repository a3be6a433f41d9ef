"""Text cells to canonical cells; what does not fit its column's type is a finding and blank."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from conftest import TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.normalise import normalise
from cdisc_kit.normalise.dates import DateFormats, iso_date

RULES = {
    "date": "DT-INVALID",
    "datetime": "DT-INVALID",
    "time": "DT-INVALID",
    "number": "NUM-INVALID",
    "integer": "NUM-INVALID",
    "yesno": "CODE-INVALID",
    "code": "CODE-INVALID",
    "codes": "CODE-INVALID",
}
# A column of each type in the small study.
PLACES = {
    "text": ("EVENT", "A"),
    "date": ("EVENT", "D"),
    "datetime": ("OTHER", "XD"),
    "time": ("EVENT", "T"),
    "number": ("EVENT", "N"),
    "integer": ("DEMOG", "AGEC"),
    "yesno": ("EVENT", "YN"),
    "code": ("DEMOG", "SEXC"),
    "codes": ("EVENT", "M"),
}


def cell(tiny: TinyStudy, kind: str, raw: str, *, dated: bool = False) -> tuple[str, list[Finding]]:
    form, column = PLACES[kind]
    spec = tiny.load()
    assert spec.sources.forms[form].columns[column].type == kind
    (table,) = tiny.tables({form: [{}, {column: raw}]}, spec)[form]
    if dated:
        flags = pd.DataFrame(False, index=[0, 1], columns=list(table.frame))
        flags.loc[1, column] = True
        table = replace(table, dates=flags)
    result, findings = normalise(spec, table)
    assert (result.frame.drop(columns=column) == "").all(axis=None)
    return str(result.frame.loc[1, column]), findings


@pytest.mark.parametrize(
    ("kind", "raw", "canonical"),
    [
        ("text", " 发热 3 天 ", "发热 3 天"),
        ("text", "NA", "NA"),
        ("date", "2025-09-04", "2025-09-04"),
        ("date", "2025/9/4", "2025-09-04"),
        ("date", "2025/09/UK", "2025-09"),
        ("date", "2025-不详-不详", "2025"),
        ("date", "2025", "2025"),
        ("date", "2025-UK-04", "2025---04"),
        ("date", "2024-02-29", "2024-02-29"),
        ("datetime", "2025-09-04 08:05", "2025-09-04T08:05"),
        ("datetime", "2025-09-04T8:05", "2025-09-04T08:05"),
        ("datetime", "2025/09/04 08:05:59", "2025-09-04T08:05"),
        ("datetime", "2025-09-04", "2025-09-04"),
        ("time", "8:05", "08:05"),
        ("time", "23:59:59", "23:59"),
        ("number", "007.50", "007.50"),
        ("number", "-.5", "-.5"),
        ("number", "1e3", "1e3"),
        ("integer", "007", "7"),
        ("integer", "-3", "-3"),
        ("yesno", "是", "Y"),
        ("yesno", "N", "N"),
        ("code", "女", "2"),
        ("code", "2", "2"),
        ("codes", "一;3", "1;3"),
        ("codes", "二", "2"),
        ("codes", " 一 ; 二 ", "1;2"),
    ],
)
def test_a_cell_that_fits(tiny: TinyStudy, kind: str, raw: str, canonical: str) -> None:
    assert cell(tiny, kind, raw) == (canonical, [])


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("date", "04/09/2025"),
        ("date", "2025-02-29"),
        ("date", "2025-13-01"),
        ("date", "2025-09-04 08:00"),
        ("date", "20250904"),
        ("date", "UK-09-04"),
        ("datetime", "2025-09-04 25:00"),
        ("datetime", "2025-09-04 morning"),
        ("time", "24:00"),
        ("time", "12:60"),
        ("time", "12"),
        ("number", "12 mg"),
        ("number", "<5"),
        ("number", "nan"),
        ("number", "1,5"),
        ("integer", "1.5"),
        ("yesno", "有"),
        ("yesno", "Yes"),
        ("code", "3"),
        ("codes", "1;9"),
        ("codes", "1;"),
    ],
)
def test_a_cell_that_does_not_fit_is_blank_and_reported_with_its_place(
    tiny: TinyStudy, kind: str, raw: str
) -> None:
    form, column = PLACES[kind]
    canonical, (finding,) = cell(tiny, kind, raw)
    assert canonical == ""
    assert (finding.rule, finding.severity, finding.value) == (RULES[kind], "ERROR", raw)
    assert (finding.form, finding.source_file, finding.source_row) == (form, f"{form}.csv", 3)
    assert finding.source_column == column
    assert raw not in finding.message and raw in finding.query


@pytest.mark.parametrize("kind", PLACES)
def test_blank_fits_every_type(tiny: TinyStudy, kind: str) -> None:
    assert cell(tiny, kind, "") == ("", [])
    assert cell(tiny, kind, "  ") == ("", [])


@pytest.mark.parametrize(
    ("kind", "raw"), [("date", "2025-09-04"), ("datetime", "2025-09-04T08:05"), ("datetime", "2025-09-04")]
)
def test_a_date_of_the_workbook_passes_whatever_the_declared_formats(
    tiny: TinyStudy, kind: str, raw: str
) -> None:
    tiny.edit("sources.yaml", '["%Y-%m-%d", "%Y/%m/%d", "%Y"]', '["%d.%m.%Y"]')
    assert cell(tiny, kind, raw, dated=True) == (raw, [])
    assert cell(tiny, kind, raw)[0] == "", "the same text without the flag is not of the declared format"


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("number", "2025-09-04"), ("integer", "2025-09-04"), ("date", "10:30"), ("yesno", "2025-09-04")],
)
def test_a_date_of_the_workbook_where_none_belongs_is_a_misfit(tiny: TinyStudy, kind: str, raw: str) -> None:
    canonical, (finding,) = cell(tiny, kind, raw, dated=True)
    assert (canonical, finding.rule, finding.value) == ("", RULES[kind], raw)


def test_every_bad_cell_is_reported_once_per_row(tiny: TinyStudy) -> None:
    spec = tiny.load()
    (table,) = tiny.tables({"EVENT": [{"N": "x"}, {"N": "1"}, {"N": "x", "D": "?"}]}, spec)["EVENT"]
    _, findings = normalise(spec, table)
    assert [(f.source_column, f.source_row) for f in findings] == [("D", 4), ("N", 2), ("N", 4)]


def test_the_raw_table_keeps_what_was_written(tiny: TinyStudy) -> None:
    spec = tiny.load()
    (table,) = tiny.tables({"EVENT": [{"YN": "是"}]}, spec)["EVENT"]
    normalise(spec, table)
    assert table.frame.loc[0, "YN"] == "是"


def test_a_format_is_literal_but_for_its_parts() -> None:
    formats = DateFormats.of(("%Y年%m月%d日", "%Y.%m"), ("UN",))
    assert iso_date("2025年9月UN日", formats) == "2025-09"
    assert iso_date("2025.09", formats) == "2025-09"
    assert iso_date("2025x09", formats) is None

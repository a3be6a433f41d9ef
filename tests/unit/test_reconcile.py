"""Two passes of one form: equal in meaning, decided on paper, or null and told with both places."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TinyStudy

from cdisc_kit.errors import FatalFindingsError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.normalise import canonical, normalise
from cdisc_kit.pipeline import build
from cdisc_kit.raw import RawTable, Resolution, read_resolutions
from cdisc_kit.reconcile import Decisions, reconcile

Pass = list[dict[str, str]]


KEYED = (
    "header: [SUBJ]\n    columns:\n      KEYNO",
    "header: [SUBJ]\n    key: [SUBJ, KEYNO]\n    columns:\n      KEYNO",
)


def reconciled(tiny: TinyStudy, one: Pass, two: Pass, *decided: Resolution) -> tuple[RawTable, list[Finding]]:
    if "key: [SUBJ, KEYNO]" not in (tiny.folder / "sources.yaml").read_text(encoding="utf-8"):
        tiny.edit("sources.yaml", *KEYED)
    spec = tiny.load()
    tables = []
    for name, rows in (("entry1", one), ("entry2", two)):
        (table,) = tiny.tables({"OTHER": rows}, spec)["OTHER"]
        named = replace(table, entry=name, file=f"{name}/OTHER.csv", row=np.arange(len(rows)) + 2)
        tables.append(normalise(spec, named)[0])
    form = spec.sources.forms["OTHER"]
    return reconcile(form, tuple(tables), Decisions.of(form, decided, partial(canonical, spec, "OTHER")))


def decision(key: dict[str, str], field: str, one: str, two: str, final: str) -> Resolution:
    return Resolution("OTHER", key, field, one, two, final, "resolution.csv", 2)


ROWS: Pass = [
    {"SUBJ": "1", "KEYNO": "1", "X": "a", "XD": "2025-01-02"},
    {"SUBJ": "1", "KEYNO": "2", "X": "b"},
    {"SUBJ": "2", "KEYNO": "1", "X": "c"},
]


def test_equal_passes_give_the_first(tiny: TinyStudy) -> None:
    table, findings = reconciled(tiny, ROWS, ROWS)
    assert findings == []
    assert table.entry == "entry1" and list(table.frame["X"]) == ["a", "b", "c"]


def test_the_order_of_rows_and_the_spelling_do_not_count(tiny: TinyStudy) -> None:
    other = [ROWS[2], {**ROWS[0], "XD": "2025/1/2", "X": " a "}, ROWS[1]]
    assert reconciled(tiny, ROWS, other)[1] == []


@pytest.mark.parametrize(("critical", "severity"), [("", "ERROR"), (', critical: "true"', "FATAL")])
def test_a_cell_that_differs_is_null_and_told_with_both_places(
    tiny: TinyStudy, critical: str, severity: str
) -> None:
    tiny.edit("sources.yaml", "X: {label: 值, type: text", "X: {label: 值, type: text" + critical)
    other = [ROWS[2], ROWS[0], {**ROWS[1], "X": "B"}]
    table, (finding,) = reconciled(tiny, ROWS, other)
    assert list(table.frame["X"]) == ["a", "", "c"], "neither entry is guessed to be right"
    assert (finding.rule, finding.severity, finding.value) == ("DDE-MISMATCH", severity, "b | B")
    assert "“b”" in finding.query and "“B”" in finding.query
    assert (finding.source_file, finding.source_row, finding.source_column) == ("entry1/OTHER.csv", 3, "X")
    assert "entry2/OTHER.csv row 4" in finding.message
    assert "值" in finding.message_zh


def test_every_cell_that_differs_is_told(tiny: TinyStudy) -> None:
    other = [{**ROWS[0], "X": "z", "XD": ""}, ROWS[1], {**ROWS[2], "X": ""}]
    _, findings = reconciled(tiny, ROWS, other)
    assert sorted((f.source_row, f.source_column, f.value) for f in findings) == [
        (2, "X", "a | z"),
        (2, "XD", "2025-01-02 | "),
        (4, "X", "c | "),
    ]


@pytest.mark.parametrize(("first_has_it", "file", "row"), [(True, "entry1", 4), (False, "entry2", 4)])
def test_a_row_in_one_pass_only_is_taken_and_told(
    tiny: TinyStudy, first_has_it: bool, file: str, row: int
) -> None:
    one, two = (ROWS, ROWS[:2]) if first_has_it else (ROWS[:2], ROWS)
    table, (finding,) = reconciled(tiny, one, two)
    assert (finding.rule, finding.severity) == ("DDE-ONLYONE", "ERROR")
    assert (finding.source_file, finding.source_row) == (f"{file}/OTHER.csv", row)
    assert list(table.frame["X"]) == ["a", "b", "c"]
    assert (table.file_at(2), int(table.row[2])) == (f"{file}/OTHER.csv", row)


def test_a_decided_difference_takes_the_final_value(tiny: TinyStudy) -> None:
    other = [{**ROWS[0], "XD": "2025-01-03"}, *ROWS[1:]]
    decided = decision({"SUBJ": "1", "KEYNO": "1"}, "XD", "2025/1/2", "2025年1月3日", "2025/1/3")
    table, (finding,) = reconciled(tiny, ROWS, other, decided)
    assert table.frame.loc[0, "XD"] == "2025-01-03"
    assert (finding.rule, finding.severity, finding.source_row) == ("DDE-RESOLVED", "INFO", 2)
    assert "resolution.csv row 2" in finding.message


def test_a_cell_may_be_decided_to_be_blank(tiny: TinyStudy) -> None:
    other = [{**ROWS[0], "XD": ""}, *ROWS[1:]]
    decided = decision({"SUBJ": "1", "KEYNO": "1"}, "XD", "2025-01-02", "", "空")
    table, findings = reconciled(tiny, ROWS, other, decided)
    assert table.frame.loc[0, "XD"] == "" and [f.rule for f in findings] == ["DDE-RESOLVED"]


@pytest.mark.parametrize(
    "change",
    [
        {"entry1": "other"},
        {"entry2": "other"},
        {"key": {"SUBJ": "1", "KEYNO": "2"}},
        {"field": "XD"},
        {"form": "EVENT"},
    ],
)
def test_a_decision_about_something_else_decides_nothing(tiny: TinyStudy, change: dict[str, Any]) -> None:
    other = [{**ROWS[0], "X": "z"}, *ROWS[1:]]
    decided = decision({"SUBJ": "1", "KEYNO": "1"}, "X", "a", "z", "z")
    assert [f.rule for f in reconciled(tiny, ROWS, other, decided)[1]] == ["DDE-RESOLVED"]
    table, findings = reconciled(tiny, ROWS, other, replace(decided, **change))
    assert [f.rule for f in findings] == ["DDE-MISMATCH"] and table.frame.loc[0, "X"] == ""


def test_a_key_column_the_form_does_not_have_does_not_count(tiny: TinyStudy) -> None:
    other = [{**ROWS[0], "X": "z"}, *ROWS[1:]]
    decided = decision({"SUBJ": "1", "KEYNO": "1", "VISIT": "V1"}, "X", "a", "z", "a")
    assert reconciled(tiny, ROWS, other, decided)[0].frame.loc[0, "X"] == "a"


def test_a_decided_key_pairs_its_rows_again(tiny: TinyStudy) -> None:
    other = [*ROWS[:2], {**ROWS[2], "SUBJ": "Z"}]
    assert [f.rule for f in reconciled(tiny, ROWS, other)[1]] == ["DDE-ONLYONE", "DDE-ONLYONE"]
    table, findings = reconciled(tiny, ROWS, other, decision({"KEYNO": "1"}, "SUBJ", "2", "Z", "2"))
    assert [(f.rule, f.source_file) for f in findings] == [("DDE-RESOLVED", "entry2/OTHER.csv")]
    assert list(table.frame["SUBJ"]) == ["1", "1", "2"]


def test_a_typing_error_of_both_passes_is_corrected(tiny: TinyStudy) -> None:
    wrong = [*ROWS[:2], {**ROWS[2], "SUBJ": "O2"}]
    table, findings = reconciled(tiny, wrong, wrong, decision({}, "SUBJ", "O2", "O2", "2"))
    assert list(table.frame["SUBJ"]) == ["1", "1", "2"]
    assert [f.rule for f in findings] == ["DDE-RESOLVED", "DDE-RESOLVED"]


RESOLUTION = "form,SUBJ,KEYNO,field,entry1,entry2,final,by,date\r\n"


def test_decisions_are_read_from_the_raw_folder(tmp_path: Path) -> None:
    assert read_resolutions(tmp_path, "") == read_resolutions(tmp_path, "resolution.csv") == ()
    rows = "OTHER,1, 2 ,X,a,b,b,LI,2026-01-02\r\nOTHER,1,3,X,a,b,,,\r\n"
    (tmp_path / "resolution.csv").write_bytes((RESOLUTION + rows).encode("utf-8-sig"))
    (one,) = read_resolutions(tmp_path, "resolution.csv")
    assert one == Resolution("OTHER", {"SUBJ": "1", "KEYNO": "2"}, "X", "a", "b", "b", "resolution.csv", 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("form,SUBJ,field,entry1\n", "no column entry2, final, by, date"),
        (RESOLUTION + "OTHER,1\n", "line 2 has 2 cells"),
    ],
)
def test_a_file_of_decisions_that_cannot_be_read_is_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "resolution.csv").write_text(content, encoding="utf-8")
    with pytest.raises(RawDataError, match=told):
        read_resolutions(tmp_path, "resolution.csv")


def test_rows_of_an_equal_key_are_paired_in_their_order(tiny: TinyStudy) -> None:
    twice = [ROWS[0], {**ROWS[0], "X": "second"}]
    assert reconciled(tiny, twice, twice)[1] == []
    _, (finding,) = reconciled(tiny, twice, [ROWS[0], {**ROWS[0], "X": "other"}])
    assert finding.value == "second | other"
    _, (single,) = reconciled(tiny, twice, [ROWS[0]])
    assert (single.rule, single.source_row) == ("DDE-ONLYONE", 3)


def test_no_rows_agree_with_no_rows(tiny: TinyStudy) -> None:
    assert reconciled(tiny, [], [])[1] == []


def test_a_difference_stops_the_build(tiny: TinyStudy, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = tmp_path_factory.mktemp("raw")
    passes = "{type: csv, passes: {one: {file: 1.csv}, two: {file: 2.csv}}}"
    tiny.edit("sources.yaml", "{type: csv, file: OTHER.csv, encoding: utf-8}", passes)
    tiny.edit("sources.yaml", *KEYED)
    tiny.edit("sources.yaml", "X: {label: 值, type: text", 'X: {label: 值, type: text, critical: "true"')
    spec = tiny.load()
    for name in ("DEMOG", "EVENT"):
        header = ",".join(column.label for column in spec.sources.forms[name].columns.values())
        (raw / f"{name}.csv").write_text(header + "\n", encoding="utf-8")
    for number, value in (("1", "a"), ("2", "b")):
        (raw / f"{number}.csv").write_text(f"编号,键,值,值日期\n1,1,{value},\n", encoding="utf-8")
    with pytest.raises(FatalFindingsError) as caught:
        build(spec, raw)
    assert [finding.rule for finding in caught.value.findings if finding.severity == "FATAL"] == [
        "DDE-MISMATCH"
    ]
    assert "a | b" not in str(caught.value), "no cell value in the message"

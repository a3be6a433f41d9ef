"""Queries to the sites, open questions and assumptions: files of the reports folder."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
from conftest import Rows, TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.render.open_points import write_assumptions, write_questions
from cdisc_kit.render.queries_xlsx import COLUMNS, write_queries

SUBJECT = {"SITE": "01", "SUBJ": "S1", "ICFDT": "2025-01-01"}


def sheets(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def written(tiny: TinyStudy, rows: Rows, path: Path, *more: Finding) -> dict[str, list[tuple[object, ...]]]:
    spec = tiny.load()
    raw = tiny.tables(rows, spec)
    _, findings = prepare_forms(spec, raw)
    write_queries(path, spec, raw, [*findings, *more])
    return sheets(path)


def test_a_dirty_row_is_asked_about_on_the_sheet_of_its_site(tiny: TinyStudy, tmp_path: Path) -> None:
    tiny.change("study.yaml", sites={"01": {"zh": "一院[东]"}})
    rows = {
        "DEMOG": [
            SUBJECT,
            {"SITE": "02", "SUBJ": "S2", "ICFDT": "=1+1"},
            {**SUBJECT, "SUBJ": "S3", "BIRTH": "?"},
        ]
    }
    found = written(tiny, rows, tmp_path / "q.xlsx")
    assert list(found) == ["01 一院 东", "02"]
    header, *lines = found["02"]
    assert header == COLUMNS
    (line,) = lines
    assert line[:6] == ("S2", "DEMOG 人口学", "", 3, "ICFDT 知情同意日期", "=1+1")
    assert "知情同意日期" in str(line[6]) and str(line[7]).startswith("ICFDT: ")
    assert line[8] == "DT-INVALID" and line[9] == "ERROR"
    assert [row[0] for row in found["01 一院 东"][1:]] == ["S3"]


def test_the_visit_and_the_message_stand_in_for_what_a_finding_does_not_say(
    tiny: TinyStudy, tmp_path: Path
) -> None:
    finding = Finding(
        "AE-X",
        "WARN",
        "look",
        message_zh="请看",
        form="EVENT",
        source_file="EVENT.csv",
        source_row=2,
        source_column="A",
    )
    rows = {"DEMOG": [SUBJECT], "EVENT": [{"SUBJ": "S1", "VISIT": "筛选", "A": "头痛"}]}
    (line,) = written(tiny, rows, tmp_path / "q.xlsx", finding)["中心不详 no site"][1:]
    assert line == ("S1", "EVENT 事件", "筛选", 2, "A 甲", "头痛", "请看", "look", "AE-X", "WARN")


def test_clean_data_and_findings_without_a_row_raise_no_query(tiny: TinyStudy, tmp_path: Path) -> None:
    more = (
        Finding("X", "ERROR", "of a dataset", dataset="DM"),
        Finding("Y", "INFO", "note", form="DEMOG", source_row=2),
    )
    found = written(tiny, {"DEMOG": [SUBJECT]}, tmp_path / "q.xlsx", *more)
    assert list(found) == ["无质疑 no queries"] and len(found["无质疑 no queries"]) == 1


def test_what_the_mapping_cannot_take_is_asked_of_the_site_in_chinese(tiny: TinyStudy) -> None:
    tiny.change("ct.yaml", maps={"sex": {"codelist": "SEX", "terms": {"1": "M"}}})
    built = tiny.build({"DEMOG": [{**SUBJECT, "SEXC": "女"}], "EVENT": [{"SUBJ": "S9", "A": "头痛"}]})
    asked = {finding.rule: finding.query for finding in built.findings}
    assert asked["CT-UNMAPPED"] == "人口学第2行“性别”填写为“女”,不是可识别的内容,请核实并更正。"
    assert asked["ID-ORPHAN"] == "事件第2行的受试者编号为“S9”,筛选表中没有该编号,请核实并更正。"


def test_the_same_queries_give_the_same_bytes(tiny: TinyStudy, tmp_path: Path) -> None:
    rows = {"DEMOG": [{**SUBJECT, "BIRTH": "?"}]}
    written(tiny, rows, tmp_path / "one.xlsx")
    written(tiny, rows, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_questions_stand_in_both_languages(tiny: TinyStudy, tmp_path: Path) -> None:
    write_questions(tmp_path / "none.md", tiny.load())
    assert (tmp_path / "none.md").read_text(encoding="utf-8").endswith("\nNone.\n")
    tiny.change(
        "study.yaml", questions=[{"en": "Which dose?", "zh": "剂量?"}, {"en": "When?", "zh": "何时?"}]
    )
    write_questions(tmp_path / "q.md", tiny.load())
    text = (tmp_path / "q.md").read_text(encoding="utf-8")
    assert "1. Which dose?  \n   剂量?\n2. When?  \n   何时?\n" in text


def test_a_question_needs_both_languages(tiny: TinyStudy) -> None:
    tiny.change("study.yaml", questions=[{"en": "Which dose?"}])
    assert any("'zh'" in problem for problem in tiny.problems())


def test_only_assumed_parameters_are_listed(tiny: TinyStudy, tmp_path: Path) -> None:
    write_assumptions(tmp_path / "a.csv", tiny.load())
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["parameter", "value", "note"], ["extract_date", "2025-06-30", ""], ["route", "ORAL", ""]]

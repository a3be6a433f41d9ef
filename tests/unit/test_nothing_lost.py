"""Values that cannot be carried over are told, never dropped."""

from __future__ import annotations

from conftest import TinyStudy

SUBJECT = {"SITE": "01", "SUBJ": "101", "ICFDT": "2025-01-02", "SEXC": "1", "FIRST": "2025-01-10"}


def test_text_that_is_no_number_is_told_before_it_becomes_null(tiny: TinyStudy) -> None:
    tiny.change("domains/dm.yaml", variables={"AGE": {"assign": "PREV2"}}, work={"PREV2": {"const": "three"}})
    built = tiny.build({"DEMOG": [SUBJECT]})
    (finding,) = [f for f in built.findings if f.rule == "NUM-LOST"]
    assert (finding.severity, finding.dataset, finding.variable) == ("ERROR", "DM", "AGE")
    assert (finding.form, finding.source_row, finding.value) == ("DEMOG", 2, "three")
    assert built.datasets["DM"].frame["AGE"].isna().all()


def test_a_blank_required_cell_is_told(tiny: TinyStudy) -> None:
    tiny.edit(
        "sources.yaml",
        "BIRTH: {label: 出生日期, type: date}",
        'BIRTH: {label: 出生日期, type: date, required: "true"}',
    )
    built = tiny.build({"DEMOG": [SUBJECT, {**SUBJECT, "SUBJ": "102", "BIRTH": "1970-05-01"}]})
    (finding,) = [f for f in built.findings if f.rule == "REQ-MISSING"]
    assert (finding.form, finding.source_row, finding.source_column) == ("DEMOG", 2, "BIRTH")


def test_a_required_cell_that_is_told_already_is_not_told_twice(tiny: TinyStudy) -> None:
    tiny.edit(
        "sources.yaml",
        "BIRTH: {label: 出生日期, type: date}",
        'BIRTH: {label: 出生日期, type: date, required: "true"}',
    )
    built = tiny.build({"DEMOG": [{**SUBJECT, "BIRTH": "2025-02-30"}]})
    assert [f.rule for f in built.findings if f.source_column == "BIRTH"] == ["DT-INVALID"]


def test_columns_with_one_heading_are_refused(tiny: TinyStudy) -> None:
    tiny.edit("sources.yaml", "BIRTH: {label: 出生日期,", "BIRTH: {label: 知情同意日期,")
    assert any("columns 'ICFDT' and 'BIRTH' have the same label" in problem for problem in tiny.problems())


def test_label_and_type_of_the_standard_are_not_restated(tiny: TinyStudy) -> None:
    tiny.edit("domains/dm.yaml", "SUBJID: {assign: SUBJ}", "SUBJID: {assign: SUBJ, type: Num}")
    assert any("SUBJID: label and type come from SDTMIG 3.4" in problem for problem in tiny.problems())


def test_an_amount_divided_by_nothing_is_told_and_left_null(tiny: TinyStudy) -> None:
    tiny.edit(
        "domains/ce.yaml", "CETERM: {assign: A}", "CETERM: {assign: A}\n  VISITDY: {expr: 1 / number(N)}"
    )
    built = tiny.build(
        {"DEMOG": [{"SUBJ": "1"}], "EVENT": [{"SUBJ": "1", "N": "0"}, {"SUBJ": "1", "N": "4"}]}
    )
    assert sorted(built.datasets["CE"].frame["VISITDY"].fillna(-1)) == [-1, 0.25]
    (finding,) = [f for f in built.findings if f.rule == "NUM-LOST"]
    assert (finding.severity, finding.variable, finding.source_row) == ("ERROR", "VISITDY", 2)

"""Whole rows: repeats within a file, and numbers that lost their zeros."""

from __future__ import annotations

import pytest
from conftest import Rows, TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.normalise import birth_dates, known_numbers, with_zeros, without_repeats
from cdisc_kit.pipeline import prepare_forms
from cdisc_kit.raw import Resolution


@pytest.fixture
def keyed(tiny: TinyStudy) -> TinyStudy:
    tiny.edit(
        "sources.yaml",
        "header: [SUBJ]\n    columns:\n      KEYNO",
        "header: [SUBJ]\n    key: [SUBJ, KEYNO]\n    columns:\n      KEYNO",
    )
    return tiny.change("study.yaml", extract_date={"value": "2026-10-31"})


def prepared(tiny: TinyStudy, rows: Rows, *decided: Resolution) -> tuple[dict[str, list[str]], list[Finding]]:
    """Column X of each row of OTHER by subject, and what was told."""
    spec = tiny.load()
    forms, findings = prepare_forms(spec, tiny.tables(rows, spec), decided)
    frame = forms["OTHER"].table.frame
    return frame.groupby("SUBJ", sort=False)["X"].apply(list).to_dict(), findings


DEMOG = [{"SITE": "01", "SUBJ": "01007"}, {"SITE": "01", "SUBJ": "01008"}]


def test_an_equal_row_is_kept_once(keyed: TinyStudy) -> None:
    spec = keyed.load()
    rows = [
        {"SUBJ": "1", "KEYNO": "1", "X": "a"},
        {"SUBJ": "1", "KEYNO": "2"},
        {"SUBJ": "1", "KEYNO": "1", "X": "a"},
    ]
    (table,) = keyed.tables({"OTHER": rows}, spec)["OTHER"]
    single, (finding,) = without_repeats(spec.sources.forms["OTHER"], table)
    assert list(single.row) == [2, 3]
    assert (finding.rule, finding.severity, finding.source_row) == ("ROW-DUP", "INFO", 4)
    assert "repeats row 2" in finding.message and finding.query == ""


def test_another_row_of_a_key_is_left_out_and_both_are_told(keyed: TinyStudy) -> None:
    rows = [{"SUBJ": "01007", "KEYNO": "1", "X": "a"}, {"SUBJ": "01007", "KEYNO": "1", "X": "b"}]
    values, (finding,) = prepared(keyed, {"DEMOG": DEMOG, "OTHER": rows})
    assert values == {"01007": ["a"]}
    assert (finding.rule, finding.severity, finding.source_row) == ("ROW-DUPKEY", "ERROR", 3)
    assert (finding.value, finding.source_column) == ("X=a/b", "X") and "第2行与第3行" in finding.query


def test_spelling_does_not_make_two_rows(keyed: TinyStudy) -> None:
    rows = [
        {"SUBJ": "01007", "KEYNO": "1", "XD": "2025/1/2"},
        {"SUBJ": "1007", "KEYNO": "１", "XD": "2025-01-02"},
    ]
    _, findings = prepared(keyed, {"DEMOG": DEMOG, "OTHER": rows})
    assert [f.rule for f in findings] == ["TXT-NFKC", "ID-PAD", "ROW-DUP"]


def test_a_form_without_a_key_keeps_equal_rows(tiny: TinyStudy) -> None:
    spec = tiny.load()
    (table,) = tiny.tables({"OTHER": [{"X": "a"}, {"X": "a"}]}, spec)["OTHER"]
    assert without_repeats(spec.sources.forms["OTHER"], table) == (table, [])


def test_lost_zeros_come_back_from_the_screening_form(keyed: TinyStudy) -> None:
    values, (finding,) = prepared(keyed, {"DEMOG": DEMOG, "OTHER": [{"SUBJ": "1007", "X": "a"}]})
    assert values == {"01007": ["a"]}
    assert (finding.rule, finding.severity, finding.value) == ("ID-PAD", "WARN", "1007")


def test_a_number_that_may_be_several_is_not_guessed(keyed: TinyStudy) -> None:
    demog = [*DEMOG, {"SITE": "01", "SUBJ": "0001008"}]
    values, findings = prepared(keyed, {"DEMOG": demog, "OTHER": [{"SUBJ": "1008", "X": "a"}]})
    assert values == {"1008": ["a"]}
    assert [(f.rule, f.severity) for f in findings] == [("ID-AMBIG", "FATAL"), ("ID-ORPHAN", "ERROR")]


def test_a_number_nobody_screened_stays_as_it_is(keyed: TinyStudy) -> None:
    values, (finding,) = prepared(keyed, {"DEMOG": DEMOG, "OTHER": [{"SUBJ": "O1007", "X": "a"}]})
    assert values == {"O1007": ["a"]} and finding.rule == "ID-ORPHAN"


def test_a_decision_corrects_the_number_of_a_form_entered_once(keyed: TinyStudy) -> None:
    decided = Resolution("OTHER", {"SUBJ": "O1007"}, "SUBJ", "O1007", "O1007", "01007", "resolution.csv", 2)
    values, (finding,) = prepared(keyed, {"DEMOG": DEMOG, "OTHER": [{"SUBJ": "O1007", "X": "a"}]}, decided)
    assert values == {"01007": ["a"]} and finding.rule == "DDE-RESOLVED"


def test_the_shorter_number_of_the_screening_form_itself_is_padded(tiny: TinyStudy) -> None:
    spec = tiny.load()
    (table,) = tiny.tables({"DEMOG": [{"SITE": "1", "SUBJ": "1007"}, {"SITE": "01", "SUBJ": "01007"}]}, spec)[
        "DEMOG"
    ]
    full, findings = with_zeros(spec, table, known_numbers(spec, [table]))
    assert list(full.frame["SUBJ"]) == ["01007", "01007"] and list(full.frame["SITE"]) == ["01", "01"]
    assert {(f.rule, f.source_row) for f in findings} == {("ID-PAD", 2)}


def test_the_date_of_birth_is_that_of_the_declared_column(tiny: TinyStudy) -> None:
    rows = {"DEMOG": [{"SUBJ": "1", "BIRTH": "1968-03"}]}
    spec = tiny.load()
    assert birth_dates(spec, tiny.tables(rows, spec)["DEMOG"][0]) == {}
    spec = tiny.edit("sources.yaml", "subject: SUBJ}", "subject: SUBJ, birth: BIRTH}").load()
    assert birth_dates(spec, tiny.tables(rows, spec)["DEMOG"][0]) == {"1": "1968-03"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "T: {label: 时间一, type: time}",
            "T: {label: 时间一, type: time, date: DD}",
            "EVENT.T: unknown column 'DD'",
        ),
        (
            'codes: {"1": 男, "2": 女}',
            'codes: {"1": 男, "2": 女}, synonyms: {M: "9"}',
            "SEXC: unknown answer code '9'",
        ),
    ],
)
def test_sources_that_name_what_is_not_there(tiny: TinyStudy, old: str, new: str, told: str) -> None:
    problems = tiny.edit("sources.yaml", old, new).problems()
    assert any(told in problem and "sources.yaml:" in problem for problem in problems), problems

"""A text column that states in words what the code beside it says."""

from __future__ import annotations

import pytest
from conftest import TinyStudy

from cdisc_kit.findings import Finding
from cdisc_kit.normalise import normalise


@pytest.fixture
def paired(tiny: TinyStudy) -> TinyStudy:
    """EVENT.A states the answers of EVENT.M in words."""
    return tiny.edit("sources.yaml", "A: {label: 甲, type: text}", "A: {label: 甲, type: text, text_of: M}")


def read(paired: TinyStudy, code: str, text: str) -> tuple[str, str, list[Finding]]:
    spec = paired.load()
    (table,) = paired.tables({"EVENT": [{"SUBJ": "1", "M": code, "A": text}]}, spec)["EVENT"]
    normal, findings = normalise(spec, table)
    return normal.frame["M"][0], normal.frame["A"][0], findings


@pytest.mark.parametrize(
    ("code", "text"), [("1", "一"), ("1;3", "一;三"), ("一", "一"), ("2", "2"), ("2", ""), ("", "")]
)
def test_a_text_that_agrees_says_nothing(paired: TinyStudy, code: str, text: str) -> None:
    assert [f for f in read(paired, code, text)[2] if f.rule == "ODM-CONFLICT"] == []


@pytest.mark.parametrize(("code", "text"), [("1", "二"), ("1", "四"), ("1;3", "一;二"), ("", "一")])
def test_the_code_counts_where_the_text_says_something_else(paired: TinyStudy, code: str, text: str) -> None:
    value, words, findings = read(paired, code, text)
    (finding,) = [f for f in findings if f.rule == "ODM-CONFLICT"]
    assert (value, words) == (code, text)
    assert (finding.severity, finding.source_column, finding.source_row) == ("ERROR", "A", 2)
    assert finding.value == text and finding.query


def test_a_code_that_is_no_answer_is_told_once(paired: TinyStudy) -> None:
    assert [f.rule for f in read(paired, "9", "一")[2]] == ["CT-UNMAPPED"]


def test_the_coded_column_must_exist(tiny: TinyStudy) -> None:
    tiny.edit("sources.yaml", "A: {label: 甲, type: text}", "A: {label: 甲, type: text, text_of: MM}")
    (problem,) = tiny.problems()
    assert "sources.yaml:" in problem and "EVENT.A: unknown column 'MM'; did you mean 'M'?" in problem

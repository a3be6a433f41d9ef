"""Who was screened without consent is in no dataset, and said to be in none."""

from __future__ import annotations

from typing import Any

import pytest

PERSON = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "SEXC": "1"}
NOBODY = {"SITE": "01", "SUBJ": "2", "SEXC": "2"}


@pytest.fixture
def study(tiny: Any) -> Any:
    tiny.edit("study.yaml", "previous: PREV,", "previous: PREV, consent: [ICFDT],")
    return tiny


def subjects(built: Any) -> list[str]:
    return list(built.datasets["DM"].frame["SUBJID"])


def rules(built: Any) -> list[tuple[str, str, int]]:
    return [(f.rule, f.severity, f.source_row) for f in built.findings if f.rule == "ID-NOCONSENT"]


def test_screened_without_consent_is_in_no_dataset(study: Any) -> None:
    built = study.build({"DEMOG": [PERSON, NOBODY]})
    assert subjects(built) == ["1"]
    assert rules(built) == [("ID-NOCONSENT", "INFO", 3)]


def test_who_has_other_forms_took_part_whatever_the_consent_form_says(study: Any) -> None:
    built = study.build({"DEMOG": [PERSON, NOBODY], "EVENT": [{"SUBJ": "2", "A": "x"}]})
    assert subjects(built) == ["1", "2"]
    assert rules(built) == []


def test_a_date_that_cannot_be_read_is_no_missing_consent(study: Any) -> None:
    built = study.build({"DEMOG": [PERSON, NOBODY | {"ICFDT": "2025-02-30"}]})
    assert subjects(built) == ["1", "2"]
    assert rules(built) == []


def test_an_earlier_number_of_somebody_is_kept(study: Any) -> None:
    built = study.build({"DEMOG": [NOBODY, PERSON | {"PREV": "2"}]})
    assert rules(built) == []


def test_a_consent_column_that_the_form_lacks_is_told(study: Any) -> None:
    study.edit("study.yaml", "consent: [ICFDT]", "consent: [ICFDAT]")
    (problem,) = study.problems()
    assert "ICFDAT" in problem and "ICFDT" in problem

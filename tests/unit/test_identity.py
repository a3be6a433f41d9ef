"""USUBJID: one for each person, however often the person was screened."""

from __future__ import annotations

from conftest import TinyStudy


def usubjids(tiny: TinyStudy, *persons: dict[str, str]) -> dict[str, str]:
    _, forms, _ = tiny.forms({"DEMOG": list(persons)})
    form = forms["DEMOG"]
    return dict(zip(form.table.frame["SUBJ"], form.usubjid, strict=True))


def test_usubjid_is_study_site_and_subject(tiny: TinyStudy) -> None:
    assert usubjids(tiny, {"SITE": "01", "SUBJ": "007"}) == {"007": "TINY-01-007"}


def test_a_person_screened_again_keeps_the_first_number_along_a_chain(tiny: TinyStudy) -> None:
    found = usubjids(
        tiny,
        {"SITE": "02", "SUBJ": "031", "PREV": "020"},
        {"SITE": "01", "SUBJ": "005"},
        {"SITE": "02", "SUBJ": "020", "PREV": "005"},
    )
    assert found == {"005": "TINY-01-005", "020": "TINY-01-005", "031": "TINY-01-005"}


def test_an_earlier_number_outside_the_screening_form_is_still_the_identity(tiny: TinyStudy) -> None:
    assert usubjids(tiny, {"SITE": "02", "SUBJ": "020", "PREV": "005"}) == {"020": "TINY-02-005"}


def test_numbers_that_point_to_each_other_end(tiny: TinyStudy) -> None:
    found = usubjids(tiny, {"SITE": "01", "SUBJ": "1", "PREV": "2"}, {"SITE": "01", "SUBJ": "2", "PREV": "1"})
    assert set(found) == {"1", "2"} and all(found.values())


def test_rows_of_a_number_given_again_go_to_the_person(tiny: TinyStudy) -> None:
    built = tiny.build(
        {
            "DEMOG": [{"SITE": "01", "SUBJ": "005"}, {"SITE": "01", "SUBJ": "020", "PREV": "005"}],
            "EVENT": [{"SUBJ": "020", "A": "late"}, {"SUBJ": "005", "A": "early"}],
        }
    )
    assert list(built.datasets["DM"].frame["USUBJID"]) == ["TINY-01-005"]
    frame = built.datasets["CE"].frame
    assert list(zip(frame["USUBJID"], frame["CESEQ"], frame["CETERM"], strict=True)) == [
        ("TINY-01-005", 1, "early"),
        ("TINY-01-005", 2, "late"),
    ]


def test_a_row_of_nobody_is_reported_and_not_mapped(tiny: TinyStudy) -> None:
    built = tiny.build(
        {
            "DEMOG": [{"SITE": "01", "SUBJ": "005"}],
            "EVENT": [{"SUBJ": "005", "A": "kept"}, {"SUBJ": "999", "A": "lost"}, {"A": "blank"}],
        }
    )
    assert list(built.datasets["CE"].frame["CETERM"]) == ["kept"]
    orphans = [finding for finding in built.findings if finding.rule == "ID-ORPHAN"]
    assert [(f.severity, f.form, f.source_row, f.source_column, f.value) for f in orphans] == [
        ("ERROR", "EVENT", 3, "SUBJ", "999"),
        ("ERROR", "EVENT", 4, "SUBJ", ""),
    ]

"""Subject visits: planned, unplanned, missed; and the visit of a record."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from conftest import TinyStudy

from cdisc_kit.build.visits import _last_planned

# First dose (origin of the windows) on 10 January; V1 is due by the 9th, V2 by the 10th, V3 by the 20th.
PERSON = {"SITE": "01", "SUBJ": "1", "ICFDT": "2025-01-01", "FIRST": "2025-01-10", "EXIT": "2025-03-05"}


def visit(code: str, date: str = "", subject: str = "1") -> dict[str, str]:
    return {"SUBJ": subject, "A": f"{code} {date}", "VISIT": code, "VISDT": date}


def visits(
    tiny: TinyStudy, *events: dict[str, str], people: tuple[dict[str, str], ...] = (PERSON,)
) -> list[tuple[Any, ...]]:
    """(VISITNUM, SVPRESP, SVOCCUR, start, end) of each record of the subject visits."""
    frame = tiny.build({"DEMOG": list(people), "EVENT": list(events)}).datasets["SV"].frame
    columns = ["VISITNUM", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC"]
    return list(frame[columns].itertuples(index=False, name=None))


def numbers(tiny: TinyStudy, *events: dict[str, str], **more: Any) -> list[float]:
    return [row[0] for row in visits(tiny, *events, **more)]


def test_a_visit_lasts_from_the_first_to_the_last_of_its_forms(tiny: TinyStudy) -> None:
    held = [visit("V1", "2025-01-05"), visit("V1", "2025-01-03"), visit("V1", "2025-01-UK"), visit("V1")]
    others = [visit("V2", "2025-01-10"), visit("V3", "2025-01-17")]
    assert visits(tiny, *held, *others) == [
        (1, "Y", "Y", "2025-01-03", "2025-01-05"),
        (2, "Y", "Y", "2025-01-10", "2025-01-10"),
        (3, "Y", "Y", "2025-01-17", "2025-01-17"),
    ]


def test_a_visit_with_forms_but_without_a_complete_date_took_place(tiny: TinyStudy) -> None:
    assert visits(tiny, visit("V1", "2025"))[0] == (1, "Y", "Y", "", "")


def test_a_visit_that_was_due_and_has_no_form_is_missed(tiny: TinyStudy) -> None:
    assert visits(tiny, visit("V2", "2025-01-10")) == [
        (1, "Y", "N", "", ""),
        (2, "Y", "Y", "2025-01-10", "2025-01-10"),
        (3, "Y", "N", "", ""),
    ]


@pytest.mark.parametrize(
    ("exit_day", "expected"),
    [
        ("2025-01-20", [1, 2]),  # the window of V3 closes on the day of exit: it was not yet due
        ("2025-01-21", [1, 2, 3]),
        ("2025-01-10", [1]),
        ("2025-01-09", []),
        ("", [1, 2, 3]),  # still in the study at the data cut-off
    ],
)
def test_a_visit_is_due_once_its_window_closed_before_the_subject_left(
    tiny: TinyStudy, exit_day: str, expected: list[float]
) -> None:
    assert numbers(tiny, people=({**PERSON, "EXIT": exit_day},)) == expected


def test_a_window_that_closes_after_the_cut_off_is_not_due(tiny: TinyStudy) -> None:
    late = {**PERSON, "FIRST": "2025-06-25", "EXIT": ""}  # cut-off 30 June; V3 would be due by 5 July
    assert numbers(tiny, people=(late,)) == [1, 2]


def test_a_subject_who_was_never_dosed_misses_nothing(tiny: TinyStudy) -> None:
    assert numbers(tiny, people=({**PERSON, "FIRST": ""},)) == []


def test_a_planned_visit_without_a_complete_date_is_no_place_to_count_from() -> None:
    held = pd.DataFrame({"USUBJID": ["1", "1"], "VISITNUM": [2.0, 3.0], "START": ["2025-01-10", "2025-01"]})
    visits = pd.DataFrame({"USUBJID": ["1"], "START": ["2025-01-20"], "series": [""]})
    plan = pd.DataFrame({"VISITNUM": [2.0, 3.0], "plan_series": ["", ""]})
    assert list(_last_planned(visits, held, plan)) == [2.0]


def test_unplanned_visits_count_after_the_last_planned_visit_that_had_begun(tiny: TinyStudy) -> None:
    events = [
        visit("V2", "2025-01-10"),
        visit("V3", "2025-01-17"),
        visit("UNS", "2025-01-20"),
        visit("UNS", "2025-01-12"),
        visit("UNS", "2025-01-10"),
        visit("UNS", "2025-01-02"),
        visit("UNS", "2025-01-12"),
    ]
    frame = tiny.build({"DEMOG": [PERSON], "EVENT": events}).datasets["SV"].frame
    unplanned = frame[frame["SVPRESP"] == ""]
    assert list(zip(unplanned["VISITNUM"], unplanned["VISIT"], unplanned["SVSTDTC"], strict=True)) == [
        (0.01, "UNSCHEDULED 0.1", "2025-01-02"),
        (2.01, "UNSCHEDULED 2.1", "2025-01-10"),
        (2.02, "UNSCHEDULED 2.2", "2025-01-12"),
        (3.01, "UNSCHEDULED 3.1", "2025-01-20"),
    ]
    assert unplanned["VISITDY"].isna().all() and (unplanned["SVOCCUR"] == "").all()


def test_more_than_nine_unplanned_visits_keep_their_order(tiny: TinyStudy) -> None:
    events = [visit("V2", "2025-01-10"), *(visit("UNS", f"2025-01-{day}") for day in range(11, 23))]
    frame = tiny.build({"DEMOG": [PERSON], "EVENT": events}).datasets["SV"].frame
    unplanned = frame.loc[frame["SVPRESP"] == "", "VISITNUM"]
    assert list(unplanned) == [2 + n / 100 for n in range(1, 13)]


def test_subjects_do_not_share_their_numbering(tiny: TinyStudy) -> None:
    people = (PERSON, {**PERSON, "SUBJ": "2"})
    events = [
        visit("V2", "2025-01-10"),
        visit("UNS", "2025-01-11"),
        visit("UNS", "2025-01-11", "2"),
        visit("UNS", "2025-01-12", "2"),
    ]
    frame = tiny.build({"DEMOG": list(people), "EVENT": events}).datasets["SV"].frame
    unplanned = frame[frame["SVPRESP"] == ""]
    assert list(zip(unplanned["USUBJID"].str[-1], unplanned["VISITNUM"], strict=True)) == [
        ("1", 2.01),
        ("2", 0.01),
        ("2", 0.02),
    ]


def test_a_record_finds_its_unplanned_visit_by_subject_and_date(tiny: TinyStudy) -> None:
    people = (PERSON, {**PERSON, "SUBJ": "2"})
    events = [
        visit("V2", "2025-01-10"),
        visit("UNS", "2025-01-11"),
        visit("UNS", "2025-01-12"),
        visit("UNS", "2025-01-12", "2"),
        visit("V3", "2025-01-17", "2"),
    ]
    built = tiny.build({"DEMOG": list(people), "EVENT": events})
    frame = built.datasets["CE"].frame
    assert dict(zip(frame["USUBJID"].str[-1] + " " + frame["CETERM"], frame["VISITNUM"], strict=True)) == {
        "1 V2 2025-01-10": 2,
        "1 UNS 2025-01-11": 2.01,
        "1 UNS 2025-01-12": 2.02,
        "2 UNS 2025-01-12": 0.01,
        "2 V3 2025-01-17": 3,
    }
    known = set(
        zip(built.datasets["SV"].frame["USUBJID"], built.datasets["SV"].frame["VISITNUM"], strict=True)
    )
    assert set(zip(frame["USUBJID"], frame["VISITNUM"], strict=True)) <= known


def test_forms_of_nobody_make_no_visit(tiny: TinyStudy) -> None:
    assert numbers(tiny, visit("V2", "2025-01-10", "9"), people=({**PERSON, "FIRST": ""},)) == []

"""RECIST 1.1 on plain values: response of each kind, sums, nadir, best overall response."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cdisc_kit.recist import (
    Assessment,
    BestRules,
    Mark,
    Measurement,
    NewLesion,
    Point,
    Target,
    Total,
    Value,
    backdatings,
    baseline_total,
    best_response,
    considered,
    evaluate,
    nadir,
    new_lesion,
    nontarget_response,
    overall_response,
    partial_after_complete,
    percent_change,
    progression_date,
    target_response,
    total,
)

REFERENCE = os.environ.get("CDISC_KIT_REFERENCE", "")
GOLDEN = Path(REFERENCE) / "design" / "recist-golden.json"
needs_golden = pytest.mark.skipif(
    not (REFERENCE and GOLDEN.is_file()),
    reason="CDISC_KIT_REFERENCE does not lead to design/recist-golden.json",
)
TSTM, NOT_EVALUABLE, MERGED = Mark.TOO_SMALL, Mark.NOT_EVALUABLE, Mark.MERGED


def golden(kind: str) -> list[dict[str, Any]]:
    if not (REFERENCE and GOLDEN.is_file()):
        return []
    cases: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))[kind]
    return cases


def targets(*baseline: Value, nodal: Sequence[int] = ()) -> tuple[Target, ...]:
    return tuple(Target(f"T{i}", i in nodal, value) for i, value in enumerate(baseline))


def measured(*values: Value) -> tuple[Measurement, ...]:
    return tuple(Measurement(f"T{i}", value) for i, value in enumerate(values))


def value(cell: int | str) -> Value:
    return Mark(cell) if isinstance(cell, str) else cell


@needs_golden
def test_there_are_golden_cases_to_read() -> None:
    assert len(golden("timepoints")) == 27
    assert len(golden("bor")) == 16


@needs_golden
@pytest.mark.parametrize("case", golden("timepoints"), ids=lambda case: case["id"])
def test_golden_timepoint(case: dict[str, Any]) -> None:
    chosen = targets(*case["baseline"], nodal=[i for i, node in enumerate(case["nodal"]) if node])
    before = [measured(*map(value, cells)) for cells in case["history"]]
    now = measured(*map(value, case["current"]))
    lowest = nadir([baseline_total(chosen), *(total(chosen, one) for one in before)])
    target = target_response(chosen, now, lowest, after_complete_response=case["prior_overall_cr"])
    nontarget = nontarget_response(case["nontarget"])
    assert target == case["target"]
    assert nontarget == case["nontarget_resp"]
    assert overall_response(target, nontarget, case["new"]) == case["overall"]


@needs_golden
@pytest.mark.parametrize("case", golden("bor"), ids=lambda case: case["id"])
def test_golden_best_response(case: dict[str, Any]) -> None:
    points = considered([Point(day, response) for day, response in case["timepoints"]])
    assert best_response(points, BestRules(), confirmed=False) == case["bor_unconfirmed"]
    assert best_response(points, BestRules(), confirmed=True) == case["bor_confirmed"]


NODE_SECOND = targets(40, 18, nodal=[1])


@pytest.mark.parametrize(
    ("chosen", "lowest", "now", "after_cr", "expected"),
    [
        pytest.param((), 0, (), False, "NA", id="no target"),
        pytest.param(targets(50, 30), 80, (35, 21), False, "PR", id="exactly -30 %"),
        pytest.param(targets(50, 30), 80, (35, 22), False, "SD", id="-28.75 %"),
        pytest.param(targets(20, 30), 30, (14, 22), False, "PD", id="exactly +20 %, still under baseline"),
        pytest.param(targets(12, 11), 18, (12, 10), False, "SD", id="+22 % but only 4 mm"),
        pytest.param(targets(20), 20, (25,), False, "PD", id="exactly 5 mm"),
        pytest.param(targets(20), 20, (Decimal("24.9"),), False, "SD", id="+24.5 % but only 4.9 mm"),
        pytest.param(targets(60, 50), 100, (58, 50), False, "SD", id="+8 mm but only 8 %"),
        pytest.param(NODE_SECOND, 58, (0, 9), False, "CR", id="a node under 10 mm is normal"),
        pytest.param(NODE_SECOND, 58, (0, 10), False, "PR", id="a node of 10 mm is not"),
        pytest.param(NODE_SECOND, 4, (0, 9), True, "CR", id="CR although the sum grew by 5 mm"),
        pytest.param(NODE_SECOND, 4, (0, Decimal("9.9")), True, "CR", id="9.9 mm"),
        pytest.param(NODE_SECOND, 4, (0, 11), True, "PD", id="node again pathological after CR"),
        pytest.param(targets(25, 25), 0, (0, TSTM), True, "PD", id="reappeared after CR, too small"),
        pytest.param(targets(25, 25), 0, (4, 0), False, "PR", id="4 mm from a nadir of 0"),
        pytest.param(targets(25, 25), 0, (6, 0), False, "PD", id="6 mm from a nadir of 0"),
        pytest.param(targets(30, 20), 50, (15, NOT_EVALUABLE), False, "NE", id="not evaluable"),
        pytest.param(targets(30, 20), 24, (35, NOT_EVALUABLE), False, "PD", id="PD without the missing one"),
        pytest.param(targets(30, 20), 50, (0, NOT_EVALUABLE), False, "NE", id="nothing seen is not CR"),
        pytest.param(
            targets(30, 20), 0, (1, NOT_EVALUABLE), True, "PD", id="reappeared beside a missing one"
        ),
        pytest.param(targets(30, 20), 50, (20,), False, "NE", id="no row at all"),
        pytest.param(targets(30, 20), 50, (35, MERGED), False, "PR", id="merged: measured once"),
        pytest.param(targets(30, 20), 50, (MERGED, MERGED), False, "NE", id="merged into nothing"),
        pytest.param(targets(30, NOT_EVALUABLE), None, (9, 9), False, "NE", id="no baseline sum"),
        pytest.param(targets(30, NOT_EVALUABLE), None, (0, 0), False, "CR", id="CR needs no baseline sum"),
        pytest.param(targets(Decimal("0.3")), 0, (Decimal("0.21"),), False, "PR", id="0.21 of 0.3 is -30 %"),
        pytest.param(
            targets(Decimal("55.3")), Decimal("55.3"), (Decimal("66.36"),), False, "PD", id="66.36 of 55.3"
        ),
    ],
)
def test_target_response(
    chosen: tuple[Target, ...],
    lowest: int | Decimal | None,
    now: tuple[Value, ...],
    after_cr: bool,
    expected: str,
) -> None:
    lowest_mm = None if lowest is None else Fraction(lowest)
    found = target_response(chosen, measured(*now), lowest_mm, after_complete_response=after_cr)
    assert found == expected


def test_a_measurement_is_exact() -> None:
    with pytest.raises(TypeError, match="not float"):
        Measurement("T1", 0.1)  # type: ignore[arg-type]


def test_parts_of_a_split_target_are_all_added() -> None:
    chosen = targets(30, 20)
    now = [Measurement("T0", 12), Measurement("T0", Decimal("4.5")), Measurement("T1", 10)]
    assert total(chosen, now) == Total(Fraction("26.5"), complete=True)
    assert total(chosen, [*now, Measurement("T0", NOT_EVALUABLE)]) == Total(Fraction("26.5"), complete=False)


def test_measurements_of_other_lesions_are_not_added() -> None:
    assert total(targets(30), [Measurement("T0", 10), Measurement("NEW01", 20)]).mm == 10


def test_nadir_is_the_smallest_complete_sum() -> None:
    totals = [Total(Fraction(80), True), Total(Fraction(10), False), Total(Fraction(60), True)]
    assert nadir(totals) == 60
    assert nadir(totals[1:2]) is None


@pytest.mark.parametrize(
    ("now", "reference", "expected"),
    [(57, 80, "-28.8"), (56, 80, "-30.0"), (22, 18, "22.2"), (2001, 2000, "0.0"), (2003, 2000, "0.2")],
)
def test_percentages_round_half_to_even(now: int, reference: int, expected: str) -> None:
    assert str(percent_change(Fraction(now), Fraction(reference))) == expected


def test_no_percentage_of_nothing() -> None:
    assert percent_change(Fraction(5), Fraction(0)) is None


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "NA"),
        (["ABSENT", "ABSENT"], "CR"),
        (["ABSENT", "PRESENT"], "NON-CR/NON-PD"),
        (["ABSENT", "NE"], "NE"),
        (["PRESENT", "NE"], "NE"),
        (["NE", "UP"], "PD"),
    ],
)
def test_nontarget_response(states: list[str], expected: str) -> None:
    assert nontarget_response(states) == expected


def test_a_study_may_ask_for_normal_markers_in_complete_response() -> None:
    assert nontarget_response(["ABSENT"], marker_normal=False) == "NON-CR/NON-PD"
    assert nontarget_response([], marker_normal=False) == "NA"


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="1 other state"):
        nontarget_response(["PRESENT", "LARGER"])


MATRIX = {
    "CR": {"CR": "CR", "NON-CR/NON-PD": "PR", "PD": "PD", "NE": "PR", "NA": "CR"},
    "PR": {"CR": "PR", "NON-CR/NON-PD": "PR", "PD": "PD", "NE": "PR", "NA": "PR"},
    "SD": {"CR": "SD", "NON-CR/NON-PD": "SD", "PD": "PD", "NE": "SD", "NA": "SD"},
    "PD": {"CR": "PD", "NON-CR/NON-PD": "PD", "PD": "PD", "NE": "PD", "NA": "PD"},
    "NE": {"CR": "NE", "NON-CR/NON-PD": "NE", "PD": "PD", "NE": "NE", "NA": "NE"},
    "NA": {"CR": "CR", "NON-CR/NON-PD": "NON-CR/NON-PD", "PD": "PD", "NE": "NE", "NA": "NED"},
}


@pytest.mark.parametrize(
    ("target", "nontarget", "expected"),
    [(target, nontarget, overall) for target, row in MATRIX.items() for nontarget, overall in row.items()],
)
def test_overall_response(target: str, nontarget: str, expected: str) -> None:
    assert overall_response(target, nontarget, "N") == expected
    assert overall_response(target, nontarget, "EQUIVOCAL") == expected
    assert overall_response(target, nontarget, "Y") == "PD"


def test_new_lesion() -> None:
    sure, doubtful, gone = (NewLesion("NEW01", s) for s in ("PRESENT", "EQUIVOCAL", "ABSENT"))
    assert new_lesion([]) == new_lesion([gone]) == "N"
    assert new_lesion([gone, doubtful]) == "EQUIVOCAL"
    assert new_lesion([doubtful, sure]) == "Y"


def test_a_history_carries_nadir_and_complete_response_forward() -> None:
    chosen = targets(40, 18, nodal=[1])
    cells = [(20, 14), (20, NOT_EVALUABLE), (0, 8), (0, 9), (TSTM, 9)]
    history = [Assessment(f"A0{i}", measured(*row), ("ABSENT",)) for i, row in enumerate(cells, 1)]
    found = evaluate(chosen, history)
    assert [t.overall for t in found] == ["PR", "NE", "CR", "CR", "PD"]
    assert [t.nadir for t in found] == [58, 34, 34, 8, 8]
    assert [t.total.complete for t in found] == [True, False, True, True, True]
    assert [str(t.percent_from_baseline) for t in found] == ["-41.4", "None", "-86.2", "-84.5", "-75.9"]
    assert found[3].change_from_nadir == 1
    assert found[1].change_from_nadir is None


def test_targets_that_vanish_without_an_overall_complete_response_may_come_back() -> None:
    cells = [(0, 0), (4, 0)]
    history = [Assessment(f"A0{i}", measured(*row), ("PRESENT",)) for i, row in enumerate(cells, 1)]
    found = evaluate(targets(25, 25), history)
    assert [(t.target, t.overall) for t in found] == [("CR", "PR"), ("PR", "PR")]
    assert found[1].percent_from_nadir is None


def assessment(number: int, *new: str, states: tuple[str, ...] = ("PRESENT",), size: int = 30) -> Assessment:
    lesions = tuple(NewLesion(f"NEW0{i}", state) for i, state in enumerate(new, 1))
    day = dt.date(2025, 1, 1) + dt.timedelta(days=42 * number)
    return Assessment(
        f"A0{number}", measured(size), states, lesions, first_scan=day, last_scan=day + dt.timedelta(days=2)
    )


def test_progression_dates_from_the_scan_that_first_suspected_the_new_lesion() -> None:
    history = [assessment(1, "EQUIVOCAL"), assessment(2, "EQUIVOCAL"), assessment(3, "PRESENT")]
    found = evaluate(targets(30), history)
    assert [t.overall for t in found] == ["SD", "SD", "PD"]
    assert [(b.lesion, b.suspected.name, b.confirmed.name) for b in backdatings(history)] == [
        ("NEW01", "A01", "A03")
    ]
    assert progression_date(found) == history[0].first_scan


def test_a_suspicion_that_was_cleared_is_not_backdated() -> None:
    history = [assessment(1, "EQUIVOCAL"), assessment(2, "ABSENT"), assessment(3, "PRESENT")]
    assert backdatings(history) == ()
    assert progression_date(evaluate(targets(30), history)) == history[2].first_scan


def test_progression_before_the_suspicion_arose_keeps_its_own_date() -> None:
    history = [assessment(1, states=("UP",)), assessment(2, "EQUIVOCAL"), assessment(3, "PRESENT")]
    assert progression_date(evaluate(targets(30), history)) == history[0].first_scan


def test_progression_before_the_suspicion_was_settled_still_dates_back() -> None:
    history = [assessment(1, "EQUIVOCAL"), assessment(2, states=("UP",)), assessment(3, "PRESENT")]
    assert progression_date(evaluate(targets(30), history)) == history[0].first_scan


def test_no_progression_no_date() -> None:
    assert progression_date(evaluate(targets(30), [assessment(1, "EQUIVOCAL")])) is None


def points(*pairs: tuple[int, str]) -> tuple[Point, ...]:
    return tuple(Point(day, response) for day, response in pairs)


@pytest.mark.parametrize(
    ("sequence", "unconfirmed", "confirmed"),
    [
        pytest.param((), "NE", "NE", id="never assessed"),
        pytest.param(((41, "PR"), (83, "PR"), (125, "PD")), "PR", "PR", id="confirmed after 42 d"),
        pytest.param(((41, "PR"), (69, "PR")), "PR", "PR", id="28 d are enough"),
        pytest.param(((41, "PR"), (68, "PR")), "PR", "SD", id="27 d are not"),
        pytest.param(((41, "PR"), (62, "PR"), (83, "PR")), "PR", "PR", id="the third confirms the first"),
        pytest.param(((41, "PR"), (83, "NE"), (125, "PR")), "PR", "PR", id="one NE in between"),
        pytest.param(((41, "PR"), (83, "NE"), (125, "NE"), (167, "PR")), "PR", "SD", id="two NE in between"),
        pytest.param(((41, "PR"), (83, "SD"), (125, "PR")), "PR", "SD", id="SD in between"),
        pytest.param(((41, "CR"), (83, "PR")), "CR", "PR", id="CR then PR"),
        pytest.param(((41, "CR"), (83, "PR"), (125, "CR")), "CR", "PR", id="a PR between two CR"),
        pytest.param(((41, "PR"), (83, "CR"), (125, "PD")), "CR", "PR", id="PR then CR"),
        pytest.param(((35, "SD"), (77, "PD")), "SD", "SD", id="SD on day 35"),
        pytest.param(((34, "SD"), (77, "PD")), "PD", "PD", id="SD on day 34"),
        pytest.param(((20, "SD"),), "NE", "NE", id="SD too early and nothing else"),
        pytest.param(((20, "PR"), (41, "PD")), "PR", "PD", id="unconfirmed PR too early for SD"),
        pytest.param(((41, "NON-CR/NON-PD"), (83, "PD")), "NON-CR/NON-PD", "NON-CR/NON-PD", id="no target"),
    ],
)
def test_best_response(sequence: tuple[tuple[int, str], ...], unconfirmed: str, confirmed: str) -> None:
    assert best_response(points(*sequence), BestRules(), confirmed=False) == unconfirmed
    assert best_response(points(*sequence), BestRules(), confirmed=True) == confirmed


def test_rules_of_the_protocol_count() -> None:
    sequence = points((30, "PR"), (44, "NE"), (58, "NE"), (72, "PR"))
    assert best_response(sequence, BestRules(max_ne=2), confirmed=True) == "PR"
    assert best_response(sequence, BestRules(conf_days=43, max_ne=2), confirmed=True) == "SD"
    assert best_response(sequence, BestRules(conf_days=43, max_ne=2, sd_days=73), confirmed=True) == "NE"


def test_what_counts_ends_with_progression_or_other_therapy() -> None:
    sequence = points((-7, "CR"), (0, "CR"), (41, "SD"), (83, "PR"), (125, "PD"), (167, "CR"))
    assert considered(sequence) == sequence[2:5]
    assert considered(sequence, last_day=83) == sequence[2:4]
    assert considered(sequence, last_day=82) == sequence[2:3]


def test_partial_after_complete_response() -> None:
    sequence = points((41, "PR"), (83, "CR"), (125, "SD"), (167, "PR"), (209, "PR"))
    assert partial_after_complete(sequence) is sequence[3]
    assert partial_after_complete(sequence[:3]) is None

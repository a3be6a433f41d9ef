"""Random tumour histories against a slow formulation of RECIST 1.1 that shares no code with the package."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cdisc_kit.recist import (
    Assessment,
    BestRules,
    Mark,
    Measurement,
    NewLesion,
    Point,
    Target,
    best_response,
    considered,
    evaluate,
    percent_change,
)

# Sizes around the limits: sums meet -30 % and +20 % exactly more often than chance would have it.
SIZES = st.sampled_from([0, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 18, 20, 21, 24, 30, 36, 50, 60])
MILLIMETRES = SIZES | st.integers(0, 600).map(lambda tenths: Decimal(tenths).scaleb(-1))
CELLS = st.one_of(MILLIMETRES, MILLIMETRES, MILLIMETRES, st.sampled_from(["TSTM", "NE", "MERGED"]))
STATES = st.sampled_from(["PRESENT", "ABSENT", "ABSENT", "NE", "UP"])
NEW_STATES = st.sampled_from(["PRESENT", "EQUIVOCAL", "ABSENT", "NE"])


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    """A history as plain data: cells of each target (several for a split one, none for a missing row)."""
    count = draw(st.integers(0, 4))
    baseline = [draw(st.one_of(MILLIMETRES, MILLIMETRES, st.just("NE"))) for _ in range(count)]
    others = draw(st.integers(0, 2))
    return {
        "nodal": [draw(st.booleans()) for _ in range(count)],
        "baseline": baseline,
        "visits": [
            {
                "cells": [
                    draw(st.lists(CELLS, min_size=draw(st.sampled_from([1, 1, 1, 0])), max_size=2))
                    for _ in range(count)
                ],
                "states": [draw(STATES) for _ in range(others)],
                "new": draw(st.lists(NEW_STATES, max_size=2)) if draw(st.booleans()) else [],
            }
            for _ in range(draw(st.integers(1, 5)))
        ],
    }


def as_history(data: dict[str, Any]) -> tuple[list[Target], list[Assessment]]:
    def value(cell: Any) -> Any:
        return Mark(cell) if isinstance(cell, str) else cell

    targets = [
        Target(f"T{i}", nodal, value(cell))
        for i, (nodal, cell) in enumerate(zip(data["nodal"], data["baseline"], strict=True))
    ]
    assessments = [
        Assessment(
            f"A{number}",
            tuple(Measurement(f"T{i}", value(c)) for i, cells in enumerate(visit["cells"]) for c in cells),
            tuple(visit["states"]),
            tuple(NewLesion(f"NEW{i}", state) for i, state in enumerate(visit["new"])),
        )
        for number, visit in enumerate(data["visits"])
    ]
    return targets, assessments


def by_enumeration(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Target, non-target and overall response of each visit, from ratios, dictionaries and plain loops."""
    worth = {"TSTM": Fraction(5), "NE": None, "MERGED": Fraction(0)}

    def number(cell: Any) -> Fraction | None:
        return worth[cell] if isinstance(cell, str) else Fraction(str(cell))

    def complete_sum(rows: list[list[Any]]) -> Fraction | None:
        """None as soon as something is missing, or everything is measured in something else."""
        result, real = Fraction(0), 0
        for row in rows:
            if len(row) == 0:
                return None
            for cell in row:
                add = number(cell)
                if add is None:
                    return None
                real += cell != "MERGED"
                result += add
        return result if real else None

    baseline = complete_sum([[cell] for cell in data["baseline"]])
    earlier = [] if baseline is None else [baseline]
    had_complete = False
    answers = []
    for visit in data["visits"]:
        known = [
            (number(cell), nodal)
            for nodal, row in zip(data["nodal"], visit["cells"], strict=True)
            for cell in row
            if number(cell) is not None
        ]
        still_there = [mm for mm, nodal in known if (mm >= 10 if nodal else mm != 0)]
        partial = sum((mm for mm, _ in known), Fraction(0))
        whole = complete_sum(visit["cells"])
        grown = False
        if earlier:
            low = min(earlier)
            share = (partial - low) / low if low else Fraction(10**9)
            grown = share >= Fraction(1, 5) and partial - low >= 5
        if not data["baseline"]:
            target = "NA"
        elif whole is not None and not still_there:
            target = "CR"
        elif (had_complete and still_there) or grown:
            target = "PD"
        elif whole is None or baseline is None:
            target = "NE"
        else:
            # A baseline of 0 mm leaves nothing to shrink: only a sum of 0 is at most 70 % of it.
            small = whole == 0 if baseline == 0 else whole / baseline <= Fraction(7, 10)
            target = "PR" if small else "SD"
        ranked = ["UP", "NE", "PRESENT", "ABSENT"]
        worst = min((ranked.index(s) for s in visit["states"]), default=4)
        nontarget = ["PD", "NE", "NON-CR/NON-PD", "CR", "NA"][worst]
        if target == "PD" or nontarget == "PD" or "PRESENT" in visit["new"]:
            overall = "PD"
        else:
            overall = {
                ("CR", "NON-CR/NON-PD"): "PR",
                ("CR", "NE"): "PR",
                ("NA", "CR"): "CR",
                ("NA", "NON-CR/NON-PD"): "NON-CR/NON-PD",
                ("NA", "NE"): "NE",
                ("NA", "NA"): "NED",
            }.get((target, nontarget), target)
        answers.append((target, nontarget, overall))
        had_complete = had_complete or overall == "CR"
        earlier += [] if whole is None else [whole]
    return answers


@settings(max_examples=400, deadline=None)
@given(histories())
def test_histories_agree_with_enumeration(data: dict[str, Any]) -> None:
    found = evaluate(*as_history(data))
    assert [(t.target, t.nontarget, t.overall) for t in found] == by_enumeration(data)


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_lesions_does_not_matter(data: dict[str, Any], random: Any) -> None:
    targets, assessments = as_history(data)
    before = [(t.total, t.nadir, t.overall) for t in evaluate(targets, assessments)]
    random.shuffle(targets)
    assert [(t.total, t.nadir, t.overall) for t in evaluate(targets, assessments)] == before


@settings(max_examples=100, deadline=None)
@given(histories(), st.integers(1, 5))
def test_later_assessments_do_not_change_earlier_ones(data: dict[str, Any], keep: int) -> None:
    targets, assessments = as_history(data)
    assert evaluate(targets, assessments)[:keep] == evaluate(targets, assessments[:keep])


@given(st.fractions(0, 500), st.fractions(min_value=Fraction(1, 10), max_value=500))
def test_a_percentage_is_the_nearest_tenth(value: Fraction, reference: Fraction) -> None:
    shown = percent_change(value, reference)
    assert shown is not None
    exact = (value / reference - 1) * 100
    distance = abs(Fraction(shown) - exact)
    assert distance <= Fraction(1, 20)
    assert shown.as_tuple().exponent == -1
    if distance == Fraction(1, 20):
        assert int(shown.scaleb(1)) % 2 == 0


RESPONSES = st.sampled_from(["CR", "PR", "PR", "SD", "NE", "NON-CR/NON-PD", "PD"])
GAPS = st.sampled_from([7, 14, 20, 21, 27, 28, 29, 35, 42])
SEQUENCES = st.lists(st.tuples(GAPS, RESPONSES), max_size=6)


def best_by_enumeration(points: list[tuple[int, str]], rules: BestRules, confirmed: bool) -> str:
    """Try every pair of assessments as a response and its confirmation."""
    until = []
    for point in points:
        until.append(point)
        if point[1] == "PD":
            break
    reached = set()
    if not confirmed:
        reached = {r for _, r in until if r in ("CR", "PR")}
    for i, j in combinations(range(len(until)), 2):
        (day, first), (later, second) = until[i], until[j]
        between = [r for _, r in until[i + 1 : j]]
        if later - day < rules.conf_days or between.count("NE") > rules.max_ne:
            continue
        if first == second == "CR" and set(between) <= {"CR", "NE"}:
            reached.add("CR")
        if {first, second} <= {"CR", "PR"} and set(between) <= {"CR", "PR", "NE"}:
            reached.add("PR")
    for best in ("CR", "PR"):
        if best in reached:
            return best
    late = {r for day, r in until if day >= rules.sd_days}
    if late & {"SD", "PR", "CR"}:
        return "SD"
    for best in ("NON-CR/NON-PD", "PD"):
        if best in {r for _, r in until}:
            return best
    return "NE"


@settings(max_examples=400, deadline=None)
@given(SEQUENCES, st.sampled_from([14, 28, 42]), st.sampled_from([28, 35]), st.integers(0, 2), st.booleans())
def test_best_response_agrees_with_enumeration(
    steps: list[tuple[int, str]], conf_days: int, sd_days: int, max_ne: int, confirmed: bool
) -> None:
    rules = BestRules(conf_days=conf_days, sd_days=sd_days, max_ne=max_ne)
    day, sequence = 0, []
    for gap, response in steps:
        day += gap
        sequence.append((day, response))
    found = best_response(considered([Point(*p) for p in sequence]), rules, confirmed=confirmed)
    assert found == best_by_enumeration(sequence, rules, confirmed)


@settings(max_examples=100, deadline=None)
@given(SEQUENCES)
def test_confirmation_never_improves_a_response(steps: list[tuple[int, str]]) -> None:
    rank = ["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE"]
    points = considered([Point(30 * i, response) for i, (_, response) in enumerate(steps, 1)])
    unconfirmed, confirmed = (best_response(points, BestRules(), confirmed=c) for c in (False, True))
    assert rank.index(confirmed) >= rank.index(unconfirmed)

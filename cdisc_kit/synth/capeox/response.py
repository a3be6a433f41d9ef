"""RECIST 1.1 in exact integer arithmetic, for the truth that the forms are printed from.

Kept apart from the kit's own recomputation on purpose: the truth must not depend on what it is used to test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

NODE_NORMAL_MM = 10
PD_MM = 5


class Reading(NamedTuple):
    """One target at one assessment: millimetres (None: not evaluable) and whether it is a lymph node."""

    mm: int | None
    node: bool


def total(readings: Iterable[Reading]) -> int | None:
    """Sum of diameters in mm, None where a target is not evaluable."""
    values = [reading.mm for reading in readings]
    return None if None in values else sum(value for value in values if value is not None)


def target_response(readings: Sequence[Reading], baseline: int, nadir: int, *, was_complete: bool) -> str:
    """CR, PR, SD, PD, NE or NA; `nadir` is the smallest complete sum so far, baseline included (mm)."""
    if not readings:
        return "NA"
    present = [reading for reading in readings if reading.mm is not None]
    pathological = [r for r in present if (r.mm or 0) >= (NODE_NORMAL_MM if r.node else 1)]
    if len(present) == len(readings) and not pathological:
        return "CR"
    if was_complete and pathological:
        return "PD"
    size = sum(reading.mm or 0 for reading in present)
    if size - nadir >= PD_MM and 5 * size >= 6 * nadir:
        return "PD"
    if len(present) < len(readings):
        return "NE"
    return "PR" if 10 * size <= 7 * baseline else "SD"


def nontarget_response(states: Sequence[str]) -> str:
    """CR, NON-CR/NON-PD, PD, NE or NA from states PRESENT, ABSENT, UP (unequivocal progression), NE."""
    if not states:
        return "NA"
    if "UP" in states:
        return "PD"
    if "NE" in states:
        return "NE"
    return "CR" if set(states) == {"ABSENT"} else "NON-CR/NON-PD"


def overall_response(target: str, nontarget: str, new: str) -> str:
    """Overall response; `new` is Y, N or EQUIVOCAL (which counts as N)."""
    if new == "Y" or "PD" in (target, nontarget):
        return "PD"
    if target == "CR":
        return "CR" if nontarget in ("CR", "NA") else "PR"
    if target == "NA":
        return "NED" if nontarget == "NA" else nontarget
    return target


def best_response(
    points: Sequence[tuple[int, str]], *, confirmed: bool, conf_days: int, sd_days: int, max_ne: int
) -> str:
    """Best overall response from (days since first dose, overall response), up to the first PD."""
    until_pd = _until_pd(points)
    responses = [response for _, response in until_pd]
    for best, allowed in (("CR", ("CR",)), ("PR", ("CR", "PR"))):
        if confirmed and _confirmed(until_pd, allowed, conf_days, max_ne):
            return best
        if not confirmed and best in responses:
            return best
    if any(day >= sd_days and response in ("SD", "PR", "CR") for day, response in until_pd):
        return "SD"
    return next((r for r in ("NON-CR/NON-PD", "PD") if r in responses), "NE")


def _until_pd(points: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    progressed = next((i for i, (_, response) in enumerate(points) if response == "PD"), len(points))
    return list(points[: progressed + 1])


def _confirmed(points: Sequence[tuple[int, str]], allowed: tuple[str, ...], days: int, max_ne: int) -> bool:
    for i, (first, response) in enumerate(points):
        if response not in allowed:
            continue
        gaps = 0
        for later, second in points[i + 1 :]:
            if second in allowed and later - first >= days:
                return True
            gaps += second == "NE"
            if second not in (*allowed, "NE") or gaps > max_ne:
                break
    return False

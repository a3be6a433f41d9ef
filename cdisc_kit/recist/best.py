"""Best overall response of a subject, with and without confirmation (RECIST 1.1, section 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cdisc_kit.recist.lesion import CR, NE, NON_CR_NON_PD, PD, PR, SD

COMPLETE = frozenset({CR})
RESPONSE = frozenset({CR, PR})


class Point(NamedTuple):
    """An overall response and its day: days since the first dose (the day of the first dose is 0)."""

    day: int
    response: str


@dataclass(frozen=True)
class BestRules:
    """Days between a response and its confirmation, days from first dose to SD, NE tolerated in between."""

    conf_days: int = 28
    sd_days: int = 35
    max_ne: int = 1


def considered(points: Sequence[Point], last_day: int | None = None) -> tuple[Point, ...]:
    """The points that count: after the first dose, up to the first PD, none after `last_day`.

    `last_day` is the day on which new anti-cancer therapy began (or another end the protocol names).
    """
    counted = [p for p in points if p.day > 0 and (last_day is None or p.day <= last_day)]
    end = next((i for i, point in enumerate(counted, 1) if point.response == PD), len(counted))
    return tuple(counted[:end])


def best_response(points: Sequence[Point], rules: BestRules, *, confirmed: bool) -> str:
    """CR, PR, SD, NON-CR/NON-PD, PD or NE from the points of `considered`, in the order of time.

    With `confirmed`, a response that was not repeated counts as SD.
    """
    responses = {point.response for point in points}
    reached = is_confirmed if confirmed else _reached
    for best, counting in ((CR, COMPLETE), (PR, RESPONSE)):
        if reached(points, counting, rules):
            return best
    if any(p.response in (CR, PR, SD) and p.day >= rules.sd_days for p in points):
        return SD
    return next((response for response in (NON_CR_NON_PD, PD) if response in responses), NE)


def _reached(points: Sequence[Point], counting: frozenset[str], _: BestRules) -> bool:
    return any(point.response in counting for point in points)


def is_confirmed(points: Sequence[Point], counting: frozenset[str], rules: BestRules) -> bool:
    """True where a response of `counting` is repeated late enough, with nothing worse in between."""
    return any(
        _repeated(point, points[i:], counting, rules)
        for i, point in enumerate(points, 1)
        if point.response in counting
    )


def _repeated(first: Point, later: Sequence[Point], counting: frozenset[str], rules: BestRules) -> bool:
    missed = 0
    for point in later:
        if point.response in counting:
            if point.day - first.day >= rules.conf_days:
                return True
            continue
        missed += 1
        if point.response != NE or missed > rules.max_ne:
            return False
    return False


def partial_after_complete(points: Sequence[Point]) -> Point | None:
    """The first PR that follows a CR: disease after a true CR is progression, so the CR is doubtful."""
    seen = False
    for point in points:
        if seen and point.response == PR:
            return point
        seen = seen or point.response == CR
    return None

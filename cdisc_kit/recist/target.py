"""Sums of diameters and target response, in exact arithmetic (RECIST 1.1, section 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cdisc_kit.recist.lesion import CR, NA, NE, PD, PR, SD, Mark, Measurement, Target, Value

TOO_SMALL_MM = Fraction(5)
NODE_NORMAL_BELOW_MM = 10
PROGRESSION_MM = 5


@dataclass(frozen=True)
class Total:
    """Sum of the diameters of the evaluable targets in mm; `complete` where every target was evaluable."""

    mm: Fraction
    complete: bool


def total(targets: Sequence[Target], measurements: Iterable[Measurement]) -> Total:
    """Sum over `targets`; a target without a measurement is not evaluable, parts of a split one all count."""
    values = _by_target(targets, measurements)
    found = [value for parts in values.values() for value in parts]
    seen = any(value is not Mark.MERGED for value in found)
    return Total(
        mm=sum(map(millimetres, found), Fraction(0)),
        complete=seen and Mark.NOT_EVALUABLE not in found,
    )


def millimetres(value: Value) -> Fraction:
    """What `value` adds to a sum: 5 mm if too small to measure, 0 if not evaluable or measured elsewhere."""
    if isinstance(value, Mark):
        return TOO_SMALL_MM if value is Mark.TOO_SMALL else Fraction(0)
    return Fraction(value)


def baseline_total(targets: Sequence[Target]) -> Total:
    """The baseline sum."""
    return total(targets, [target.at_baseline() for target in targets])


def nadir(totals: Iterable[Total]) -> Fraction | None:
    """The smallest complete sum in mm, None where no sum is complete."""
    return min((one.mm for one in totals if one.complete), default=None)


def percent_change(value: Fraction, reference: Fraction) -> Decimal | None:
    """Change from `reference` in percent, rounded half to even to one decimal; None from 0.

    For display only: responses are decided on unrounded values.
    """
    if not reference:
        return None
    tenths = round(1000 * (value - reference) / reference)
    return Decimal(tenths).scaleb(-1)


def target_response(
    targets: Sequence[Target],
    measurements: Sequence[Measurement],
    nadir_mm: Fraction | None,
    *,
    after_complete_response: bool = False,
) -> str:
    """CR, PR, SD, PD, NE or NA.

    `nadir_mm` is the smallest complete sum of baseline and all earlier assessments (None: there is none);
    `after_complete_response`: an earlier overall response was CR.
    """
    if not targets:
        return NA
    now, diseased = total(targets, measurements), any_disease(targets, measurements)
    if now.complete and not diseased:
        return CR
    # Reappearance after CR is progression, whatever its size.
    if diseased and after_complete_response:
        return PD
    # What could not be evaluated counts 0 here: it can only make the sum larger.
    if nadir_mm is not None and progressed(now.mm, nadir_mm):
        return PD
    baseline = baseline_total(targets)
    if not now.complete or not baseline.complete:
        return NE
    return PR if 10 * now.mm <= 7 * baseline.mm else SD


def progressed(mm: Fraction, nadir_mm: Fraction) -> bool:
    """At least 5 mm and at least 20 % above the nadir; a nadir of 0 leaves the 5 mm to decide."""
    return mm - nadir_mm >= PROGRESSION_MM and 5 * mm >= 6 * nadir_mm


def any_disease(targets: Sequence[Target], measurements: Iterable[Measurement]) -> bool:
    """True where an evaluated target is still there: not 0 mm, a lymph node not under 10 mm."""
    nodal = {target.lesion: target.nodal for target in targets}
    sizes = (
        (nodal[lesion], millimetres(value))
        for lesion, parts in _by_target(targets, measurements).items()
        for value in parts
    )
    return any(mm >= NODE_NORMAL_BELOW_MM if node else mm > 0 for node, mm in sizes)


def _by_target(targets: Sequence[Target], measurements: Iterable[Measurement]) -> dict[str, list[Value]]:
    values: dict[str, list[Value]] = {target.lesion: [] for target in targets}
    for measurement in measurements:
        if measurement.lesion in values:
            values[measurement.lesion].append(measurement.value)
    return {lesion: parts or [Mark.NOT_EVALUABLE] for lesion, parts in values.items()}

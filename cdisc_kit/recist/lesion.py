"""What RECIST 1.1 is computed from: targets, measurements and assessments, as exact values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

# One text because PR is a dataset's name too, and datasets are not named in code.
CR, PR, SD, PD, NE, NA, NED = "CR PR SD PD NE NA NED".split()  # noqa: SIM905
NON_CR_NON_PD = "NON-CR/NON-PD"

PRESENT, ABSENT, UP, EQUIVOCAL = "PRESENT", "ABSENT", "UP", "EQUIVOCAL"
NEW, NO_NEW = "Y", "N"


class Mark(StrEnum):
    """What stands in place of millimetres.

    MERGED: the lesion has fused with another one that is measured for both; its share is not added again.
    """

    TOO_SMALL = "TSTM"
    NOT_EVALUABLE = "NE"
    MERGED = "MERGED"


Value = int | Decimal | Fraction | Mark


@dataclass(frozen=True)
class Measurement:
    """Diameter of a lesion in mm: the longest one, of a lymph node the short axis.

    A lesion that split has several measurements at one assessment, one for each part. Raises TypeError for
    a float: 0.1 is not a number that can be compared with a limit exactly.
    """

    lesion: str
    value: Value

    def __post_init__(self) -> None:
        if not isinstance(self.value, int | Decimal | Fraction | Mark):
            raise TypeError(
                f"a measurement is exact (int, Decimal, Fraction), not {type(self.value).__name__}"
            )


@dataclass(frozen=True)
class Target:
    """A target lesion chosen at baseline; `baseline` in mm."""

    lesion: str
    nodal: bool = False
    baseline: Value = Mark.NOT_EVALUABLE

    def at_baseline(self) -> Measurement:
        return Measurement(self.lesion, self.baseline)


@dataclass(frozen=True)
class NewLesion:
    """A lesion that was not there at baseline: PRESENT (unequivocal), EQUIVOCAL or ABSENT."""

    lesion: str
    state: str


@dataclass(frozen=True)
class Assessment:
    """One assessment after baseline, named as in the data.

    `nontargets`: the state of each non-target lesion: PRESENT, ABSENT, UP (unequivocal progression) or NE.
    `marker_normal`: False where the study asks tumour markers to be normal in CR and they are not.
    """

    name: str
    measurements: tuple[Measurement, ...] = ()
    nontargets: tuple[str, ...] = ()
    new_lesions: tuple[NewLesion, ...] = ()
    first_scan: dt.date | None = None
    last_scan: dt.date | None = None
    marker_normal: bool = True

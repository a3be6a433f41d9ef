"""Proof that moving the dates moved nothing else: study days recomputed from the released dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import OutputError
from cdisc_kit.ipd.evidence import Evidence, Test
from cdisc_kit.isodate import MISSING_DAY, days
from cdisc_kit.standard.anchors import REFERENCE_START

_DAYS = ("DY", "STDY", "ENDY")


@dataclass(frozen=True)
class DayProof:
    """Of one study day (`DATASET.VARIABLE`): rows with a complete date and a day 1, how many disagree.

    `wrong` counts rows whose recomputed day is not the released one, `moved` rows whose recomputed day is not
    that of the original record or is lost, `blank` rows without a complete date that state a day.
    """

    variable: str
    rows: int
    wrong: int
    moved: int
    blank: int

    @property
    def holds(self) -> bool:
        """True where every row agrees."""
        return not (self.wrong or self.moved or self.blank)


def day_proof(
    before: Mapping[str, Dataset], after: Mapping[str, Dataset], origins: Mapping[str, np.ndarray]
) -> tuple[DayProof, ...]:
    """The proof for every --DY, --STDY and --ENDY of `after` (SDTMIG 3.4, section 4.4.4: no day 0).

    `origins` holds the position in `before` of each record of `after`.
    """
    home, _, start = REFERENCE_START.partition(".")
    roster = after[home].frame
    first = dict(zip(roster["USUBJID"], days(roster[start]), strict=True))
    proofs = []
    for name, dataset in after.items():
        for day, date in _pairs(dataset):
            one = [first.get(subject, MISSING_DAY) for subject in dataset.frame["USUBJID"]]
            computed = _computed(dataset.frame[date], np.array(one, dtype="datetime64[D]"))
            released = dataset.frame[day].to_numpy(dtype=float)
            original = before[name].frame[day].to_numpy(dtype=float)[origins[name]]
            proofs.append(_proof(f"{name}.{day}", computed, released, original))
    return tuple(proofs)


def require_equal_days(proofs: tuple[DayProof, ...]) -> None:
    """OutputError naming every variable whose days do not agree."""
    failed = [proof.variable for proof in proofs if not proof.holds]
    if failed:
        raise OutputError(f"study days do not follow from the released dates: {', '.join(failed)}")


def equal_days(evidence: Evidence) -> Test:
    """The proof as a test of the package: rows with a study day, and how many of them are equal to before."""
    proofs = day_proof(evidence.original, evidence.released, evidence.origins)
    failed = [proof.variable for proof in proofs if not proof.holds]
    rows, unequal = sum(p.rows for p in proofs), sum(p.wrong + p.moved + p.blank for p in proofs)
    figures = {"variables": len(proofs), "rows": rows, "unequal": unequal}
    return Test(
        "equality of study days",
        not failed,
        figures,
        f"other days: {', '.join(failed)}" if failed else "none",
    )


def _pairs(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Each study day variable of a dataset of records, and its date."""
    for suffix in _DAYS if "USUBJID" in dataset.frame else ():
        day = dataset.name[:2] + suffix
        date = day.removesuffix("DY") + "DTC"
        if day in dataset.frame and date in dataset.frame:
            yield day, date


def _computed(dates: pd.Series, one: np.ndarray) -> np.ndarray:
    """The study day of each date; NaN where it or day 1 is not complete."""
    when = days(dates)
    elapsed = (when - one).astype("timedelta64[D]").astype(float)
    return np.where(np.isnat(when) | np.isnat(one), np.nan, elapsed + (elapsed >= 0))


def _proof(variable: str, computed: np.ndarray, released: np.ndarray, original: np.ndarray) -> DayProof:
    known = ~np.isnan(computed)
    return DayProof(
        variable,
        rows=int(known.sum()),
        wrong=int((known & (computed != released)).sum()),
        moved=int(((known | ~np.isnan(original)) & (computed != original)).sum()),
        blank=int((~known & ~np.isnan(released)).sum()),
    )

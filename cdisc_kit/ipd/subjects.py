"""The subjects of a study: their identifiers, their day 1, and what others may know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.anchor import day_of
from cdisc_kit.standard.anchors import SUBJECT_LEVEL

_SUPPLEMENT = "SUPP"


@dataclass(frozen=True)
class Subjects:
    """One row a subject. `roster` is DM as built, `first` each USUBJID's day 1 (datetime64, NaT: none)."""

    roster: pd.DataFrame
    first: Mapping[str, np.datetime64]
    _ids: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    @property
    def usubjids(self) -> list[str]:
        """Every USUBJID, in the order of DM."""
        return list(self.roster["USUBJID"])

    def usubjid_of(self, variable: str) -> dict[str, str]:
        """Value of an identifying variable of DM (USUBJID, SUBJID) -> USUBJID."""
        if variable not in self._ids:
            self._ids[variable] = dict(zip(self.roster[variable], self.roster["USUBJID"], strict=True))
        return self._ids[variable]

    def day_one(self, usubjids: pd.Series) -> pd.Series:
        """Day 1 of the subject of each row."""
        days = np.array(
            [self.first.get(subject, np.datetime64("NaT", "D")) for subject in usubjids], "datetime64[D]"
        )
        return pd.Series(days.astype("datetime64[s]"), index=usubjids.index)


def subjects_of(datasets: Mapping[str, Dataset]) -> Subjects:
    """The subjects in DM. Day 1 is RFSTDTC, else the day of consent, else the earliest complete date."""
    roster = datasets[SUBJECT_LEVEL].frame
    first = dict(zip(roster["USUBJID"], _days(roster["RFSTDTC"]), strict=True))
    for subject, day in zip(roster["USUBJID"], _days(roster["RFICDTC"]), strict=True):
        if np.isnat(first[subject]):
            first[subject] = day
    missing = {subject for subject, day in first.items() if np.isnat(day)}
    if missing:
        first |= _earliest(datasets, missing)
    return Subjects(roster, first)


def _days(texts: pd.Series) -> np.ndarray:
    """Complete dates as days, NaT for anything else."""
    found = [day_of(text) for text in texts]
    return np.array(
        [day.first if day and not day.grid else np.datetime64("NaT", "D") for day in found], "datetime64[D]"
    )


def _earliest(datasets: Mapping[str, Dataset], subjects: set[str]) -> dict[str, np.datetime64]:
    earliest: dict[str, np.datetime64] = {}
    for dataset in datasets.values():
        if "USUBJID" not in dataset.frame:
            continue
        frame = dataset.frame[dataset.frame["USUBJID"].isin(subjects)]
        for name in (v.name for v in dataset.variables if v.iso8601 and v.name != "BRTHDTC"):
            for subject, day in zip(frame["USUBJID"], _days(frame[name]), strict=True):
                known = earliest.get(subject, np.datetime64("NaT", "D"))
                if not np.isnat(day) and (np.isnat(known) or day < known):
                    earliest[subject] = day
    return earliest


def known_of(datasets: Mapping[str, Dataset], variable: str) -> pd.Series:
    """The value of `DATASET.VARIABLE` (or `SUPPDATASET.QNAM`) of each subject, indexed by USUBJID as in DM.

    The first value where a subject has several; '' (NaN for numbers) where it has none.
    """
    dataset, _, name = variable.partition(".")
    roster = datasets[SUBJECT_LEVEL].frame["USUBJID"]
    frame = (
        datasets[dataset].frame
        if dataset in datasets
        else pd.DataFrame({"USUBJID": [], "QNAM": [], name: []})
    )
    if dataset.startswith(_SUPPLEMENT):
        frame = frame[frame["QNAM"] == name].rename(columns={"QVAL": name})
    values = frame[["USUBJID", name]].drop_duplicates("USUBJID").set_index("USUBJID")[name]
    values = values.reindex(roster.to_numpy())
    return values if pd.api.types.is_numeric_dtype(values) else values.astype(object).fillna("")

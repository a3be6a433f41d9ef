"""The records of final datasets that an entry of outcomes.yaml selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from cdisc_kit.isodate import days
from cdisc_kit.outcomes.declaration import OutcomesSpec
from cdisc_kit.yamltext import Map

Frames = dict[str, pd.DataFrame]
DAY: Final = "datetime64[s]"
COLUMNS = ["subject", "day", "dataset", "seq", "row"]


@dataclass(frozen=True)
class Source:
    """Final frames by dataset, the declaration, and the study's parameters by name."""

    frames: Frames
    spec: OutcomesSpec
    parameters: dict[str, str]

    def select(self, entry: Map) -> pd.DataFrame:
        """COLUMNS of the records an entry names; `day` is NaT where the date is partial or not asked for.

        A dataset the package does not have has no records.
        """
        frame = self.frames.get(entry["dataset"])
        if frame is None:
            return pd.DataFrame({name: [] for name in COLUMNS}).astype({"day": DAY, "subject": object})
        mask = self._mask(entry, frame)
        if "link" in entry:
            mask = mask & self._linked(entry["link"], frame)
        kept = np.flatnonzero(mask)
        chosen = frame.iloc[kept]
        sequence = f"{entry['dataset']}SEQ"
        none = np.full(len(chosen), np.datetime64("NaT", "D"))
        return pd.DataFrame(
            {
                "subject": chosen["USUBJID"].to_numpy(dtype=object),
                "day": days(chosen[entry["date"]]) if "date" in entry else none,
                "dataset": str(entry["dataset"]),
                "seq": chosen[sequence].to_numpy() if sequence in chosen else np.nan,
                "row": kept,
            }
        ).astype({"day": DAY})

    def every(self, entries: list[Map]) -> pd.DataFrame:
        """The records of several entries."""
        return pd.concat([self.select(entry) for entry in entries], ignore_index=True)

    def number_of_days(self, names: list[str]) -> int:
        """The sum of parameters, in days."""
        return sum(int(self.parameters[name]) for name in names)

    def _mask(self, entry: Map, frame: pd.DataFrame) -> np.ndarray:
        if "when" not in entry:
            return np.ones(len(frame), dtype=bool)
        return self.spec.conditions[str(entry["when"])].mask(lambda name: frame[name], len(frame))

    def _linked(self, link: Map, frame: pd.DataFrame) -> np.ndarray:
        """True where the record's link id is that of a record of another dataset that meets a condition."""
        other = self.frames.get(link["dataset"])
        if other is None:
            return np.zeros(len(frame), dtype=bool)
        chosen = other[self._mask(link, other)]
        wanted = pd.MultiIndex.from_arrays([chosen["USUBJID"], chosen[link["other"]]])
        own = pd.MultiIndex.from_arrays([frame["USUBJID"], frame[link["own"]]])
        return np.asarray(own.isin(wanted))


def first_days(records: pd.DataFrame) -> pd.DataFrame:
    """Each subject's earliest dated record, indexed by subject."""
    dated = records.dropna(subset=["day"]).sort_values("day", kind="stable")
    return dated.drop_duplicates("subject").set_index("subject")


def day_of(subjects: pd.Series, days_by_subject: pd.Series) -> pd.Series:
    """The day of each subject, NaT where there is none."""
    found = days_by_subject.astype(DAY).reindex(subjects.to_numpy(dtype=object))
    return pd.Series(found.to_numpy(), index=subjects.index)


def references(records: pd.DataFrame) -> list[dict[str, Any]]:
    """The records as a reader of the package finds them: dataset, USUBJID, --SEQ."""
    ordered = records.sort_values(["subject", "dataset", "row"], kind="stable")
    return [
        {"dataset": dataset, "usubjid": subject, "seq": None if pd.isna(seq) else int(seq)}
        for subject, dataset, seq in zip(ordered["subject"], ordered["dataset"], ordered["seq"], strict=True)
    ]

"""A pause that lies inside an interval splits it: before, the pause, after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.findings import Finding
from cdisc_kit.isodate import days, iso
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec, PauseSpec

_DAY = np.timedelta64(1, "D")


class Part(NamedTuple):
    """A part of the interval of row `at`, in days; it stands in the table after row `after`."""

    at: int
    after: int
    start: pd.Timestamp
    end: pd.Timestamp


def with_pauses_apart(form: FormSpec, table: RawTable, subject: str) -> tuple[RawTable, list[Finding]]:
    """The table in which no interval of a subject runs through a pause that lies inside it.

    Each part is a row of its own with the raw row of the interval. Expects canonical cells; intervals
    without two complete dates, and pauses that are not wholly inside, are left as they are.
    """
    if form.pauses is None or not len(table.row):
        return table, []
    pauses = _inside(table, form.pauses, subject)
    if pauses.empty:
        return table, []
    parts = [part for _, own in pauses.groupby("at") for part in _parts(own)]
    findings = [_finding(form, form.pauses, table, row) for row in pauses[["pause", "at"]].to_numpy()]
    return _rebuilt(table, form.pauses, parts), findings


def _inside(table: RawTable, spec: PauseSpec, subject: str) -> pd.DataFrame:
    """Pairs of an interval and a pause inside it: `at` and `pause` are positions, the rest days."""
    frame = pd.DataFrame(
        {
            "subject": table.frame[subject].to_numpy(dtype=object),
            "start": days(text(table.frame[spec.start])),
            "end": days(text(table.frame[spec.end])),
            "at": np.arange(len(table.row)),
        }
    ).dropna()
    paused = (table.frame[spec.column] == spec.value).to_numpy(dtype=bool)[frame["at"]]
    taken = (table.frame[spec.column] != "").to_numpy(dtype=bool)[frame["at"]] & ~paused
    pairs = frame[taken].merge(
        frame[paused].rename(columns={"at": "pause"}), on="subject", suffixes=("", "_pause")
    )
    inside = (pairs["start"] <= pairs["start_pause"]) & (pairs["end_pause"] <= pairs["end"])
    shorter = (pairs["start"] < pairs["start_pause"]) | (pairs["end_pause"] < pairs["end"])
    ordered = pairs["start_pause"] <= pairs["end_pause"]
    return pairs[inside & shorter & ordered].sort_values(["at", "start_pause"], kind="stable")


def _parts(pauses: pd.DataFrame) -> Iterator[Part]:
    """The parts of one interval that its pauses leave."""
    at = int(pauses["at"].iloc[0])
    start, after = pauses["start"].iloc[0], at
    for first, last, pause in zip(pauses["start_pause"], pauses["end_pause"], pauses["pause"], strict=True):
        if start < first:
            yield Part(at, after, start, first - _DAY)
        start, after = max(start, last + _DAY), int(pause)
    if start <= pauses["end"].iloc[0]:
        yield Part(at, after, start, pauses["end"].iloc[0])


def _rebuilt(table: RawTable, spec: PauseSpec, parts: list[Part]) -> RawTable:
    """The table with the parts in place of their intervals."""
    whole = np.setdiff1d(np.arange(len(table.row)), [part.at for part in parts])
    positions = np.concatenate([whole, [part.at for part in parts]])
    places = np.concatenate([whole.astype(float), [part.after + 0.5 for part in parts]])
    order = np.argsort(places, kind="stable")
    result = table.take(positions[order])
    new = np.flatnonzero(order >= len(whole))
    own = [parts[order[at] - len(whole)] for at in new]
    frame = result.frame.copy()
    for column, dates in ((spec.start, [part.start for part in own]), (spec.end, [part.end for part in own])):
        frame.loc[new, column] = iso(np.array(dates, dtype="datetime64[D]")).to_numpy(dtype=object)
    seen: set[int] = set()
    for at, part in zip(new, own, strict=True):
        if part.at in seen:
            frame.loc[at, list(spec.once)] = ""
        seen.add(part.at)
    return replace(result, frame=frame)


def _finding(form: FormSpec, spec: PauseSpec, table: RawTable, pair: np.ndarray) -> Finding:
    pause, at = int(pair[0]), int(pair[1])
    return Finding(
        rule=spec.rule,
        severity="INFO",
        message=f"pause inside the interval of row {int(table.row[at])}, which is split around it",
        message_zh=f"该停药区间位于第{int(table.row[at])}行的用药区间之内,已据此拆分",
        value=str(table.frame[spec.start].iloc[pause]),
        form=form.name,
        source_file=table.file_at(pause),
        source_sheet=table.sheet,
        source_row=int(table.row[pause]),
        source_column=spec.start,
    )

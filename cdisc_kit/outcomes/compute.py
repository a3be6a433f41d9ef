"""The four kinds of outcome: an event in a window, best response, time to event, worst grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.columns import number
from cdisc_kit.outcomes.declaration import OutcomesSpec
from cdisc_kit.outcomes.records import DAY, Frames, Source, day_of, first_days, references
from cdisc_kit.recist import BestRules, Point, best_response, considered
from cdisc_kit.recist.best import RESPONSE
from cdisc_kit.recist.lesion import SD
from cdisc_kit.yamltext import Map

CONTROLLED = RESPONSE | {SD}
_ONE_DAY = np.timedelta64(1, "D")
Result = dict[str, Any]


def compute_outcomes(frames: Frames, spec: OutcomesSpec, parameters: dict[str, str]) -> dict[str, Result]:
    """Outcome -> its figures and the records that carry them, in the order of outcomes.yaml."""
    source = Source(frames, spec, parameters)
    population = Population(source)
    results = {}
    for name, entry in spec.outcomes.items():
        figures = _KINDS[str(entry["kind"])](source, population, entry)
        results[str(name)] = {"label": dict(entry["label"]), "kind": str(entry["kind"]), **figures}
    return results


class Population:
    """Who is counted: subject -> start day, and the group of each."""

    def __init__(self, source: Source) -> None:
        declared = source.spec.population
        self.source = source
        chosen = source.select(declared["subjects"])
        start = first_days(source.select(declared["start"]))["day"]
        self.start = start[start.index.isin(set(chosen["subject"]))].sort_index()
        frame = source.frames[declared["subjects"]["dataset"]]
        groups = frame[declared["group"]] if "group" in declared else pd.Series("ALL", index=frame.index)
        self.group = pd.Series(groups.to_numpy(dtype=object), index=frame["USUBJID"].to_numpy(dtype=object))

    def only(self, records: pd.DataFrame) -> pd.DataFrame:
        """Dated records of counted subjects, with the start day of each beside them."""
        kept = records[records["subject"].isin(self.start.index)].dropna(subset=["day"])
        return kept.assign(start=day_of(kept["subject"], self.start))


def event_within(source: Source, population: Population, entry: Map) -> Result:
    """Subjects with an event from the start day to `days` later, by group."""
    parts = []
    for events in entry["events"]:
        limit = source.number_of_days(events.get("days", entry["days"]))
        records = population.only(source.select(events))
        inside = (records["day"] >= records["start"]) & (
            records["day"] <= records["start"] + limit * _ONE_DAY
        )
        parts.append(records[inside])
    found = pd.concat(parts, ignore_index=True)
    hit = set(found["subject"])
    groups: dict[str, dict[str, int]] = {}
    for subject in population.start.index:
        counts = groups.setdefault(str(population.group[subject]), {"events": 0, "n": 0})
        counts["n"] += 1
        counts["events"] += subject in hit
    return {"groups": dict(sorted(groups.items())), "records": references(found)}


def best_response_of(
    source: Source, population: Population, entry: Map, *, confirmed: bool
) -> dict[str, str]:
    """Subject -> best overall response, from collected overall responses before any further therapy."""
    rules = BestRules(
        conf_days=int(source.parameters["recist_conf_days"]),
        sd_days=int(source.parameters["recist_sd_days"]),
        max_ne=int(source.parameters["recist_max_ne"]),
    )
    records = population.only(source.select(entry["responses"]))
    values = source.frames[entry["responses"]["dataset"]][entry["value"]].to_numpy(dtype=object)
    records = records.assign(value=values[records["row"].to_numpy(dtype=np.int64)]).sort_values(
        "day", kind="stable"
    )
    stops = first_days(source.select(entry["stop"]))["day"] if "stop" in entry else pd.Series(dtype=DAY)
    points: dict[str, list[Point]] = {subject: [] for subject in population.start.index}
    elapsed = (records["day"] - records["start"]).dt.days
    for subject, day, value in zip(records["subject"], elapsed, records["value"], strict=True):
        points[subject].append(Point(int(day), str(value)))
    best = {}
    for subject, own in points.items():
        last = int((stops[subject] - population.start[subject]) / _ONE_DAY) - 1 if subject in stops else None
        best[subject] = best_response(considered(own, last), rules, confirmed=confirmed)
    return best


def response_rates(source: Source, population: Population, entry: Map) -> Result:
    """Best responses and how many responded or were controlled, confirmed and not."""
    result: Result = {"n": len(population.start)}
    for name, confirmed in (("confirmed", True), ("unconfirmed", False)):
        best = Counter(best_response_of(source, population, entry, confirmed=confirmed).values())
        result[name] = {
            "best": dict(sorted(best.items())),
            "responded": sum(best[value] for value in RESPONSE),
            "controlled": sum(best[value] for value in CONTROLLED),
        }
    records = population.only(source.select(entry["responses"]))
    return {**result, "records": references(records)}


def time_to_event(source: Source, population: Population, entry: Map) -> Result:
    """Days from start to the first event, the first day being day 1; else censored. Kaplan-Meier median."""
    start = population.start
    if "responders" in entry:
        declared = source.spec.outcomes[entry["responders"]]
        best = best_response_of(source, population, declared, confirmed=True)
        start = start[[best[subject] in RESPONSE for subject in start.index]]
    if "start" in entry:
        own = first_days(_before_stop(source, entry, population.only(source.select(entry["start"]))))["day"]
        start = own.reindex(start.index)
    events = first_days(_before_stop(source, entry, population.only(source.every(entry["events"]))))
    first, censor = events["day"], _last_known(source, population, entry)
    intervals = []
    for subject in map(str, start.index):
        event = subject in first.index
        end = first[subject] if event else censor.get(subject, start[subject])
        intervals.append(((end - start[subject]).days + 1, event))
    return {
        "n": len(intervals),
        "events": sum(event for _, event in intervals),
        "median_days": median(intervals),
        "records": references(events[events.index.isin(start.index)].reset_index()),
    }


def _before_stop(source: Source, entry: Map, records: pd.DataFrame) -> pd.DataFrame:
    """Records dated before the day that ends observation (the start of further therapy)."""
    if "stop" not in entry:
        return records
    stops = first_days(source.select(entry["stop"]))["day"]
    stop = day_of(records["subject"], stops)
    return records[stop.isna() | (records["day"] < stop)]


def _last_known(source: Source, population: Population, entry: Map) -> pd.Series:
    if "censor" not in entry:
        return pd.Series(dtype=DAY)
    records = _before_stop(source, entry, population.only(source.every(entry["censor"])))
    return records.groupby("subject")["day"].max()


def median(intervals: list[tuple[int, bool]]) -> int | None:
    """Kaplan-Meier median in days; None where survival stays above one half. Exact: integers only."""
    numerator = denominator = 1
    for day in sorted({length for length, event in intervals if event}):
        at_risk = sum(length >= day for length, _ in intervals)
        events = sum(length == day and event for length, event in intervals)
        numerator, denominator = numerator * (at_risk - events), denominator * at_risk
        if 2 * numerator <= denominator:
            return day
    return None


def worst_grade(source: Source, population: Population, entry: Map) -> Result:
    """Counted subjects by their worst grade among the events (0: none)."""
    worst: dict[str, int] = dict.fromkeys(population.start.index, 0)
    found = source.every(entry["events"])
    found = found[found["subject"].isin(worst)]
    for events in entry["events"]:
        grades = number(source.frames[events["dataset"]][entry["grade"]]).to_numpy()
        own = found[found["dataset"] == str(events["dataset"])]
        for subject, row in zip(own["subject"], own["row"].astype(int), strict=True):
            worst[subject] = max(worst[subject], int(np.nan_to_num(grades[row])))
    counts = Counter(worst.values())
    return {"grades": {str(grade): counts[grade] for grade in sorted(counts)}, "records": references(found)}


_KINDS: dict[str, Callable[[Source, Population, Map], Result]] = {
    "event_within": event_within,
    "best_response": response_rates,
    "time_to_event": time_to_event,
    "worst_grade": worst_grade,
}

"""The attack on day 1: which calendar day lies behind the fictitious one.

The attacker knows when the study ran, that a partial date was a whole month or year, that clinics rest at
week-ends and on public holidays, and tries every day of the study for every subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb

import numpy as np

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.anchor import EPOCH, day_of
from cdisc_kit.ipd.evidence import Evidence, Test

# Public holidays that fall on the same days every year (month, day): New Year, Labour Day, National Day.
_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_SIGNIFICANCE = 0.001
_FRIDAY = 4
_LONGEST_MONTH = 31


def day_one(evidence: Evidence) -> Test:
    """Exact hits of the best guess against those of blind guessing: no more than chance allows."""
    plan = evidence.plan
    names = plan.pseudonyms.given.get("subject", {})
    true = {f"{plan.spec.studyid}-{name}": plan.subjects.first[subject] for subject, name in names.items()}
    true = {subject: day for subject, day in true.items() if not np.isnat(day)}
    first, last = min(true.values()), max(true.values())
    candidates = np.arange(first, last + np.timedelta64(1, "D"))
    known = _dates(evidence.released, frozenset(true))
    hits = 0.0
    for subject, day in true.items():
        complete, intervals = known.get(subject, ([], []))
        hits += _credit(_score(candidates, complete, intervals), int(np.flatnonzero(candidates == day)[0]))
    # who knows the day of the week has one day in seven; that much the intervals of a course always tell
    chance = min(1.0, 7 / len(candidates))
    bound = _bound(len(true), chance)
    figures = {"subjects": len(true), "days": len(candidates), "hits": hits, "allowed": bound}
    detail = f"day 1 guessed for {hits:.1f} of {len(true)} subjects; chance alone allows up to {bound}"
    return Test("inference of day 1", hits <= bound, figures, detail)


Known = tuple[list[int], list[tuple[int, int]]]


def _dates(released: Mapping[str, Dataset], subjects: frozenset[str]) -> dict[str, Known]:
    """Each subject's complete dates and intervals as days from the epoch."""
    found: dict[str, Known] = {}
    for dataset in released.values():
        if "USUBJID" not in dataset.frame:
            continue
        for variable in (v.name for v in dataset.variables if v.iso8601):
            pairs = dataset.frame[["USUBJID", variable]].drop_duplicates()
            for subject, text in zip(pairs["USUBJID"], pairs[variable], strict=True):
                if text and subject in subjects:
                    _learn(found.setdefault(subject, ([], [])), str(text))
    return found


def _learn(known: Known, text: str) -> None:
    start, stroke, end = text.partition("/")
    first, last = day_of(start), day_of(end) if stroke else None
    if first is None:
        return
    if last is not None:
        known[1].append((_offset(first.first), _offset(last.last)))
    elif first.grid:
        known[1].append((_offset(first.first), _offset(first.last)))
    else:
        known[0].append(_offset(first.first))


def _offset(day: np.datetime64) -> int:
    return int((day - EPOCH).astype(int))


def _score(candidates: np.ndarray, complete: list[int], intervals: list[tuple[int, int]]) -> np.ndarray:
    """How well each candidate explains what is released; a bound that is that of a month weighs most."""
    score = np.zeros(len(candidates))
    for low, high in intervals:
        begin, after = candidates + np.timedelta64(low, "D"), candidates + np.timedelta64(high + 1, "D")
        unit = "M" if high - low < _LONGEST_MONTH else "Y"
        score += 100.0 * (_begins(begin, unit) & _begins(after, unit))
    for offset in dict.fromkeys(complete):
        day = candidates + np.timedelta64(offset, "D")
        score -= ((day.astype("datetime64[D]").astype(int) + 3) % 7) > _FRIDAY
        score -= _is_holiday(day)
    return score


def _begins(days: np.ndarray, unit: str) -> np.ndarray:
    """True for the first day of a month (M) or year (Y)."""
    return np.asarray(days == days.astype(f"datetime64[{unit}]").astype("datetime64[D]"))


def _is_holiday(days: np.ndarray) -> np.ndarray:
    month = days.astype("datetime64[M]")
    number = month.astype(int) % 12 + 1
    day = (days - month.astype("datetime64[D]")).astype(int) + 1
    return np.any([(number == m) & (day == d) for m, d in _HOLIDAYS], axis=0)


def _credit(score: np.ndarray, true: int) -> float:
    """1 for the only best candidate, a share of it among several equally good."""
    best = score == score.max()
    return float(best[true]) / int(best.sum())


def _bound(subjects: int, chance: float) -> int:
    """The fewest hits that blind guessing reaches less often than one time in a thousand, less one."""
    tail, hits = 1.0, 0
    while hits <= subjects and tail >= _SIGNIFICANCE:
        tail -= comb(subjects, hits) * chance**hits * (1 - chance) ** (subjects - hits)
        hits += 1
    return hits - 1 if tail >= _SIGNIFICANCE else hits

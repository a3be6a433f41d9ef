"""Random draws: one independent stream per subject and topic, so that no draw shifts another's."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, *topic: int | str) -> np.random.Generator:
    """The generator of a topic, e.g. `stream(seed, subject, "labs")`."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in topic]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def happens(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, low: int, high: int) -> int:
    """An integer from low to high, both included."""
    return int(rng.integers(low, high + 1))


def one_of(rng: np.random.Generator, items: Sequence[T], weights: Sequence[float] | None = None) -> T:
    """One of the items, by weight where weights are given."""
    if weights is None:
        return items[int(rng.integers(len(items)))]
    edges = np.cumsum(weights) / np.sum(weights)
    return items[int(np.searchsorted(edges, rng.random(), side="right"))]


def around(rng: np.random.Generator, mean: float, sd: float, low: float, high: float) -> float:
    """A normal draw kept within low and high."""
    return float(min(max(rng.normal(mean, sd), low), high))


def days(count: int) -> dt.timedelta:
    """So many days."""
    return dt.timedelta(days=count)


def clock(rng: np.random.Generator, first_hour: int, last_hour: int, step: int = 5) -> dt.time:
    """A time of day from first_hour:00 to before last_hour:00, on a multiple of `step` minutes."""
    minutes = between(rng, first_hour * 60 // step, last_hour * 60 // step - 1) * step
    return dt.time(minutes // 60, minutes % 60)

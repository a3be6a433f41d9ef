"""Random streams: one per subject and topic, so that no draw in one place moves the numbers in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

TOPICS = (
    "person",
    "history",
    "lesions",
    "imaging",
    "treatment",
    "follow-up",
    "safety",
    "medication",
    "laboratory",
)


class Chance:
    """Draws of one subject on one topic."""

    def __init__(self, seed: int, subject: int, topic: str) -> None:
        sequence = np.random.SeedSequence(entropy=seed, spawn_key=(subject, TOPICS.index(topic)))
        self._generator = np.random.Generator(np.random.PCG64(sequence))

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self._generator.integers(low, high + 1))

    def normal(self, mean: float, sd: float, low: float, high: float) -> float:
        """A normal draw, clipped to [low, high]."""
        return float(min(max(self._generator.normal(mean, sd), low), high))

    def happens(self, probability: float) -> bool:
        return bool(self._generator.random() < probability)

    def choice(self, items: Sequence[T]) -> T:
        return items[int(self._generator.integers(len(items)))]

    def sample(self, items: Sequence[T], size: int) -> list[T]:
        """`size` different items (all of them where there are fewer), in random order."""
        return [items[int(i)] for i in self._generator.permutation(len(items))[:size]]

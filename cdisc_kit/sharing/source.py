"""What a release is made from, and what it is judged against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cdisc_kit.dataset import Dataset
from cdisc_kit.pipeline import BuiltStudy
from cdisc_kit.raw import RawTable


@dataclass(frozen=True)
class Source:
    """The study's `datasets` as built (English) and every raw table; nothing of it leaves as it is."""

    datasets: Mapping[str, Dataset] = field(repr=False)
    raw: Mapping[str, Sequence[RawTable]] = field(repr=False)
    synthetic: bool

    @classmethod
    def of(cls, built: BuiltStudy, *, synthetic: bool) -> Source:
        """What a build gave."""
        return cls(built.english, built.raw, synthetic)

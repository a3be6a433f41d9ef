"""A test of a release, what it found, and what the tests are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.plan import Plan
from cdisc_kit.raw.table import RawTable


@dataclass(frozen=True)
class Hit:
    """Something that must not stand where it stands. `value` is for the internal list of hits alone."""

    rule: str
    place: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Test:
    """One test: what it measured (`figures`, never a value of a subject) and, in words, what it found."""

    name: str
    passed: bool
    figures: Mapping[str, int | float]
    detail: str
    hits: tuple[Hit, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Evidence:
    """What the tests compare a package with; none of it leaves.

    `original` are the datasets as built, `released` those of the package, `raw` every form as read. `origins`
    holds for each released dataset of records where each of its records stood in the original.
    `other_key` is the pseudonym key of the same release for another recipient, `secrets` the bytes of every
    key in use, `dates` (ISO 8601) and `texts` what the package's documents may state: days of approvals and
    of the release itself, the contact's e-mail address, the names of sponsor and committee.
    """

    plan: Plan
    original: Mapping[str, Dataset]
    released: Mapping[str, Dataset]
    raw: Mapping[str, Sequence[RawTable]]
    origins: Mapping[str, np.ndarray]
    other_key: bytes = field(repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    dates: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

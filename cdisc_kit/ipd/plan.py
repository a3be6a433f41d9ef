"""What a release is made from, and the record of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdisc_kit.ipd.policy import Policy, QuasiIdentifier, Tier
from cdisc_kit.ipd.pseudonym import Pseudonyms
from cdisc_kit.ipd.subjects import Subjects
from cdisc_kit.spec import StudySpec


@dataclass(frozen=True)
class Decision:
    """One rule applied: to a dataset (`variable` is ''), a variable or a QNAM.

    `rows` counts the records it changed or left out.
    """

    dataset: str
    variable: str
    rule: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Plan:
    """Study, policy, one tier, the level of each quasi-identifier, the pseudonyms and the subjects."""

    spec: StudySpec
    policy: Policy
    tier: Tier
    levels: Mapping[str, str]
    pseudonyms: Pseudonyms
    subjects: Subjects

    def quasi(self, name: str) -> QuasiIdentifier:
        """The quasi-identifier of that name."""
        return next(quasi for quasi in self.policy.quasi_identifiers if quasi.name == name)

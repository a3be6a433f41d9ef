"""A release of a study made in memory, with what the intruder tests compare it with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.decode import Decoded, decode
from cdisc_kit.ipd.evidence import Evidence, Hit, Test
from cdisc_kit.ipd.intruder import allowed_of, intruder_tests
from cdisc_kit.ipd.key import DEMO_KEY
from cdisc_kit.ipd.known import Known, known_values
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.ipd.scan import hits
from cdisc_kit.pipeline import BuiltStudy
from cdisc_kit.sharing.files import package_files
from cdisc_kit.sharing.judge import evidence_of
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.request import review_request
from cdisc_kit.sharing.source import Source
from cdisc_kit.spec import StudySpec


@dataclass(frozen=True)
class Released:
    """`files` is the package that would be sealed."""

    release: Release
    source: Source
    files: dict[str, bytes]

    @cached_property
    def evidence(self) -> Evidence:
        return evidence_of(self.release, self.source, DEMO_KEY)

    @cached_property
    def tests(self) -> dict[str, Test]:
        return {test.name: test for test in intruder_tests(self.evidence, self.files)}

    @cached_property
    def decoded(self) -> Decoded:
        return decode(self.files)

    @cached_property
    def known(self) -> Known:
        evidence = self.evidence
        return known_values(evidence.plan, evidence.original, evidence.raw, evidence.texts)

    def hits_of(self, files: dict[str, bytes]) -> list[Hit]:
        """What the scan finds in `files` that stand in place of those of the package."""
        return list(hits(decode(files), self.known, allowed_of(self.evidence)))

    def with_released(self, datasets: dict[str, Dataset]) -> Evidence:
        """The evidence with other released datasets, as if a protection were missing."""
        return replace(self.evidence, released={**self.evidence.released, **datasets})


def release_of(spec: StudySpec, built: BuiltStudy, *, tier: str = "") -> Released:
    """The release for review, at `tier` (the policy's default where that is empty)."""
    policy = load_policy(spec.folder)
    source = Source.of(built, synthetic=True)
    request = review_request(tier or policy.default_tier)
    release = make_release(spec, policy, source.datasets, request, DEMO_KEY, synthetic=True)
    return Released(release, source, package_files(release))

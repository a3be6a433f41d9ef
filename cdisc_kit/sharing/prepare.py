"""`share prepare`: the de-identified release made and judged; nothing leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.ipd.policy import Policy, load_policy
from cdisc_kit.sharing.files import Files, package_files
from cdisc_kit.sharing.judge import Judgement, judge
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.request import Request, review_request
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.state import (
    OWNER_ONLY,
    keep_reports,
    open_state,
    put_in_place,
    stage,
    write_files,
)
from cdisc_kit.spec import StudySpec


@dataclass(frozen=True)
class Candidate:
    """A release with the files of its package, in memory, and the judgement on them."""

    release: Release
    files: Files
    judgement: Judgement

    def text(self) -> str:
        """The release for a person."""
        release = self.release
        mark = "SYNTHETIC " if release.synthetic else ""
        levels = ", ".join(f"{name} {level}" for name, level in release.node.levels)
        return (
            f"{mark}{release.name}: {len(release.datasets)} datasets, tier {release.plan.tier.name}, "
            f"k {release.after.k}, largest risk {float(release.after.maximum):.3f} ({levels})"
        )

    def write(self, folder: Path) -> None:
        """`release` and `internal` (owner only) in a new `folder`; no release where the judgement is no."""
        internal = folder / "internal"
        internal.mkdir(mode=OWNER_ONLY, parents=True)
        write_files(internal, self.judgement.reports, mode=0o600)
        if not self.judgement.failures:
            write_files(folder / "release", self.files, mode=0o644)


@dataclass(frozen=True)
class Prepared:
    """What `prepare` made: the release and where it lies."""

    candidate: Candidate
    folder: Path

    def text(self) -> str:
        """The result for a person."""
        return f"{self.candidate.text()}\n{self.folder}"


def candidate(spec: StudySpec, policy: Policy, source: Source, request: Request, master: bytes) -> Candidate:
    """The release for `request`, judged. OutputError where none passes the gates of its tier."""
    release = make_release(spec, policy, source.datasets, request, master, synthetic=source.synthetic)
    files = package_files(release)
    return Candidate(release, files, judge(release, files, source, master))


def prepare(
    spec: StudySpec,
    source: Source,
    folder: Path,
    master: bytes,
    *,
    request: Request | None = None,
    tier: str = "",
) -> Prepared:
    """The release of `source` in `folder`/release, whole or not at all.

    Without `request` it is made for review, at `tier` (the policy's default where that is empty). OutputError
    where an intruder test fails; what it found is in `folder`/internal, for the owner alone.
    """
    policy = load_policy(spec.folder)
    asked = request or review_request(tier or policy.default_tier)
    state = open_state(folder)
    with stage(state) as place:
        made = candidate(spec, policy, source, asked, master)
        reports = keep_reports(state, asked.release, place, made.judgement.reports)
        made.judgement.require_passed(str(reports))
        write_files(place / "release", made.files, mode=0o644)
        put_in_place(place / "release", state.release)
    return Prepared(made, state.release)

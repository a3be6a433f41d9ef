"""`share prepare`: the de-identified release made and judged; nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.sharing.files import release_files
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.request import Request, review_request
from cdisc_kit.sharing.state import open_state, put_in_place, stage, write_files
from cdisc_kit.spec import StudySpec


@dataclass(frozen=True)
class Prepared:
    """What `prepare` made: the release and where it lies."""

    release: Release
    folder: Path

    def text(self) -> str:
        """The result for a person."""
        release = self.release
        mark = "SYNTHETIC " if release.synthetic else ""
        levels = ", ".join(f"{name} {level}" for name, level in release.node.levels)
        return (
            f"{mark}{release.name}: {len(release.datasets)} datasets, tier {release.plan.tier.name}, "
            f"k {release.after.k}, largest risk {float(release.after.maximum):.3f} ({levels})\n{self.folder}"
        )


def prepare(
    spec: StudySpec,
    datasets: Mapping[str, Dataset],
    folder: Path,
    master: bytes,
    *,
    request: Request | None = None,
    tier: str = "",
    synthetic: bool,
) -> Prepared:
    """The release of `datasets` (as built, English) in `folder`/release, whole or not at all.

    Without `request` it is made for review, at `tier` (the policy's default where that is empty).
    """
    policy = load_policy(spec.folder)
    asked = request or review_request(tier or policy.default_tier)
    release = make_release(spec, policy, datasets, asked, master, synthetic=synthetic)
    state = open_state(folder)
    with stage(state) as place:
        made = place / "release"
        write_files(made, release_files(release), mode=0o644)
        put_in_place(made, state.release)
    return Prepared(release, state.release)

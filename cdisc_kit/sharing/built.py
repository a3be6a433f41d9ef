"""The de-identified release that a build makes beside the package, in the output folder."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.errors import OutputError
from cdisc_kit.ipd.policy import FILE, load_policy
from cdisc_kit.sharing.prepare import Candidate, candidate
from cdisc_kit.sharing.request import review_request
from cdisc_kit.sharing.source import Source
from cdisc_kit.spec import StudySpec

log = logging.getLogger(__name__)
FOLDER = "ipd"


@dataclass(frozen=True)
class Bundle:
    """What a build says of the bundle, and the candidate where one was made."""

    said: str
    made: Candidate | None = None

    def write(self, stage: Path) -> None:
        """`ipd/release` and `ipd/internal` below `stage`; nothing where there is no candidate."""
        if self.made is not None:
            self.made.write(stage / FOLDER)


def bundle_of(spec: StudySpec, source: Source, master: bytes | None, *, demo_key: bool) -> Bundle:
    """The release for review at the policy's default tier.

    None without a key or a policy, nor where it passes no gate: a build goes on without one, and says why.
    """
    if not (spec.folder / FILE).is_file():
        return _none(f"the study has no {FILE}")
    if master is None:
        return _none("give --key FILE (`cdisc-kit share key new FILE` makes one)")
    policy = load_policy(spec.folder)
    try:
        made = candidate(spec, policy, source, review_request(policy.default_tier), master)
    except OutputError as error:
        log.warning("sharing: no release: %s", error)
        return Bundle(f"no release: {error}")
    failures = made.judgement.failures
    if failures:
        log.warning("sharing: the release was refused:\n%s", "\n".join(failures))
        return Bundle(f"the release was refused: {len(failures)} failures, see {FOLDER}/internal", made)
    mark = "; published demonstration key" if demo_key else ""
    return Bundle(f"{made.text()}{mark}", made)


def _none(why: str) -> Bundle:
    log.info("sharing: no release: %s", why)
    return Bundle(f"no release: {why}")

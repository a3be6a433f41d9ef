"""`share pack`: gates, the recipient's own ids, a package made in memory, sealed bytes on disk, the log."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cdisc_kit.dataset import Dataset
from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import key_id
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.sharing.bag import TAG_MANIFEST
from cdisc_kit.sharing.files import package_files
from cdisc_kit.sharing.gates import Gate, Override, closed, gates_of
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.releaselog import append
from cdisc_kit.sharing.request import Request
from cdisc_kit.sharing.seal import new_passphrase, payload, sealed, volumes
from cdisc_kit.sharing.state import State, open_state, stage, write_files
from cdisc_kit.spec import StudySpec

PASSPHRASE = "passphrase.txt"


@dataclass(frozen=True)
class Packed:
    """A sealed package: its folder, the files to send, their hash and the file of the passphrase."""

    name: str
    folder: Path
    files: tuple[str, ...]
    sha256: str
    passphrase_file: Path

    def text(self) -> str:
        """The result for a person."""
        return (
            f"{self.name} sealed in {self.folder}: {', '.join(self.files)}\n"
            f"sha256 {self.sha256}\n"
            f"passphrase in {self.passphrase_file}: hand it over by another channel, never by the same mail"
        )


@dataclass(frozen=True)
class Judged:
    """The gates as they stood on a day, and what an ethics committee let pass."""

    gates: tuple[Gate, ...]
    override: Override | None
    today: dt.date


def pack(
    spec: StudySpec,
    datasets: Mapping[str, Dataset],
    folder: Path,
    master: bytes,
    request: Request,
    *,
    override: Override | None,
    max_bytes: int,
    today: dt.date,
    synthetic: bool,
) -> Packed:
    """The package for `request`, sealed in `folder`/sealed/<release>, logged.

    InputError where a gate is closed, the release was packed before, or the log was changed. Nothing that is
    not sealed is ever written.
    """
    policy = load_policy(spec.folder)
    judged = Judged(gates_of(policy, request, today), override, today)
    _require_open(closed(judged.gates, override))
    state = open_state(folder)
    place = state.sealed / request.release
    if place.exists():
        raise InputError(f"{place} exists: release {request.release} is packed; give the request another id")
    release = make_release(spec, policy, datasets, request, master, synthetic=synthetic)
    release = replace(release, gates=judged.gates, override=override)
    files = package_files(release)
    phrase = new_passphrase()
    whole = sealed(payload(release.name, files), phrase)
    parts = volumes(f"{release.name}.zip", whole, max_bytes)
    digest = hashlib.sha256(whole).hexdigest()
    with stage(state) as made:
        write_files(made, parts, mode=0o644)
        write_files(made, {PASSPHRASE: f"{phrase}\n".encode("ascii")}, mode=0o600)
        manifest = hashlib.sha256(files[TAG_MANIFEST]).hexdigest()
        append(state.log, _entry(release, judged, manifest, digest, key_id(master)), master, spec.key)
        state.sealed.mkdir(mode=0o700, exist_ok=True)
        made.replace(place)
    return Packed(release.name, place, tuple(parts), digest, place / PASSPHRASE)


def _require_open(stopped: tuple[Gate, ...]) -> None:
    if stopped:
        lines = [f"gate {gate.name} is closed: {gate.detail}" for gate in stopped]
        raise InputError("\n".join([*lines, "an --override file with an ethics number can let gates pass"]))


def _entry(release: Release, judged: Judged, manifest: str, package: str, key: str) -> dict[str, Any]:
    """What the log keeps of a release: who, what, when, on whose approval; nothing of a subject."""
    request = release.request
    return {
        "when": judged.today.isoformat(),
        "study": release.spec.studyid,
        "synthetic": release.synthetic,
        **asdict(request),
        "key": key,
        "manifest": manifest,
        "package": package,
        "k": release.after.k,
        "levels": dict(release.node.levels),
        "gates": {gate.name: "open" if gate.open else "closed" for gate in judged.gates},
        "override": asdict(judged.override) if judged.override is not None else None,
    }


def sealed_files(state: State, release: str) -> dict[str, bytes]:
    """The files of a sealed package to send, without the passphrase. InputError where there is none."""
    place = state.sealed / release
    if not place.is_dir():
        raise InputError(f"{place} does not exist; pack release {release} first")
    return {path.name: path.read_bytes() for path in sorted(place.iterdir()) if path.name != PASSPHRASE}

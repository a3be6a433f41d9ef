"""`share pack`: gates, the recipient's own ids, a package made in memory, sealed bytes on disk, the log."""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import key_id
from cdisc_kit.ipd.policy import load_policy
from cdisc_kit.sharing.bag import TAG_MANIFEST
from cdisc_kit.sharing.files import package_files
from cdisc_kit.sharing.gates import Gate, Override, closed, gates_of, require_override_of
from cdisc_kit.sharing.judge import judge
from cdisc_kit.sharing.release import Release, make_release
from cdisc_kit.sharing.releaselog import append, require_untouched
from cdisc_kit.sharing.request import Request
from cdisc_kit.sharing.seal import new_passphrase, payload, sealed, volumes
from cdisc_kit.sharing.sealed import require_accounted
from cdisc_kit.sharing.source import Source
from cdisc_kit.sharing.state import PASSPHRASE, keep_reports, open_state, stage, write_files
from cdisc_kit.spec import StudySpec


@dataclass(frozen=True)
class Packed:
    """A sealed package: its folder, the files to send, their hash and the file of the passphrase."""

    name: str
    folder: Path
    files: tuple[str, ...]
    sha256: str
    passphrase_file: Path
    overridden: tuple[str, ...]

    def text(self) -> str:
        """The result for a person."""
        passed = [f"let pass by the override: {', '.join(self.overridden)}"] if self.overridden else []
        return "\n".join(
            [
                f"{self.name} sealed in {self.folder}: {', '.join(self.files)}",
                *passed,
                f"sha256 {self.sha256}",
                f"passphrase in {self.passphrase_file}: to be handed over by another channel, never by mail",
            ]
        )


def require_open(
    spec: StudySpec, request: Request, override: Override | None, today: dt.date
) -> tuple[Gate, ...]:
    """The gates of the request on the day `today`. InputError where one stops the release."""
    require_override_of(request, override, today)
    gates = gates_of(load_policy(spec.folder), request, today)
    stopped = closed(gates, override)
    if stopped:
        lines = [f"gate {gate.name} is closed: {gate.detail}" for gate in stopped]
        raise InputError("\n".join([*lines, "an --override file with an ethics number can let gates pass"]))
    return gates


def pack(
    spec: StudySpec,
    source: Source,
    folder: Path,
    master: bytes,
    request: Request,
    *,
    override: Override | None,
    max_bytes: int,
    today: dt.date,
) -> Packed:
    """The package for `request`, sealed in `folder`/sealed/<release>, logged.

    InputError where a gate is closed, the release was packed before, or the log was changed; OutputError
    where an intruder test fails. Nothing that is not sealed is ever written.
    """
    gates = require_open(spec, request, override, today)
    state = open_state(folder)
    place = state.sealed / request.release
    with stage(state) as made:
        if place.exists():
            raise InputError(
                f"{place} exists: release {request.release} is packed; give the request another id"
            )
        require_untouched(state.log, master, spec.key)
        require_accounted(state, request)
        policy = load_policy(spec.folder)
        release = make_release(spec, policy, source.datasets, request, master, synthetic=source.synthetic)
        release = replace(release, gates=gates, override=override)
        files = package_files(release)
        judgement = judge(release, files, source, master)
        judgement.require_passed(str(keep_reports(state, request.release, made, judgement.reports)))
        phrase = new_passphrase()
        whole = sealed(payload(release.name, files), phrase)
        parts = volumes(f"{release.name}.zip", whole, max_bytes)
        digest = hashlib.sha256(whole).hexdigest()
        write_files(made / "package", parts, mode=0o644)
        write_files(made / "package", {PASSPHRASE: f"{phrase}\n".encode("ascii")}, mode=0o600)
        append(state.log, _entry(release, today, files, digest, master), master, spec.key)
        state.sealed.mkdir(mode=0o700, exist_ok=True)
        (made / "package").replace(place)
    return Packed(
        release.name,
        place,
        tuple(parts),
        digest,
        place / PASSPHRASE,
        tuple(gate.name for gate in gates if not gate.open),
    )


def _entry(
    release: Release, today: dt.date, files: Mapping[str, bytes], package: str, master: bytes
) -> dict[str, Any]:
    """What the log keeps of a release: who, what, when, on whose approval; nothing of a subject."""
    return {
        "when": today.isoformat(),
        "by": _operator(),
        "study": release.spec.studyid,
        "name": release.name,
        "synthetic": release.synthetic,
        **asdict(release.request),
        "key": key_id(master),
        "manifest": hashlib.sha256(files[TAG_MANIFEST]).hexdigest(),
        "package": package,
        "k": release.after.k,
        "levels": dict(release.node.levels),
        "gates": {gate.name: "open" if gate.open else "closed" for gate in release.gates},
        "override": asdict(release.override) if release.override is not None else None,
    }


def _operator() -> str:
    """The account that packed, '' on a system that does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""

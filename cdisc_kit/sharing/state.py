"""Where sharing keeps what it made of a study: release for review, internal reports, packages, log.

It lies beside the output folder, never in it, so that a rebuild wipes neither log nor package. What may
identify stays in `internal`, a folder that only its owner may open; whatever a killed run left half-done
lies there too, and the next run removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.errors import InputError

OWNER_ONLY = 0o700
_STAGE, _LOCK = ".stage-", "lock"
# In the folder of a sealed package, beside what is sent.
PASSPHRASE = "passphrase.txt"


@dataclass(frozen=True)
class State:
    """The folder of one study's sharing."""

    folder: Path

    @property
    def release(self) -> Path:
        """The de-identified release, for review; whole or not there."""
        return self.folder / "release"

    @property
    def internal(self) -> Path:
        """What never leaves: the full risk report, the hits of the scan, unfinished work. Mode 0700."""
        return self.folder / "internal"

    @property
    def sealed(self) -> Path:
        """Sealed packages, one folder a release."""
        return self.folder / "sealed"

    @property
    def log(self) -> Path:
        """The release log: hash-chained JSON lines, only ever appended to."""
        return self.folder / "release-log.jsonl"


def open_state(folder: Path) -> State:
    """The state in `folder`, made where it is missing.

    InputError where `folder` or its internal folder is a link or a file: the place is somebody else's.
    """
    state = State(folder)
    for path in (folder, state.internal):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise InputError(f"{path} is no folder of its own; choose another --state")
    folder.mkdir(parents=True, exist_ok=True)
    state.internal.mkdir(mode=OWNER_ONLY, exist_ok=True)
    state.internal.chmod(OWNER_ONLY)
    return state


@contextmanager
def stage(state: State) -> Iterator[Path]:
    """A folder inside `internal` to prepare what is then put in place by one rename.

    One run at a time: InputError while another is at work. Leftovers of killed runs are removed.
    """
    with _alone(state):
        for left in state.internal.glob(f"{_STAGE}*"):
            shutil.rmtree(left)
        path = Path(tempfile.mkdtemp(prefix=_STAGE, dir=state.internal))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _alone(state: State) -> Iterator[None]:
    """A lock that the system itself takes back from a run that was killed."""
    import fcntl  # noqa: PLC0415 - not on every system, and only sharing needs it

    with (state.internal / _LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"another run is at work in {state.folder}; wait until it has ended") from error
        yield


def keep_reports(state: State, name: str, made: Path, reports: Mapping[str, bytes]) -> Path:
    """`reports` on the release `name`, owner only, in place of those of an earlier run; returns their folder.

    `made` is a folder of the stage.
    """
    place = state.internal / "reports" / name
    place.parent.mkdir(mode=OWNER_ONLY, exist_ok=True)
    (made / "reports").mkdir(mode=OWNER_ONLY)
    write_files(made / "reports", reports, mode=0o600)
    put_in_place(made / "reports", place)
    return place


def put_in_place(made: Path, place: Path) -> None:
    """`made` takes the place of `place` by renames; the old one goes only once the new one stands."""
    old = made.with_name(made.name + ".old")
    if place.exists():
        place.replace(old)
    try:
        made.replace(place)
    except OSError:
        if old.exists():
            old.replace(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes], *, mode: int) -> None:
    """`files` (path -> bytes) below `folder`, each with `mode`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

"""Where sharing keeps what it made of a study: release for review, internal reports, packages, log.

It lies beside the output folder, never in it, so that a rebuild wipes neither log nor package. What may
identify stays in `internal`, a folder that only its owner may open; whatever a killed run left half-done
lies there too, and the next run removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.errors import InputError

OWNER_ONLY = 0o700
_STAGE = ".stage-"


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
    """The state in `folder`, made where it is missing; leftovers of killed runs are removed.

    InputError where `folder` or its internal folder is a link or a file: the place is somebody else's.
    """
    state = State(folder)
    for path in (folder, state.internal):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise InputError(f"{path} is no folder of its own; choose another --state")
    folder.mkdir(parents=True, exist_ok=True)
    state.internal.mkdir(mode=OWNER_ONLY, exist_ok=True)
    state.internal.chmod(OWNER_ONLY)
    for left in state.internal.glob(f"{_STAGE}*"):
        shutil.rmtree(left)
    return state


@contextmanager
def stage(state: State) -> Iterator[Path]:
    """A folder inside `internal` to prepare what is then put in place by one rename."""
    path = Path(tempfile.mkdtemp(prefix=_STAGE, dir=state.internal))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


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


def write_files(folder: Path, files: dict[str, bytes], *, mode: int) -> None:
    """`files` (path -> bytes) below `folder`, each with `mode`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

"""The output folder: appears only when complete, is replaced as a whole, and is never taken from others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cdisc_kit.errors import InputError, OutputError

MANIFEST = "manifest.json"


def require_ours(folder: Path) -> None:
    """Raise InputError when `folder` is a file, or holds files its manifest does not list."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; give --out a folder")
    known = _listed(folder)
    strange = [path for path in _files(folder) if path not in known]
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise InputError(
            f"{folder} holds files this kit did not write ({strange[0]}{more}); "
            "choose another --out or move them away"
        )


def _listed(folder: Path) -> set[str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {MANIFEST, *manifest["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _files(folder: Path) -> list[str]:
    """Files, links and empty folders below `folder`: what somebody may have put there."""
    found = []
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [Path(place) / name for name in (*files, *links)]
        if not folders and not files and Path(place) != folder:
            found.append(Path(place))
    return sorted(path.relative_to(folder).as_posix() for path in found)


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends without an exception."""
    folder = folder.resolve()
    require_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        stage.chmod(0o755)
        yield stage
        _swap(stage, folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap(stage: Path, folder: Path) -> None:
    """Put the finished stage in place; the old folder is deleted only once the new one stands."""
    if not folder.exists():
        stage.replace(folder)
        return
    old = stage.with_suffix(".old")
    folder.replace(old)
    try:
        stage.replace(folder)
    except OSError as error:
        old.replace(folder)
        raise OutputError(f"{folder} could not be replaced; the previous output is unchanged") from error
    shutil.rmtree(old)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hashes(folder: Path, paths: list[Path] | tuple[Path, ...]) -> dict[str, str]:
    """Path relative to `folder` -> sha256, sorted."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(paths)}


def write_manifest(stage: Path, facts: dict[str, Any]) -> None:
    """manifest.json: the given facts and the hash of every file in `stage`."""
    outputs = [path for path in stage.rglob("*") if path.is_file()]
    write_json(stage / MANIFEST, {**facts, "outputs": hashes(stage, outputs)})


def write_json(path: Path, value: Any) -> None:
    """UTF-8 JSON with LF line ends; the same value gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")

"""The engine's cache of rules, standards and terminology: finding, unpacking and reading it."""

from __future__ import annotations

import hashlib
import lzma
import os
import pickle
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

from cdisc_kit.errors import InputError

CACHE_VARIABLE = "CDISC_KIT_CORE_CACHE"
RULE_FILES = ("rules.pkl", "rules_dictionary.pkl")
PUBLISHED_CT = "published_ct_packages.txt"

_HOW = (
    f"Set {CACHE_VARIABLE} to a folder that holds rules.pkl, or to a .tar.xz of one: CDISC publishes it as "
    "the folder resources/cache of each release of cdisc-rules-engine"
)


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain values only: an honest cache holds nothing else, a forged one could run code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"holds an object of {module_name}.{global_name}, not only plain values")


def load_plain(file: IO[bytes]) -> Any:
    """The value pickled in `file`, made of dict, list, str and numbers; UnpicklingError for anything else."""
    return _PlainUnpickler(file).load()


def read_cache_file(folder: Path, name: str) -> Any:
    """The value in `folder/name`; InputError where it is missing, damaged or not made of plain values."""
    path = folder / name
    try:
        with path.open("rb") as file:
            return load_plain(file)
    except FileNotFoundError as error:
        raise InputError(f"{path}: missing from the rules engine's cache. {_HOW}.") from error
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError) as error:
        raise InputError(
            f"{path}: not a usable file of the rules engine's cache: {error}. {_HOW}."
        ) from error


def published_ct_packages(folder: Path) -> tuple[str, ...]:
    """Names of all terminology packages CDISC has published (`sdtmct-2025-03-28`), held here or not."""
    listing = folder / PUBLISHED_CT
    names = set(listing.read_text("utf-8").split()) if listing.is_file() else set()
    return tuple(sorted(names | {path.stem for path in folder.glob("*ct-*.pkl")}))


def locate_cache(given: Path | None = None) -> Path:
    """The folder or archive to use: `given`, else the environment's; InputError where there is none."""
    path = given or Path(os.environ.get(CACHE_VARIABLE, ""))
    if path == Path():
        raise InputError(f"CDISC's rules engine comes without rules. {_HOW}.")
    if not path.exists():
        raise InputError(f"{path}: no such cache of the rules engine. {_HOW}.")
    return path


def open_cache(path: Path) -> Path:
    """The folder that holds the cache's files: `path` itself, or where the archive `path` is unpacked."""
    folder = path if path.is_dir() else _unpacked(path)
    for name in RULE_FILES:
        if not (folder / name).is_file():
            raise InputError(f"{path}: holds no {name}. {_HOW}.")
    return folder


def user_cache_folder() -> Path:
    """This user's folder for files that can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "cdisc-kit"


def _unpacked(archive: Path) -> Path:
    """Unpack once per content: the folder appears whole or not at all, whoever else does the same now."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    target = user_cache_folder() / "core" / digest[:32]
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix="unpack-", dir=target.parent))
    try:
        _extract(archive, staging)
        staging.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def _extract(archive: Path, folder: Path) -> None:
    """The cache's own files, flat: names inside the archive never decide where anything is written."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                stream = tar.extractfile(member) if name.endswith((".pkl", ".txt")) else None
                if stream is not None:
                    with stream, (folder / name).open("wb") as out:
                        shutil.copyfileobj(stream, out)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise InputError(f"{archive}: not a readable .tar.xz of the rules engine's cache. {_HOW}.") from error

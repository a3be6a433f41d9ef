"""Find the mappings folder and a study in it."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import NamedTuple

from cdisc_kit.errors import InputError
from cdisc_kit.yamltext import read_yaml

_PACKAGE = Path(__file__).resolve().parent


class StudyFolder(NamedTuple):
    """A study's mapping folder, the folder of its Define-XML texts, and its key."""

    key: str
    mappings: Path
    define: Path


def bundled(name: str) -> Path:
    """The `mappings` or `define` folder of the checkout, or of the installed package."""
    installed = _PACKAGE / "_bundled" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def mappings_folder(option: Path | None) -> Path:
    """`--mappings`, then CDISC_KIT_MAPPINGS, ./mappings, the bundled folder.

    Raises InputError when a folder that was named does not exist.
    """
    named = option or (
        Path(os.environ["CDISC_KIT_MAPPINGS"]) if os.environ.get("CDISC_KIT_MAPPINGS") else None
    )
    if named is not None:
        if not named.is_dir():
            raise InputError(
                f"mappings folder {named} does not exist; check --mappings or CDISC_KIT_MAPPINGS"
            )
        return named
    local = Path("mappings")
    return local if local.is_dir() and any(local.glob("*/study.yaml")) else bundled("mappings")


def studies(folder: Path) -> dict[str, tuple[str, ...]]:
    """Study key -> its other names (registry ids), for every study in a mappings folder."""
    found = {}
    for path in sorted(folder.glob("*/study.yaml")):
        spec = read_yaml(path, f"{path.parent.parent.name}/{path.parent.name}/{path.name}")
        found[path.parent.name] = tuple(str(alias) for alias in spec.get("aliases", ()))
    return found


def locate_study(name: str, option: Path | None = None) -> StudyFolder:
    """The study called `name`: its key, a registry id (any case), or a folder that holds study.yaml.

    Raises InputError naming the folder searched and the studies in it.
    """
    as_folder = Path(name)
    if (as_folder / "study.yaml").is_file():
        return StudyFolder(as_folder.resolve().name, as_folder, _define_beside(as_folder))
    folder = mappings_folder(option)
    known = studies(folder)
    for key, aliases in known.items():
        if name.lower() in {key.lower(), *(alias.lower() for alias in aliases)}:
            return StudyFolder(key, folder / key, _define_beside(folder / key))
    raise InputError(_unknown_study(name, folder, known))


def _define_beside(study: Path) -> Path:
    beside = study.resolve().parent.parent / "define"
    return beside if beside.is_dir() else bundled("define")


def _unknown_study(name: str, folder: Path, known: dict[str, tuple[str, ...]]) -> str:
    names = [*known, *(alias for aliases in known.values() for alias in aliases)]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    listed = ", ".join(f"{key} ({', '.join(aliases)})" if aliases else key for key, aliases in known.items())
    return f"unknown study '{name}'{hint} Studies in {folder}: {listed or 'none'}"

"""Write a study's synthetic raw folder."""

from __future__ import annotations

import importlib
from pathlib import Path

from cdisc_kit.errors import InputError
from cdisc_kit.locate import StudyFolder, locate_study
from cdisc_kit.synth import CONTAINERS, GENERATORS


def write_synthetic(
    name: str,
    out: Path,
    *,
    seed: int,
    subjects: int | None = None,
    dirt: str = "none",
    dirt_case: int | None = None,
    container: str | None = None,
    mappings: Path | None = None,
) -> StudyFolder:
    """Generate the raw forms, truth.json and dirt_manifest.csv of a study into `out`.

    Raises InputError for a study without a generator, dirt that cannot be planted, a container the study has
    not, or an `out` that already holds files.
    """
    study = locate_study(name, mappings)
    if study.key not in GENERATORS:
        raise InputError(
            f"there is no generator for study '{study.key}'; studies with one: {', '.join(GENERATORS)}"
        )
    containers = CONTAINERS.get(study.key, ())
    if container is not None and container not in containers:
        known = f"give {' or '.join(containers)}" if containers else "it has one way of writing; leave it out"
        raise InputError(f"--container {container}: not for study {study.key}; {known}")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty; give --out a new folder")
    out.mkdir(parents=True, exist_ok=True)
    generator = importlib.import_module(GENERATORS[study.key])
    chosen = {} if container is None else {"container": container}
    generator.generate(out, seed=seed, subjects=subjects, dirt=dirt, dirt_case=dirt_case, **chosen)
    return study


def is_synthetic(raw: Path) -> bool:
    """True for a folder this kit generated: only a generator knows the truth behind the forms."""
    return (raw / "truth.json").is_file()

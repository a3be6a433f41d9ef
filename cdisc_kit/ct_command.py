"""`cdisc-kit ct import`: a published terminology file becomes a package that studies can name."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.errors import InputError, StandardError
from cdisc_kit.standard.ct_files import read_ct_file
from cdisc_kit.standard.nci_ct import write_package
from cdisc_kit.standard.tables import FOLDER
from cdisc_kit.standard.terminology import ct_folder


@dataclass(frozen=True)
class Imported:
    """A package as it lies in the user's folder now."""

    folder: Path
    codelists: int
    terms: int

    def text(self) -> str:
        """What was read, where it is, and how a study asks for it."""
        date = self.folder.name[-10:]
        return (
            f"{self.folder.name}: {self.codelists} codelists, {self.terms} terms in {self.folder}\n"
            f'a study uses it with `standards: {{ct: "{date}"}}` in its study.yaml'
        )


def import_ct(path: Path, *, package: str = "", date: str = "") -> Imported:
    """Read `path` into the user's folder, where it replaces a package of the same kind and date.

    Raises InputError where the file cannot be used, where it does not say what it is (and `package` or `date`
    do not), or where the package comes with the kit.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        file = read_ct_file(path)
        name = f"{file.package(package)}-{file.date(date)}"
    except StandardError as error:
        raise InputError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    if (FOLDER / "ct" / name).is_dir():
        raise InputError(f"{path}: {name} comes with the kit; there is nothing to import")
    target = ct_folder() / name
    target.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix="import-", dir=target.parent))
    try:
        write_package(stage, file.codelists)
        stage.chmod(0o755)
        if target.is_dir():
            shutil.rmtree(target)
        stage.rename(target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Imported(target, len(file.codelists), sum(len(codelist.terms) for codelist in file.codelists))

"""The folder under check as datasets, Define-XML and what could not be read of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.check.definefile import Define, read_define
from cdisc_kit.check.records import Records
from cdisc_kit.check.xptfile import open_xpt
from cdisc_kit.check.xptheader import FileProblem
from cdisc_kit.errors import InputError

DEFINE = "define.xml"


@dataclass(frozen=True)
class Package:
    """`datasets` by name, in the order of the files; `problems` of files, also of those that were read."""

    folder: Path
    datasets: dict[str, Records]
    define: Define | None
    problems: tuple[FileProblem, ...]


def read_folder(folder: Path, define: Path | None = None) -> Package:
    """Every `.xpt` of the folder (not of folders below it), and the Define-XML where there is one.

    InputError where the folder does not exist or holds no `.xpt`, or the Define-XML named does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder that holds the .xpt files")
    files = sorted((p for p in folder.iterdir() if p.suffix.lower() == ".xpt"), key=lambda p: p.name.lower())
    if not files:
        raise InputError(f"{folder}: holds no .xpt file")
    if define is not None and not define.is_file():
        raise InputError(f"{define}: no such file")
    datasets, problems = _datasets(files)
    path = define or folder / DEFINE
    document = None
    if path.is_file():
        document, found = read_define(path)
        problems += found
    return Package(folder, datasets, document, tuple(problems))


def _datasets(files: list[Path]) -> tuple[dict[str, Records], list[FileProblem]]:
    datasets: dict[str, Records] = {}
    problems = []
    for path in files:
        header, source, found = open_xpt(path)
        problems += found
        if header is None or source is None:
            continue
        if header.name in datasets:
            other = datasets[header.name].file
            text = f"{header.name} is also in {other}"
            problems.append(FileProblem("twice", path.name, text, f"{header.name}已在{other}中", header.name))
            continue
        datasets[header.name] = Records(header.name, header.label, path.name, header.variables, source)
    return datasets, problems

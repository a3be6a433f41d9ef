"""The folder under check as datasets, Define-XML and what could not be read of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.check.definefile import Define, read_define
from cdisc_kit.check.jsonfile import SUFFIXES, NotDatasetJsonError, open_json
from cdisc_kit.check.records import Records
from cdisc_kit.check.xptfile import open_xpt
from cdisc_kit.check.xptheader import FileProblem
from cdisc_kit.errors import InputError

DEFINE = "define.xml"
XPORT = ".xpt"
FORMATS = (XPORT, *SUFFIXES)


@dataclass(frozen=True)
class Package:
    """`datasets` by name, in the order of the files; `problems` of files, also of those that were read.

    `ignored` are files that look like datasets and are none.
    """

    folder: Path
    datasets: dict[str, Records]
    define: Define | None
    problems: tuple[FileProblem, ...]
    ignored: tuple[str, ...] = ()


def read_folder(folder: Path, define: Path | None = None) -> Package:
    """Every XPORT and Dataset-JSON file of the folder (not of folders below it), and the Define-XML.

    InputError where the folder does not exist or holds no such file, or the Define-XML named does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder that holds the .xpt files")
    files = sorted((p for p in folder.iterdir() if p.suffix.lower() in FORMATS), key=_xport_first)
    if not files:
        raise InputError(f"{folder}: holds no .xpt file and no Dataset-JSON")
    if define is not None and not define.is_file():
        raise InputError(f"{define}: no such file")
    datasets, problems, ignored = _datasets(files)
    if not datasets and not problems:
        raise InputError(f"{folder}: holds no .xpt file and no Dataset-JSON")
    path = define or folder / DEFINE
    document = None
    if path.is_file():
        document, found = read_define(path)
        problems += found
    return Package(folder, datasets, document, tuple(problems), tuple(ignored))


def _xport_first(path: Path) -> tuple[bool, str]:
    return path.suffix.lower() != XPORT, path.name.lower()


def _datasets(files: list[Path]) -> tuple[dict[str, Records], list[FileProblem], list[str]]:
    datasets: dict[str, Records] = {}
    problems, ignored, again = [], [], []
    for path in files:
        xport = path.suffix.lower() == XPORT
        try:
            header, source, found = open_xpt(path) if xport else open_json(path)
        except NotDatasetJsonError:
            ignored.append(path.name)
            continue
        held = datasets.get(header.name) if header else None
        if held is not None and not xport and held.file.lower().endswith(XPORT):
            again.append(path.name)
            continue
        problems += found
        if header is None or source is None:
            continue
        if held is not None:
            text = f"{header.name} is also in {held.file}"
            zh = f"{header.name}已在{held.file}中"
            problems.append(FileProblem("twice", path.name, text, zh, header.name))
            continue
        datasets[header.name] = Records(header.name, header.label, path.name, header.variables, source)
    if again:
        more = f" and {len(again) - 1} more" if len(again) > 1 else ""
        zh = f"等{len(again)}个文件" if len(again) > 1 else ""
        problems.append(FileProblem("formats", again[0], f"{again[0]}{more}", f"{again[0]}{zh}"))
    return datasets, problems, ignored

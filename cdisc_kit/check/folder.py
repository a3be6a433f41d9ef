"""The folder under check as datasets, Define-XML and what could not be read of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cdisc_kit.check.definefile import Define, read_define
from cdisc_kit.check.inmemory import Place, within
from cdisc_kit.check.jsonfile import SUFFIXES, NotDatasetJsonError, open_json
from cdisc_kit.check.records import Records
from cdisc_kit.check.xptfile import open_xpt
from cdisc_kit.check.xptheader import FileProblem
from cdisc_kit.errors import InputError

DEFINE = "define.xml"
XPORT = ".xpt"
FORMATS = (XPORT, *SUFFIXES)
COMPRESSED = (".dsjc",)  # Dataset-JSON that is packed


@dataclass(frozen=True)
class Package:
    """`datasets` by name, in the order of the files; `problems` of files, also of those that were read.

    `ignored` are files that look like datasets and are none, `packed` compressed ones that nobody unpacked.
    """

    folder: Place
    datasets: dict[str, Records]
    define: Define | None
    problems: tuple[FileProblem, ...]
    ignored: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()


def read_folder(folder: Place, define: Place | None = None) -> Package:
    """Every XPORT and Dataset-JSON file of the folder (not of folders below it), and the Define-XML.

    InputError where the folder does not exist or holds no such file, or the Define-XML named does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder that holds the .xpt files")
    try:
        names: list[Place] = [*folder.iterdir()]
        files = sorted((p for p in names if p.suffix.lower() in FORMATS), key=_xport_first)
        packed = sorted(shown(p.name) for p in names if p.suffix.lower() in COMPRESSED)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}") from error
    if not files:
        unpack = f"; unpack {packed[0]} first" if packed else ""
        raise InputError(f"{folder}: holds no .xpt file and no Dataset-JSON{unpack}")
    if define is not None and not define.is_file():
        raise InputError(f"{define}: no such file")
    datasets, problems, ignored = _datasets(files)
    if not datasets and not problems:
        raise InputError(f"{folder}: holds no .xpt file and no Dataset-JSON")
    document = None
    if define is None and _leads_out(folder / DEFINE):
        problems.append(_outside("define", DEFINE))
    elif define is not None or (folder / DEFINE).exists():
        path = define or folder / DEFINE
        document, found = read_define(path, shown(path.name))
        problems += found
    return Package(folder, datasets, document, tuple(problems), tuple(ignored), tuple(packed))


def shown(name: str) -> str:
    """A file's name as reports and terminals show it: whatever is not printable is escaped."""
    plain = (c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
    return "".join(plain)


def _leads_out(path: Place) -> bool:
    """True for a symbolic link to a place outside the folder, or to none: that is not submitted."""
    try:
        return path.is_symlink() and not within(path, path.parent, strict=True)
    except (OSError, RuntimeError):
        return True


def _outside(kind: str, name: str) -> FileProblem:
    text = "a symbolic link that does not lead to a file of this folder"
    return FileProblem(kind, shown(name), text, "符号链接未指向本文件夹中的文件")


def _called(file: str) -> str:
    """The dataset that a file is called after."""
    return file.partition(".")[0].upper()


def _xport_first(path: Place) -> tuple[bool, str]:
    return path.suffix.lower() != XPORT, path.name.lower()


def _datasets(files: list[Place]) -> tuple[dict[str, Records], list[FileProblem], list[str]]:
    datasets: dict[str, Records] = {}
    problems, ignored, again = [], [], []
    for path in files:
        xport = path.suffix.lower() == XPORT
        if _leads_out(path):
            problems.append(_outside("unreadable", path.name))
            continue
        name = shown(path.name)
        try:
            header, source, found = open_xpt(path) if xport else open_json(path)
        except NotDatasetJsonError:
            ignored.append(name)
            continue
        held = datasets.get(header.name) if header else None
        if held is not None and not xport and held.file.lower().endswith(XPORT):
            again.append(name)
            continue
        problems += [replace(problem, file=name) for problem in found]
        if header is None or source is None:
            continue
        records = Records(header.name, header.label, name, header.variables, source)
        if held is not None:
            if _called(name) == header.name and _called(held.file) != header.name:
                held, records = records, held  # the file that is called so holds the dataset
                datasets[header.name] = held
            text = f"{header.name} is also in {held.file}"
            zh = f"{header.name}已在{held.file}中"
            problems.append(FileProblem("twice", records.file, text, zh))
            continue
        datasets[header.name] = records
    if again:
        more = f" and {len(again) - 1} more" if len(again) > 1 else ""
        zh = f"等{len(again)}个文件" if len(again) > 1 else ""
        problems.append(FileProblem("formats", again[0], f"{again[0]}{more}", f"{again[0]}{zh}"))
    return datasets, problems, ignored

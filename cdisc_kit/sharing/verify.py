"""`share verify`: what a recipient can find out about a package with nothing but the package."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cdisc_kit.check import MemoryPath, check_folder
from cdisc_kit.check.folder import shown
from cdisc_kit.errors import InputError
from cdisc_kit.findings import at_or_above
from cdisc_kit.sharing.agreement import disagreements
from cdisc_kit.sharing.bag import PAYLOAD, problems
from cdisc_kit.sharing.described import TRANSPORT
from cdisc_kit.sharing.seal import MEMBER, opened

_LIMIT = 2 << 30  # bytes unpacked; no package of a trial comes near


@dataclass(frozen=True)
class Verified:
    """What was looked at and what is wrong with it; no problem: the package is as it was sealed."""

    name: str
    files: int
    problems: tuple[str, ...]

    def text(self) -> str:
        """The result for a person."""
        if not self.problems:
            return f"{self.name}: {self.files} files, intact and consistent"
        # Names come from a file of somebody else: what a terminal would obey is shown instead.
        return "\n".join([f"{self.name}: {len(self.problems)} problems", *map(shown, self.problems)])


def verify(path: Path, passphrase: str = "") -> Verified:
    """Judge a sealed package (or its first volume), its payload.zip, or the folder it was unpacked to.

    Nothing is written: what was sealed stays in memory. InputError where it does not open.
    """
    files = _package(path, passphrase)
    return Verified(path.name, len(files), tuple(complaints(files)))


def complaints(files: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the files of a package, and [] where it is whole and agrees with itself."""
    return problems(files) or [*_definition(files), *disagreements(files)]


def _package(path: Path, passphrase: str) -> dict[str, bytes]:
    """Every file of the package by its path below the package's own folder."""
    if path.is_dir():
        names = (p for p in sorted(path.rglob("*")) if p.is_file())
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in names}
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    content = _joined(path)
    if _members(content) == [MEMBER]:
        if not passphrase:
            raise InputError(f"{path} is sealed; give --passphrase-file FILE")
        content = opened(content, passphrase)
    try:
        return _unzipped(content)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is no package, or damaged") from error


def _joined(path: Path) -> bytes:
    """A file, or all volumes of which `path` is the first."""
    if not path.name.endswith(".001"):
        return path.read_bytes()
    stem, parts, number = path.name[:-4], [], 1
    while (part := path.with_name(f"{stem}.{number:03d}")).is_file():
        parts.append(part.read_bytes())
        number += 1
    return b"".join(parts)


def _members(content: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except zipfile.BadZipFile as error:
        raise InputError("the file is no ZIP, or volumes are missing") from error


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if sum(info.file_size for info in infos) > _LIMIT:
            raise InputError("the package claims more than 2 GiB; it is not unpacked")
        found = {}
        for info in infos:
            parts = PurePosixPath(info.filename).parts
            if len(parts) < 2 or ".." in parts or parts[0].startswith("/"):
                raise InputError("the package holds a path outside of its folder; it is not unpacked")
            name = "/".join(parts[1:])
            if name in found:
                raise InputError("the package holds a path twice; it is not unpacked")
            found[name] = archive.read(info)
    return found


def _definition(files: Mapping[str, bytes]) -> list[str]:
    """The datasets against the built-in rules and their Define-XML."""
    data = MemoryPath(files) / PAYLOAD
    findings = check_folder(data.joinpath(TRANSPORT), define=data / "define.xml").findings
    return [finding.one_line() for finding in at_or_above(findings, "WARN")]

"""Files of a package that were never written, as far as a check asks of a path."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import BinaryIO


class MemoryPath:
    """A file or folder among `files` (path -> bytes); for what must not lie on a disk, not even for a moment.

    It answers what the readers of this package ask of a `pathlib.Path`, and nothing else.
    """

    def __init__(self, files: Mapping[str, bytes], path: PurePosixPath | str = ".") -> None:
        self._files = files
        self._path = PurePosixPath(path)

    def __truediv__(self, name: str) -> MemoryPath:
        return self.joinpath(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryPath) and (self._files, self._path) == (other._files, other._path)

    def __hash__(self) -> int:
        return hash(self._path)

    def __str__(self) -> str:
        return str(self._path)

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def suffix(self) -> str:
        return self._path.suffix

    @property
    def parent(self) -> MemoryPath:
        return MemoryPath(self._files, self._path.parent)

    def joinpath(self, *parts: str) -> MemoryPath:
        """The place `parts` lead to; `..` is not followed, so that nothing lies outside."""
        return MemoryPath(self._files, self._path.joinpath(*parts))

    def is_file(self) -> bool:
        return str(self._path) in self._files

    def is_dir(self) -> bool:
        return any(self._path in PurePosixPath(name).parents for name in self._files)

    def exists(self) -> bool:
        return self.is_file() or self.is_dir()

    def is_symlink(self) -> bool:
        return False

    def iterdir(self) -> Iterator[MemoryPath]:
        """Files and folders directly below, by name."""
        depth = len(self._path.parts)
        below = (PurePosixPath(name) for name in self._files)
        names = {path.parts[depth] for path in below if self._path in path.parents}
        return iter([self / name for name in sorted(names)])

    def read_bytes(self) -> bytes:
        """The content. FileNotFoundError where there is none."""
        try:
            return self._files[str(self._path)]
        except KeyError:
            raise FileNotFoundError(2, "No such file", str(self._path)) from None

    def open(self, mode: str = "rb") -> BinaryIO:
        """The content as a binary file."""
        return io.BytesIO(self.read_bytes())

    def stat(self) -> SimpleNamespace:
        """`st_size` alone."""
        return SimpleNamespace(st_size=len(self.read_bytes()))


Place = Path | MemoryPath


def within(place: Place, folder: Place, *, strict: bool = False) -> bool:
    """Whether `place`, links followed, lies in `folder`; in memory there is no way out.

    OSError where `strict` and there is nothing at the end of the link.
    """
    if isinstance(place, MemoryPath) or isinstance(folder, MemoryPath):
        return True
    return place.resolve(strict=strict).is_relative_to(folder.resolve())

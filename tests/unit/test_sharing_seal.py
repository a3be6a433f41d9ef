"""Sealing: equal content gives an equal payload, and any byte changed shows when the package is opened."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import pytest

from cdisc_kit.errors import InputError
from cdisc_kit.sharing.seal import MEMBER, new_passphrase, opened, payload, sealed, volumes
from cdisc_kit.sharing.verify import verify

FILES = {"data/b.csv": b"x,y\n1,2\n", "data/a.csv": bytes(range(256)), "bagit.txt": b"BagIt\n"}
PHRASE = "abcd-efgh"


def test_equal_files_give_equal_bytes_whatever_their_order() -> None:
    assert payload("P", FILES) == payload("P", dict(reversed(FILES.items())))
    with zipfile.ZipFile(io.BytesIO(payload("P", FILES))) as archive:
        assert archive.namelist() == ["P/bagit.txt", "P/data/a.csv", "P/data/b.csv"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("P/data/a.csv") == FILES["data/a.csv"]


def test_a_sealed_package_shows_one_neutral_name_and_no_checksum() -> None:
    content = payload("ChiCTR_IPD_R1", FILES)
    closed = sealed(content, PHRASE)
    assert b"ChiCTR" not in closed
    with zipfile.ZipFile(io.BytesIO(closed)) as archive:
        (info,) = archive.infolist()
    assert (info.filename, info.CRC, info.flag_bits & 1) == (MEMBER, 0, 1)
    assert opened(closed, PHRASE) == content
    assert sealed(content, PHRASE) != closed, "the salt is one of chance"


def test_any_byte_changed_is_noticed_on_opening() -> None:
    closed = sealed(payload("P", FILES), PHRASE)
    for at in range(len(closed)):
        changed = closed[:at] + bytes([closed[at] ^ (1 << at % 8)]) + closed[at + 1 :]
        with pytest.raises(InputError):
            opened(changed, PHRASE)
    for changed in (closed[:-1], closed + b"\0", b"\0" + closed, b""):
        with pytest.raises(InputError):
            opened(changed, PHRASE)


def test_another_passphrase_does_not_open() -> None:
    closed = sealed(b"content", PHRASE)
    for wrong in ("", "abcd-efgH", new_passphrase()):
        with pytest.raises(InputError):
            opened(closed, wrong)


def test_passphrases_are_of_chance_and_long_enough() -> None:
    many = {new_passphrase() for _ in range(200)}
    assert len(many) == 200
    letters = {len(phrase.replace("-", "")) for phrase in many}
    assert min(letters) * math.log2(32) >= 100
    assert all(phrase.isascii() and phrase.replace("-", "").isalnum() for phrase in many)


@pytest.mark.parametrize(("size", "count"), [(100, 1), (99, 2), (50, 2), (33, 4)])
def test_volumes_joined_are_the_file(size: int, count: int) -> None:
    content = bytes(range(100))
    parts = volumes("p.zip", content, size)
    assert len(parts) == count
    assert all(len(part) <= size for part in parts.values())
    assert b"".join(parts[name] for name in sorted(parts)) == content
    assert sorted(parts) == (["p.zip"] if count == 1 else [f"p.zip.{n:03d}" for n in range(1, count + 1)])


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["../x", "P/../../x", "/etc/x", "x"])
def test_a_package_with_paths_out_of_its_folder_is_not_unpacked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(zipped({"P/bagit.txt": b"", name: b"x"}))
    with pytest.raises(InputError, match="outside of its folder"):
        verify(path)


def test_what_is_no_package_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="no ZIP"):
        verify(path)
    with pytest.raises(InputError, match="does not exist"):
        verify(tmp_path / "q.zip")
    path.write_bytes(zipped({"P/x": b"x"}))
    assert "manifest-sha256.txt is missing" in verify(path).problems


def test_a_sealed_package_asks_for_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(sealed(payload("P", FILES), PHRASE))
    with pytest.raises(InputError, match="passphrase-file"):
        verify(path)

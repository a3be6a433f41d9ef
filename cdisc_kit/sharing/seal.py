"""A package sealed: its files in one ZIP with fixed times, that ZIP alone in an AES-256 encrypted one.

The names and sizes of an encrypted ZIP's members can be read without the passphrase; hence the one neutral
member.
"""

from __future__ import annotations

import base64
import io
import secrets
import zipfile
from collections.abc import Mapping

from cdisc_kit.errors import InputError

MEMBER = "payload.zip"
# The earliest time a ZIP can state; the package's own times would tell when the data were handled.
_TIME = (1980, 1, 1, 0, 0, 0)
# The form of the encryption that does not state a checksum of what is encrypted.
_AE_2 = 2
# Lengths in bytes: a ZIP's header of a member, salt and check value before the encrypted bytes, code after.
_LOCAL_HEADER, _SALT_AND_CHECK, _CODE = 30, 18, 10


def payload(folder: str, files: Mapping[str, bytes]) -> bytes:
    """`files` below `folder` as a ZIP; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{folder}/{name}", _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, files[name])
    return buffer.getvalue()


def new_passphrase() -> str:
    """A passphrase of 120 random bits that can be read out on the telephone: six groups of four letters."""
    letters = base64.b32encode(secrets.token_bytes(15)).decode("ascii")
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def sealed(content: bytes, passphrase: str) -> bytes:
    """`content` as the one member of an AES-256 encrypted ZIP (WinZip AE-2)."""
    import pyzipper  # noqa: PLC0415 - only a release needs it

    buffer = io.BytesIO()
    with pyzipper.AESZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as archive:
        archive.setpassword(passphrase.encode("utf-8"))
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=_AE_2)
        archive.writestr(archive.zipinfo_cls(MEMBER, _TIME), content)
    return buffer.getvalue()


def opened(content: bytes, passphrase: str) -> bytes:
    """The payload of a sealed package. InputError for a wrong passphrase or a file that was changed anywhere.

    The code of the encryption covers what is encrypted; what stands around it is compared with what sealing
    writes.
    """
    import pyzipper  # noqa: PLC0415

    try:
        with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
            archive.setpassword(passphrase.encode("utf-8"))
            inner = bytes(archive.read(MEMBER))
    except Exception as error:  # whatever a damaged container makes of the library that reads it
        raise InputError("the package does not open: wrong passphrase or changed") from error
    if _frame(content, len(inner)) != _frame(sealed(inner, passphrase), len(inner)):
        raise InputError("the package was changed around what is sealed; ask for it again")
    return inner


def _frame(content: bytes, size: int) -> tuple[bytes, bytes]:
    """What stands before and after the encrypted bytes: salt, check of the passphrase, content, code."""
    begins = _LOCAL_HEADER + sum(int.from_bytes(content[at : at + 2], "little") for at in (26, 28))
    return content[:begins], content[begins + _SALT_AND_CHECK + size + _CODE :]


def volumes(name: str, content: bytes, max_bytes: int) -> dict[str, bytes]:
    """`name` -> `content`, or `name.001`, `name.002` … of at most `max_bytes` each; joined, the file."""
    if len(content) <= max_bytes:
        return {name: content}
    parts = [content[at : at + max_bytes] for at in range(0, len(content), max_bytes)]
    return {f"{name}.{number:03d}": part for number, part in enumerate(parts, start=1)}

"""The master key of a study's releases, and the keys derived from it for one release to one recipient."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from cdisc_kit.errors import InputError

KEY_BYTES = 32
_PREFIX = "cdisc-kit-key-1:"
# Published on purpose: it protects nothing but synthetic data, and whoever uses it is told so.
DEMO_KEY = hashlib.sha256(b"cdisc-kit published demonstration key, for synthetic data only").digest()


def new_key(path: Path) -> str:
    """Write a new random master key to `path` (mode 0600) and return its id; a missing folder is made (0700).

    InputError where the file exists, or lies in a version-controlled tree: a key that is committed once is
    known for ever.
    """
    _outside_version_control(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{path} exists; a key is never overwritten, choose another file") from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    master = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(_PREFIX + base64.b64encode(master).decode("ascii") + "\n")
    return key_id(master)


def read_key(path: Path, *, apart: Path | None = None) -> bytes:
    """The 32 bytes of a key file. InputError where others can read it, it lies in a git tree or is no key.

    Nor may it lie in the folder `apart`, which holds what it protects.
    """
    if apart is not None and apart.resolve() in path.resolve().parents:
        raise InputError(f"{path} lies in {apart}; keep the key apart from what it protects")
    _outside_version_control(path)
    require_private(path)
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a key; make one with `share key new FILE`") from error
    try:
        master = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        master = b""
    if not text.startswith(_PREFIX) or len(master) != KEY_BYTES or len(set(master)) < KEY_BYTES // 4:
        raise InputError(
            f"{path} holds no key of {KEY_BYTES} random bytes; make one with `share key new FILE`"
        )
    return master


def require_private(path: Path) -> None:
    """InputError for a secret that is no file, or that others than its owner can read."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise InputError(f"{path} can be read by others (mode {mode & 0o777:04o}); run chmod 600 on it")


def key_id(master: bytes) -> str:
    """Eight hex digits that name a key without telling it; two keys are told apart in the release log."""
    return hmac.new(master, b"cdisc-kit key id", hashlib.sha256).hexdigest()[:8]


def derived(master: bytes, *context: str) -> bytes:
    """A 32-byte key for `context` (study, release, recipient, purpose) by HKDF-SHA256 (RFC 5869).

    The context is length-prefixed, so that no two contexts spell the same bytes.
    """
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - costly, and only a release needs it
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    parts = [text.encode("utf-8") for text in context]
    info = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return HKDF(SHA256(), KEY_BYTES, salt=b"cdisc-kit ipd", info=info).derive(master)


def _outside_version_control(path: Path) -> None:
    for folder in path.absolute().resolve().parents:
        if (folder / ".git").exists():
            raise InputError(f"{path} lies in the version-controlled tree {folder}; keep keys outside of it")

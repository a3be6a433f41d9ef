"""The release log: one JSON line for each release, chained by hashes, authenticated by the study's key.

Each line holds the hash of the one before it, so that an edit, a removal or another order breaks the chain;
its code is made with a key derived from the master key, so that nobody without that key can chain anew. What
chains cannot show, lines cut off the end, shows against the head file beside the log, which has a code too.
A run that is killed leaves the log with the new line or without it, never with half of one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdisc_kit.errors import InputError
from cdisc_kit.ipd.key import derived

FIRST = "0" * 64


def append(log: Path, entry: Mapping[str, Any], master: bytes, study: str) -> dict[str, Any]:
    """`entry` with number, previous hash, hash and code, added to `log`. InputError where that is broken."""
    require_untouched(log, master, study)
    lines = _lines(log)
    previous = json.loads(lines[-1])["hash"] if lines else FIRST
    number = len(lines) + 1
    content = {**entry, "number": number, "previous": previous}
    coded = {**content, "code": _code(_hash(content), master, study)}
    digest = _hash(coded)
    whole = {**coded, "hash": digest}
    log.parent.mkdir(parents=True, exist_ok=True)
    if not lines:
        _replace(_head(log), _head_line(0, FIRST, master, study))
    _replace(log, b"".join(line + b"\n" for line in [*lines, _canonical(whole)]))
    _replace(_head(log), _head_line(number, digest, master, study))
    return whole


def _replace(path: Path, content: bytes) -> None:
    """`path` holds `content` or what it held before, whenever the run ends; readable by its owner alone."""
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def require_untouched(log: Path, master: bytes | None, study: str) -> None:
    """InputError with the first problem of a log that was changed."""
    broken = problems(log, master, study)
    if broken:
        raise InputError(f"{log} was changed; nothing is released until that is cleared up: {broken[0]}")


def entries(log: Path) -> list[dict[str, Any]]:
    """The entries, oldest first, as they stand."""
    return [json.loads(line) for line in _lines(log)]


def problems(log: Path, master: bytes | None, study: str) -> list[str]:
    """What is wrong with the log: [] for an untouched one. Without `master` the codes are not judged."""
    found: list[str] = []
    hashes = [FIRST]
    for count, line in enumerate(_lines(log), start=1):
        try:
            entry = json.loads(line)
            coded = {key: value for key, value in entry.items() if key != "hash"}
            content = {key: value for key, value in coded.items() if key != "code"}
            digest, code = str(entry["hash"]), str(entry["code"])
            edited = _hash(coded) != digest or line != _canonical(entry)
        except (ValueError, KeyError, AttributeError):
            return [*found, f"line {count} is no entry"]
        if content.get("number") != count or content.get("previous") != hashes[-1]:
            found.append(f"line {count} does not follow the line before it")
        if edited:
            found.append(f"line {count} was edited")
        elif master is not None and _code(_hash(content), master, study) != code:
            found.append(f"line {count} was not written with this key")
        hashes.append(digest)
    if log.is_file() and log.read_bytes() != b"".join(line + b"\n" for line in _lines(log)):
        found.append("the ends of the lines were changed")
    return found + _head_problems(log, hashes, master, study)


def _head_problems(log: Path, hashes: list[str], master: bytes | None, study: str) -> list[str]:
    """The head against the hashes of the entries (the first is that of no entry)."""
    head, count = _head(log), len(hashes) - 1
    if not head.is_file():
        return [f"{head.name} is missing"] if count else []
    content = head.read_bytes()
    try:
        stated, digest, code, _ = content.decode("ascii").split(" ")
        number = int(stated)
        edited = content != _checked(stated, digest, code)
    except ValueError:
        edited = True
    if edited:
        return [f"{head.name} is no head, or was edited"]
    if number > count:
        return [f"{number - count} entries are missing at the end"]
    # A run that was ended between the line and the head leaves the head one behind.
    if number < count - 1 or digest != hashes[number]:
        return ["the head differs"]
    if master is not None and content != _head_line(number, digest, master, study):
        return [f"{head.name} was not written with this key"]
    return []


def _head_line(number: int, digest: str, master: bytes, study: str) -> bytes:
    return _checked(str(number), digest, _code(f"head {number} {digest}", master, study))


def _checked(number: str, digest: str, code: str) -> bytes:
    """The head with a hash of itself, for those who have no key."""
    line = f"{number} {digest} {code}"
    return f"{line} {hashlib.sha256(line.encode('ascii')).hexdigest()}\n".encode("ascii")


def _head(log: Path) -> Path:
    return log.with_suffix(".head")


def _lines(log: Path) -> list[bytes]:
    return log.read_bytes().split(b"\n")[:-1] if log.is_file() else []


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def _code(digest: str, master: bytes, study: str) -> str:
    return hmac.new(derived(master, study, "", "", "log"), digest.encode("ascii"), hashlib.sha256).hexdigest()

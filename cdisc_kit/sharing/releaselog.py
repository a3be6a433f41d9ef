"""The release log: one JSON line for each release, chained by hashes, authenticated by the study's key.

Each line holds the hash of the one before it, so that an edit, a removal or another order breaks the chain;
its code is made with a key derived from the master key, so that nobody without that key can chain anew. What
chains cannot show, lines cut off the end, shows against the head file beside the log.
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
    broken = problems(log, master, study)
    if broken:
        raise InputError(f"{log} was changed; nothing is released until that is cleared up: {broken[0]}")
    lines = _lines(log)
    previous = json.loads(lines[-1])["hash"] if lines else FIRST
    content = {"number": len(lines) + 1, **entry, "previous": previous}
    digest = _hash(content)
    whole = {**content, "hash": digest, "code": _code(digest, master, study)}
    log.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_canonical(whole) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    head = _head(log)
    part = head.with_name(head.name + ".part")
    part.write_text(f"{whole['number']} {digest}\n", encoding="ascii")
    part.replace(head)
    return whole


def entries(log: Path) -> list[dict[str, Any]]:
    """The entries, oldest first, as they stand."""
    return [json.loads(line) for line in _lines(log)]


def problems(log: Path, master: bytes | None, study: str) -> list[str]:
    """What is wrong with the log: [] for an untouched one. Without `master` the codes are not judged."""
    found: list[str] = []
    previous, count = FIRST, 0
    for count, line in enumerate(_lines(log), start=1):
        try:
            entry = json.loads(line)
            content = {key: value for key, value in entry.items() if key not in ("hash", "code")}
            whole = entry["hash"], entry["code"]
        except (ValueError, KeyError, AttributeError):
            return [*found, f"line {count} is no entry"]
        if content.get("number") != count or content.get("previous") != previous:
            found.append(f"line {count} does not follow the line before it")
        if _hash(content) != whole[0]:
            found.append(f"line {count} was edited")
        elif master is not None and not hmac.compare_digest(_code(whole[0], master, study), str(whole[1])):
            found.append(f"line {count} was not written with this key")
        previous = whole[0]
    found += _head_problems(log, count, previous)
    return found


def _head_problems(log: Path, count: int, last: str) -> list[str]:
    head = _head(log)
    if not head.is_file():
        return [f"{head.name} is missing"] if count else []
    number, _, digest = head.read_text(encoding="ascii").strip().partition(" ")
    if not number.isdigit():
        return [f"{head.name} is no head"]
    if int(number) > count:
        return [f"{int(number) - count} entries are missing at the end"]
    # A run that was ended between the line and the head leaves the head one behind.
    return (
        [] if int(number) == count - 1 or (int(number) == count and digest == last) else ["the head differs"]
    )


def _head(log: Path) -> Path:
    return log.with_suffix(".head")


def _lines(log: Path) -> list[bytes]:
    return log.read_bytes().splitlines() if log.is_file() else []


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def _code(digest: str, master: bytes, study: str) -> str:
    return hmac.new(derived(master, study, "", "", "log"), digest.encode("ascii"), hashlib.sha256).hexdigest()

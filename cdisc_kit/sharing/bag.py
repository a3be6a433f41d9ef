"""BagIt 1.0 (RFC 8493): the payload below data/, with a hash of every file and of every list of hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
PAYLOAD = "data/"


def bag(files: Mapping[str, bytes], tags: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """A bag of `files` (below data/) and further tag files (`metadata/…`); `info` goes into bag-info.txt.

    No time of making stands in it: it would tell when the data were handled.
    """
    payload = {f"{PAYLOAD}{name}": content for name, content in files.items()}
    octets = sum(map(len, payload.values()))
    stated = {**info, "Payload-Oxum": f"{octets}.{len(payload)}"}
    whole = {
        DECLARATION: b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        INFO: "".join(f"{key}: {value}\n" for key, value in stated.items()).encode("utf-8"),
        MANIFEST: manifest(payload),
        **tags,
    }
    return {**payload, **whole, TAG_MANIFEST: manifest(whole)}


def manifest(files: Mapping[str, bytes]) -> bytes:
    """`sha256  path` of each file, by path."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode("utf-8")


def problems(files: Mapping[str, bytes]) -> list[str]:
    """What is wrong with a bag: files missing, changed, or in no list. [] for an intact one."""
    found = [f"{name} is missing" for name in (DECLARATION, MANIFEST, TAG_MANIFEST) if name not in files]
    if found:
        return found
    listed: set[str] = {TAG_MANIFEST}
    for name in (MANIFEST, TAG_MANIFEST):
        for line in files[name].decode("utf-8", "replace").removesuffix("\n").split("\n"):
            digest, _, path = line.partition("  ")
            listed.add(path)
            if path not in files:
                found.append(f"{path} is missing")
            elif hashlib.sha256(files[path]).hexdigest() != digest:
                found.append(f"{path} was changed")
    # The one file that no list holds: what is not a line of it shows by making it again.
    if not found and files[TAG_MANIFEST] != manifest({n: files[n] for n in _paths(files[TAG_MANIFEST])}):
        found.append(f"{TAG_MANIFEST} was changed")
    return found + [f"{name} is in no manifest" for name in sorted(files.keys() - listed)]


def _paths(lines: bytes) -> list[str]:
    return [line.partition("  ")[2] for line in lines.decode("utf-8").removesuffix("\n").split("\n")]

"""The sealed packages of a study against its release log."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from cdisc_kit.errors import InputError
from cdisc_kit.sharing.releaselog import entries
from cdisc_kit.sharing.request import Request
from cdisc_kit.sharing.state import PASSPHRASE, State

DRAFTS = ".eml"
_REQUEST = tuple(Request.__dataclass_fields__)


def entry_of(state: State, release: str) -> dict[str, Any]:
    """The newest log entry of a release: one that was ended before its package stood is packed again."""
    found = [entry for entry in entries(state.log) if entry["release"] == release]
    if not found:
        raise InputError(f"{state.log} has no release {release}; pack it first")
    return found[-1]


def request_of(entry: dict[str, Any]) -> Request:
    """The request as it stood when the package was made: the only address a package may go to."""
    return Request(**{name: str(entry[name]) for name in _REQUEST})


def require_accounted(state: State, request: Request) -> None:
    """InputError where a package lies there that the log does not name: whoever cut the log took it for lost.

    And where the release was made for another recipient: its id stands for one copy.
    """
    logged = {str(entry["release"]): entry for entry in entries(state.log)}
    there = {path.name for path in state.sealed.iterdir()} if state.sealed.is_dir() else set()
    unnamed = ", ".join(sorted(there - logged.keys()))
    if unnamed:
        raise InputError(f"{state.log} does not name {unnamed}; nothing is released until that is cleared up")
    earlier = logged.get(request.release)
    if earlier is not None and request_of(earlier).recipient != request.recipient:
        raise InputError(
            f"release {request.release} was made for another recipient; give the request another id"
        )


def sealed_files(state: State, entry: dict[str, Any]) -> dict[str, bytes]:
    """The files to send of the package that `entry` logs. InputError where it is another, or not there."""
    place = state.sealed / str(entry["release"])
    found = _package(state, str(entry["release"]))
    if not found:
        raise InputError(f"{place} holds no package; pack release {entry['release']} again")
    if _digest(found) != entry["package"]:
        raise InputError(f"{place} does not hold the package that was logged; nothing is sent")
    return found


def require_in_force(entry: dict[str, Any], today: dt.date) -> None:
    """InputError where the agreement of the release has ended and nobody let that gate pass."""
    let_pass = (entry["override"] or {}).get("gates", ())
    if dt.date.fromisoformat(entry["expires"]) < today and "expiry" not in let_pass:
        raise InputError(f"the agreement of release {entry['release']} ended on {entry['expires']}")


def discrepancies(state: State) -> list[str]:
    """Where packages and log differ: logged and not there, there and not logged, another one. [] if equal."""
    newest = {str(entry["release"]): entry for entry in entries(state.log)}
    found = []
    for release, entry in newest.items():
        package = _package(state, release)
        if not package:
            found.append(f"release {release} is logged, its package is not there; it can be packed again")
        elif _digest(package) != entry["package"]:
            found.append(f"the package of release {release} is not the one that was logged")
    there = {path.name for path in state.sealed.iterdir()} if state.sealed.is_dir() else set()
    return found + [f"a package {name} is there that is not logged" for name in sorted(there - newest.keys())]


def _package(state: State, release: str) -> dict[str, bytes]:
    place = state.sealed / release
    names = sorted(place.iterdir()) if place.is_dir() else []
    return {p.name: p.read_bytes() for p in names if p.name != PASSPHRASE and p.suffix != DRAFTS}


def _digest(package: dict[str, bytes]) -> str:
    """SHA-256 of the sealed file, whatever volumes it was cut into."""
    return hashlib.sha256(b"".join(package.values())).hexdigest()

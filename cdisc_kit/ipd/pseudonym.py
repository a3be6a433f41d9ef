"""Identifiers replaced by keyed pseudonyms: HMAC-SHA256, 50 bits, written in base32."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdisc_kit.errors import OutputError

BITS = 50
CHARACTERS = BITS // 5


@dataclass
class Pseudonyms:
    """Pseudonyms of one release to one recipient; the same identifier of a kind always gets the same one.

    `given` is kept for the intruder tests, never written. OutputError on a collision: with 50 bits one in
    ten million releases of a thousand subjects meets one, and a second release id then gives other ids.
    """

    key: bytes
    given: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def of(self, kind: str, identifiers: Iterable[str]) -> dict[str, str]:
        """identifier -> pseudonym, for identifiers of one kind (`subject`, `link`)."""
        known = self.given.setdefault(kind, {})
        for identifier in identifiers:
            if identifier not in known:
                known[identifier] = self._one(kind, identifier)
        if len(set(known.values())) != len(known):
            raise OutputError(
                f"two identifiers of kind {kind} share a pseudonym; give the release another id"
            )
        return known

    def _one(self, kind: str, identifier: str) -> str:
        message = len(kind).to_bytes(1, "big") + kind.encode("utf-8") + identifier.encode("utf-8")
        digest = hmac.new(self.key, message, hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii")[:CHARACTERS]

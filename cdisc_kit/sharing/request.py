"""Who asks for the data, for what, and what was approved: the request file of one release."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import InputError, SpecError
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import read_yaml

# Something that can be read: no blank around it, no second line, no character that nobody sees.
TEXT = {"type": "string", "pattern": r"^(?=.*\w)\S(.*\S)?\Z"}
# A number that a committee or authority gave: `pending`, `n/a` or a blank is none.
NUMBER = {"type": "string", "pattern": r"^(?=.*\d)\S(.*\S)?\Z"}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
# One address: what a mail program would take for several, or for a name and an address, is none.
_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "release": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z"},
        "requester": TEXT,
        "institution": TEXT,
        "country": {"type": "string", "pattern": r"^[A-Z]{3}\Z"},
        "email": {"type": "string", "pattern": _ADDRESS},
        "purpose": TEXT,
        "tier": TEXT,
        "ethics_number": NUMBER,
        "pi_approved": _DATE,
        "ethics_approved": _DATE,
        "dua_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "expires": _DATE,
        "export_approval": NUMBER,
    },
    "required": ["release", "requester", "institution", "country", "email", "purpose", "tier", "expires"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Request:
    """One request. Dates are ISO 8601; '' where the file does not say. `country` is ISO 3166-1 alpha-3."""

    release: str
    requester: str
    institution: str
    country: str
    email: str
    purpose: str
    tier: str
    expires: str
    ethics_number: str = ""
    pi_approved: str = ""
    ethics_approved: str = ""
    dua_sha256: str = ""
    export_approval: str = ""

    @property
    def recipient(self) -> str:
        """What the recipient's pseudonyms are derived from."""
        return f"{self.requester}\n{self.institution}\n{self.email.lower()}"


def review_request(tier: str) -> Request:
    """The recipient of a release that is prepared for review and never leaves."""
    return Request("review", "review", "review", "", "", "review", tier, "")


def read_request(path: Path) -> Request:
    """The request in a YAML file. SpecError with every problem of it, InputError for a day that is none."""
    document = read_yaml(path, path.name)
    problems = Problems()
    if not problems.schema(document, SCHEMA):
        raise SpecError(problems)
    request = Request(**{str(key): str(value) for key, value in document.items()})
    for name in ("expires", "pi_approved", "ethics_approved"):
        if not is_day(getattr(request, name)):
            raise InputError(f"{path}: {name}: there is no such day")
    return request


def is_day(text: str) -> bool:
    """True for a day of the calendar, YYYY-MM-DD, and for no text."""
    try:
        return not text or bool(dt.date.fromisoformat(text))
    except ValueError:
        return False

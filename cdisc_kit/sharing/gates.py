"""The conditions of a release: what the registration promised, to whom, and who approved."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import InputError, SpecError
from cdisc_kit.ipd.policy import Policy
from cdisc_kit.sharing.request import NUMBER, TEXT, Request, is_day
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import read_yaml

CONTROLLED = "T2"
_APPROVED = {"principal_investigator": "pi_approved", "ethics_committee": "ethics_approved"}
OVERRIDE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "gates": {"type": "array", "items": TEXT, "minItems": 1},
        "ethics_number": NUMBER,
        "reason": TEXT,
        "who": TEXT,
        "when": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"},
        "release": TEXT,
    },
    "required": ["gates", "ethics_number", "reason", "who", "when", "release"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Gate:
    """One condition: `name`, whether it is `open`, and in `detail` what it rests on or what to do."""

    name: str
    open: bool
    detail: str


@dataclass(frozen=True)
class Override:
    """Gates that an ethics committee let pass for one `release`, by number; it is logged and printed."""

    gates: tuple[str, ...]
    ethics_number: str
    reason: str
    who: str
    when: str
    release: str


def read_override(path: Path) -> Override:
    """The override in a YAML file. SpecError with every problem: without an ethics number it is none.

    InputError for a day that is none.
    """
    document = read_yaml(path, path.name)
    problems = Problems()
    if problems.schema(document, OVERRIDE_SCHEMA):
        unknown = [name for name in document["gates"] if name not in GATES]
        for name in unknown:
            problems.unknown(name, "gates", "gate", name, GATES)
    if problems:
        raise SpecError(problems)
    if not is_day(str(document["when"])):
        raise InputError(f"{path}: when: there is no such day")
    gates = tuple(map(str, document["gates"]))
    given = ("ethics_number", "reason", "who", "when", "release")
    return Override(gates, *(str(document[key]) for key in given))


def require_override_of(request: Request, override: Override | None, today: dt.date) -> None:
    """InputError for an override of another release, or of a day to come."""
    if override is None:
        return
    if override.release != request.release:
        raise InputError(f"the override is for release {override.release}, not for {request.release}")
    if dt.date.fromisoformat(override.when) > today:
        raise InputError(f"the override is of {override.when}, a day to come")


def gates_of(policy: Policy, request: Request, today: dt.date) -> tuple[Gate, ...]:
    """Every gate of a release, open or closed on the day `today`."""
    return tuple(Gate(name, *check(policy, request, today)) for name, check in GATES.items())


def closed(gates: Iterable[Gate], override: Override | None) -> tuple[Gate, ...]:
    """The gates that stop the release: closed, and not let pass."""
    passed = override.gates if override is not None else ()
    return tuple(gate for gate in gates if not gate.open and gate.name not in passed)


def _window(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    release = policy.document["release"]
    rule = release["opens"]
    event = str(rule["after"])
    begins = str(release.get(event, ""))
    if not begins:
        return False, f"release.{event} of the policy is blank; fill it in when it is known"
    start, months = dt.date.fromisoformat(begins), int(rule["months"])
    if rule.get("within") == "true":
        due = plus_months(start, months)
        late = f", promised by {due}" if today > due else f", due by {due}"
        return today >= start, f"open from {start} ({event}){late}"
    opens = plus_months(start, months)
    return today >= opens, f"open from {opens}: {months} months after {event} ({start})"


def plus_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + year, month + 1)[1]
    return day.replace(year=day.year + year, month=month + 1, day=min(day.day, last))


def _approvals(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    needed = [_APPROVED[str(name)] for name in policy.document["release"]["approvals"]]
    missing = [field for field in needed if not _by(getattr(request, field), today)]
    if missing:
        return False, f"the request file gives no date until today for {', '.join(missing)}"
    return True, ", ".join(f"{field} {getattr(request, field)}" for field in needed) or "none promised"


def _by(day: str, today: dt.date) -> bool:
    return bool(day) and dt.date.fromisoformat(day) <= today


def _ethics(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    if request.tier != CONTROLLED:
        return True, "not asked of this tier"
    return bool(request.ethics_number), request.ethics_number or "the request file gives no ethics_number"


def _agreement(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    if request.tier != CONTROLLED:
        return True, "not asked of this tier"
    return bool(request.dua_sha256), request.dua_sha256 or "the request file gives no dua_sha256"


def _expiry(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    return dt.date.fromisoformat(request.expires) >= today, f"the agreement ends on {request.expires}"


def _export(policy: Policy, request: Request, today: dt.date) -> tuple[bool, str]:
    home = str(policy.document["country"])
    if request.country == home:
        return True, f"recipient in {home}"
    return bool(request.export_approval), request.export_approval or (
        f"recipient in {request.country or 'no country'}: the request file gives no export_approval"
    )


GATES: dict[str, Callable[[Policy, Request, dt.date], tuple[bool, str]]] = {
    "window": _window,
    "approvals": _approvals,
    "ethics": _ethics,
    "agreement": _agreement,
    "expiry": _expiry,
    "export": _export,
}

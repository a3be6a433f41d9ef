"""What an intruder would try, tried on every release before it is written: a test that fails stops it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdisc_kit.ipd.dayone import day_one
from cdisc_kit.ipd.dayproof import equal_days
from cdisc_kit.ipd.decode import Decoded, decode
from cdisc_kit.ipd.evidence import Evidence, Hit, Test
from cdisc_kit.ipd.idattack import enumeration, order, two_recipients
from cdisc_kit.ipd.inference import withheld_facts
from cdisc_kit.ipd.known import Known, declared_days, known_values
from cdisc_kit.ipd.linkage import by_course, by_quasi_identifiers
from cdisc_kit.ipd.scan import Allowed, hits, keys_in, unsafe_names
from cdisc_kit.standard import load_ct

__all__ = ["Evidence", "Hit", "Test", "intruder_tests"]

_SHORTEST_PUBLIC = 4


def intruder_tests(evidence: Evidence, files: Mapping[str, bytes]) -> list[Test]:
    """The tests of the package `files` (path -> bytes), in the order of the report.

    SpecError where the policy names no identifying columns.
    """
    decoded = decode(files)
    known = known_values(evidence.plan, evidence.original, evidence.raw, evidence.texts)
    return [
        *_scan(evidence, decoded, known),
        _of_hits("keys", keys_in(files, decoded, evidence.secrets), {"keys": len(evidence.secrets)}),
        _of_hits("file names", unsafe_names(decoded.names()), {"files": len(decoded.names())}),
        by_quasi_identifiers(evidence),
        *by_course(evidence),
        withheld_facts(evidence),
        day_one(evidence),
        enumeration(evidence),
        two_recipients(evidence),
        order(evidence),
        equal_days(evidence),
    ]


def allowed_of(evidence: Evidence) -> Allowed:
    """What this package may state: public facts, the release's own days, versions of standards."""
    spec, policy = evidence.plan.spec, evidence.plan.policy
    version = load_ct(spec.ct_version).version
    design = {v.name for d in evidence.released.values() if d.is_reference for v in d.variables}
    of_subjects = {v.name for d in evidence.released.values() if not d.is_reference for v in d.variables}
    declared = declared_days(spec.study) | declared_days(policy.document["release"])
    return Allowed(
        days=evidence.dates | declared | {version},
        texts=tuple(sorted((t for t in evidence.texts if len(t) >= _SHORTEST_PUBLIC), key=len, reverse=True)),
        columns=frozenset(design - of_subjects),
    )


def _scan(evidence: Evidence, decoded: Decoded, known: Known) -> list[Test]:
    """One test for what cannot be read, one for known values, one for shapes, one for formulas."""
    found: dict[str, list[Hit]] = {"known values": [], "shapes": [], "formulas": []}
    for hit in hits(decoded, known, allowed_of(evidence)):
        found[_TEST_OF.get(hit.rule, "shapes")].append(hit)
    unread = [Hit("unread", place, reason) for place, reason in decoded.unread]
    figures = {
        "known values": {"searched": known.size, "too_short": known.short},
        "shapes": {"texts": len(decoded.texts)},
        "formulas": {},
    }
    return [
        _of_hits("files that cannot be read", unread, {"files": len(decoded.names())}),
        *(_of_hits(name, there, figures[name]) for name, there in found.items()),
    ]


_TEST_OF = {
    "identifier": "known values",
    "initials or name": "known values",
    "place or person": "known values",
    "date": "known values",
    "formula": "formulas",
}


def _of_hits(name: str, hits: Iterable[Hit], figures: Mapping[str, int]) -> Test:
    """A test that no hit may stand in; its detail names rules and places, never a value."""
    found = tuple(dict.fromkeys(hits))
    places = list(dict.fromkeys(f"{hit.rule} in {hit.place}" for hit in found))
    detail = (
        "none" if not found else "; ".join(places[:5]) + (f"; {len(places) - 5} more" if places[5:] else "")
    )
    return Test(name, not found, {**figures, "hits": len(found)}, detail, found)

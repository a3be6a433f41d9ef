"""The conditions of a release: what the registrations promised, approvals, agreements, recipients abroad."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import ASKED

from cdisc_kit.errors import InputError, SpecError
from cdisc_kit.ipd.policy import Policy, load_policy
from cdisc_kit.sharing.gates import (
    Override,
    closed,
    gates_of,
    plus_months,
    read_override,
    require_override_of,
)
from cdisc_kit.sharing.request import read_request

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
OPEN_DAY = dt.date(2028, 3, 1)


@pytest.fixture(scope="module")
def atg() -> Policy:
    return load_policy(MAPPINGS / "atg")


def published(day: str) -> Policy:
    policy = load_policy(MAPPINGS / "capeox")
    policy.document["release"]["publication"] = day
    return policy


def stopped(
    policy: Policy, today: dt.date = OPEN_DAY, override: Override | None = None, **other: str
) -> set[str]:
    """The gates that are closed for the request with `other` in it."""
    return {gate.name for gate in closed(gates_of(policy, replace(ASKED, **other), today), override)}


def test_a_request_with_everything_passes(atg: Policy) -> None:
    assert stopped(atg) == set()


@pytest.mark.parametrize(
    ("today", "closed_gates"),
    [(dt.date(2028, 2, 29), {"window"}), (dt.date(2028, 3, 1), set()), (dt.date(2027, 9, 1), {"window"})],
)
def test_six_months_after_the_end_of_the_study(atg: Policy, today: dt.date, closed_gates: set[str]) -> None:
    early = {"pi_approved": "2027-01-01", "ethics_approved": "2027-01-01"}
    assert stopped(atg, today, **early) == closed_gates


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2027-12-15", 1, "2028-01-15"),
        ("2027-01-31", 12, "2028-01-31"),
    ],
)
def test_months_end_on_their_last_day(start: str, months: int, end: str) -> None:
    assert plus_months(dt.date.fromisoformat(start), months) == dt.date.fromisoformat(end)


def test_nothing_before_publication_and_a_promise_of_three_months() -> None:
    assert "window" in stopped(published(""))
    assert "window" in stopped(published("2028-03-02"))
    assert "window" not in stopped(published("2028-03-01"))
    gates = gates_of(published("2027-10-01"), ASKED, OPEN_DAY)
    window = next(gate for gate in gates if gate.name == "window")
    assert window.open, "late is not closed: what was promised is still owed"
    assert "promised by 2028-01-01" in window.detail
    assert "due by 2028-06-01" in gates_of(published("2028-03-01"), ASKED, OPEN_DAY)[0].detail


@pytest.mark.parametrize(
    ("other", "gate"),
    [
        ({"pi_approved": ""}, "approvals"),
        ({"ethics_approved": ""}, "approvals"),
        ({"ethics_approved": "2028-03-02"}, "approvals"),
        ({"ethics_number": ""}, "ethics"),
        ({"dua_sha256": ""}, "agreement"),
        ({"expires": "2028-02-29"}, "expiry"),
        ({"country": "USA"}, "export"),
    ],
)
def test_each_condition_closes_its_own_gate(atg: Policy, other: dict[str, str], gate: str) -> None:
    assert stopped(atg, **other) == {gate}


def test_the_last_day_of_an_agreement_counts(atg: Policy) -> None:
    assert stopped(atg, expires=OPEN_DAY.isoformat()) == set()


def test_a_recipient_abroad_with_the_approval_to_export(atg: Policy) -> None:
    assert stopped(atg, country="USA", export_approval="HGR-2028-1") == set()


def test_public_data_need_no_agreement(atg: Policy) -> None:
    assert stopped(atg, tier="T1", dua_sha256="", ethics_number="") == set()


def write(path: Path, document: dict[str, object]) -> Path:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


PASSED = {
    "gates": ["window"],
    "ethics_number": "EC-77",
    "reason": "demonstration",
    "who": "PI",
    "when": "2026-11-20",
    "release": "R1",
}


def test_an_override_lets_pass_what_it_names_and_no_more(atg: Policy, tmp_path: Path) -> None:
    override = read_override(write(tmp_path / "o.yaml", PASSED))
    early = dt.date(2028, 2, 1)
    assert stopped(atg, early) == {"window"}
    assert stopped(atg, early, override) == set()
    assert stopped(atg, early, override, country="USA") == {"export"}


@pytest.mark.parametrize("missing", sorted(PASSED))
def test_an_override_without_its_number_or_reason_is_none(tmp_path: Path, missing: str) -> None:
    left = {key: value for key, value in PASSED.items() if key != missing}
    with pytest.raises(SpecError, match=missing):
        read_override(write(tmp_path / "o.yaml", left))


@pytest.mark.parametrize(
    "change",
    [
        {"ethics_number": ""},
        {"ethics_number": " "},
        {"ethics_number": "pending"},
        {"reason": "\u200b"},
        {"when": "2026-02-30"},
        {"gates": []},
        {"gates": ["windows"]},
        {"more": "x"},
    ],
)
def test_an_override_of_nothing_or_of_something_unknown_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    with pytest.raises((SpecError, InputError)):
        read_override(write(tmp_path / "o.yaml", {**PASSED, **change}))


def test_an_override_serves_its_own_release_from_its_day_on(tmp_path: Path) -> None:
    override = read_override(write(tmp_path / "o.yaml", PASSED))
    require_override_of(ASKED, override, dt.date(2026, 11, 20))
    with pytest.raises(InputError, match="for release R1, not for R2"):
        require_override_of(replace(ASKED, release="R2"), override, OPEN_DAY)
    with pytest.raises(InputError, match="a day to come"):
        require_override_of(ASKED, override, dt.date(2026, 11, 19))


REQUIRED = {key: value for key, value in vars(ASKED).items() if value}


def test_a_request_is_read_as_it_stands(tmp_path: Path) -> None:
    assert read_request(write(tmp_path / "r.yaml", REQUIRED)) == ASKED


@pytest.mark.parametrize(
    "change",
    [
        {"release": "../R1"},
        {"release": "R1\n"},
        {"release": ""},
        {"email": "a@example.org, b@example.org"},
        {"email": "a,b@example.org"},
        {"email": "A <a@example.org>"},
        {"email": "a@example.org\nBcc: b@example.org"},
        {"email": "nobody"},
        {"country": "China"},
        {"dua_sha256": "signed"},
        {"expires": "next year"},
        {"pi_approved": "2027-02-29"},
        {"ethics_number": " "},
        {"ethics_number": "n/a"},
        {"ethics_number": "待定"},
        {"export_approval": "\u3000"},
        {"export_approval": "pending"},
        {"requester": "A\nB"},
        {"institution": "\u200b"},
        {"password": "x"},
    ],
)
def test_a_request_that_could_mean_something_else_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises((SpecError, InputError)):
        read_request(write(tmp_path / "r.yaml", {**REQUIRED, **change}))

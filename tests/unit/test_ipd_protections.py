"""Each protection taken away makes the case that needs it fail: what the cases see is no accident."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ipd_cases import CASES

from cdisc_kit.ipd import actions
from cdisc_kit.ipd.policy import Policy, Rule
from cdisc_kit.ipd.pseudonym import CHARACTERS

Patch = pytest.MonkeyPatch
KEEP = Rule("keep", "true", "taken away", "")


def unkeyed(self: object, kind: str, identifier: str) -> str:
    return base64.b32encode(hashlib.sha256(identifier.encode()).digest()).decode()[:CHARACTERS]


def unchecked(self: Any, kind: str, identifiers: Any) -> dict[str, str]:
    known: dict[str, str] = self.given.setdefault(kind, {})
    return known | {name: known.setdefault(name, self._one(kind, name)) for name in identifiers}


def as_filled(column: pd.Series, quasi: object, level: str) -> pd.Series:
    """Missing values left out of account, as if they were like the others."""
    return column.replace("", "DBD")


def kept_where_dropped(rule_for: Callable[..., Rule | None]) -> Callable[..., Rule | None]:
    def rule(self: Policy, dataset: str, variable: str) -> Rule | None:
        found = rule_for(self, dataset, variable)
        return KEEP if found is None or found.action == "drop" else found

    return rule


def without_action(name: str) -> Callable[[Patch], None]:
    return lambda patch: patch.setitem(actions.ACTIONS, name, actions.keep)


def replaced(target: str, replacement: object) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(target, replacement)


def same_pointers(frame: pd.DataFrame, sequences: object, plan: Any) -> pd.DataFrame:
    return frame.assign(USUBJID=actions.released_subject(plan, frame["USUBJID"], "USUBJID"))


IPD = "cdisc_kit.ipd"
# What is taken away -> how, and the cases that have to fail without it.
PROTECTIONS: dict[str, tuple[Callable[[Patch], None], tuple[str, ...]]] = {
    "dates are moved": (
        without_action("anchor"),
        ("no date of the study's years", "a time with its zone", "29 February"),
    ),
    "partial dates lie on a grid": (
        lambda patch: [patch.setattr(f"{IPD}.anchor.{name}_GRID", 1) for name in ("MONTH", "YEAR")] and None,
        ("a date known in part",),
    ),
    "a partial date has no study day": (without_action("day"), ("a study day beside a date known in part",)),
    "day 1 has a second source": (replaced(f"{IPD}.subjects._earliest", lambda *_: {}), ("no RFSTDTC",)),
    "rare terms are folded": (
        replaced(f"{IPD}.deidentify.folded", lambda name, frame, *_: frame.copy()),
        (
            "a rare term in one subject on many rows",
            "complementary suppression",
            "codes beside a folded term",
        ),
    ),
    "subjects count, not rows": (
        replaced(f"{IPD}.folding._subjects", lambda subjects, term: term.map(term.value_counts())),
        ("a rare term in one subject on many rows",),
    ),
    "OTHER is not alone": (
        replaced(f"{IPD}.folding._others", lambda frame, *_: frame),
        ("complementary suppression",),
    ),
    "what is not named is dropped": (
        lambda patch: patch.setattr(Policy, "rule_for", kept_where_dropped(Policy.rule_for)),
        (
            "a variable that no rule names",
            "lot, sponsor's and hospital's numbers",
            "a reference range",
            "codes beside a folded term",
            "no date of the study's years",
        ),
    ),
    "words give way to codes": (without_action("from"), ("words as collected",)),
    "the site is one for all": (without_action("constant"), ("a site with one subject",)),
    "subjects have pseudonyms": (
        replaced(f"{IPD}.actions.released_subject", lambda plan, column, name: column),
        ("a number with the site before it",),
    ),
    "pseudonyms need the key": (
        replaced(f"{IPD}.pseudonym.Pseudonyms._one", unkeyed),
        ("identifiers tried one after the other", "two recipients"),
    ),
    "each recipient has a key": (replaced("ipd_small.derived", lambda *_: b"k" * 32), ("two recipients",)),
    "collisions stop": (
        replaced(f"{IPD}.pseudonym.Pseudonyms.of", unchecked),
        ("two identifiers with one pseudonym",),
    ),
    "links have pseudonyms": (
        replaced(f"{IPD}.actions.links", lambda plan, subjects, column: column),
        ("link identifiers",),
    ),
    "rows stand by pseudonym": (
        replaced(
            f"{IPD}.deidentify.in_released_order", lambda dataset: (dataset, np.arange(len(dataset.frame)))
        ),
        ("the order of enrolment",),
    ),
    "the gate decides": (
        replaced("ipd_small.least_loss", lambda found, tier: found[0]),
        ("one woman", "one aged 78", "a unique living donor", "a missing quasi-identifier is a value"),
    ),
    "missing is a value": (
        replaced(f"{IPD}.lattice.released_values", as_filled),
        ("a missing quasi-identifier is a value",),
    ),
    "who differs at sight stays behind": (
        replaced("ipd_small.included", lambda datasets, policy: (dict(datasets), (), {})),
        ("somebody who was never treated",),
    ),
    "what tells a fact goes with it": (
        lambda patch: patch.setattr(Policy, "withholding", lambda self, levels: self),
        ("what else tells a withheld fact",),
    ),
    "90 is the oldest": (
        replaced(f"{IPD}.generalise.TOP_AGE", 1000),
        ("kept ages from 90 on are one group",),
    ),
    "doses are rounded": (without_action("round"), ("dose divided by dose per kilogram",)),
    "weights are rounded": (
        replaced(f"{IPD}.deidentify.coarsened", lambda name, frame, *_: frame),
        ("dose divided by dose per kilogram",),
    ),
    "pointers follow": (
        replaced(f"{IPD}.related._pointed", same_pointers),
        ("a pointer follows its record",),
    ),
    "half a relationship goes": (
        replaced(f"{IPD}.deidentify.relationships", lambda dataset, *_: dataset),
        ("a dangling relationship",),
    ),
    "no cell is a formula": (
        replaced("cdisc_kit.sharing.cells.neutral", lambda text: text),
        ("a text that a spreadsheet would run",),
    ),
}


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_without_it_its_cases_fail(protection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_away, cases = PROTECTIONS[protection]
    take_away(monkeypatch)
    survived = []
    for name in cases:
        try:
            CASES[name]()
        except (AssertionError, pytest.fail.Exception, ValueError):
            continue
        survived.append(name)
    assert not survived, f"these pass without the protection: {survived}"

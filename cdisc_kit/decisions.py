"""Decisions about findings of a check: fix, document or waive, with reason, name and date.

A decision names rule, dataset and variable, and may narrow that to a record, a subject or a sequence number;
with `count` it holds for exactly so many findings. What is documented or waived stands apart and does not
fail a check. A decision that no longer fits the data is stale: it fails like a finding nobody explained.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cdisc_kit.errors import InputError, SpecError
from cdisc_kit.findings import Finding, Spot, spot
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, read_yaml

FIX = "fix"
ACTIONS = (FIX, "document", "waive")

_TEXT = {"type": "string", "minLength": 1}
_NUMBER = {"type": "string", "pattern": "^[1-9][0-9]*$"}
_TARGET = {
    "rule": _TEXT,
    "dataset": {"type": "string"},
    "variable": {"type": "string"},
    "count": _NUMBER,
    "reason": _TEXT,
}
# An explanation in define/<study>.yaml: a documented finding that belongs to the study, not to one package.
ANY_COUNT = "any"  # in so many words, where a release changes the number with every recipient's data
EXPLANATION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {**_TARGET, "count": {"anyOf": [_NUMBER, {"const": ANY_COUNT}]}, "evidence": _TEXT},
    "required": ["rule", "dataset", "variable", "count", "reason", "evidence"],
    "additionalProperties": False,
}
_DECISION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **_TARGET,
        "record": _NUMBER,
        "usubjid": _TEXT,
        "seq": _TEXT,
        "decision": {"enum": list(ACTIONS)},
        "who": _TEXT,
        "when": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "evidence": _TEXT,
    },
    "required": ["rule", "dataset", "variable", "decision", "reason", "who", "when"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"decisions": {"type": "array", "items": _DECISION_SCHEMA}},
    "required": ["decisions"],
    "additionalProperties": False,
}


Target = tuple[str, str, str, int, str, str]


@dataclass(frozen=True)
class Decision:
    """What somebody decided about the findings of `rule` on `dataset` and `variable` (names joined by ', ').

    `dataset` holds the name of the file for findings about a file that is no dataset.
    `count` and `record` are 0, `usubjid` and `seq` empty, where the decision does not ask for them. `who` and
    `when` are empty for an explanation of define/<study>.yaml, whose history the repository keeps.
    """

    rule: str
    dataset: str
    variable: str
    action: str
    reason: str
    who: str = ""
    when: str = ""
    evidence: str = ""
    count: int = 0
    record: int = 0
    usubjid: str = ""
    seq: str = ""
    file: str = ""
    line: int = 0

    @property
    def target(self) -> Target:
        """What it is about; decisions about the same share its findings."""
        return (self.rule, self.dataset, self.variable, self.record, self.usubjid, self.seq)

    @property
    def where(self) -> str:
        """Its target in words, for messages."""
        record = f"record {self.record}" if self.record else ""
        seq = f"seq {self.seq}" if self.seq else ""
        parts = (self.rule, self.dataset, self.variable, record, self.usubjid, seq)
        return " ".join(part for part in parts if part)

    @property
    def place(self) -> str:
        """`decisions.yaml:12`."""
        return f"{self.file}:{self.line}"

    def as_json(self) -> dict[str, Any]:
        """What reports and reviewers read of it."""
        return {
            "decision": self.action,
            "reason": self.reason,
            "evidence": self.evidence,
            "who": self.who,
            "when": self.when,
            "place": self.place,
        }


@dataclass(frozen=True)
class Settled:
    """A finding with the decision about it. It stands (fails) unless it is documented or waived."""

    finding: Finding
    decision: Decision | None = None
    stands: bool = True

    @property
    def place(self) -> str:
        """The dataset it is about, or the file where that is no dataset (a define.xml, a broken file)."""
        return _place(self.finding)


@dataclass(frozen=True, order=True)
class Stale:
    """A decision that does not fit what was found, and why."""

    place: str
    where: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """Place in the file, target, what is wrong."""
        return {"place": self.place, "where": self.where, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.place} {self.where}: {self.reason}"


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions in a YAML file. InputError where there is no file, SpecError with every problem in it."""
    if not path.is_file():
        raise InputError(f"{path}: no such file of decisions")
    document = read_yaml(path, path.name)
    problems = Problems()
    if problems.schema(document, SCHEMA):
        for entry in document["decisions"]:
            if not _in_calendar(entry["when"]):
                problems.at(entry["when"], f"when: '{entry['when']}' is no date of the calendar")
    if problems:
        raise SpecError(problems)
    return tuple(decision_of(entry, str(entry["decision"])) for entry in document["decisions"])


def _in_calendar(date: str) -> bool:
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        return False
    return True


def decision_of(entry: Map, action: str) -> Decision:
    """A validated entry as a value."""

    def text(name: str) -> str:
        return str(entry.get(name, ""))

    return Decision(
        rule=text("rule"),
        dataset=text("dataset"),
        variable=text("variable"),
        action=action,
        reason=text("reason"),
        who=text("who"),
        when=text("when"),
        evidence=text("evidence"),
        count=0 if text("count") in ("", ANY_COUNT) else int(text("count")),
        record=int(entry.get("record", 0)),
        usubjid=text("usubjid"),
        seq=text("seq"),
        file=entry.file,
        line=entry.line,
    )


def settle(
    findings: Iterable[Finding],
    decisions: Iterable[Decision],
    judged: Callable[[str], bool],
    more: Mapping[Spot, int] = MappingProxyType({}),
) -> tuple[list[Settled], list[Stale]]:
    """Each finding with its decision, in the order given, and the decisions that do not fit.

    `more` is how many records beside its own a finding stands for: they count as well.

    `judged` tells whether a rule was run: a decision about one that was not is left alone. The decision with
    the narrowest target applies. A `fix` that has nothing left to fix is done, not stale.
    """
    found = list(findings)
    targets: dict[Target, list[Decision]] = {}
    for decision in decisions:
        targets.setdefault(decision.target, []).append(decision)
    chosen = _chosen(found, targets)
    counts: Counter[Target | None] = Counter()
    for finding, target in zip(found, chosen, strict=True):
        counts[target] += 1 + more.get(spot(finding), 0)
    unfit = {target: reason for target, same in targets.items() if (reason := _unfit(counts[target], same))}
    stale = [
        Stale(targets[target][0].place, targets[target][0].where, reason)
        for target, reason in unfit.items()
        if judged(target[0])
    ]
    settled = [
        Settled(finding) if target is None else _settled(finding, targets[target][0], target in unfit)
        for finding, target in zip(found, chosen, strict=True)
    ]
    return settled, sorted(stale)


def _chosen(findings: list[Finding], targets: Iterable[Target]) -> list[Target | None]:
    """The narrowest target that each finding meets, None where it meets none."""
    by_place: dict[tuple[str, str, str], list[Target]] = {}
    for target in sorted(targets, key=_width):
        by_place.setdefault(target[:3], []).append(target)
    return [
        next((t for t in by_place.get((f.rule, _place(f), f.variable), ()) if _meets(f, t)), None)
        for f in findings
    ]


def _place(finding: Finding) -> str:
    return finding.dataset or finding.source_file


def _settled(finding: Finding, decision: Decision, unfit: bool) -> Settled:
    return Settled(finding, decision, stands=unfit or decision.action == FIX)


def _width(target: Target) -> tuple[bool, bool, bool]:
    """The narrowest first: a record, then a sequence number, then a subject."""
    return (not target[3], not target[5], not target[4])


def _meets(finding: Finding, target: Target) -> bool:
    asked = zip(target[3:], (finding.row, finding.usubjid, finding.seq), strict=True)
    return all(not wanted or wanted == actual for wanted, actual in asked)


def _unfit(count: int, decisions: list[Decision]) -> str:
    """What is wrong between findings and decisions of one target; "" when they fit."""
    actions = sorted({decision.action for decision in decisions})
    if len(actions) > 1:
        return f"decided {' and '.join(actions)} at once"
    if not count:
        return "" if actions == [FIX] else "stale: there is no such finding"
    if not all(decision.count for decision in decisions):
        return ""
    accepted = sum(decision.count for decision in decisions)
    return "" if count == accepted else f"decided for {accepted} finding(s), there are {count}"

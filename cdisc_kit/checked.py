"""What a check of a folder gave, whichever engines judged it: the value that every report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cdisc_kit.findings import SEVERITIES, Finding, Spot, at_or_above, spot

if TYPE_CHECKING:
    from cdisc_kit.decisions import Decision, Settled, Stale

EXAMPLES = 5


class Unjudged(NamedTuple):
    """A rule that gave no verdict on a dataset, and why. `dataset` is empty for the whole package."""

    rule: str
    dataset: str
    reason: str


@dataclass(frozen=True)
class RuleText:
    """One rule: which engine holds it, what it says in general, and the published rules it answers."""

    code: str
    engine: str
    severity: str
    message: str
    message_zh: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Group:
    """The findings of one rule on one place (a dataset, else a file) and variable with one decision."""

    rule: RuleText
    severity: str
    place: str
    variable: str
    decision: Decision | None
    stands: bool
    count: int
    examples: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """What happened how often, and the first records it happened to."""
        return {
            "rule": self.rule.code,
            "engine": self.rule.engine,
            "reference": self.rule.reference,
            "severity": self.severity,
            "place": self.place,
            "variable": self.variable,
            "message": self.examples[0].message,
            "message_zh": self.examples[0].message_zh,
            "count": self.count,
            "stands": self.stands,
            "decision": self.decision.as_json() if self.decision else None,
            "examples": [
                {"row": f.row or None, "usubjid": f.usubjid, "seq": f.seq, "value": f.value}
                for f in self.examples
            ],
        }


@dataclass(frozen=True)
class CheckResult:
    """The merged verdict. `findings` are worst first; `rules` holds every rule that judged or was raised.

    `skipped` and `errors` are CORE's: rules it had nothing to judge with, and rules it failed to run.
    `not_checked` are sentences of the built-in engine on what it left out and why. Of many findings alike
    the first are listed, and `more` says how many records beside its own one of them stands for; every count
    is one of records.
    """

    folder: str
    engines: Mapping[str, str]  # name -> what to call it, with its version
    rules: Mapping[str, RuleText]
    findings: tuple[Settled, ...]
    stale: tuple[Stale, ...] = ()
    skipped: tuple[Unjudged, ...] = ()
    errors: tuple[Unjudged, ...] = ()
    not_checked: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[Spot, int] = field(default_factory=dict)

    @property
    def standing(self) -> list[Finding]:
        """Findings that nobody documented or waived."""
        return [settled.finding for settled in self.findings if settled.stands]

    def fails(self, severity: str) -> bool:
        """True for a standing finding at or above `severity`, a rule that broke, or a stale decision."""
        return bool(at_or_above(self.standing, severity) or self.errors or self.stale)

    def exit_code(self, fail_on: str) -> int:
        """3 for a standing FATAL, 1 for what `fails` at `fail_on` (a severity or `never`), else 0."""
        if at_or_above(self.standing, SEVERITIES[-1]):
            return 3
        return int(fail_on != "never" and self.fails(fail_on.upper()))

    def groups(self) -> list[Group]:
        """The findings by rule, dataset, variable and decision: standing ones first, the worst first."""
        found: dict[tuple[Any, ...], list[Settled]] = {}
        for settled in self.findings:
            f = settled.finding
            line = settled.decision.line if settled.decision else 0
            key = (not settled.stands, -SEVERITIES.index(f.severity), f.rule, settled.place, f.variable, line)
            found.setdefault(key, []).append(settled)
        return [self._group(members) for _, members in sorted(found.items(), key=lambda item: item[0])]

    def _group(self, members: list[Settled]) -> Group:
        first = members[0]
        return Group(
            rule=self.rules[first.finding.rule],
            severity=first.finding.severity,
            place=first.place,
            variable=first.finding.variable,
            decision=first.decision,
            stands=first.stands,
            count=self._records(member.finding for member in members),
            examples=tuple(settled.finding for settled in members[:EXAMPLES]),
        )

    def as_json(self) -> dict[str, Any]:
        """`{"findings": […], "summary": {…}}`; findings as in `findings.json`, with engine and decision."""
        return {
            "findings": [
                {
                    **settled.finding.as_json(),
                    "engine": self.rules[settled.finding.rule].engine,
                    "stands": settled.stands,
                    "decision": settled.decision.as_json() if settled.decision else None,
                }
                for settled in self.findings
            ],
            "summary": {
                "folder": self.folder,
                "engines": dict(self.engines),
                **self.facts,
                "total": self._records(settled.finding for settled in self.findings),
                "standing": self.counts(),
                "accepted": self.accepted,
                "groups": [group.as_json() for group in self.groups()],
                "stale": [stale.as_json() for stale in self.stale],
                "skipped": [pair._asdict() for pair in self.skipped],
                "errors": [pair._asdict() for pair in self.errors],
                "not_checked": list(self.not_checked),
            },
        }

    def counts(self) -> dict[str, int]:
        """Standing findings of each severity, worst first, 0 too."""
        standing = self.standing
        return {
            severity: self._records(finding for finding in standing if finding.severity == severity)
            for severity in reversed(SEVERITIES)
        }

    @property
    def accepted(self) -> int:
        """Records of the findings that somebody documented or waived."""
        return self._records(settled.finding for settled in self.findings if not settled.stands)

    def _records(self, findings: Iterable[Finding]) -> int:
        return sum(1 + self.more.get(spot(finding), 0) for finding in findings)

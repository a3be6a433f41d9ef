"""What the rules engine said, as plain values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from cdisc_kit.findings import Finding


@dataclass(frozen=True, order=True)
class CoreIssue:
    """One issue raised by one rule.

    `row` is the record's 1-based number in the XPT file; 0 where the rule judges a whole dataset. `dataset`
    is empty where it judges the whole package. `usubjid` and `seq` are empty where the dataset has none.
    `value` is `NAME=value; NAME=value` for `variables` and for what the rule compared them with.
    """

    rule: str
    dataset: str
    row: int
    variables: tuple[str, ...]
    value: str
    message: str
    usubjid: str = ""
    seq: str = ""


class Unjudged(NamedTuple):
    """A rule that gave no verdict on a dataset, and why. `dataset` is empty for the whole package."""

    rule: str
    dataset: str
    reason: str


@dataclass(frozen=True)
class CoreResult:
    """The outcome of one run; every tuple is sorted and free of repeats.

    `rules_run` counts the rules that gave a verdict on at least one dataset. `skipped` are rule–dataset pairs
    in a rule's scope that it could not judge for an ordinary reason (an optional variable or dataset is not
    there), `errors` those where the engine failed. `not_applicable` are rules whose scope no dataset meets.
    """

    engine_version: str
    ct_packages: tuple[str, ...]
    rules_run: int
    issues: tuple[CoreIssue, ...]
    skipped: tuple[Unjudged, ...]
    errors: tuple[Unjudged, ...]
    not_applicable: tuple[str, ...]


def as_findings(result: CoreResult) -> tuple[Finding, ...]:
    """The issues, then the engine's own failures, as findings of severity ERROR."""
    issues = (
        Finding(
            rule=issue.rule,
            severity="ERROR",
            message=issue.message,
            dataset=issue.dataset,
            variable=", ".join(issue.variables),
            row=issue.row,
            usubjid=issue.usubjid,
            seq=issue.seq,
            value=issue.value,
        )
        for issue in result.issues
    )
    failures = (
        Finding(
            failure.rule,
            "ERROR",
            f"the engine could not run this rule: {failure.reason}",
            "",
            failure.dataset,
        )
        for failure in result.errors
    )
    return (*issues, *failures)


def to_json(result: CoreResult) -> dict[str, Any]:
    """`{"findings": […], "summary": {…}}`, the findings in the shape of `findings.json`."""
    return {
        "findings": [finding.as_json() for finding in as_findings(result)],
        "summary": {
            "engine": "cdisc-rules-engine",
            "engine_version": result.engine_version,
            "standard": "SDTMIG 3.4",
            "ct_packages": list(result.ct_packages),
            "rules_run": result.rules_run,
            "rules_not_applicable": list(result.not_applicable),
            "issues": len(result.issues),
            "counts": _counts(result.issues),
            "skipped": [pair._asdict() for pair in result.skipped],
            "errors": [pair._asdict() for pair in result.errors],
        },
    }


def _counts(issues: tuple[CoreIssue, ...]) -> list[dict[str, Any]]:
    """Issues per rule, dataset and variables: what an explanation of a finding has to name."""
    counts = Counter((i.rule, i.dataset, ", ".join(i.variables), i.message) for i in issues)
    return [
        {"rule": rule, "dataset": dataset, "variable": variable, "message": message, "count": count}
        for (rule, dataset, variable, message), count in sorted(counts.items())
    ]

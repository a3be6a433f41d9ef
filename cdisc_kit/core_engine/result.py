"""What the rules engine said, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdisc_kit.checked import Unjudged
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


@dataclass(frozen=True)
class CoreResult:
    """The outcome of one run; every tuple is sorted and free of repeats.

    `judged` are the rules that gave a verdict on at least one dataset. `skipped` are rule–dataset pairs
    in a rule's scope that it could not judge for an ordinary reason (an optional variable or dataset is not
    there), `errors` those where the engine failed. `not_applicable` are rules whose scope no dataset meets.
    `references` gives the published rules behind each rule of the run: `FDA FB3209`, several joined by ", ".
    """

    engine_version: str
    ct_packages: tuple[str, ...]
    judged: tuple[str, ...]
    issues: tuple[CoreIssue, ...]
    skipped: tuple[Unjudged, ...]
    errors: tuple[Unjudged, ...]
    not_applicable: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)


def as_findings(result: CoreResult) -> tuple[Finding, ...]:
    """The issues as findings of severity ERROR; rules that broke are no findings (`errors`)."""
    return tuple(
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


def reference_of(rule: Mapping[str, Any]) -> str:
    """The published rules that a rule of the cache cites for the SDTMIG: `CDISC CG0043, FDA FB3209`."""
    cited = {
        f"{authority['Organization']} {reference['Rule_Identifier']['Id']}"
        for authority in rule.get("authorities") or ()
        for standard in authority["Standards"]
        if standard["Name"] == "SDTMIG"
        for reference in standard["References"]
    }
    return ", ".join(sorted(cited))

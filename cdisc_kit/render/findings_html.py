"""reports/index.html: the findings as one page that needs no network, for people who read either language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdisc_kit.findings import SEVERITIES, Finding
from cdisc_kit.render.page import CHINESE, MAX_ROWS, RANK, template


@dataclass(frozen=True)
class _Rule:
    rule: str
    severity: str
    count: int
    message: str
    message_zh: str


def render_findings(
    findings: Iterable[Finding], title: str, synthetic: bool, meta: Mapping[str, str] | None = None
) -> str:
    """The page as text. `meta` is shown under the title, label to value, in the order given.

    Findings stand worst first. The page is complete without JavaScript, which adds search, filter and sort.
    """
    ordered = sorted(findings, key=lambda finding: (RANK[finding.severity], finding))
    counts = dict.fromkeys(reversed(SEVERITIES), 0)
    for finding in ordered:
        counts[finding.severity] += 1
    return template("findings.html.j2").render(
        title=title,
        synthetic=synthetic,
        meta=meta or {},
        counts=counts,
        chinese=CHINESE,
        rules=_rules(ordered),
        datasets=sorted({finding.dataset for finding in ordered} - {""}),
        findings=ordered[:MAX_ROWS],
        total=len(ordered),
        left_out=max(0, len(ordered) - MAX_ROWS),
        rank=RANK,
    )


def _rules(findings: Sequence[Finding]) -> list[_Rule]:
    """Each rule at each severity with its count and, as an example, its first message."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.severity, finding.rule), []).append(finding)
    return [
        _Rule(rule, severity, len(group), group[0].message, group[0].message_zh)
        for (severity, rule), group in grouped.items()
    ]

"""reports/index.html: the findings as one page that needs no network, for people who read either language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cdisc_kit.findings import SEVERITIES, Finding

if TYPE_CHECKING:
    from jinja2 import Template

# A browser stays quick up to here; what is beyond stands in findings.csv, and the page says so.
MAX_ROWS = 20_000

_CHINESE = {"FATAL": "致命", "ERROR": "错误", "WARN": "警告", "INFO": "提示"}


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
    ordered = sorted(findings, key=lambda finding: (_rank(finding.severity), finding))
    counts = dict.fromkeys(reversed(SEVERITIES), 0)
    for finding in ordered:
        counts[finding.severity] += 1
    return _template().render(
        title=title,
        synthetic=synthetic,
        meta=meta or {},
        counts=counts,
        chinese=_CHINESE,
        rules=_rules(ordered),
        datasets=sorted({finding.dataset for finding in ordered} - {""}),
        findings=ordered[:MAX_ROWS],
        total=len(ordered),
        left_out=max(0, len(ordered) - MAX_ROWS),
        rank={severity: _rank(severity) for severity in SEVERITIES},
    )


def _rank(severity: str) -> int:
    return len(SEVERITIES) - SEVERITIES.index(severity)


def _rules(findings: Sequence[Finding]) -> list[_Rule]:
    """Each rule at each severity with its count and, as an example, its first message."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.severity, finding.rule), []).append(finding)
    return [
        _Rule(rule, severity, len(group), group[0].message, group[0].message_zh)
        for (severity, rule), group in grouped.items()
    ]


@cache
def _template() -> Template:
    import jinja2  # noqa: PLC0415 - only a report needs it

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("findings.html.j2")

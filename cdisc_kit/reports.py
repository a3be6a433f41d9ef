"""findings.json and findings.csv: every finding, worst first, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cdisc_kit.findings import FIELD_NAMES, SEVERITIES, Finding

# A spreadsheet takes such text for a formula; plain numbers and a lone sign are harmless.
_FORMULA = re.compile(r"[=+\-@](?!\d*\.?\d*$)")


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity from FATAL to INFO, then by rule and the other fields."""
    return sorted(findings, key=lambda finding: (-SEVERITIES.index(finding.severity), finding))


def summary(findings: Iterable[Finding]) -> dict[str, Any]:
    """Counts: `total`, `by_severity` (each severity, 0 too) and `by_rule` (rule to severity to count)."""
    found = list(findings)
    severities = Counter(finding.severity for finding in found)
    rules: dict[str, Counter[str]] = {}
    for finding in found:
        rules.setdefault(finding.rule, Counter())[finding.severity] += 1
    return {
        "total": len(found),
        "by_severity": {severity: severities[severity] for severity in reversed(SEVERITIES)},
        "by_rule": {rule: dict(sorted(counts.items())) for rule, counts in sorted(rules.items())},
    }


def write_findings(folder: Path, findings: Iterable[Finding]) -> None:
    """Write findings.json and findings.csv into `folder`, which is made where it does not exist.

    The CSV is UTF-8 with a byte order mark and CRLF, because Excel reads Chinese from no other CSV. A text
    that Excel would run as a formula stands there behind an apostrophe; the JSON always holds it unchanged.
    Equal findings in any order give equal bytes.
    """
    ordered = worst_first(findings)
    folder.mkdir(parents=True, exist_ok=True)
    content = {"findings": [finding.as_json() for finding in ordered], "summary": summary(ordered)}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / "findings.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    (folder / "findings.csv").write_text(_csv(ordered), encoding="utf-8-sig", newline="")


def _csv(findings: list[Finding]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, FIELD_NAMES, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in f.as_row().items()} for f in findings)
    return buffer.getvalue()


def _cell(value: object) -> object:
    """Text fit for a spreadsheet; 0 in a count means "not applicable" and is left out."""
    if isinstance(value, int):
        return value or ""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text

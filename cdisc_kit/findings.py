"""`Finding`: one problem or one recorded conversion, as a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

SEVERITIES = ("INFO", "WARN", "ERROR", "FATAL")


@dataclass(frozen=True, order=True)
class Finding:
    """One data problem (or conversion of note), located in the output, the raw data and the mapping.

    Every field is optional but `rule`, `severity` and `message`; an empty string or 0 means "not
    applicable", so that findings sort. `row` is 1-based within `dataset`; `source_row` is the row of the
    raw file as a person counts it (the first line or sheet row is 1).
    """

    rule: str
    severity: str
    message: str
    message_zh: str = ""
    dataset: str = ""
    variable: str = ""
    row: int = 0
    usubjid: str = ""
    seq: str = ""
    value: str = ""
    form: str = ""
    source_file: str = ""
    source_sheet: str = ""
    source_row: int = 0
    source_column: str = ""
    spec_file: str = ""
    spec_line: int = 0
    query: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity {self.severity!r} is none of {', '.join(SEVERITIES)}")

    def one_line(self) -> str:
        """`ERROR ID-ORPHAN A19 entry1/A19.csv row 7 SUBJNO: message`: no cell value, fit for a log."""
        place = " ".join(
            part
            for part in (
                ".".join(p for p in (self.dataset, self.variable) if p),
                f"record {self.row}" if self.row else "",
                self.source_file,
                self.source_sheet,
                f"row {self.source_row}" if self.source_row else "",
                self.source_column,
                f"({self.spec_file}:{self.spec_line})" if self.spec_file else "",
            )
            if part
        )
        return f"{self.severity} {self.rule} {place + ': ' if place else ''}{self.message}"

    def as_json(self) -> dict[str, Any]:
        """The shape of an entry of `findings.json`."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "dataset": self.dataset,
            "variable": self.variable,
            "row": self.row or None,
            "usubjid": self.usubjid,
            "seq": self.seq,
            "value": self.value,
            "message": self.message,
            "message_zh": self.message_zh,
            "source": {
                "form": self.form,
                "file": self.source_file,
                "sheet": self.source_sheet,
                "row": self.source_row or None,
                "column": self.source_column,
            },
            "spec": {"file": self.spec_file, "line": self.spec_line or None},
            "query": self.query,
        }

    def as_row(self) -> dict[str, Any]:
        """A flat mapping of field name to value, for CSV."""
        return asdict(self)


class Spot(NamedTuple):
    """What a finding says, and of which record: what stays the same when its source becomes known."""

    rule: str
    dataset: str
    variable: str
    row: int
    value: str


def spot(finding: Finding) -> Spot:
    """The rule of the finding, and the cell it is about."""
    return Spot(finding.rule, finding.dataset, finding.variable, finding.row, finding.value)


FIELD_NAMES = tuple(f.name for f in fields(Finding))


def at_or_above(findings: tuple[Finding, ...] | list[Finding], severity: str) -> list[Finding]:
    """The findings whose severity is `severity` or worse."""
    floor = SEVERITIES.index(severity)
    return [f for f in findings if SEVERITIES.index(f.severity) >= floor]

"""`cdisc-kit check`: the verdict of an engine on any folder of SDTM files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cdisc_kit.core_engine import CoreResult, check_with_core


@dataclass(frozen=True)
class CheckResult:
    """CDISC's engine on one folder."""

    result: CoreResult

    @property
    def has_findings(self) -> bool:
        """True when the engine raised an issue or failed to run a rule."""
        return bool(self.result.issues or self.result.errors)

    def text(self) -> str:
        """Counts by rule, dataset and variable, for a person."""
        counts = Counter((i.rule, i.dataset, ", ".join(i.variables), i.message) for i in self.result.issues)
        lines = [
            f"{count:7d}  {rule}  {dataset}  {variables}: {message}"
            for (rule, dataset, variables, message), count in sorted(counts.items())
        ]
        lines += [f" failed  {e.rule}  {e.dataset}: {e.reason}" for e in self.result.errors]
        total = (
            f"CDISC rules engine {self.result.engine_version}: {self.result.rules_run} rules run, "
            f"{len(self.result.issues)} issues, {len(self.result.errors)} execution errors, "
            f"{len(self.result.skipped)} rule and dataset pairs skipped"
        )
        return "\n".join([*lines, total])


def check_package(folder: Path, *, define: Path | None, report: Path | None) -> CheckResult:
    """Run CDISC's engine on `folder`; the JSON result goes to `report` when given."""
    return CheckResult(check_with_core(folder, define=define, report=report))

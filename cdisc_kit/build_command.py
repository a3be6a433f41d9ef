"""`cdisc-kit build`: locate, read, build, and put the finished package in place."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit import pipeline
from cdisc_kit.decisions import read_decisions
from cdisc_kit.errors import FatalFindingsError, InputError
from cdisc_kit.explanations import read_define_texts
from cdisc_kit.findings import SEVERITIES, Finding, at_or_above
from cdisc_kit.ipd.key import DEMO_KEY, read_key
from cdisc_kit.ledger import Ledger, ledger_line
from cdisc_kit.locate import locate_study
from cdisc_kit.outcomes import OutcomesSpec, read_outcomes
from cdisc_kit.output import require_ours, staged, write_json
from cdisc_kit.package import write_account, write_package
from cdisc_kit.sharing.built import Bundle, bundle_of
from cdisc_kit.sharing.source import Source
from cdisc_kit.source import raw_folder
from cdisc_kit.spec import load_study
from cdisc_kit.spec.load import shown
from cdisc_kit.synth.run import is_synthetic

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildResult:
    """What a build made: the folder, rows per dataset, the findings, and what became of each raw cell."""

    study: str
    out: Path
    synthetic: bool
    rows: dict[str, int]
    findings: tuple[Finding, ...]
    ledger: Ledger
    sharing: str = ""  # of the release for review; nothing where none was asked for

    def summary(self) -> dict[str, Any]:
        """The result as JSON for --json."""
        counts = Counter(finding.severity for finding in self.findings)
        return {
            "study": self.study,
            "out": str(self.out),
            "synthetic": self.synthetic,
            "rows": self.rows,
            "findings": {severity: counts[severity] for severity in SEVERITIES},
            "ledger": self.ledger.totals,
            "sharing": self.sharing,
        }

    def text(self) -> str:
        """The result for a person."""
        counts = Counter(finding.severity for finding in self.findings)
        mark = "SYNTHETIC " if self.synthetic else ""
        found = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES)
        records = sum(self.rows.values())
        return (
            f"{mark}{self.study}: {len(self.rows)} datasets, {records} records in {self.out}\n"
            f"findings: {found} (see {self.out / 'reports' / 'index.html'})\n"
            f"{ledger_line(self.ledger)}" + (f"\nsharing: {self.sharing}" if self.sharing else "")
        )

    def fails(self, fail_on: str) -> bool:
        """True when a finding is at or above the severity `fail_on`."""
        return fail_on != "never" and bool(at_or_above(self.findings, fail_on.upper()))


def build_package(
    name: str,
    *,
    raw: Path | None,
    demo: bool,
    out: Path | None,
    text: str,
    mappings: Path | None,
    decisions: Sequence[Path] = (),
    key: Path | None = None,
    ipd: bool = True,
) -> BuildResult:
    """Build the study called `name` into `out`. On a FATAL `out` is untouched and `out`.failed tells why.

    The decisions in the files `decisions` are shown in the reviewer's guide. With `ipd` a de-identified
    release for review is made, too, its ids derived from the master `key`; a demonstration needs none.
    """
    study = locate_study(name, mappings)
    log.info("mappings %s", study.mappings)
    spec = load_study(study.mappings)
    texts = read_define_texts(study.define, study.key)
    decided = (*texts.explanations, *(one for path in decisions for one in read_decisions(path)))
    outcomes = _outcomes(study.mappings)
    target = out or Path("out") / study.key
    require_ours(target)
    master = _master_key(key, target, demo=demo) if ipd else None
    with ExitStack() as stack:
        source = raw_folder(stack, study, raw, demo, mappings)
        _require_apart(source, target)
        try:
            built = pipeline.build(spec, source, text)
        except FatalFindingsError as error:
            _report_failure(target, error)
            raise
        synthetic = is_synthetic(source)
        bundle = Bundle("")
        if ipd:
            of = Source.of(built, synthetic=synthetic)
            bundle = bundle_of(spec, of, master, demo_key=key is None)
        with staged(target) as stage:
            write_package(
                *(stage, spec, built, texts, outcomes), text=text, synthetic=synthetic, decisions=decided
            )
            bundle.write(stage)
            write_account(stage, spec, raw=source, text=text, synthetic=synthetic)
        _forget_failure(target)
    rows = {dataset.name: len(dataset.frame) for dataset in built.datasets.values()}
    return BuildResult(study.key, target, synthetic, rows, tuple(built.findings), built.ledger, bundle.said)


def _master_key(key: Path | None, out: Path, *, demo: bool) -> bytes | None:
    """The key named, that of a demonstration, or none. InputError for one within the output."""
    if key is None:
        return DEMO_KEY if demo else None
    return read_key(key, apart=out)


def _outcomes(folder: Path) -> OutcomesSpec | None:
    path = folder / "outcomes.yaml"
    return read_outcomes(path, shown(folder, path.name)) if path.is_file() else None


def _require_apart(raw: Path, out: Path) -> None:
    """Raw data must not lie in the output folder, nor the reverse: a build would read or replace them."""
    first, second = raw.resolve(), out.resolve()
    if first == second or first in second.parents or second in first.parents:
        raise InputError(f"--raw {raw} and --out {out} lie within each other; choose separate folders")


def _failure(target: Path) -> Path:
    """Where the findings of a build that stopped are told."""
    return target.with_name(target.name + ".failed") / "findings.json"


def _forget_failure(target: Path) -> None:
    """A package that is complete makes the account of an earlier failure wrong; other files there stay."""
    path = _failure(target)
    if path.is_file():
        path.unlink()
        with suppress(OSError):
            path.parent.rmdir()


def _report_failure(target: Path, error: FatalFindingsError) -> None:
    path = _failure(target)
    write_json(
        path, {"findings": [finding.as_json() for finding in error.findings], "summary": {"failed": True}}
    )
    log.warning("findings written to %s", path)

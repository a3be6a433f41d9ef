"""`cdisc-kit check`: one verdict on any folder of SDTM files, merged from the engines that judged it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdisc_kit.checked import CheckResult, RuleText, Unjudged
from cdisc_kit.decisions import Decision, read_decisions, settle
from cdisc_kit.errors import InputError, RawDataError
from cdisc_kit.explanations import read_define_texts
from cdisc_kit.findings import Finding, Spot
from cdisc_kit.lineage import traced
from cdisc_kit.reports import worst_first
from cdisc_kit.yamltext import read_yaml

if TYPE_CHECKING:
    from cdisc_kit.check import RuleInfo
    from cdisc_kit.core_engine import CoreResult

BUILTIN, CORE, BOTH = "builtin", "core", "both"


@dataclass(frozen=True)
class Verdict:
    """What one engine said, in the words that both share."""

    engine: str
    title: str
    rules: dict[str, RuleText]
    findings: tuple[Finding, ...]
    skipped: tuple[Unjudged, ...] = ()
    errors: tuple[Unjudged, ...] = ()
    not_checked: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    more: dict[Spot, int] = field(default_factory=dict)


def check_package(
    folder: Path,
    *,
    define: Path | None,
    engine: str,
    reports: Sequence[Path],
    decisions: Sequence[Path],
    ig: str = "",
) -> CheckResult:
    """Judge `folder`, settle its findings by the `decisions` files, and write each of `reports`.

    Raises InputError or SpecError before any engine runs where a file named cannot be used.
    """
    from cdisc_kit.render.check_report import require_known_form, write_check_report  # noqa: PLC0415

    for report in reports:
        require_known_form(report)
    _require_guide(ig)
    decided = [decision for path in decisions for decision in _decided(path)]
    builtin = partial(_builtin, ig=ig)
    engines: dict[str, tuple[Callable[[Path, Path | None], Verdict], ...]] = {
        BUILTIN: (builtin,),
        CORE: (_core,),
        BOTH: (builtin, _core_if_readable),
    }
    result = merged(folder, [judge(folder, define) for judge in engines[engine]], decided)
    for report in reports:
        write_check_report(report, result)
    return result


def _require_guide(version: str) -> None:
    """InputError where SDTMIG has no such version: all rules of the tables would be left out."""
    from cdisc_kit.check.guide import GUIDES  # noqa: PLC0415

    if version and version not in GUIDES:
        raise InputError(f"--ig {version}: there is no such version of SDTMIG; there are {', '.join(GUIDES)}")


def _decided(path: Path) -> tuple[Decision, ...]:
    """The decisions in a file of decisions, or the explanations in a study's define/<study>.yaml."""
    if path.is_file() and "explanations" in read_yaml(path, path.name):
        return read_define_texts(path.parent, path.stem).explanations
    return read_decisions(path)


def merged(folder: Path, verdicts: Sequence[Verdict], decisions: Sequence[Decision]) -> CheckResult:
    """The verdicts as one, with the decision about each finding."""
    rules = {code: rule for verdict in verdicts for code, rule in verdict.rules.items()}
    found = [finding for verdict in verdicts for finding in verdict.findings]
    findings = worst_first(traced(found, folder))
    engines = {verdict.engine for verdict in verdicts}
    more = {at: count for verdict in verdicts for at, count in verdict.more.items()}
    settled, stale = settle(findings, decisions, lambda rule: _engine_of(rule) in engines, more)
    return CheckResult(
        folder=folder.resolve().name,
        engines={verdict.engine: verdict.title for verdict in verdicts},
        rules=rules,
        findings=tuple(settled),
        stale=tuple(stale),
        skipped=tuple(pair for verdict in verdicts for pair in verdict.skipped),
        errors=tuple(pair for verdict in verdicts for pair in verdict.errors),
        not_checked=tuple(sentence for verdict in verdicts for sentence in verdict.not_checked),
        facts={name: value for verdict in verdicts for name, value in verdict.facts.items()},
        more=more,
    )


def _engine_of(rule: str) -> str:
    """The engine a rule belongs to, also a rule that no engine knows: CORE's have a prefix of their own."""
    return CORE if rule.startswith("CORE-") else BUILTIN


def _builtin(folder: Path, define: Path | None, *, ig: str) -> Verdict:
    from cdisc_kit import __version__  # noqa: PLC0415
    from cdisc_kit.check import check_folder  # noqa: PLC0415 - reads with numpy and pandas

    result = check_folder(folder, define=define, ig=ig)
    return Verdict(
        BUILTIN,
        f"cdisc-kit {__version__}",
        {code: _builtin_rule(info) for code, info in result.rules.items()},
        tuple(result.findings),
        not_checked=tuple(result.not_checked),
        facts={"builtin_rules": len(result.rules)},
        more=result.more,
    )


def _builtin_rule(info: RuleInfo) -> RuleText:
    return RuleText(
        info.code, BUILTIN, info.severity, info.message_en, info.message_zh, ", ".join(info.reference)
    )


def _core(folder: Path, define: Path | None) -> Verdict:
    from cdisc_kit.core_engine import as_findings, check_with_core  # noqa: PLC0415

    with _progress() as progress:
        result = check_with_core(folder, define=define, progress=progress)
    return Verdict(
        CORE,
        f"CDISC rules engine {result.engine_version}",
        core_rules(result),
        as_findings(result),
        result.skipped,
        result.errors,
        facts={"ct_packages": list(result.ct_packages), "core_rules_run": len(result.judged)},
    )


def _core_if_readable(folder: Path, define: Path | None) -> Verdict:
    """CORE reads all files or none: where one is broken, the built-in rules alone tell of the others.

    The kit gives it transport files: of Dataset-JSON it says nothing, and the result says so.
    """
    if folder.is_dir() and not any(path.suffix.lower() == ".xpt" for path in folder.iterdir()):
        said = "CDISC's rules were not run: the folder holds no transport file (.xpt)"
        return Verdict(CORE, "CDISC rules engine", {}, (), not_checked=(said,))
    try:
        return _core(folder, define)
    except RawDataError as error:
        return Verdict(CORE, "CDISC rules engine", {}, (), errors=(Unjudged("", "", str(error)),))


def core_rules(core: CoreResult) -> dict[str, RuleText]:
    """The rules of CDISC's engine that judged; the message is that of the first issue, if it raised one."""
    messages = {issue.rule: issue.message for issue in reversed(core.issues)}
    return {
        code: RuleText(code, CORE, "ERROR", messages.get(code, ""), reference=core.references.get(code, ""))
        for code in sorted({*core.judged, *messages})
    }


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that grows with the rules done; where stderr is no terminal, its label alone."""
    with click.progressbar(length=1, label="CORE", file=sys.stderr) as bar:

        def step(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield step


def text(result: CheckResult) -> str:
    """The verdict for a person: what stands, what was accepted, what was not judged, totals."""
    lines = []
    for group in result.groups():
        where = ".".join(part for part in (group.place, group.variable) if part)
        accepted = group.decision.action if group.decision and not group.stands else ""
        state = accepted or group.severity
        lines.append(f"{group.count:7d}  {state:8s}  {group.rule.code}  {where}: {group.examples[0].message}")
    lines += [f" failed  {pair.rule}  {pair.dataset}: {pair.reason}" for pair in result.errors]
    lines += [f"  stale  {stale}" for stale in result.stale]
    lines += [f"not checked: {sentence}" for sentence in result.not_checked]
    counts = ", ".join(f"{count} {severity}" for severity, count in result.counts().items())
    totals = [counts, f"{result.accepted} accepted"]
    if CORE in result.engines:
        totals.append(f"{len(result.errors)} execution errors")
        totals.append(f"{len(result.skipped)} rule and dataset pairs skipped")
    lines.append(f"{', '.join(result.engines.values())}: {'; '.join(totals)}")
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """Names and values come from files of others: what a terminal would obey is shown instead."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in line
    )

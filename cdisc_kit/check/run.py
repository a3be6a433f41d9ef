"""Run every rule on a folder and turn what is found into findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cdisc_kit.check.folder import read_folder
from cdisc_kit.check.functions import CHECKS
from cdisc_kit.check.hit import EVERY, Hit
from cdisc_kit.check.rules import Rule, RuleInfo, load_rules
from cdisc_kit.check.study import Study
from cdisc_kit.findings import Finding

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records

MOST_ALIKE = 50  # findings of one rule with the same value in one variable, before the rest is only counted


@dataclass(frozen=True)
class BuiltinResult:
    """`findings` sorted; `rules` every rule by code; `not_checked` what could not be judged, and why."""

    findings: tuple[Finding, ...]
    rules: dict[str, RuleInfo]
    not_checked: tuple[str, ...]


def check_folder(folder: Path, *, define: Path | None = None) -> BuiltinResult:
    """Hold the SDTM datasets in `folder` against every built-in rule.

    Nothing is written. What is wrong with a file is a finding, and the other files are still checked.
    InputError where the folder does not exist or holds no dataset.
    """
    study = Study(read_folder(folder, define))
    rules = load_rules()
    hits = {rule.info.code: list(CHECKS[rule.check].find(study, rule)) for rule in rules}
    findings = [
        finding
        for rule in rules
        for finding in _findings(study, rule.info, _without_followers(study, rule, hits))
    ]
    by_code = {rule.info.code: rule.info for rule in rules}
    return BuiltinResult(tuple(sorted(findings, key=_order)), by_code, tuple(study.not_checked))


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    return finding.dataset, finding.row, finding.variable, finding.rule, finding.value


def _without_followers(study: Study, rule: Rule, hits: dict[str, list[Hit]]) -> Iterable[Hit]:
    """The rule's hits that do not follow from a hit of another rule at the same place."""
    found = hits[rule.info.code]
    for cause in rule.follows if found else ():
        places = {_place(study, hit, cause.on) for hit in hits[cause.code]}
        found = [hit for hit in found if _place(study, hit, cause.on) not in places]
    return found


def _place(study: Study, hit: Hit, on: str) -> tuple[str | int, ...]:
    match on:
        case "cell":
            return hit.dataset, hit.variable, hit.row
        case "record":
            return hit.dataset, hit.row
        case "variable":
            return hit.dataset, hit.variable
        case "subject":
            subject = _who(study.datasets.get(hit.dataset), hit)[0]
            return (subject,) if subject else (hit.dataset, hit.variable, hit.row)
        case "file":
            return (hit.file,)
        case _:
            return (hit.dataset,)


def _findings(study: Study, info: RuleInfo, hits: Iterable[Hit]) -> Iterator[Finding]:
    """A finding for each hit; of many alike the last one counts the rest."""
    alike: dict[tuple[str, str, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        alike[hit.dataset, hit.variable, hit.value].append(hit)
    for group in alike.values():
        shown = [_finding(study, info, hit) for hit in group[:MOST_ALIKE]]
        more = len(group) - len(shown)
        if more:
            shown[-1] = replace(
                shown[-1],
                message=f"{shown[-1].message} (and {more} more records)",
                message_zh=f"{shown[-1].message_zh}（另有{more}条记录）",
            )
        yield from shown


def _finding(study: Study, info: RuleInfo, hit: Hit) -> Finding:
    usubjid, seq = _who(study.datasets.get(hit.dataset), hit)
    chinese = {key: hit.facts.get(f"{key}_zh", text) for key, text in hit.facts.items()}
    return Finding(
        rule=info.code,
        severity=info.severity,
        message=info.message_en.format_map(hit.facts),
        message_zh=info.message_zh.format_map(chinese),
        dataset=hit.dataset,
        variable=hit.variable,
        row=hit.row + 1,
        usubjid=usubjid,
        seq=seq,
        value=hit.value,
        source_file=hit.file,
    )


def _who(records: Records | None, hit: Hit) -> tuple[str, str]:
    """Subject and sequence number of the record; '' for a hit about a whole file or variable."""
    if records is None or hit.row == EVERY:
        return "", ""
    return records.cell("USUBJID", hit.row), records.cell(records.expand("--SEQ"), hit.row)

"""Run every rule on a folder and turn what is found into findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cdisc_kit.check.folder import read_folder
from cdisc_kit.check.folding import folded, who
from cdisc_kit.check.functions import CHECKS
from cdisc_kit.check.hit import Hit
from cdisc_kit.check.inmemory import Place
from cdisc_kit.check.rules import RuleInfo, load_rules
from cdisc_kit.check.study import Study
from cdisc_kit.findings import Finding, Spot, spot

MOST_ALIKE = 50  # findings of one rule with the same value in one variable, before the rest is only counted


@dataclass(frozen=True)
class BuiltinResult:
    """`findings` sorted; `rules` every rule by code; `not_checked` what could not be judged, and why.

    `more` is how many records beside its own a finding (by `spot`) stands for, where it stands for any.
    """

    findings: tuple[Finding, ...]
    rules: dict[str, RuleInfo]
    not_checked: tuple[str, ...]
    more: dict[Spot, int]


def check_folder(folder: Place, *, define: Place | None = None, ig: str = "") -> BuiltinResult:
    """Hold the SDTM datasets in `folder` against every built-in rule.

    `ig` is the version of the guide where the caller knows it better than the package.
    The folder may also be one in memory (`MemoryPath`). Nothing is written. What is wrong with a file is a
    finding, and the other files are still checked.
    InputError where the folder does not exist or holds no dataset.
    """
    study = Study(read_folder(folder, define), ig)
    rules = load_rules()
    applied = [rule for rule in rules if study.exact_guide or not rule.same_guide]
    if len(applied) < len(rules):
        study.leave_out([rule.info.code for rule in rules if rule.same_guide])
    hits = {rule.info.code: list(CHECKS[rule.check].find(study, rule)) for rule in applied}
    standing = folded(study, applied, hits)
    told = [pair for rule in applied for pair in _findings(study, rule.info, standing[rule.info.code])]
    by_code = {rule.info.code: rule.info for rule in rules}
    findings = tuple(sorted((finding for finding, _ in told), key=_order))
    more = {spot(finding): others for finding, others in told if others}
    return BuiltinResult(findings, by_code, tuple(study.not_checked), more)


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    return finding.dataset, finding.row, finding.variable, finding.rule, finding.value


def _findings(study: Study, info: RuleInfo, hits: Iterable[Hit]) -> Iterator[tuple[Finding, int]]:
    """A finding for each hit, and for how many others it stands: of many alike the last has the rest."""
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
        others = [int(hit.facts.get("count", 1)) - 1 for hit in group[: len(shown)]]
        others[-1] += more
        yield from zip(shown, others, strict=True)


def _finding(study: Study, info: RuleInfo, hit: Hit) -> Finding:
    usubjid, seq = who(study.datasets.get(hit.dataset), hit)
    chinese = {key: hit.facts.get(f"{key}_zh", text) for key, text in hit.facts.items()}
    followed, followed_zh = _followed(hit.followers)
    return Finding(
        rule=info.code,
        severity=info.severity,
        message=info.message_en.format_map(hit.facts) + followed,
        message_zh=info.message_zh.format_map(chinese) + followed_zh,
        dataset=hit.dataset,
        variable=hit.variable,
        row=hit.row + 1,
        usubjid=usubjid,
        seq=seq,
        value=hit.value,
        source_file=hit.file,
        source_row=hit.line,
    )


def _followed(count: int) -> tuple[str, str]:
    """How many findings were not shown because they follow from this one."""
    if not count:
        return "", ""
    findings = "finding that follows" if count == 1 else "findings that follow"
    return f" (and {count} {findings} from it)", f"（另有{count}个由此产生的问题）"

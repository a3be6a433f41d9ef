"""The merged verdict of a check as one page that opens from disk and needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from cdisc_kit.checked import EXAMPLES
from cdisc_kit.render.page import CHINESE, MAX_ROWS, RANK, template

if TYPE_CHECKING:
    from cdisc_kit.checked import CheckResult, Group, Unjudged
    from cdisc_kit.findings import Finding

_NAMED = 6  # variables named in a line of the rules
_LABELS = {
    "ct_packages": "Terminology",
    "core_rules_run": "Rules run by CORE",
    "builtin_rules": "Rules of the built-in engine",
}


def render_check(result: CheckResult) -> str:
    """The page as text. It is complete without JavaScript, which adds search, filter and sort."""
    found = [settled.finding for settled in result.findings]
    return template("check.html.j2").render(
        result=result,
        meta=_meta(result),
        counts=result.counts(),
        standing=sum(result.counts().values()),
        lines=_lines(result.groups()),
        codes=sorted({finding.rule for finding in found}),
        datasets=sorted({settled.place for settled in result.findings} - {""}),
        rows=result.findings[:MAX_ROWS],
        left_out=max(0, len(found) - MAX_ROWS),
        traced=any(finding.source_row or finding.spec_file for finding in found),
        skipped=_by_reason(result.skipped),
        chinese=CHINESE,
        rank=RANK,
    )


@dataclass(frozen=True)
class _Line:
    """One rule on one dataset: its groups, which differ in the variable alone."""

    groups: list[Group]

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def examples(self) -> list[Finding]:
        return [finding for group in self.groups for finding in group.examples][:EXAMPLES]

    @property
    def where(self) -> str:
        """`AE.AETERM`, or `AE: AETERM, AEDECOD and 7 more`."""
        first, names = self.groups[0], [group.variable for group in self.groups if group.variable]
        if len(names) < 2:
            return ".".join(part for part in (first.place, *names) if part)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"{first.place}: {', '.join(names[:_NAMED])}{more}"


def _lines(groups: Sequence[Group]) -> list[_Line]:
    def alike(group: Group) -> tuple[object, ...]:
        return group.rule, group.severity, group.place, group.decision, group.stands

    return [_Line(list(members)) for _, members in groupby(groups, alike)]


def _meta(result: CheckResult) -> dict[str, str]:
    """Label -> text under the title: the engines and what they say of their run, lists joined."""
    facts = {
        label: ", ".join(value) if isinstance(value, list) else str(value)
        for name, label in _LABELS.items()
        if (value := result.facts.get(name))
    }
    return {"Engines": ", ".join(result.engines.values()), **facts}


def _by_reason(skipped: Iterable[Unjudged]) -> dict[str, list[str]]:
    """Reason -> the rules and datasets it kept from judging, most frequent reason first."""
    found: dict[str, list[str]] = {}
    for rule, dataset, reason in skipped:
        found.setdefault(reason, []).append(f"{rule} {dataset}".strip())
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

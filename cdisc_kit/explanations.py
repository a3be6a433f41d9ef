"""define/<study>.yaml: documents and comments for Define-XML, and the accepted issues of CDISC's engine.

An explanation names rule, dataset, variables and the exact number of issues it accepts, with the reason and
the evidence. A count that has changed or an explanation nothing answers to is a problem, not a detail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.errors import SpecError
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, read_yaml

_TEXT = {"type": "string", "minLength": 1}
_EXPLANATION = {
    "type": "object",
    "properties": {
        "rule": _TEXT,
        "dataset": {"type": "string"},
        "variable": {"type": "string"},
        "count": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "reason": _TEXT,
        "evidence": _TEXT,
    },
    "required": ["rule", "dataset", "variable", "count", "reason", "evidence"],
    "additionalProperties": False,
}
_DOCUMENT = {
    "type": "object",
    "properties": {"id": _TEXT, "title": _TEXT, "href": _TEXT},
    "required": ["id", "title", "href"],
    "additionalProperties": False,
}
_COMMENT = {
    "type": "object",
    "properties": {"on": {"type": "string"}, "text": _TEXT},
    "required": ["on", "text"],
    "additionalProperties": False,
}
_DICTIONARY = {
    "type": "object",
    "properties": {"name": _TEXT, "version": _TEXT},
    "required": ["name", "version"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "documents": {"type": "array", "items": _DOCUMENT},
        "comments": {"type": "array", "items": _COMMENT},
        "dictionaries": {"type": "object", "additionalProperties": _DICTIONARY},
        "explanations": {"type": "array", "items": _EXPLANATION},
    },
    "additionalProperties": False,
}

IssueKey = tuple[str, str, str]


@dataclass(frozen=True)
class Explanation:
    """Accepts exactly `count` issues of `rule` on `dataset` and `variable` (names joined by ', ')."""

    rule: str
    dataset: str
    variable: str
    count: int
    reason: str
    evidence: str
    line: int

    @property
    def key(self) -> IssueKey:
        return (self.rule, self.dataset, self.variable)


@dataclass(frozen=True)
class DefineTexts:
    """The content of define/<study>.yaml as read; empty where the study has no such file."""

    file: str
    content: Map
    explanations: tuple[Explanation, ...]


def read_define_texts(folder: Path, study: str) -> DefineTexts:
    """define/<study>.yaml. Raises SpecError with every problem in it."""
    path = folder / f"{study}.yaml"
    if not path.is_file():
        return DefineTexts("", Map(), ())
    shown = f"{folder.name}/{path.name}"
    document = read_yaml(path, shown)
    problems = Problems()
    problems.schema(document, SCHEMA)
    if problems:
        raise SpecError(problems)
    explanations = tuple(
        Explanation(
            rule=str(entry["rule"]),
            dataset=str(entry["dataset"]),
            variable=str(entry["variable"]),
            count=int(entry["count"]),
            reason=str(entry["reason"]),
            evidence=str(entry["evidence"]),
            line=entry.line,
        )
        for entry in document.get("explanations", ())
    )
    return DefineTexts(shown, document, explanations)


def unanswered(issues: Iterable[IssueKey], texts: DefineTexts) -> list[str]:
    """What is wrong between issues (one key each) and explanations; [] when all are accounted for."""
    found = Counter(issues)
    accepted: Counter[IssueKey] = Counter()
    for explanation in texts.explanations:
        accepted[explanation.key] += explanation.count
    lines = {explanation.key: explanation.line for explanation in texts.explanations}
    problems = []
    for key in sorted(found | accepted):
        where = " ".join(part for part in key if part)
        if key not in accepted:
            problems.append(f"{where}: {found[key]} issue(s) that nothing explains")
        elif found[key] == 0:
            problems.append(f"{texts.file}:{lines[key]} {where}: stale explanation, there is no such issue")
        elif found[key] != accepted[key]:
            counts = f"explains {accepted[key]} issue(s), there are {found[key]}"
            problems.append(f"{texts.file}:{lines[key]} {where}: {counts}")
    return problems

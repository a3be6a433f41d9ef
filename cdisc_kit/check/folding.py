"""What follows from one cause is one finding: hits at the place of another rule's hit are counted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cdisc_kit.check.hit import EVERY, Hit

if TYPE_CHECKING:
    from cdisc_kit.check.records import Records
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

Hits = dict[str, list[Hit]]
_Key = tuple[str, int]  # rule and position among its hits
PLACES = {  # what two hits must have in common to be at the same place; `subject` is looked up
    "cell": ("dataset", "variable", "row"),
    "record": ("dataset", "row"),
    "value": ("dataset", "variable", "value"),
    "variable": ("dataset", "variable"),
    "word": ("variable", "value"),
    "dataset": ("dataset",),
    "line": ("file", "line"),
    "file": ("file",),
}


def folded(study: Study, rules: Sequence[Rule], hits: Hits) -> Hits:
    """The hits that stand, by rule; each says how many others follow from it, through any number of steps."""
    causes = _causes(study, rules, hits)
    followers: dict[_Key, int] = {}
    for key in causes:
        root = _root(causes, key)
        followers[root] = followers.get(root, 0) + 1 + hits[key[0]][key[1]].followers
    return {
        code: [
            replace(hit, followers=hit.followers + followers[code, at]) if (code, at) in followers else hit
            for at, hit in enumerate(found)
            if (code, at) not in causes
        ]
        for code, found in hits.items()
    }


def _causes(study: Study, rules: Sequence[Rule], hits: Hits) -> dict[_Key, _Key]:
    """The hit that each hit follows from; never in a circle."""
    causes: dict[_Key, _Key] = {}
    for rule in rules:
        code = rule.info.code
        for cause in rule.follows if hits.get(code) else ():
            first: dict[tuple[str | int, ...], int] = {}
            for at, hit in enumerate(hits.get(cause.code, ())):
                first.setdefault(_place(study, hit, cause.on), at)
            for at, hit in enumerate(hits[code] if first else ()):
                found = first.get(_place(study, hit, cause.on))
                if found is None or (code, at) in causes:
                    continue
                if _root(causes, (cause.code, found)) != (code, at):
                    causes[code, at] = cause.code, found
    return causes


def _root(causes: dict[_Key, _Key], key: _Key) -> _Key:
    while key in causes:
        key = causes[key]
    return key


def _place(study: Study, hit: Hit, on: str) -> tuple[str | int, ...]:
    if on == "subject":
        subject = who(study.datasets.get(hit.dataset), hit)[0]
        return (subject,) if subject else (hit.dataset, hit.variable, hit.row)
    if on == "line" and not hit.line:
        on = "value"
    return tuple(getattr(hit, name) for name in PLACES[on])


def who(records: Records | None, hit: Hit) -> tuple[str, str]:
    """Subject and sequence number of the record; '' for a hit about a whole file or variable."""
    if records is None or hit.row == EVERY:
        return "", ""
    return records.cell("USUBJID", hit.row), records.cell(records.expand("--SEQ"), hit.row)

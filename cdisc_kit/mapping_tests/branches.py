"""The branches of a domain's mapping, and which of them the rows of a case take."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import NamedTuple

import numpy as np

from cdisc_kit.build.block import BlockRows
from cdisc_kit.build.draft import DatasetRows, Draft
from cdisc_kit.build.join import join_positions
from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, Call, ColumnSpec, VariableSpec
from cdisc_kit.spec.names import resolve


class Branch(NamedTuple):
    """One way a record or a value can come about: `where` names the variable or `records.<block>`."""

    file: str
    line: int
    where: str
    arm: str

    def text(self) -> str:
        """`mappings/atg/domains/ae.yaml:21 AEACN: 5`."""
        return f"{self.file}:{self.line} {self.where}: {self.arm}"


def branches(draft: Draft) -> Iterator[tuple[Branch, bool]]:
    """Every branch of the draft's mapping, and whether its rows take it; a branch may come several times."""
    for block in draft.blocks:
        where = f"records.{block.spec.id}"
        for arm, taken in _of_block(draft, block).items():
            yield Branch(block.spec.file, block.spec.line, where, arm), taken
    for target in draft.domain.targets():
        yield from _of_target(draft, target)


def _of_target(draft: Draft, target: VariableSpec) -> Iterator[tuple[Branch, bool]]:
    for block in draft.blocks:
        call = target.by.get(block.spec.id) or target.by.get(EVERY_BLOCK)
        if call is None:
            continue
        whole = call.operation.scope == "dataset"
        rows = DatasetRows(draft, call) if whole else copy(block)
        rows.call = call
        named = target.name if call is target.by.get(EVERY_BLOCK) else f"{target.name} ({block.spec.id})"
        impossible = _codes_not_offered(draft, block.spec, call)
        for arm, taken in call.operation.arms(rows, call.params).items():
            if arm not in impossible:
                yield Branch(call.file, call.line, named, arm), taken


def _codes_not_offered(draft: Draft, block: BlockSpec, call: Call) -> set[str]:
    """Codes of the call's maps that the raw columns it reads cannot hold: a map may serve several forms."""
    offered: set[str] = set()
    for name in call.needs.columns:
        columns = _raw_columns(draft, block, name)
        if not columns or any(column.type in ("text", "qualitative") for column in columns):
            return set()
        for column in columns:
            offered |= {"Y", "N"} if column.type == "yesno" else set(column.codes)
    return {code for name in call.needs.maps for code in draft.workspace.spec.maps[name].terms} - offered


def _raw_columns(draft: Draft, block: BlockSpec, name: str) -> list[ColumnSpec]:
    """The raw columns a name stands for on the rows of a block; none where it is computed."""
    spec = draft.workspace.spec
    resolved = resolve(spec, draft.domain, block, name)
    if resolved is None or resolved.kind not in ("raw", "joined", "alias"):
        return []
    aliases = block.unpivot.aliases if block.unpivot is not None else {}
    names = aliases[name] if resolved.kind == "alias" else (resolved.name,)
    return [spec.sources.forms[resolved.source].columns[each] for each in names if each]


def _of_block(draft: Draft, block: BlockRows) -> dict[str, bool]:
    """A record, both answers of the conditions, each item of the unpivot, both ends of the joins."""
    spec = block.spec
    arms = {"a record": block.length > 0}
    if spec.kind == "visits":
        return {**arms, **_of_visits(block)}
    everything = BlockRows(draft.workspace, draft.domain, spec, _sources(draft, spec))
    if spec.when is not None:
        met = spec.when.mask(everything.column, everything.length)
        arms |= {"when is true": bool(met.any()), "when is false": bool((~met).any())}
    passed = int(met.sum()) if spec.when is not None else everything.length
    if spec.last_per_subject or spec.first_per:
        arms["a row is passed over"] = len(np.unique(block.record)) < passed
    if spec.unpivot is not None and block.item is not None:
        kept = {int(item) for item in block.item}
        arms |= {f"item {at + 1}": at in kept for at in range(len(spec.unpivot.items))}
        if spec.unpivot.keep is not None:
            arms["keep is false"] = block.length < passed * len(spec.unpivot.items)
    for join in spec.joins:
        partner = join_positions(draft.workspace, spec, join)[block.record]
        arms[f"{join.form} has a partner"] = bool((partner >= 0).any())
        arms[f"{join.form} has none"] = bool((partner < 0).any())
    return arms


def _sources(draft: Draft, spec: BlockSpec) -> np.ndarray:
    """All records a block could take, before its conditions."""
    if spec.kind == "from":
        return np.flatnonzero(draft.workspace.forms[spec.source].column("USUBJID") != "")
    if spec.kind == "dataset":
        return np.arange(draft.workspace.draft(spec.source).length)
    return np.arange(len(spec.table))


def _of_visits(block: BlockRows) -> dict[str, bool]:
    assert block.visit_rows is not None
    frame, options = block.visit_rows.frame, block.spec.options
    arms = {"a planned visit": bool((frame["OCCURRED"] == "Y").any())}
    if "unscheduled" in options:
        arms["an unplanned visit"] = bool((frame["PLANNED"] == "").any())
    if "origin" in options or "in_order" in options:
        arms["a missed visit"] = bool((frame["OCCURRED"] == "N").any())
    return arms

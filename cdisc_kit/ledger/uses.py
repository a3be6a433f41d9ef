"""Which cells the mapping reads, and which it left out by a rule: masks over the rows of a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cdisc_kit.build.block import BlockRows
from cdisc_kit.build.join import join_positions
from cdisc_kit.build.visits import planned_visits
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.ledger.paths import BlockPaths, Path, rules
from cdisc_kit.ledger.targets import Flow, Targets
from cdisc_kit.spec.model import BlockSpec, DomainSpec
from cdisc_kit.spec.names import is_dataset_variable, resolve


class Use(NamedTuple):
    """The cells of a column on the rows of `rows` (bool, one per row of the form) reach `targets`."""

    form: str
    column: str
    rows: np.ndarray
    targets: Targets


class LeftOut(NamedTuple):
    """The rows of `rows` would have been read in `column`, but the rule `reason` of a block left them out."""

    form: str
    column: str
    rows: np.ndarray
    reason: str


def uses(workspace: Workspace) -> Iterator[Use | LeftOut]:
    """Every use of raw cells by the mapping of a study whose datasets are laid out."""
    flow = Flow(workspace.spec)
    yield from _identity(workspace)
    for domain in workspace.spec.domains.values():
        for rows in workspace.draft(domain.name).blocks:
            if rows.spec.kind == "from":
                yield from _block(workspace, domain, rows, BlockPaths(domain, rows, flow).to)
            elif rows.spec.kind == "visits":
                yield from _visits(workspace, domain, rows.spec)
        for target in domain.targets():
            for _, call in domain.calls(target):
                for reference in call.needs.collections:
                    yield from _collection(workspace, reference, flow.ends((domain.name, target.name)))


def _block(
    workspace: Workspace, domain: DomainSpec, rows: BlockRows, wanted: dict[str, list[Path]]
) -> Iterator[Use | LeftOut]:
    form = workspace.forms[rows.spec.source]
    known = form.column("USUBJID") != ""
    taken = _mask(len(known), rows.record)
    for name, paths in wanted.items():
        resolved = resolve(workspace.spec, domain, rows.spec, name)
        if resolved is None:
            continue
        for path in _merged(paths):
            if resolved.kind == "raw":
                yield from _raw(rows, name, path, known)
            elif resolved.kind == "alias":
                yield from _alias(rows, name, path, known)
            elif resolved.kind == "joined":
                beside = _partners(workspace, rows, resolved.source, path.rows)
                yield Use(resolved.source, resolved.name, beside, path.targets)
        if resolved.kind == "raw":
            yield LeftOut(rows.spec.source, name, known & ~taken, _reason(rows.spec))
    for join in rows.spec.joins:
        partners = _partners(workspace, rows, join.form)
        for own, other in join.on:
            yield Use(rows.spec.source, _column(workspace, own), taken, frozenset({domain.name}))
            yield Use(join.form, _column(workspace, other), partners, frozenset({domain.name}))


def _merged(paths: list[Path]) -> list[Path]:
    """The paths that all rows go by as one, before those that some go by."""
    everywhere = [path.targets for path in paths if path.rows is None]
    guarded = [path for path in paths if path.rows is not None]
    return [*([Path(frozenset().union(*everywhere))] if everywhere else []), *guarded]


def _raw(rows: BlockRows, name: str, path: Path, known: np.ndarray) -> Iterator[Use | LeftOut]:
    """A raw column: used on the records whose rows the path goes by."""
    form = rows.spec.source
    if path.rows is None:
        yield Use(form, name, _mask(len(known), rows.record), path.targets)
        return
    yield Use(form, name, _mask(len(known), rows.record[path.rows]), path.targets)
    yield LeftOut(form, name, _mask(len(known), rows.record[~path.rows]), path.reason)


def _alias(rows: BlockRows, name: str, path: Path, known: np.ndarray) -> Iterator[Use | LeftOut]:
    """The raw column behind an alias of each item: only on records that gave this item's row."""
    assert rows.spec.unpivot is not None and rows.item is not None
    taken = _mask(len(known), rows.record)
    for position, column in enumerate(rows.spec.unpivot.aliases[name]):
        if column:
            own = rows.item == position
            item = _mask(len(known), rows.record[own])
            read = own if path.rows is None else own & path.rows
            yield Use(rows.spec.source, column, _mask(len(known), rows.record[read]), path.targets)
            if path.rows is not None:
                barred = _mask(len(known), rows.record[own & ~path.rows])
                yield LeftOut(rows.spec.source, column, barred, path.reason)
            yield LeftOut(rows.spec.source, column, taken & ~item, _reason(rows.spec, kept=True))
            yield LeftOut(rows.spec.source, column, known & ~taken, _reason(rows.spec))


def _partners(workspace: Workspace, rows: BlockRows, form: str, some: np.ndarray | None = None) -> np.ndarray:
    """The rows of a joined form that stand beside a row of the block, or beside `some` of its rows."""
    if form not in rows.joins:
        join = next(join for join in rows.spec.joins if join.form == form)
        rows.joins[form] = join_positions(workspace, rows.spec, join)
    positions = rows.joins[form][rows.record if some is None else rows.record[some]]
    return _mask(len(workspace.forms[form].table.row), positions[positions >= 0])


def _column(workspace: Workspace, name: str) -> str:
    """The raw column behind a name that may be USUBJID."""
    return workspace.spec.sources.subject if name == "USUBJID" else name


def _mask(length: int, positions: np.ndarray) -> np.ndarray:
    mask = np.zeros(length, dtype=bool)
    mask[positions] = True
    return mask


def _reason(block: BlockSpec, *, kept: bool = False) -> str:
    """The rules by which the block leaves rows out; with `kept` only the one on rows of an unpivot."""
    conditions = {word: f"{word} {expression.source}" for word, expression in rules(block).items()}
    parts = [conditions.get("keep", "")]
    if not kept:
        parts = [
            conditions.get("when", ""),
            f"first_per {', '.join(block.first_per)}" if block.first_per else "",
            f"last_per_subject {block.last_per_subject}" if block.last_per_subject else "",
            *parts,
        ]
    return f"{block.file}:{block.line} {block.id}: {'; '.join(filter(None, parts))}"


def _identity(workspace: Workspace) -> Iterator[Use]:
    """The screening form's columns that make USUBJID."""
    spec = workspace.spec
    name = spec.identity.form
    every = np.ones(len(workspace.forms[name].table.row), dtype=bool)
    for column in (spec.sources.site, spec.identity.subject, spec.identity.previous):
        if column:
            yield Use(name, column, every, frozenset({"USUBJID"}))


def _collection(workspace: Workspace, reference: str, targets: Targets) -> Iterator[Use]:
    """A column read over all rows of each subject."""
    if is_dataset_variable(workspace.spec, reference):
        return
    name, _, column = reference.partition(".")
    known = workspace.forms[name].column("USUBJID") != ""
    for read in {_column(workspace, column), workspace.spec.sources.subject}:
        yield Use(name, read, known, targets)


def _visits(workspace: Workspace, domain: DomainSpec, block: BlockSpec) -> Iterator[Use]:
    """Visit code, date and subject on every form; the other dates by which visits begin or end."""
    sources = workspace.spec.sources
    codes = [*planned_visits(workspace)["plan_code"], *block.options.get("unscheduled", ())]
    targets = frozenset({domain.name})
    for name, form in workspace.forms.items():
        columns = form.table.frame.columns
        if sources.visit in columns and sources.visit_date in columns:
            held = (form.column("USUBJID") != "") & form.table.frame[sources.visit].isin(codes).to_numpy()
            for column in (sources.subject, sources.visit, sources.visit_date):
                yield Use(name, column, held, targets)
    for reference in block.visit_references():
        yield from _collection(workspace, reference, targets)

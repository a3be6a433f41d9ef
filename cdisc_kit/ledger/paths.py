"""The ways from a name on the rows of a block to the submitted variables, each with the rows it goes by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cdisc_kit.build.block import BlockRows
from cdisc_kit.expression import Expression
from cdisc_kit.influence import influence, is_guarded
from cdisc_kit.ledger.targets import Flow, Targets
from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec
from cdisc_kit.spec.names import resolve


class Path(NamedTuple):
    """A value reaches `targets` on `rows` of the block (None: on all); `reason` says what bars the others."""

    targets: Targets
    rows: np.ndarray | None = None
    reason: str = ""


class BlockPaths:
    """The paths of one block of a dataset. `to` is asked by name, as the mapping reads it."""

    def __init__(self, domain: DomainSpec, rows: BlockRows, flow: Flow) -> None:
        self.domain, self.rows, self.flow = domain, rows, flow
        self._read: dict[int, dict[str, np.ndarray | None]] = {}
        self._own: dict[str, list[Path]] = {}

    @cached_property
    def to(self) -> dict[str, list[Path]]:
        """Each name that the block's rows are read by -> where its values go, and on which rows."""
        domain, block = self.domain, self.rows.spec
        paths = {self.rows.workspace.spec.sources.subject: [Path(frozenset({f"{domain.name}.USUBJID"}))]}
        rows = frozenset({domain.name})
        for name in (*block.first_per, *([block.last_per_subject] if block.last_per_subject else [])):
            paths.setdefault(name, []).append(Path(rows))
        for word, condition in rules(block).items():
            where, reason = self._influence(condition), f"{block.file}:{block.line} {block.id}: {word}"
            for name in condition.names:
                path = Path(rows, where.get(name), f"{reason} {condition.source}")
                paths.setdefault(name, []).append(path)
        for name, target, call in self._reads():
            paths.setdefault(name, []).extend(self._through(name, target, call))
        return paths

    def _reads(self) -> Iterator[tuple[str, str, Call]]:
        """(name read, variable made, call) for each call on the rows of the block."""
        for target in self.domain.targets():
            for place, call in self.domain.calls(target):
                if place is self.rows.spec:
                    for name in call.needs.columns:
                        yield name, target.name, call

    def _through(self, name: str, target: str, call: Call) -> list[Path]:
        """The paths of a name that begin with a call making `target`."""
        reads = self._where(call)
        where = reads.get(name)
        if where is None and name in reads:
            return []  # compared only
        reason = f"{call.file}:{call.line} {target}: {call.operation.method(call.params)}"
        return [
            path
            if where is None
            else Path(path.targets, where if path.rows is None else where & path.rows, reason)
            for path in self._from(target)
        ]

    def _from(self, name: str) -> list[Path]:
        """The paths of a variable of the dataset: to itself where it is submitted, else to what it makes."""
        if name not in self._own:
            self._own[name] = []  # no variable depends on itself, but for loops through other datasets
            self._own[name] = list(self._onward(name))
        return self._own[name]

    def _onward(self, name: str) -> Iterator[Path]:
        node = (self.domain.name, name)
        if name not in self.domain.work:
            yield Path(self.flow.ends(node))
            return
        for read, user, call in self._reads():
            if self._is_own(read, name):
                yield from self._through(read, user, call)
        beyond = [self.flow.ends(user) for user in self.flow.users(node) if not self._made_here(user)]
        if beyond or self.flow.pointed(node):
            yield Path(frozenset().union(*beyond, self.flow.pointed(node)))

    def _is_own(self, read: str, name: str) -> bool:
        if read.rpartition(".")[2] != name:
            return False
        found = resolve(self.rows.workspace.spec, self.domain, self.rows.spec, read)
        return found is not None and found.kind == "own"

    def _made_here(self, user: tuple[str, str]) -> bool:
        """True for a variable of this dataset that is made row by row: it reads the block's rows or none."""
        target = next((t for t in self.domain.targets() if t.name == user[1]), None)
        if user[0] != self.domain.name or target is None:
            return False
        calls = [(place, call) for place, call in self.domain.calls(target)]
        return all(place is not None and not call.needs.collections for place, call in calls)

    def _where(self, call: Call) -> dict[str, np.ndarray | None]:
        if id(call) not in self._read:
            self._read[id(call)] = call.operation.reads(self.rows, call.params)
        return self._read[id(call)]

    def _influence(self, expression: Expression) -> dict[str, np.ndarray]:
        if not is_guarded(expression):
            return {}
        return influence(expression, self.rows.column, self.rows.length)


def rules(block: BlockSpec) -> dict[str, Expression]:
    """The conditions by which a block takes rows, by the word of the mapping language."""
    keep = block.unpivot.keep if block.unpivot is not None else None
    found = {"when": block.when, "keep": keep}
    return {word: expression for word, expression in found.items() if expression is not None}

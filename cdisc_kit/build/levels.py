"""How often a call is worked out: for each value, item or record that its rows share, or for each row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, Call, DomainSpec
from cdisc_kit.spec.names import resolve

# Names that have one value per record, however many rows an unpivot makes of it.
_RECORD_LEVEL = frozenset({"raw", "joined", "source", "table", "visit", "subject", "identifier"})
_CELLS = frozenset({"raw", "alias"})

Read = tuple[str, str]  # kind of a name (see `resolve`), name
_OWN: Read = ("own", "")


@dataclass(frozen=True)
class Level:
    """What the value of a call can differ between; `name` is the column whose values do, for `value`."""

    kind: Literal["value", "item", "record", "row"]
    name: str = ""


ROW = Level("row")
ITEM = Level("item")
RECORD = Level("record")


@dataclass(frozen=True)
class Levels:
    """The levels of the calls of one block."""

    workspace: Workspace
    domain: DomainSpec
    spec: BlockSpec

    def of(self, call: Call) -> Level:
        """The level of a call: a value that is made of one raw column is worked out for each of its texts."""
        if call.operation.scope != "row":
            return ROW
        return self.of_names(call.needs.columns, pure=call.operation.pure)

    def of_names(self, names: Iterable[str], *, pure: bool) -> Level:
        """The level of what is made of the names; with `pure` of nothing else."""
        reads = self._reads(names)
        kinds = {kind for kind, _ in reads}
        if pure and len(reads) == 1 and kinds <= _CELLS:
            return Level("value", next(iter(reads))[1])
        if pure and kinds == {"item"}:
            return ITEM if self.spec.unpivot is not None else ROW
        return RECORD if self.spec.unpivot is not None and kinds <= _RECORD_LEVEL else ROW

    def _reads(self, names: Iterable[str]) -> set[Read]:
        """What the names stand for, looking through own variables made row by row."""
        reads: set[Read] = set()
        for name in names:
            found = resolve(self.workspace.spec, self.domain, self.spec, name)
            if found is None:
                reads.add(_OWN)
            elif found.kind == "own":
                reads |= self._behind(found.name)
            else:
                reads.add((found.kind, name))
        return reads

    def _behind(self, name: str) -> set[Read]:
        """What an own variable is made of; `own` where its record, item or cell alone do not say it."""
        made = self.call_of(name)
        if made is None or made.operation.scope != "row" or not self.type_of(name):
            return {_OWN}
        reads = self._reads(made.needs.columns)
        # cells may pass through a pure operation only: others may report, or look at subjects
        if made.operation.pure:
            return reads
        return {_OWN} if any(kind in ("item", "alias") for kind, _ in reads) else {*reads, ("subject", "")}

    def call_of(self, name: str) -> Call | None:
        """How the block makes a variable of its dataset."""
        domain = self.domain
        for section in (domain.variables, domain.work, domain.supp):
            if name in section:
                by = section[name].by
                return by.get(self.spec.id) or by.get(EVERY_BLOCK)
        return None

    def type_of(self, name: str) -> str:
        """Char or Num where the guide or the mapping says it; else ''."""
        draft = self.workspace.draft(self.domain.name)
        target = draft.target(name)
        return draft.type_of(target) if target.type or name in self.domain.standard.variables else ""


def places(codes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """For codes below `length`: a position of each that is used, and the place of each cell among them."""
    first = np.full(length, -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # from the last to the first, so that the first stays
    used = first >= 0
    # a block holds many of these: half the memory
    return first[used], (np.cumsum(used, dtype=np.int32) - np.int32(1))[codes]

"""Where a value ends: work variables lead on to the submitted variables that are computed from them."""

from __future__ import annotations

from collections.abc import Iterable

from cdisc_kit.spec.dependencies import ROWS, Node, dependencies
from cdisc_kit.spec.model import StudySpec

Targets = frozenset[str]
_RELATED = "RELREC.IDVARVAL"


class Flow:
    """What is computed from what in a study."""

    def __init__(self, spec: StudySpec) -> None:
        self.spec = spec
        self._users = _users(spec)
        self._ends: dict[Node, Targets] = {}

    def users(self, node: Node) -> Iterable[Node]:
        """The variables computed from one."""
        return self._users.get(node, ())

    def pointed(self, node: Node) -> Targets:
        """RELREC for a variable by which records are related."""
        ends = (end for pointer in self.spec.pointers for end in (pointer.pointer, pointer.target))
        return frozenset({_RELATED}) if node in ends else frozenset()

    def ends(self, node: Node) -> Targets:
        """The `DATASET.VARIABLE` in which the value of (dataset, variable) is submitted.

        For a variable that is itself in the dataset this is the variable, for a qualifier `SUPPxx.QNAM`. A
        work variable leads to whatever is computed from it; one that only decides which records there are
        leads to the dataset (`AE`), one that nothing uses to nothing.
        """
        if node not in self._ends:
            self._ends[node] = self._found(node)
        return self._ends[node]

    def _found(self, node: Node) -> Targets:
        dataset, name = node
        domain = self.spec.domains[dataset]
        if name == ROWS:
            return frozenset({dataset})
        if name in domain.variables or name == domain.sequence:
            return frozenset({f"{dataset}.{name}"})
        if name in domain.supp:
            return frozenset({f"SUPP{dataset}.{name}"})
        return self.pointed(node).union(*(self.ends(user) for user in self.users(node)))


def _users(spec: StudySpec) -> dict[Node, set[Node]]:
    """Node -> the nodes computed from it; a sort key numbers the records."""
    users: dict[Node, set[Node]] = {}
    for node, needed in dependencies(spec).items():
        for other in needed:
            users.setdefault(other, set()).add(node)
    for domain in spec.domains.values():
        for key in domain.sort:
            users.setdefault((domain.name, key), set()).add((domain.name, domain.sequence or ROWS))
    return users

"""Where a value ends: work variables lead on to the submitted variables that are computed from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from cdisc_kit.spec.dependencies import ROWS, Node, dependencies
from cdisc_kit.spec.model import StudySpec

Targets = frozenset[str]
_RELATED = "RELREC.IDVARVAL"


def submitted_targets(spec: StudySpec) -> Callable[[str, str], Targets]:
    """A function from (dataset, variable) to the `DATASET.VARIABLE` in which its value is submitted.

    For a variable that is itself in the dataset this is the variable, for a qualifier `SUPPxx.QNAM`. A work
    variable leads to whatever is computed from it; one that only decides which records there are leads to the
    dataset (`AE`), one that nothing uses to nothing.
    """
    users = _users(spec)

    @cache
    def ends(node: Node) -> Targets:
        dataset, name = node
        domain = spec.domains[dataset]
        if name == ROWS:
            return frozenset({dataset})
        if name in domain.variables or name == domain.sequence:
            return frozenset({f"{dataset}.{name}"})
        if name in domain.supp:
            return frozenset({f"SUPP{dataset}.{name}"})
        found = {target for user in users.get(node, ()) for target in ends(user)}
        if any(node in (pointer.pointer, pointer.target) for pointer in spec.pointers):
            found.add(_RELATED)
        return frozenset(found)

    return lambda dataset, name: ends((dataset, name))


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

"""Which variable is computed from which: no variable may depend on itself."""

from __future__ import annotations

import graphlib

from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec, StudySpec
from cdisc_kit.spec.names import Resolved, is_dataset_variable, resolve
from cdisc_kit.spec.problems import Problems
from cdisc_kit.standard import anchors

Node = tuple[str, str]
ROWS = "rows"


def check_cycles(spec: StudySpec, problems: Problems) -> None:
    """Report one circle of variables, at the place of its first."""
    try:
        graphlib.TopologicalSorter(dependencies(spec)).prepare()
    except graphlib.CycleError as error:
        circle: list[Node] = error.args[1]
        path = " -> ".join(".".join(node) for node in circle)
        problems.append(f"{_place(spec, circle)} variables depend on each other in a circle: {path}")


def _place(spec: StudySpec, circle: list[Node]) -> str:
    for dataset, name in circle:
        domain = spec.domains[dataset]
        for target in domain.targets():
            if target.name == name:
                return f"{domain.file}:{target.line}"
    return f"{spec.domains[circle[0][0]].file}:1"


def dependencies(spec: StudySpec) -> dict[Node, set[Node]]:
    """Node (dataset, variable) or (dataset, 'rows') -> the nodes it is computed from."""
    graph: dict[Node, set[Node]] = {}
    for domain in spec.domains.values():
        rows = graph.setdefault((domain.name, ROWS), set())
        for block in domain.blocks:
            rows |= _row_needs(spec, domain, block)
        if domain.sequence:
            keys = (key for key in domain.sort if key not in anchors.IDENTIFIERS)
            graph[(domain.name, domain.sequence)] = {(domain.name, key) for key in keys}
        for target in domain.targets():
            needed = graph.setdefault((domain.name, target.name), {(domain.name, ROWS)})
            for place, call in domain.calls(target):
                needed |= _call_needs(spec, domain, place, call)
    return graph


def _row_needs(spec: StudySpec, domain: DomainSpec, block: BlockSpec) -> set[Node]:
    names = [resolve(spec, domain, block, name) for name in block.names()]
    found = {node for name in names if name is not None and (node := _node(name)) is not None}
    if block.kind == "dataset":
        found.add((block.source, ROWS))
    if block.kind == "visits":
        found |= {(anchors.PLANNED_VISITS, ROWS), _reference(anchors.CONSENT)}
        found |= {_reference(value) for value in block.visit_references() if is_dataset_variable(spec, value)}
    return found


def _call_needs(spec: StudySpec, domain: DomainSpec, block: BlockSpec | None, call: Call) -> set[Node]:
    needs = call.needs
    found: set[Node] = set()
    for name in needs.columns:
        resolved = resolve(spec, domain, block, name)
        node = _node(resolved) if resolved is not None else None
        if node is not None:
            found.add(node)
    for reference in needs.collections:
        if is_dataset_variable(spec, reference):
            found.add(_reference(reference))
    return found | {
        (dataset, variable) for dataset, variable in needs.datasets if variable not in anchors.IDENTIFIERS
    }


def _reference(reference: str) -> Node:
    source, _, name = reference.partition(".")
    return (source, name)


def _node(resolved: Resolved) -> Node | None:
    if resolved.kind in ("own", "subject", "source") and resolved.name not in anchors.IDENTIFIERS:
        return (resolved.source, resolved.name)
    return None

"""Every name in a mapping must mean something, and no variable may depend on itself."""

from __future__ import annotations

import csv
import graphlib
from collections.abc import Iterator

from cdisc_kit.spec.domain import EVERY_BLOCK
from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec, StudySpec, VariableSpec
from cdisc_kit.spec.names import Resolved, is_dataset_variable, resolve, vocabulary
from cdisc_kit.spec.problems import Problems, suggestion
from cdisc_kit.standard import ControlledTerminology, anchors, load_sdtm_model

Node = tuple[str, str]
ROWS = "rows"


def check_references(spec: StudySpec, ct: ControlledTerminology, problems: Problems) -> None:
    """Report unknown forms, columns, variables, maps, tables, parameters and codelists, then cycles."""
    if spec.identity.form not in spec.sources.forms:
        problems.unknown(spec.study["identity"], "identity", "form", spec.identity.form, spec.sources.forms)
    for domain in spec.domains.values():
        _check_domain(spec, domain, ct, problems)
    for relation in spec.relations:
        for dataset, variable, _ in relation.ends:
            if dataset in spec.domains and variable not in spec.domains[dataset].variables:
                problems.append(f"relrec.yaml {relation.relid}: {dataset} has no variable {variable}")
    if not problems:
        _check_cycles(spec, problems)


def calls(domain: DomainSpec, target: VariableSpec) -> Iterator[tuple[BlockSpec | None, Call]]:
    """Each (block, call) of a variable; block None where the call works on the whole dataset."""
    for block_id, call in target.by.items():
        for block in domain.blocks:
            if block_id in (EVERY_BLOCK, block.id):
                yield (None if call.operation.scope == "dataset" else block), call


def targets(domain: DomainSpec) -> Iterator[VariableSpec]:
    """Work variables, variables and supplemental qualifiers."""
    yield from domain.work.values()
    yield from domain.variables.values()
    yield from domain.supp.values()


def _check_domain(spec: StudySpec, domain: DomainSpec, ct: ControlledTerminology, problems: Problems) -> None:
    for block in domain.blocks:
        _check_block(spec, domain, block, problems)
    for target in domain.variables.values():
        _check_target(domain, target, problems)
    for target in targets(domain):
        if target.codelist and ct.find(target.codelist) is None:
            where = f"{domain.file}:{target.line} {target.name}"
            problems.append(
                f"{where}: unknown codelist '{target.codelist}'{suggestion(target.codelist, ct.submissions())}"
            )
        for block, call in calls(domain, target):
            _check_call(spec, domain, block, target, call, problems)
            for name in call.needs.codelists:
                if ct.find(name) is None:
                    where = f"{call.file}:{call.line} {target.name}"
                    problems.append(f"{where}: unknown codelist '{name}'{suggestion(name, ct.submissions())}")
    for name in [*domain.sort, *domain.keys, *domain.orders]:
        if resolve(spec, domain, None, name) is None:
            problems.append(
                f"{domain.file}:1 finalize: unknown variable '{name}'{suggestion(name, domain.variables)}"
            )
    _check_not_submitted(spec, domain, problems)


def _check_target(domain: DomainSpec, target: VariableSpec, problems: Problems) -> None:
    where = f"{domain.file}:{target.line} {target.name}"
    if target.name in anchors.IDENTIFIERS:
        problems.append(f"{where}: made by the kit for every dataset; leave it out")
    elif target.name not in domain.standard.variables and not (
        _in_model(domain, target.name) or continued(domain, target.name)
    ):
        known = domain.standard.variables
        problems.append(
            f"{where}: not a variable of {domain.name} in SDTMIG 3.4{suggestion(target.name, known)}"
        )


def continued(domain: DomainSpec, name: str) -> str:
    """The Char variable that `name` continues (TSVAL for TSVAL1; IG 4.5.3.2), or ''."""
    base = name.rstrip("0123456789")
    return base if base != name and base in domain.standard.variables else ""


def _in_model(domain: DomainSpec, name: str) -> bool:
    """True for a variable the SDTM allows in the domain's class though the IG's table does not list it."""
    return load_sdtm_model().find(domain.standard.cls, name, domain.name) is not None


def _check_block(spec: StudySpec, domain: DomainSpec, block: BlockSpec, problems: Problems) -> None:
    where = f"{block.file}:{block.line} records.{block.id}"
    forms, datasets = spec.sources.forms, spec.domains
    if block.kind == "from" and block.source not in forms:
        problems.append(f"{where}: unknown form '{block.source}'{suggestion(block.source, forms)}")
        return
    if block.kind == "dataset" and block.source not in datasets:
        problems.append(f"{where}: unknown dataset '{block.source}'{suggestion(block.source, datasets)}")
        return
    for join in block.joins:
        if join.form not in forms:
            problems.append(
                f"{block.file}:{join.line} join: unknown form '{join.form}'{suggestion(join.form, forms)}"
            )
            continue
        for own, other in join.on:
            if own != "USUBJID" and own not in forms[block.source].columns:
                problems.append(f"{block.file}:{join.line} join: {block.source} has no column '{own}'")
            if other != "USUBJID" and other not in forms[join.form].columns:
                problems.append(f"{block.file}:{join.line} join: {join.form} has no column '{other}'")
    for column in _block_names(block):
        if resolve(spec, domain, block, column) is None:
            hint = suggestion(column, vocabulary(spec, domain, block))
            problems.append(f"{where}: unknown column '{column}'{hint}")


def _block_names(block: BlockSpec) -> list[str]:
    names = list(block.when.names) if block.when else []
    if block.unpivot is not None:
        names += block.unpivot.keep.names if block.unpivot.keep else ()
        names += [column for columns in block.unpivot.aliases.values() for column in columns if column]
    return names


def _check_call(
    spec: StudySpec,
    domain: DomainSpec,
    block: BlockSpec | None,
    target: VariableSpec,
    call: Call,
    problems: Problems,
) -> None:
    where = f"{call.file}:{call.line} {target.name}"
    needs = call.needs
    for name in needs.columns:
        if resolve(spec, domain, block, name) is None:
            problems.append(
                f"{where}: unknown column '{name}'{suggestion(name, vocabulary(spec, domain, block))}"
            )
    for reference in needs.collections:
        if not _is_collection(spec, reference):
            problems.append(
                f"{where}: '{reference}' is neither DATASET.VARIABLE nor FORM.COLUMN of this study"
            )
    for dataset, variable in needs.datasets:
        if dataset not in spec.domains:
            problems.append(f"{where}: unknown dataset '{dataset}'{suggestion(dataset, spec.domains)}")
        elif resolve(spec, spec.domains[dataset], None, variable) is None:
            problems.append(f"{where}: dataset {dataset} has no variable '{variable}'")
    _check_tables(spec, where, call, problems)


def _check_tables(spec: StudySpec, where: str, call: Call, problems: Problems) -> None:
    needs = call.needs
    for name in needs.maps:
        if name not in spec.maps:
            problems.append(f"{where}: unknown map '{name}' of ct.yaml{suggestion(name, spec.maps)}")
    for name in needs.parameters:
        if name not in spec.parameters:
            problems.append(
                f"{where}: unknown parameter '{name}' of study.yaml{suggestion(name, spec.parameters)}"
            )
    for table, column in needs.tables:
        path = spec.folder / "coding" / f"{table}.csv"
        if not path.is_file():
            problems.append(f"{where}: there is no coding table coding/{table}.csv")
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        if column not in header:
            problems.append(
                f"{where}: coding/{table}.csv has no column '{column}'{suggestion(column, header)}"
            )


def _is_collection(spec: StudySpec, reference: str) -> bool:
    source, _, name = reference.partition(".")
    if is_dataset_variable(spec, reference):
        return True
    return source in spec.sources.forms and name in spec.sources.forms[source].columns


def _check_not_submitted(spec: StudySpec, domain: DomainSpec, problems: Problems) -> None:
    for reference in domain.not_submitted:
        source, _, column = reference.partition(".")
        form = spec.sources.forms.get(source)
        if form is None or (column != "*" and column not in form.columns):
            problems.append(f"{domain.file}:1 not_submitted: '{reference}' is no FORM.COLUMN of this study")


def _check_cycles(spec: StudySpec, problems: Problems) -> None:
    try:
        graphlib.TopologicalSorter(dependencies(spec)).prepare()
    except graphlib.CycleError as error:
        path = " -> ".join(".".join(node) for node in error.args[1])
        problems.append(f"{spec.key}: variables depend on each other in a circle: {path}")


def dependencies(spec: StudySpec) -> dict[Node, set[Node]]:
    """Node (dataset, variable) or (dataset, 'rows') -> the nodes it is computed from."""
    graph: dict[Node, set[Node]] = {}
    for domain in spec.domains.values():
        rows = graph.setdefault((domain.name, ROWS), set())
        for block in domain.blocks:
            rows |= _row_needs(spec, domain, block)
        for target in targets(domain):
            needed = graph.setdefault((domain.name, target.name), {(domain.name, ROWS)})
            for block, call in calls(domain, target):
                needed |= _call_needs(spec, domain, block, call)
    return graph


def _row_needs(spec: StudySpec, domain: DomainSpec, block: BlockSpec) -> set[Node]:
    names = [resolve(spec, domain, block, name) for name in _block_names(block)]
    found = {node for name in names if name is not None and (node := _node(name)) is not None}
    if block.kind == "dataset":
        found.add((block.source, ROWS))
    if block.kind == "visits":
        found.add((anchors.PLANNED_VISITS, ROWS))
        found |= {_reference(value) for value in _references(block) if is_dataset_variable(spec, value)}
    return found


def _references(block: BlockSpec) -> list[str]:
    until = [value for values in block.options.get("until", {}).values() for value in values]
    return [value for value in [block.options.get("origin", ""), *until] if value]


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

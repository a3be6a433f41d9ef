"""What a name in a mapping means: raw column, unpivot item, own variable, or another dataset's variable."""

from __future__ import annotations

from typing import NamedTuple

from cdisc_kit.spec.model import BlockSpec, DomainSpec, StudySpec
from cdisc_kit.standard import anchors

VISIT_COLUMNS = (*anchors.VISIT_VARIABLES, "CODE", "PLANNED", "OCCURRED", "START", "END")


class Resolved(NamedTuple):
    """`kind` is raw, joined, item, alias, source, table, visit, own, subject or identifier."""

    kind: str
    source: str
    name: str


def resolve(spec: StudySpec, domain: DomainSpec, block: BlockSpec | None, name: str) -> Resolved | None:
    """The meaning of `name` on the rows of `block` (None: on the whole dataset); None where it has none."""
    source, _, last = name.rpartition(".")
    if source:
        return _dotted(spec, domain, block, source, last)
    if name in anchors.IDENTIFIERS:
        return Resolved("identifier", "", name)
    return (block and _in_block(spec, domain, block, name)) or _own(domain, name)


def _in_block(spec: StudySpec, domain: DomainSpec, block: BlockSpec, name: str) -> Resolved | None:
    if block.unpivot is not None:
        if name in block.unpivot.aliases:
            return Resolved("alias", block.source, name)
        if name in block.unpivot.items[0]:
            return Resolved("item", "", name)
    if block.kind == "from":
        form = spec.sources.forms.get(block.source)
        return Resolved("raw", block.source, name) if form is not None and name in form.columns else None
    if block.kind == "dataset":
        other = spec.domains.get(block.source)
        return Resolved("source", block.source, name) if other is not None and _own(other, name) else None
    if block.kind == "table":
        # a cell left out of a row is blank, so a column counts as soon as any table of the domain names it
        known = any(name in row for other in domain.blocks for row in other.table)
        return Resolved("table", "", name) if known else None
    return Resolved("visit", "", name) if name in VISIT_COLUMNS else None


def _own(domain: DomainSpec, name: str) -> Resolved | None:
    known = name in domain.work or name in domain.variables or name in domain.supp
    known = known or name == domain.sequence != ""
    return Resolved("own", domain.name, name) if known else None


def continued(domain: DomainSpec, name: str) -> str:
    """The Char variable that `name` continues (TSVAL for TSVAL1; IG 4.5.3.2), or ''."""
    base = name.rstrip("0123456789")
    return base if base != name and base in domain.standard.variables else ""


def _dotted(
    spec: StudySpec, domain: DomainSpec, block: BlockSpec | None, source: str, name: str
) -> Resolved | None:
    if block is not None:
        for join in block.joins:
            form = spec.sources.forms.get(source)
            if join.form == source and form is not None and name in form.columns:
                return Resolved("joined", source, name)
    if source == domain.name:
        return _own(domain, name)
    other = spec.domains.get(source)
    if other is None or not (_own(other, name) or name in anchors.IDENTIFIERS):
        return None
    return Resolved("subject", source, name)


def vocabulary(spec: StudySpec, domain: DomainSpec, block: BlockSpec | None) -> list[str]:
    """Every name that `resolve` knows here, for suggestions."""
    names = [*domain.variables, *domain.work, *domain.supp]
    if block is not None and block.kind == "from" and block.source in spec.sources.forms:
        names += spec.sources.forms[block.source].columns
    if block is not None and block.unpivot is not None:
        names += [*block.unpivot.aliases, *block.unpivot.items[0]]
    for join in block.joins if block is not None else ():
        names += [f"{join.form}.{column}" for column in spec.sources.forms[join.form].columns]
    for other in spec.domains.values():
        names += [f"{other.name}.{variable}" for variable in (*other.variables, *other.work)]
    return names


def is_dataset_variable(spec: StudySpec, reference: str) -> bool:
    """True when `DATASET.VARIABLE` names a dataset of the study, whatever form has the same name."""
    source, _, name = reference.partition(".")
    return source in spec.domains and resolve(spec, spec.domains[source], None, name) is not None

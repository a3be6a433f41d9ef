"""A domain's mapping against the standard: its variables, labels, codelists and Required variables."""

from __future__ import annotations

from cdisc_kit.spec.model import DomainSpec, VariableSpec
from cdisc_kit.spec.names import continued
from cdisc_kit.spec.problems import Problems, suggestion
from cdisc_kit.standard import ControlledTerminology, anchors, load_sdtm_model

MAX_LABEL_BYTES = 40  # of an XPORT v5 label


def check_conformity(domain: DomainSpec, ct: ControlledTerminology, problems: Problems) -> None:
    """Report variables the standard does not have, Required ones that are not mapped, labels, codelists."""
    for target in domain.variables.values():
        _check_variable(domain, target, problems)
    for target in domain.supp.values():
        if not target.label:
            problems.append(
                f"{domain.file}:{target.line} {target.name}: a supplemental qualifier needs a label (QLABEL)"
            )
    for target in domain.targets():
        _check_label(domain, target, problems)
        _check_codelists(domain, target, ct, problems)
    for level in domain.value_levels:
        if level.codelist:
            _check_codelist(level.codelist, f"{domain.file}:{level.line} value_levels", ct, problems)
    _check_required(domain, problems)


def _check_variable(domain: DomainSpec, target: VariableSpec, problems: Problems) -> None:
    where = f"{domain.file}:{target.line} {target.name}"
    standard = domain.standard
    if target.name in anchors.IDENTIFIERS:
        problems.append(f"{where}: made by the kit for every dataset; leave it out")
    elif target.name not in standard.variables and not (
        load_sdtm_model().find(standard.cls, target.name, domain.name) or continued(domain, target.name)
    ):
        hint = suggestion(target.name, standard.variables)
        problems.append(f"{where}: not a variable of {domain.name} in SDTMIG 3.4{hint}")
    elif target.name in standard.variables and (target.label or target.type):
        problems.append(f"{where}: label and type come from SDTMIG 3.4; leave them out")


def _check_label(domain: DomainSpec, target: VariableSpec, problems: Problems) -> None:
    size = len(target.label.encode("utf-8"))
    if size > MAX_LABEL_BYTES:
        problems.append(
            f"{domain.file}:{target.line} {target.name}: the label takes {size} bytes, "
            f"at most {MAX_LABEL_BYTES} fit; shorten it"
        )


def _check_codelists(
    domain: DomainSpec, target: VariableSpec, ct: ControlledTerminology, problems: Problems
) -> None:
    if target.codelist:
        _check_codelist(target.codelist, f"{domain.file}:{target.line} {target.name}", ct, problems)
    for call in target.by.values():
        where = f"{call.file}:{call.line} {target.name}"
        for name in call.needs.codelists:
            _check_codelist(name, where, ct, problems)
            found = ct.find(name)
            if found is not None and not (found.names_in or found.codes_in):
                problems.append(f"{where}: codelist {name} is not paired with another")


def _check_codelist(name: str, where: str, ct: ControlledTerminology, problems: Problems) -> None:
    if ct.find(name) is None:
        problems.append(f"{where}: unknown codelist '{name}'{suggestion(name, ct.submissions())}")


def _check_required(domain: DomainSpec, problems: Problems) -> None:
    made = {*anchors.IDENTIFIERS, domain.sequence, *domain.variables}
    absent = [
        known.name
        for known in domain.standard.variables.values()
        if known.core == "Req" and known.name not in made
    ]
    if absent:
        problems.append(
            f"{domain.file}:1 {domain.name} lacks the Required variables {', '.join(absent)}; map them"
        )

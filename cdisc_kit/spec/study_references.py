"""Names that the study's own files must keep: identity, header columns, dataset relationships."""

from __future__ import annotations

import string

from cdisc_kit.spec.model import PointerSpec, StudySpec
from cdisc_kit.spec.problems import Problems, suggestion
from cdisc_kit.yamltext import Map


def check_study(spec: StudySpec, sources: Map, broken: frozenset[str], problems: Problems) -> None:
    """Report an identity, a header column or a relationship that names what the study does not have."""
    _check_identity(spec, problems)
    _check_header(spec, sources, problems)
    _check_relations(spec, broken, problems)


def _check_relations(spec: StudySpec, broken: frozenset[str], problems: Problems) -> None:
    for relation in spec.relations:
        for dataset, variable, _ in relation.ends:
            if dataset in broken:
                continue
            if dataset not in spec.domains:
                problems.unknown(dataset, relation.relid, "dataset", dataset, spec.domains)
            elif variable not in spec.domains[dataset].variables:
                known = spec.domains[dataset].variables
                problems.unknown(variable, relation.relid, f"{dataset} variable", variable, known)
    for pointer in spec.pointers:
        _check_pointer(spec, pointer, broken, problems)


def _check_pointer(spec: StudySpec, pointer: PointerSpec, broken: frozenset[str], problems: Problems) -> None:
    """Both ends may be work variables: what names a record on the CRF is not always submitted."""
    where = f"{spec.key}/relrec.yaml records.{pointer.relid}"
    for dataset, variable in (pointer.pointer, pointer.target):
        domain = spec.domains.get(dataset)
        if domain is None:
            if dataset not in broken:
                problems.append(f"{where}: unknown dataset '{dataset}'{suggestion(dataset, spec.domains)}")
        elif variable not in {**domain.variables, **domain.work}:
            known = [*domain.variables, *domain.work]
            problems.append(f"{where}: {dataset} has no variable '{variable}'{suggestion(variable, known)}")
        elif not domain.sequence:
            problems.append(f"{where}: {dataset} has no sequence number to name its records by")


def _check_identity(spec: StudySpec, problems: Problems) -> None:
    entry: Map = spec.study["identity"]
    form = spec.sources.forms.get(spec.identity.form)
    if form is None:
        problems.unknown(entry["form"], "identity", "form", spec.identity.form, spec.sources.forms)
        return
    for key in ("subject", "previous"):
        if key in entry and entry[key] not in form.columns:
            problems.unknown(entry[key], "identity", f"column of {form.name}", entry[key], form.columns)
    for column in entry.get("consent", ()):
        if column not in form.columns:
            problems.unknown(column, "identity", f"column of {form.name}", column, form.columns)
    if spec.sources.site not in form.columns:
        problems.at(entry["form"], f"identity: form {form.name} has no site column '{spec.sources.site}'")
    known = ["STUDYID", spec.sources.site, spec.identity.subject]
    for name in fields_of(spec.identity.usubjid) or ():
        if name not in known:
            problems.unknown(entry["usubjid"], "identity", "part of usubjid", name, known)


def fields_of(template: str) -> tuple[str, ...] | None:
    """The names in braces of a template such as `{STUDYID}-{SITE}`; None where it is none."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        return None
    if any(layout or conversion for _, _, layout, conversion in parts):
        return None
    return tuple(name for _, name, _, _ in parts if name is not None)


def _check_header(spec: StudySpec, sources: Map, problems: Problems) -> None:
    """Columns named beside the forms (site, subject, visit, drafts) must stand on at least one form."""
    columns = {key for form in spec.sources.forms.values() for key in form.columns}
    named = [("subject", "site"), ("subject", "subject"), ("visit", "code"), ("visit", "date")]
    for section, key in [*named, ("drafts", "column")]:
        name = sources.get(section, {}).get(key)
        if name is not None and name not in columns:
            problems.unknown(name, section, "column", name, columns)
    _check_agreement(spec, sources, problems)


def _check_agreement(spec: StudySpec, sources: Map, problems: Problems) -> None:
    """Columns to compare with the screening form must stand on it; the spread of visits is a parameter."""
    screening = spec.sources.forms.get(spec.identity.form)
    for name in sources["subject"].get("agree", ()):
        if screening is not None and name not in screening.columns:
            problems.unknown(name, "subject", f"column of {screening.name}", name, screening.columns)
    spread = sources.get("visit", {}).get("spread", {})
    name = spread.get("parameter")
    if name is not None and name not in spec.parameters:
        problems.unknown(name, "visit", "parameter", name, spec.parameters)
    elif name is not None and not spec.parameters[name].value.isdigit():
        problems.at(name, f"visit: parameter '{name}' is no whole number of days")

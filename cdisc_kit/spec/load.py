"""Load a study's mapping folder: every file read, every problem reported at once."""

from __future__ import annotations

from pathlib import Path

from cdisc_kit.errors import SpecError, StandardError
from cdisc_kit.spec.checks import check_places, parse_checks, with_checks
from cdisc_kit.spec.chinese import ChineseSpec, check_chinese, parse_chinese
from cdisc_kit.spec.conformity import check_conformity
from cdisc_kit.spec.dependencies import check_cycles
from cdisc_kit.spec.domain import parse_domain
from cdisc_kit.spec.model import (
    CodeMap,
    DomainSpec,
    IdentitySpec,
    Parameter,
    PointerSpec,
    RelationSpec,
    StudySpec,
)
from cdisc_kit.spec.problems import Problems
from cdisc_kit.spec.references import References
from cdisc_kit.spec.schema import CT_SCHEMA, RELREC_SCHEMA, STUDY_SCHEMA
from cdisc_kit.spec.sources import parse_sources
from cdisc_kit.spec.study_references import check_study
from cdisc_kit.spec.values import check_values
from cdisc_kit.standard import SDTMIG, ControlledTerminology, load_ct, load_sdtmig
from cdisc_kit.standard.terminology import removed
from cdisc_kit.yamltext import Map, read_yaml


def load_study(folder: Path) -> StudySpec:
    """The study in `folder`. Raises SpecError with every problem of every file."""
    problems = Problems()
    study = _read(folder, "study.yaml", problems)
    sources_document = _read(folder, "sources.yaml", problems)
    ct_document = _read(folder, "ct.yaml", problems)
    relrec = _read(folder, "relrec.yaml", problems) if (folder / "relrec.yaml").is_file() else Map()
    checks = _read(folder, "checks.yaml", problems) if (folder / "checks.yaml").is_file() else Map(checks=[])
    chinese = _read(folder, "chinese.yaml", problems) if (folder / "chinese.yaml").is_file() else Map()
    if study is None or sources_document is None or ct_document is None or relrec is None:
        raise SpecError(problems)
    sources = parse_sources(sources_document, problems)
    outline = problems.schema(study, STUDY_SCHEMA) and problems.schema(ct_document, CT_SCHEMA)
    if relrec:
        outline = problems.schema(relrec, RELREC_SCHEMA) and outline
    standard = load_sdtmig()
    domains, broken = _domains(folder, study, standard, problems)
    ct = _terminology(study, problems) if outline else None
    if sources is None or ct is None:
        raise SpecError(problems)
    spec = StudySpec(
        key=folder.resolve().name,
        folder=folder,
        studyid=str(study["studyid"]),
        title=str(study["title"]["en"]),
        title_zh=str(study["title"].get("zh", "")),
        ct_version=str(study["standards"]["ct"]),
        extract_date=str(study["extract_date"]["value"]),
        parameters=_parameters(study),
        sources=sources,
        identity=_identity(study["identity"]),
        maps=_maps(ct_document, ct, problems),
        extensions=_extensions(ct_document, ct, problems),
        domains=domains,
        relations=_relations(relrec),
        pointers=_pointers(relrec),
        checks=parse_checks(checks, study, sources, problems) if checks is not None else (),
        chinese=parse_chinese(chinese, problems) if chinese is not None else ChineseSpec(),
        study=study,
        # a mapping's own tests make no value of the package
        files=tuple(
            sorted(p for p in folder.rglob("*") if p.is_file() and folder / "tests" not in p.parents)
        ),
    )
    check_study(spec, sources_document, broken, problems)
    check_values(spec, sources_document, broken, problems)
    references = References(spec, broken, problems)
    for domain in domains.values():
        check_conformity(domain, ct, problems)
        references.check(domain)
    for check in spec.checks:
        references.check(check.rows)
    check_places(spec, broken, problems)
    if chinese and not problems:
        check_chinese(chinese, domains, ct, problems)
    if not problems:
        check_cycles(with_checks(spec), problems)
    if problems:
        raise SpecError(problems)
    return spec


def _terminology(study: Map, problems: Problems) -> ControlledTerminology | None:
    version = study["standards"]["ct"]
    try:
        return load_ct(str(version))
    except StandardError as error:
        problems.at(version, f"standards: {error}")
        return None


def shown(folder: Path, name: str) -> str:
    """How a file of the mapping folder is named in messages: `mappings/atg/domains/ae.yaml`."""
    return "/".join([*folder.resolve().parts[-2:], *Path(name).parts])


def _read(folder: Path, name: str, problems: Problems) -> Map | None:
    path = folder / name
    if not path.is_file():
        problems.append(f"{shown(folder, name)}: file is missing")
        return None
    try:
        return read_yaml(path, shown(folder, name))
    except SpecError as error:
        problems.extend(error.problems)
        return None


def _domains(
    folder: Path, study: Map, standard: SDTMIG, problems: Problems
) -> tuple[dict[str, DomainSpec], frozenset[str]]:
    """The domains, and the names of those whose file cannot be read."""
    domains: dict[str, DomainSpec] = {}
    broken: set[str] = set()
    paths = sorted((folder / "domains").glob("*.yaml"))
    if not paths:
        problems.append(f"{shown(folder, 'domains')}: no domain is described; add domains/dm.yaml")
    for path in paths:
        document = _read(folder, f"domains/{path.name}", problems)
        domain = parse_domain(document, study, standard, problems) if document is not None else None
        if domain is None:
            broken.add(str(document.get("domain", path.stem.upper())) if document else path.stem.upper())
            continue
        if domain.name in domains:
            problems.append(
                f"{domain.file}:1 domain {domain.name} is also described in {domains[domain.name].file}"
            )
        domains[domain.name] = domain
    return domains, frozenset(broken - domains.keys())


def _parameters(study: Map) -> dict[str, Parameter]:
    sites = {"value": " ".join(study.get("sites", ()))}
    entries = {**study.get("parameters", {}), "extract_date": study["extract_date"], "sites": sites}
    return {
        str(name): Parameter(str(entry["value"]), entry.get("assumed") == "true", str(entry.get("note", "")))
        for name, entry in entries.items()
    }


def _identity(entry: Map) -> IdentitySpec:
    return IdentitySpec(
        str(entry["form"]),
        str(entry["subject"]),
        str(entry.get("previous", "")),
        str(entry["usubjid"]),
        tuple(str(column) for column in entry.get("consent", ())),
    )


def _maps(document: Map, ct: ControlledTerminology, problems: Problems) -> dict[str, CodeMap]:
    maps = {}
    for name, entry in document.get("maps", {}).items():
        codelist = str(entry.get("codelist", ""))
        if codelist and ct.find(codelist) is None:
            problems.unknown(entry["codelist"], name, "codelist", codelist, ct.submissions())
            codelist = ""
        extended = document.get("extensions", {}).get(codelist, {})
        for raw, term in entry["terms"].items():
            if codelist and term and not _is_term(ct, codelist, term, extended):
                problems.at(raw, f"{name}: {_no_term(ct, codelist, term)}")
        terms = {str(raw): str(term) for raw, term in entry["terms"].items()}
        maps[str(name)] = CodeMap(str(name), codelist, terms)
    return maps


def _no_term(ct: ControlledTerminology, codelist: str, term: str) -> str:
    found = ct.find(codelist)
    last = removed(ct, found, term) if found is not None else ""
    if last:
        return (
            f"CT-REMOVED '{term}' was a term of {codelist} in {last} and is none in {ct.version}; "
            "map to another"
        )
    return f"'{term}' is no term of {codelist}; correct it or declare it under extensions"


def _is_term(ct: ControlledTerminology, codelist: str, term: str, extended: Map) -> bool:
    found = ct.find(codelist)
    return found is not None and (term in found.terms or term in extended)


def _extensions(document: Map, ct: ControlledTerminology, problems: Problems) -> dict[str, frozenset[str]]:
    result = {}
    for name, terms in document.get("extensions", {}).items():
        codelist = ct.find(name)
        if codelist is None:
            problems.unknown(name, "extensions", "codelist", name, ct.submissions())
        elif not codelist.extensible:
            problems.at(name, f"extensions: codelist {name} is not extensible; no term can be added")
        else:
            result[codelist.code] = frozenset(str(term) for term in terms)
    return result


def _relations(document: Map) -> tuple[RelationSpec, ...]:
    return tuple(
        RelationSpec(
            str(relid),
            tuple((e["dataset"], e["variable"], str(e["reltype"])) for e in ends),
            *(relid.file, relid.line),
        )
        for relid, ends in document.get("relationships", {}).items()
    )


def _pointers(document: Map) -> tuple[PointerSpec, ...]:
    return tuple(
        PointerSpec(
            str(relid), _reference(entry["pointer"]), _reference(entry["target"]), relid.file, relid.line
        )
        for relid, entry in document.get("records", {}).items()
    )


def _reference(name: str) -> tuple[str, str]:
    dataset, _, variable = name.partition(".")
    return dataset, variable

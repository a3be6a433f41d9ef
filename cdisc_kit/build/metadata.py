"""What the final dataset says about each variable: label, type, codelists, origin, method."""

from __future__ import annotations

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.dataset import Origin, Variable
from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, Call, DomainSpec, StudySpec, VariableSpec
from cdisc_kit.spec.names import continued, resolve
from cdisc_kit.standard import ModelVariable, StandardDataset, load_sdtm_model

_RAW_KINDS = frozenset({"raw", "joined", "alias"})
_DATASET_KINDS = frozenset({"own", "subject", "source", "visit"})

_IDENTIFIER_ORIGINS = {
    "STUDYID": Origin("Assigned", "Sponsor"),
    "DOMAIN": Origin("Assigned", "Sponsor"),
    "USUBJID": Origin(
        "Derived",
        "Sponsor",
        "Study identifier, site identifier and subject number of the first screening, joined by hyphens.",
    ),
}


def identifier(standard: StandardDataset, name: str) -> Variable:
    """STUDYID, DOMAIN or USUBJID of a dataset."""
    return _of_standard(standard, name, _IDENTIFIER_ORIGINS[name])


def sequence(domain: DomainSpec, name: str) -> Variable:
    """--SEQ, numbered by the kit in the order of the dataset's sort keys."""
    method = f"1, 2, 3 … within USUBJID, records sorted by {', '.join(domain.sort)} (null first)."
    return _of_standard(domain.standard, name, Origin("Derived", "Sponsor", method))


def _of_standard(standard: StandardDataset, name: str, origin: Origin) -> Variable:
    """A variable as the standard describes it, of one origin in every block."""
    known = standard.variables[name]
    return Variable(
        name, known.label, known.type, role=known.role, core=known.core, origins={EVERY_BLOCK: origin}
    )


def described(workspace: Workspace, domain: DomainSpec, target: VariableSpec) -> Variable:
    """The metadata of a mapped variable; what the standard knows is never restated in a mapping."""
    standard = domain.standard.variables.get(target.name)
    model = load_sdtm_model().find(domain.standard.cls, target.name, domain.name)
    label = target.label or (standard.label if standard else model.label if model else target.name)
    codelists = _codelists(workspace, target, standard.codelists if standard else ())
    return Variable(
        name=target.name,
        label=label,
        type=standard.type if standard else model.type if model else "Char",
        role=standard.role if standard else model.role if model else "",
        core=standard.core if standard else "Perm" if model else "",
        codelists=codelists,
        sponsor_codelist=_sponsor_list(workspace.spec, target.by) if not codelists else "",
        external_dictionary=standard.external_dictionary if standard else "",
        iso8601=standard.iso8601 if standard else target.name.endswith("DTC"),
        origins=origins(workspace.spec, domain, target),
        comment=target.comment or ("" if standard or not model else _model_comment(domain)),
        label_zh=target.label_zh,
        assumed=any(_is_assumed(workspace.spec, call) for call in target.by.values()),
    )


def unmapped(domain: DomainSpec, name: str) -> Variable:
    """An Expected variable no mapping fills: present, null (IG 4.1.5)."""
    known = domain.standard.variables[name]
    return Variable(
        name,
        known.label,
        known.type,
        role=known.role,
        core=known.core,
        codelists=known.codelists,
        external_dictionary=known.external_dictionary,
        iso8601=known.iso8601,
        origins={EVERY_BLOCK: Origin("Not Available")},
        comment="Not collected in this study; null for all records.",
    )


def _model_comment(domain: DomainSpec) -> str:
    return f"A variable of the SDTM {domain.standard.cls} class, not listed in the implementation guide."


def _codelists(workspace: Workspace, target: VariableSpec, standard: tuple[str, ...]) -> tuple[str, ...]:
    if not target.codelist:
        return tuple(code for code in standard if code in workspace.ct)
    codelist = workspace.ct.find(target.codelist)
    return (codelist.code,) if codelist is not None else ()


def _sponsor_list(spec: StudySpec, calls: dict[str, Call]) -> str:
    """The map of ct.yaml that fills the variable when no CDISC codelist governs it."""
    for call in calls.values():
        for name in call.needs.maps if call.operation.listed else ():
            if not spec.maps[name].codelist:
                return name
    return ""


def _is_assumed(spec: StudySpec, call: Call) -> bool:
    return any(spec.parameters[name].assumed for name in call.needs.parameters)


def origins(spec: StudySpec, domain: DomainSpec, target: VariableSpec) -> dict[str, Origin]:
    """Origin for each record block that fills the variable (one entry `*` where one call serves all)."""
    result = {}
    for block_id, call in target.by.items():
        blocks = [block for block in domain.blocks if block_id in (EVERY_BLOCK, block.id)]
        result[block_id] = _origin(spec, domain, blocks, call)
    return result


def _origin(spec: StudySpec, domain: DomainSpec, blocks: list[BlockSpec], call: Call) -> Origin:
    kinds: set[str] = set()
    columns: list[str] = []
    places: list[BlockSpec | None] = [*blocks] or [None]
    for block in places:
        for name in call.needs.columns:
            resolved = resolve(spec, domain, block, name)
            if resolved is None:
                continue
            kinds.add(resolved.kind)
            columns += _raw_columns(block, resolved.kind, resolved.source, resolved.name)
    stated = "origin" in call.params
    kind, source = call.origin, call.origin_source
    if not stated and kind == "Collected" and not kinds & _RAW_KINDS:
        kind, source = ("Derived", "Sponsor") if kinds & _DATASET_KINDS else ("Protocol", "Sponsor")
    if not stated and blocks and all(block.kind == "table" for block in blocks) and kind != "Derived":
        kind, source = "Protocol", "Sponsor"
    method = (call.method or call.operation.method(call.params)) if kind == "Derived" else ""
    return Origin(kind, source, method, tuple(dict.fromkeys(columns)), call.file, call.line)


def _raw_columns(block: BlockSpec | None, kind: str, source: str, name: str) -> list[str]:
    if kind in ("raw", "joined"):
        return [f"{source}.{name}"]
    if kind == "alias" and block is not None and block.unpivot is not None:
        return [f"{source}.{column}" for column in block.unpivot.aliases[name] if column]
    return []


def variable_order(domain: DomainSpec, names: list[str]) -> list[str]:
    """The IG's order; a model variable the IG does not list stands after its neighbour of the model."""
    listed = list(domain.standard.variables)
    placed = sorted((name for name in names if name in domain.standard.variables), key=listed.index)
    for name in (name for name in names if name not in domain.standard.variables):
        base = continued(domain, name)
        at = placed.index(base) + 1 if base in placed else _model_position(domain, placed, name)
        placed.insert(at, name)
    return placed


def _model_position(domain: DomainSpec, placed: list[str], name: str) -> int:
    """After the last variable that precedes it in the model (identifiers, then qualifiers, then timing)."""
    model, cls = load_sdtm_model(), domain.standard.cls
    own = model.find(cls, name, domain.name)
    if own is None:
        return len(placed)
    position = 0
    for at, other in enumerate(placed, start=1):
        known = model.find(cls, other, domain.name)
        if known is not None and (_part(known), known.order) < (_part(own), own.order):
            position = at
    return position


def _part(variable: ModelVariable) -> int:
    """The part of a class a variable stands in; the topic and its qualifiers share one sequence."""
    return {"Identifier": 0, "Timing": 2}.get(variable.role, 1)

"""One domains/*.yaml file as a `DomainSpec`; problems are collected, not raised."""

from __future__ import annotations

from typing import Any

from cdisc_kit.derive import OPERATIONS
from cdisc_kit.expression import Expression, ExpressionError, parse
from cdisc_kit.spec.model import (
    EVERY_BLOCK,
    BlockSpec,
    Call,
    DomainSpec,
    JoinSpec,
    UnpivotSpec,
    ValueLevelSpec,
    VariableSpec,
)
from cdisc_kit.spec.problems import Problems, suggestion
from cdisc_kit.spec.schema import CALL_EXTRAS, VARIABLE_EXTRAS, call_schema, domain_schema
from cdisc_kit.standard import SDTMIG
from cdisc_kit.yamltext import Map, key_place, line_of, place

_KINDS = ("from", "dataset", "table", "visits")


def parse_domain(document: Map, study: Map, standard: SDTMIG, problems: Problems) -> DomainSpec | None:
    """The domain a file describes, or None where its outline is too broken to go on."""
    if not problems.schema(document, domain_schema()):
        return None
    name = str(document["domain"])
    if name not in standard.datasets:
        problems.unknown(document["domain"], "domain", "SDTMIG dataset", name, standard.datasets)
        return None
    finalize: Map = document["finalize"]
    blocks = tuple(parse_block(entry, study, problems) for entry in document["records"])
    return DomainSpec(
        name=name,
        file=document.file,
        standard=standard.datasets[name],
        blocks=blocks,
        work=parse_targets(document.get("work", Map()), blocks, problems),
        variables=parse_targets(document["variables"], blocks, problems),
        supp=parse_targets(document.get("supp", Map()), blocks, problems),
        sort=tuple(finalize["sort"]),
        orders={key: tuple(value) for key, value in finalize.get("order", {}).items()},
        keys=tuple(finalize["keys"]),
        value_levels=tuple(_value_level(entry) for entry in document.get("value_levels", ())),
        not_submitted=dict(document.get("not_submitted", {})),
        comment=str(document.get("comment", "")),
    )


def _value_level(entry: Map) -> ValueLevelSpec:
    return ValueLevelSpec(
        entry["variable"], entry["where"], tuple(entry["in"]), entry.get("codelist", ""), entry.line
    )


def parse_block(entry: Map, study: Map, problems: Problems) -> BlockSpec:
    kind = next(kind for kind in _KINDS if kind in entry)
    value = entry[kind]
    rows = _table(value, study, problems) if kind == "table" else []
    return BlockSpec(
        id=str(entry["id"]),
        kind=kind,
        source=str(value) if isinstance(value, str) else "",
        when=parse_expression(entry, "when", problems),
        joins=tuple(_join(join) for join in entry.get("join", ())),
        unpivot=_unpivot(entry["unpivot"], problems) if "unpivot" in entry else None,
        last_per_subject=str(entry.get("last_per_subject", "")),
        first_per=tuple(entry.get("first_per", ())),
        table=tuple({str(key): str(cell) for key, cell in row.items()} for row in rows),
        options=value if isinstance(value, Map) else Map(),
        file=entry.file,
        line=entry.line,
        places=tuple(place(row) for row in rows),
    )


def _table(value: Any, study: Map, problems: Problems) -> list[Map]:
    """Rows written in place, or a list of study.yaml by its name."""
    rows = study.get(value) if isinstance(value, str) else value
    if not isinstance(rows, list) or not all(isinstance(row, Map) for row in rows):
        problems.unknown(value, "table", "list of study.yaml", str(value), study)
        return []
    return rows


def _join(entry: Map) -> JoinSpec:
    on = entry["on"]
    pairs = tuple(on.items()) if isinstance(on, Map) else tuple((name, name) for name in on)
    return JoinSpec(entry["form"], pairs, entry["cardinality"], entry.line)


def _unpivot(entry: Map, problems: Problems) -> UnpivotSpec:
    aliases: dict[str, list[str]] = {}
    items = []
    for item in entry["items"]:
        items.append({key: str(value) for key, value in item.items() if isinstance(value, str)})
        for alias, column in item.get("columns", {}).items():
            aliases.setdefault(alias, []).append(column)
    short = [alias for alias, columns in aliases.items() if len(columns) != len(items)]
    for number, item in enumerate(entry["items"], start=1):
        # an item that leaves a column out looks the same as one that misspells it
        for alias in [alias for alias in short if alias not in item.get("columns", {})]:
            problems.at(item, f"unpivot: item {number} does not name column '{alias}'; name it in every item")
    return UnpivotSpec(
        items=tuple(items),
        aliases={alias: tuple(columns) for alias, columns in aliases.items() if alias not in short},
        keep=parse_expression(entry, "keep", problems),
    )


def parse_expression(entry: Map, key: str, problems: Problems) -> Expression | None:
    if key not in entry:
        return None
    try:
        return parse(str(entry[key]), condition=True)
    except ExpressionError as error:
        problems.append(f"{key_place(entry, key)} {key}: {error}")
        return None


def parse_targets(section: Map, blocks: tuple[BlockSpec, ...], problems: Problems) -> dict[str, VariableSpec]:
    return {str(name): _target(section, name, value, blocks, problems) for name, value in section.items()}


def _target(
    section: Map, name: str, value: Map, blocks: tuple[BlockSpec, ...], problems: Problems
) -> VariableSpec:
    calls: dict[str, Call] = {}
    # `by` may also be a parameter of an operation, which is text
    by: Map = value["by"] if isinstance(value.get("by"), Map) else Map({EVERY_BLOCK: value})
    for block_id, entry in by.items():
        if block_id != EVERY_BLOCK and block_id not in {block.id for block in blocks}:
            problems.unknown(block_id, name, "record block", block_id, [block.id for block in blocks])
        call = _call(name, entry, problems)
        if call is not None:
            calls[str(block_id)] = call
    label: Any = value.get("label", "")
    return VariableSpec(
        name=str(name),
        by=calls,
        line=line_of(name),
        label=str(label.get("en", "")) if isinstance(label, Map) else str(label),
        label_zh=str(label.get("zh", "")) if isinstance(label, Map) else "",
        type=str(value.get("type", "")),
        codelist=str(value.get("codelist", "")),
        comment=str(value.get("comment", "")),
        evaluator=str(value.get("evaluator", "")),
    )


def _call(name: str, entry: Map, problems: Problems) -> Call | None:
    keys = [key for key in entry if key in OPERATIONS]
    if len(keys) > 1:
        # a parameter may have the name of another operation
        keys = [key for key in keys if all(other in OPERATIONS[key].schema for other in keys)] or keys
    if len(keys) != 1:
        problems.append(f"{entry.file}:{entry.line} {name}: {_no_operation(entry, keys)}")
        return None
    operation = OPERATIONS[keys[0]]
    if not problems.schema(entry, call_schema(operation), where=name) or not _expression_is_valid(
        name, entry, problems
    ):
        return None
    return Call(
        operation=operation,
        params=entry,
        file=entry.file,
        line=entry.line,
        origin=str(entry.get("origin", operation.origin)),
        origin_source=str(entry.get("source", operation.source)),
        method=str(entry.get("method", "")),
    )


def _expression_is_valid(name: str, entry: Map, problems: Problems) -> bool:
    if "expr" not in entry:
        return True
    try:
        parse(str(entry["expr"]))
    except ExpressionError as error:
        problems.append(f"{key_place(entry, 'expr')} {name}: {error}")
        return False
    return True


def _no_operation(entry: Map, keys: list[str]) -> str:
    if keys:
        return f"names {len(keys)} operations ({', '.join(keys)}); give one"
    strange = [key for key in entry if key not in CALL_EXTRAS and key not in VARIABLE_EXTRAS]
    if not strange:
        return "names no operation; give one of " + ", ".join(OPERATIONS)
    return f"unknown operation '{strange[0]}'{suggestion(strange[0], OPERATIONS)}"

"""chinese.yaml: what the Chinese packages of a study hold beside the text its coding tables translate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdisc_kit.spec.model import DomainSpec
    from cdisc_kit.spec.problems import Problems
    from cdisc_kit.standard import ControlledTerminology
    from cdisc_kit.yamltext import Map

CHINESE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        # DATASET.VARIABLE -> the supplemental qualifier that keeps the English translation
        "english": {
            "type": "object",
            "patternProperties": {
                r"^[A-Z]{2}[A-Z0-9]{0,6}\.[A-Z][A-Z0-9]{0,7}$": {
                    "type": "object",
                    "properties": {
                        "qnam": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{0,7}$"},
                        "label": {
                            "type": "object",
                            "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
                            "required": ["en", "zh"],
                            "additionalProperties": False,
                        },
                    },
                    "required": ["qnam", "label"],
                    "additionalProperties": False,
                }
            },
            "additionalProperties": False,
        },
        # variable -> value in the mapping -> Chinese; a value that stays as it is stands for itself
        "terms": {
            "type": "object",
            "patternProperties": {
                "^[A-Z][A-Z0-9]{0,7}$": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "string", "minLength": 1},
                }
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class EnglishQualifier:
    """The supplemental qualifier of a Chinese package that keeps the English of `variable`."""

    dataset: str
    variable: str
    name: str
    label: str
    label_zh: str
    file: str
    line: int


@dataclass(frozen=True)
class ChineseSpec:
    """`terms` maps a variable's values as the mapping words them to Chinese; `english` keeps translations."""

    english: tuple[EnglishQualifier, ...] = ()
    terms: dict[str, dict[str, str]] = field(default_factory=dict)


def parse_chinese(document: Map, problems: Problems) -> ChineseSpec:
    """The file's content; empty where its outline is broken (a problem) or there is no such file."""
    if not problems.schema(document, CHINESE_SCHEMA):
        return ChineseSpec()
    english = []
    for target, entry in document.get("english", {}).items():
        dataset, _, variable = str(target).partition(".")
        label = entry["label"]
        english.append(
            EnglishQualifier(
                *(dataset, variable, str(entry["qnam"]), str(label["en"]), str(label["zh"])),
                *(entry.file, entry.line),
            )
        )
    terms = {
        str(variable): {str(value): str(text) for value, text in entries.items()}
        for variable, entries in document.get("terms", {}).items()
    }
    return ChineseSpec(tuple(english), terms)


def check_chinese(
    document: Map, domains: dict[str, DomainSpec], ct: ControlledTerminology, problems: Problems
) -> None:
    """Names the study does not have, and coded variables, whose submission values stay English."""
    held = {name for domain in domains.values() for name in domain.variables}
    for name in document.get("terms", {}):
        if name not in held:
            problems.unknown(name, "terms", "variable of the study", name, sorted(held))
        for domain in domains.values():
            if name in domain.variables and _is_coded(domain, str(name), ct):
                problems.at(
                    name,
                    f"terms: {domain.name}.{name} has CDISC terminology; its values stay submission values",
                )
    for target, entry in document.get("english", {}).items():
        dataset, _, variable = str(target).partition(".")
        known = domains[dataset].variables if dataset in domains else {}
        if variable not in known:
            places = [f"{domain.name}.{v}" for domain in domains.values() for v in domain.variables]
            problems.unknown(target, "english", "variable of the study", str(target), places)
        elif entry["qnam"] in {*domains[dataset].supp, *known}:
            problems.at(entry["qnam"], f"english: {dataset} already has a variable {entry['qnam']}")


def _is_coded(domain: DomainSpec, name: str, ct: ControlledTerminology) -> bool:
    standard = domain.standard.variables.get(name)
    codes = (domain.variables[name].codelist, *(standard.codelists if standard else ()))
    return any(code and ct.find(code) is not None for code in codes)

"""define/<study>.yaml: documents and comments for Define-XML, and the accepted issues of CDISC's engine.

An explanation names rule, dataset, variables and the exact number of issues it accepts, with the reason and
the evidence. It is a decision to document (`decisions`) that is kept with the study's mapping.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.decisions import EXPLANATION_SCHEMA, Decision, decision_of
from cdisc_kit.errors import SpecError
from cdisc_kit.spec.problems import Problems
from cdisc_kit.yamltext import Map, read_yaml

_TEXT = {"type": "string", "minLength": 1}
_DOCUMENT = {
    "type": "object",
    "properties": {"id": _TEXT, "title": _TEXT, "href": _TEXT},
    "required": ["id", "title", "href"],
    "additionalProperties": False,
}
_COMMENT = {
    "type": "object",
    "properties": {"on": {"type": "string"}, "text": _TEXT},
    "required": ["on", "text"],
    "additionalProperties": False,
}
_DICTIONARY = {
    "type": "object",
    "properties": {"name": _TEXT, "version": _TEXT},
    "required": ["name", "version"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "documents": {"type": "array", "items": _DOCUMENT},
        "comments": {"type": "array", "items": _COMMENT},
        "dictionaries": {"type": "object", "additionalProperties": _DICTIONARY},
        "explanations": {"type": "array", "items": EXPLANATION_SCHEMA},
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class DefineTexts:
    """The content of define/<study>.yaml as read; empty where the study has no such file."""

    file: str
    content: Map
    explanations: tuple[Decision, ...]


def read_define_texts(folder: Path, study: str) -> DefineTexts:
    """define/<study>.yaml. Raises SpecError with every problem in it."""
    path = folder / f"{study}.yaml"
    if not path.is_file():
        return DefineTexts("", Map(), ())
    shown = f"{folder.name}/{path.name}"
    document = read_yaml(path, shown)
    problems = Problems()
    problems.schema(document, SCHEMA)
    if problems:
        raise SpecError(problems)
    explanations = tuple(decision_of(entry, "document") for entry in document.get("explanations", ()))
    return DefineTexts(shown, document, explanations)

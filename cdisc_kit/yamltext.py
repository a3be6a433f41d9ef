"""YAML read as text: every scalar stays the string that was written, and knows its file and line.

YAML's own typing turns `NO` into False, `001` into 1 and `2020-01-01` into a date; mappings are full of
such values. Duplicate keys, anchors' merge keys and unreadable files are problems, reported with their line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from cdisc_kit.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Text(str):
    """A YAML scalar; `line` is 1-based."""

    __slots__ = ("file", "line")
    file: str
    line: int


class Map(dict[str, Any]):
    """A YAML mapping; keys are `Text`."""

    file: str = ""
    line: int = 0


class Seq(list[Any]):
    """A YAML sequence."""

    file: str = ""
    line: int = 0


def read_yaml(path: Path, shown: str) -> Map:
    """The mapping in the file at `path`; `shown` is how messages name it.

    Raises SpecError for invalid YAML, duplicate keys, merge keys, or a document that is not a mapping.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise SpecError([f"{shown}: not UTF-8 at byte {error.start}; save the file as UTF-8"]) from error
    except yaml.YAMLError as error:
        raise SpecError([_syntax_problem(shown, error)]) from error
    problems: list[str] = []
    value = Map() if node is None else _value(node, shown, problems)
    if not isinstance(value, Map):
        problems.append(f"{shown}:1 the document must be a mapping (key: value)")
    if problems:
        raise SpecError(problems)
    return value


def _syntax_problem(shown: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    return f"{shown}:{line} not valid YAML: {getattr(error, 'problem', None) or 'unreadable'}"


def _value(node: yaml.Node, file: str, problems: list[str], within: tuple[int, ...] = ()) -> Any:
    """The node as a value; `within` are the nodes that hold it."""
    line = node.start_mark.line + 1
    if id(node) in within:
        problems.append(f"{file}:{line} an anchor holds itself; write the value out")
        return _text("", file, line)
    if isinstance(node, yaml.ScalarNode):
        return _text(node.value, file, line)
    if isinstance(node, yaml.SequenceNode):
        items = Seq(_value(child, file, problems, (*within, id(node))) for child in node.value)
        items.file, items.line = file, line
        return items
    return _mapping(node, file, problems, (*within, id(node)))


def _mapping(node: yaml.Node, file: str, problems: list[str], within: tuple[int, ...]) -> Map:
    result = Map()
    result.file, result.line = file, node.start_mark.line + 1
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
            problems.append(f"{file}:{line} keys are plain text; merge keys (<<) are not supported")
            continue
        if key_node.value in result:
            first = next(line_of(key) for key in result if key == key_node.value)
            problems.append(f"{file}:{line} duplicate key '{key_node.value}' (first on line {first})")
            continue
        result[_text(key_node.value, file, line)] = _value(value_node, file, problems, within)
    return result


def _text(value: str, file: str, line: int) -> Text:
    text = Text(value)
    text.file, text.line = file, line
    return text


def line_of(value: object) -> int:
    """The 1-based line of a value read by `read_yaml` (0 for anything else)."""
    return getattr(value, "line", 0)


def place(value: object) -> str:
    """`file:line` of a value read by `read_yaml`."""
    return f"{getattr(value, 'file', '')}:{line_of(value)}"


def key_place(mapping: Map, key: str) -> str:
    """`file:line` of a key in a mapping (of the mapping where the key is absent)."""
    found = next((k for k in mapping if k == key), mapping)
    return place(found)


def walk(document: Any, path: Sequence[str | int]) -> object:
    """The deepest key or value on `path` that exists in `document`: what a schema error points at."""
    marker: object = document
    for step in path:
        if isinstance(document, Map) and step in document:
            marker = next(k for k in document if k == step)
        elif isinstance(document, Seq) and isinstance(step, int) and step < len(document):
            marker = document[step]
        else:
            break
        document = document[step]
    return marker

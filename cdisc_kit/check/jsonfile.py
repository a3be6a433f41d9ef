"""The records of a Dataset-JSON 1.1 file (or its NDJSON form) that somebody else wrote.

Tolerant like the reader of XPORT: what is wrong is a `FileProblem`, and what can be read is still judged.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdisc_kit.check.jsoncells import JsonRecords, as_text
from cdisc_kit.check.xptheader import FileProblem, FileVariable

if TYPE_CHECKING:
    from cdisc_kit.check.inmemory import Place

SUFFIXES = (".json", ".ndjson")
_NUMBERS = ("integer", "float", "double", "decimal")
_TYPES = ("string", *_NUMBERS, "boolean", "datetime", "date", "time", "URI")
_REQUIRED = (
    *("datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID"),
    *("records", "name", "label", "columns"),
)
_COLUMN = ("itemOID", "name", "label", "dataType")
_MOST_COLUMNS = 9_999  # what version 5 can number; no dataset of a submission has a tenth of it
_VERSION = re.compile(r"1\.1(\.\d+)?")
_FIRST_FORM = ("clinicalData", "referenceData")  # the containers of Dataset-JSON 1.0


class NotDatasetJsonError(Exception):
    """Well-formed JSON about something else. Stays within the reader of the folder."""


class _UnreadableError(Exception):
    """Nothing of the file can be judged. Stays within the reader."""

    def __init__(self, kind: str, detail: str, detail_zh: str) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.detail_zh = kind, detail, detail_zh


@dataclass
class _Document:
    """Metadata and rows as parsed, with what the parser had to note."""

    file: str
    attributes: dict[str, Any]
    rows: list[Any]
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class JsonHeader:
    """Name, label and variables; `start` of a variable is its place in a row."""

    name: str
    label: str
    variables: tuple[FileVariable, ...]


def open_json(path: Place) -> tuple[JsonHeader | None, JsonRecords | None, list[FileProblem]]:
    """Header and records of the file, as far as they can be read, and everything wrong with it.

    NotDatasetJsonError for JSON that does not claim to be a dataset.
    """
    try:
        document = _document(path)
        header, types = _header(document)
    except _UnreadableError as error:
        return None, None, [FileProblem(error.kind, path.name, error.detail, error.detail_zh)]
    records, cells = JsonRecords.of(path.name, header.name, header.variables, types, document.rows)
    notes = [*_attributes(document), *document.notes]
    problems = [FileProblem("json", path.name, en, zh, header.name) for en, zh in notes]
    return header, records, [*problems, *_count(document, header.name), *cells]


def _document(path: Place) -> _Document:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start
        raise _UnreadableError("unreadable", f"not UTF-8 at byte {at}", f"第{at}字节不是UTF-8") from None
    except OSError as error:
        raise _UnreadableError("unreadable", error.strerror or "cannot be read", "无法读取") from None
    notes: list[tuple[str, str]] = []
    if path.suffix.lower() == ".ndjson":
        first, _, rest = text.partition("\n")
        attributes = _parsed(first, notes)
        lines = [line for line in rest.split("\n") if line.strip()]
        rows: Any = [_line(line, notes) for line in lines]
    else:
        attributes = _parsed(text, notes)
        rows = attributes.pop("rows", None) if isinstance(attributes, dict) else None
    if not isinstance(attributes, dict) or not {"columns", "datasetJSONVersion", *_FIRST_FORM} & {
        *attributes
    }:
        raise NotDatasetJsonError
    if not isinstance(rows, list):
        notes.append(("there is no list of rows", "没有rows列表"))
        rows = []
    return _Document(path.name, attributes, rows, notes)


def _parsed(text: str, notes: list[tuple[str, str]]) -> Any:
    """JSON as values. NaN and infinities are missing, of a key that stands twice the last counts; noted."""

    def no_number(name: str) -> None:
        notes.append((f"{name} is no value of JSON", f"{name}不是JSON的值"))

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in found]
        twice = sorted({as_text(key) for key in keys if keys.count(key) > 1})
        notes.extend((f"the key {key} stands twice", f"键{key}重复") for key in twice)
        return dict(found)

    try:
        return json.loads(text, parse_constant=no_number, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        zh = f"第{error.lineno}行第{error.colno}列不是JSON"
        raise _UnreadableError("unreadable", f"not JSON at {place}", zh) from None
    except RecursionError:
        raise _UnreadableError("unreadable", "values nested too deeply", "嵌套过深") from None
    except ValueError:  # a number of thousands of digits
        raise _UnreadableError("unreadable", "a number that is too long", "数字过长") from None


def _line(line: str, notes: list[tuple[str, str]]) -> Any:
    """One row of the NDJSON form; a line that is no JSON is no row, and the others are read."""
    try:
        return _parsed(line, notes)
    except _UnreadableError:
        return line


def _header(document: _Document) -> tuple[JsonHeader, list[str]]:
    found = document.attributes
    columns = found.get("columns")
    if set(_FIRST_FORM) & set(found) and columns is None:
        raise _UnreadableError(
            "version",
            "Dataset-JSON 1.0; the kit reads version 1.1",
            "这是Dataset-JSON 1.0版，本工具读取1.1版",
        )
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise _UnreadableError("header", "the dataset has no name", "数据集没有名称")
    if not isinstance(columns, list) or not columns:
        raise _UnreadableError("header", "there is no list of columns", "没有columns列表")
    if len(columns) > _MOST_COLUMNS:
        count = len(columns)
        raise _UnreadableError(
            "header", f"{count} columns: no dataset has so many", f"{count}列：数据集不会有这么多列"
        )
    variables, types = [], []
    for at, column in enumerate(columns):
        if not isinstance(column, dict) or not isinstance(column.get("name"), str):
            raise _UnreadableError("header", f"column {at + 1} has no name", f"第{at + 1}列没有名称")
        kind = column.get("dataType")
        types.append(kind if kind in _TYPES else "string")
        document.notes.extend(_of_column(column))
        variables.append(_variable(column, types[-1], at))
    return JsonHeader(as_text(name), as_text(found.get("label")), tuple(variables)), types


def _of_column(column: dict[str, Any]) -> list[tuple[str, str]]:
    """What the description of a column lacks or gets wrong."""
    name = as_text(column["name"])
    lacks = [key for key in _COLUMN if not isinstance(column.get(key), str)]
    notes = [(f"column {name} lacks {key}", f"列{name}缺少{key}") for key in lacks]
    kind, target = column.get("dataType"), column.get("targetDataType")
    if isinstance(kind, str) and kind not in _TYPES:
        notes.append((f"column {name}: no such dataType", f"列{name}：没有此dataType"))
    if target is not None and kind not in ("decimal", "integer"):
        notes.append((f"column {name}: SDTM keeps dates as text, without targetDataType",
                      f"列{name}：SDTM日期为文本，不应有targetDataType"))  # fmt: skip
    return notes


def _variable(column: dict[str, Any], kind: str, at: int) -> FileVariable:
    length = column.get("length")
    told = length if isinstance(length, int) and not isinstance(length, bool) and length > 0 else 0
    number = kind in _NUMBERS
    return FileVariable(
        as_text(column["name"]), as_text(column.get("label")), "Num" if number else "Char", told, at
    )


def _attributes(document: _Document) -> list[tuple[str, str]]:
    found = document.attributes
    notes = [(f"{key} is missing", f"缺少{key}") for key in _REQUIRED if key not in found]
    version = found.get("datasetJSONVersion", "1.1")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        notes.append(("datasetJSONVersion is not 1.1", "datasetJSONVersion不是1.1"))
    return notes


def _count(document: _Document, dataset: str) -> list[FileProblem]:
    """Rows against the number that is announced."""
    told, held = document.attributes.get("records"), len(document.rows)
    if told == held and not isinstance(told, bool):
        return []
    if not isinstance(told, int) or isinstance(told, bool):
        if told is None and "records" not in document.attributes:
            return []
        en, zh = "records is no number", "records不是数字"
        return [FileProblem("json", document.file, en, zh, dataset)]
    kind = "truncated" if told > held else "json"
    en, zh = f"{told} records are announced, {held} are there", f"声明{told}条记录，实有{held}条"
    return [FileProblem(kind, document.file, en, zh, dataset)]

"""Documents of a package as texts: JSON, XML and HTML, PDF."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from cdisc_kit.ipd.texts import Text, UnreadableError, decoded_text, raw_strings

Role = Literal["cell", "text"]
_MADE = re.compile(r"(creat|modif|timestamp|generated|lastsaved)", re.IGNORECASE)


def json_texts(content: bytes, place: str, role: Role) -> Iterator[Text]:
    """Every key and every distinct value of an object or array; numbers too."""
    try:
        document = json.loads(decoded_text(content), parse_float=str, parse_int=str)
    except ValueError as error:
        raise UnreadableError("a JSON file that does not parse") from error
    return _values(document, place, role)


def json_lines(content: bytes, place: str, role: Role) -> Iterator[Text]:
    """JSON texts, one a line; rows of values below a first line that names their columns (Dataset-JSON)."""
    try:
        lines = [
            json.loads(x, parse_float=str, parse_int=str) for x in decoded_text(content).splitlines() if x
        ]
    except ValueError as error:
        raise UnreadableError("a JSON line that does not parse") from error
    if lines and isinstance(lines[0], dict) and "columns" in lines[0]:
        return _values({**lines[0], "rows": lines[1:]}, place, role)
    return _values(lines, place, role)


def _values(document: Any, place: str, role: Role) -> Iterator[Text]:
    names = _column_names(document)
    seen: dict[tuple[str, str], None] = {}
    _collect(document, "", names, seen)
    for key, value in seen:
        name = key.rpartition(".")[2]
        stamp = _MADE.search(name) is not None and not key.startswith("rows")
        kind: Role = role if key.startswith(("rows", "[]")) else "text"
        yield Text(f"{place} {key}", value, "stamp" if stamp else kind, name if kind == "cell" else "")


def _column_names(document: Any) -> list[str]:
    """Of Dataset-JSON: the variable in each place of a row."""
    head = document[0] if isinstance(document, list) and document else document
    columns = head.get("columns") if isinstance(head, dict) else None
    return [str(column["name"]) for column in columns or () if isinstance(column, dict) and "name" in column]


def _collect(node: Any, key: str, names: list[str], seen: dict[tuple[str, str], None]) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            seen[key, str(name)] = None
            _collect(value, f"{key}.{name}".lstrip("."), names, seen)
    elif isinstance(node, list) and _is_grid(node, len(names)):
        for name, column in zip(names, zip(*node, strict=True), strict=True):
            seen |= dict.fromkeys((f"{key}.{name}", str(value)) for value in dict.fromkeys(column) if value)
    elif isinstance(node, list):
        for value in node:
            _collect(value, key or "[]", names, seen)
    elif node is not None and not isinstance(node, bool):
        seen[key, str(node)] = None


def _is_grid(rows: list[Any], width: int) -> bool:
    """True for rows of one value for each column, at least one of them."""
    return bool(rows) and all(
        isinstance(row, list) and len(row) == width and not any(isinstance(v, (list, dict)) for v in row)
        for row in rows
    )


def markup_texts(content: bytes, place: str, *, html: bool) -> Iterator[Text]:
    """Element texts, attributes, comments, processing instructions and the document type of XML or HTML."""
    from lxml import etree  # noqa: PLC0415 - costly, and only a scan needs it
    from lxml.html import HTMLParser  # noqa: PLC0415

    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
    if html:
        content = decoded_text(content).encode("utf-8")
        parser = HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree: Any = etree.parse(io.BytesIO(content), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError("markup that does not parse") from error
    declared = tree.docinfo.internalDTD
    if not html and declared is not None and list(declared.iterentities()):
        raise UnreadableError("XML with entities of its own, which hide text")
    seen: dict[tuple[str, str, bool], None] = {}
    for node in _nodes(tree):
        _element(node, seen)
    for name, text, stamp in seen:
        yield Text(f"{place} {name}", text, "stamp" if stamp else "text")


def _nodes(tree: Any) -> Iterator[Any]:
    """Elements, comments and processing instructions, also those beside the root."""
    root = tree.getroot()
    yield from root.itersiblings(preceding=True)
    yield from root.iter()
    yield from root.itersiblings()


def _element(node: Any, seen: dict[tuple[str, str, bool], None]) -> None:
    name = node.tag if isinstance(node.tag, str) else type(node).__name__
    name = name.rpartition("}")[2]
    made = _MADE.search(name) is not None
    for text in (node.text, node.tail):
        if text and not text.isspace():
            seen[name, text, made] = None
    if not isinstance(node.tag, str):
        seen[name, getattr(node, "target", "") or "", False] = None
        return
    for key, value in node.attrib.items():
        plain = str(key).rpartition("}")[2]
        seen[f"{name}@{plain}", str(value), _MADE.search(plain) is not None] = None
    for prefix, address in node.nsmap.items() if node.getparent() is None else ():
        seen[f"{name}@xmlns:{prefix or ''}", str(address), False] = None
    if len(node) and any(t and not t.isspace() for t in (node.text, *(child.tail for child in node))):
        seen[name, "".join(node.itertext()), False] = None  # a word may change its type within


def pdf_texts(content: bytes, place: str) -> Iterator[Text]:
    """Text of every page, annotations, metadata and attachments.

    UnreadableError for an encrypted PDF and for a page that is a picture.
    """
    import logging  # noqa: PLC0415

    from pypdf import PdfReader  # noqa: PLC0415 - few packages hold one
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise UnreadableError("an encrypted PDF")
        yield from _pdf_metadata(reader, place)
        for number, page in enumerate(reader.pages, start=1):
            shown = page.extract_text()
            if not shown.strip() and len(page.images):
                raise UnreadableError("a PDF page that is a picture: its text cannot be looked through")
            for line in shown.splitlines():
                yield Text(f"{place} page {number}", line, "text")
            for note in page.get("/Annots") or ():
                for key, value in note.get_object().items():
                    yield Text(f"{place} page {number} annotation {key}", str(value), "text")
        for name, versions in reader.attachments.items():
            yield Text(f"{place} attachment", name, "text")
            for inner in versions:
                yield from raw_strings(f"{place} attachment {name}", inner)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise UnreadableError("a PDF that cannot be read") from error


def _pdf_metadata(reader: Any, place: str) -> Iterator[Text]:
    for key, value in (reader.metadata or {}).items():
        yield Text(f"{place} {key}", str(value), "stamp" if _MADE.search(str(key)) else "text")
    root = reader.trailer["/Root"].get("/Metadata")
    if root is not None:
        yield from markup_texts(root.get_object().get_data(), f"{place} XMP", html=False)

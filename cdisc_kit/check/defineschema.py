"""CDISC's XML schemas of Define-XML, which the library odmlib brings; the kit has none of its own."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from cdisc_kit.check.definefile import Define

_FILES = {
    ("2.0", False): "define/2.0/define2-0-0.xsd",
    ("2.1", False): "define/2.1/define2-1-0.xsd",
    ("2.0", True): "arm/1.0/arm1-0-0.xsd",
    ("2.1", True): "arm/1.0-define2.1/arm1-0-0.xsd",
}
_RESULTS = (
    "http://www.cdisc.org/ns/arm/v1.0"  # Analysis Results Metadata, an extension with a schema of its own
)


def schema_of(define: Define) -> etree.XMLSchema | None:
    """The schema of the document's version; None where odmlib is not installed or brings none."""
    path = _file(define.version, _RESULTS in define.root.nsmap.values())
    return _read(path) if path else None


def _file(version: str, results: bool) -> Path | None:
    found = find_spec("odmlib")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "schemas" / _FILES[version, results]
    return path if path.is_file() else None


@cache
def _read(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))

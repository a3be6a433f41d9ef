"""Elements of ODM 1.3.2 and its Define-XML 2.1 extension."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from cdisc_kit.definexml.description import StudyDescription

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEF = "http://www.cdisc.org/ns/def/v2.1"
XLINK = "http://www.w3.org/1999/xlink"
NAMESPACES = {None: ODM, "def": DEF, "xlink": XLINK}

_PREFIXES = {"def": DEF, "xlink": XLINK, "xml": "http://www.w3.org/XML/1998/namespace"}

Attribute = str | int | None


def qualified(name: str) -> str:
    """`def:Class` as lxml writes names; a name without prefix is ODM's."""
    prefix, colon, local = name.rpartition(":")
    return f"{{{_PREFIXES[prefix] if colon else ODM}}}{local}"


def element(
    name: str, attributes: dict[str, Attribute], children: Iterable[etree._Element] = (), text: str = ""
) -> etree._Element:
    """An element; attributes that are None or "" are left out."""
    made = etree.Element(qualified(name), nsmap=NAMESPACES)  # type: ignore[arg-type]  # None is the default namespace
    for key, value in attributes.items():
        if value is not None and value != "":
            made.set(qualified(key) if ":" in key else key, str(value))
    made.extend(children)
    if text:
        made.text = text
    return made


def translated(name: str, text: str, language: str, text_zh: str = "") -> etree._Element:
    """`Description` or `Decode` with its TranslatedText, in Chinese too where `text_zh` is given."""
    texts = [element("TranslatedText", {"xml:lang": language}, text=text)]
    if text_zh:
        texts.append(element("TranslatedText", {"xml:lang": "zh"}, text=text_zh))
    return element(name, {}, texts)


def bilingual(name: str, text: str, study: StudyDescription, text_zh: str = "") -> etree._Element:
    """`translated`; a `text` that is Chinese itself stands beside its English."""
    english = study.english.get(text)
    if english is None:
        return translated(name, text, study.language, text_zh)
    return translated(name, english, study.language, text)


def yes(flag: bool) -> str:
    """`Yes`, or "" so that the attribute is left out (its type allows nothing else)."""
    return "Yes" if flag else ""


def yes_no(flag: bool) -> str:
    """`Yes` or `No`."""
    return "Yes" if flag else "No"

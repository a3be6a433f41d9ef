"""Identifiers of a define.xml: one for each thing defined once and referenced often, and their check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cdisc_kit.definexml.model import AnyList, Condition, Group, Item, TermList
from cdisc_kit.definexml.valuelevels import slug
from cdisc_kit.definexml.xmltext import qualified

if TYPE_CHECKING:
    from lxml import etree

    from cdisc_kit.definexml.description import Comment

STANDARD_IG = "STD.IG"
STANDARD_CT = "STD.CT"
STANDARD_DEFINE_CT = "STD.CT.DEFINE"

# Attribute -> elements it may point to.
_REFERENCES = {
    "ItemOID": "ItemDef",
    qualified("def:ItemOID"): "ItemDef",
    "MethodOID": "MethodDef",
    "CodeListOID": "CodeList",
    "ValueListOID": "def:ValueListDef",
    "WhereClauseOID": "def:WhereClauseDef",
    qualified("def:CommentOID"): "def:CommentDef",
    qualified("def:StandardOID"): "def:Standard",
    "leafID": "def:leaf",
    qualified("def:ArchiveLocationID"): "def:leaf",
}
# No element of a define.xml can point to the terminology that its own words are from.
_UNREFERENCED_BY_DESIGN = "DEFINE-XML"


class Oids:
    """The OIDs of lists, methods, comments and conditions: equal things share one, named after its first use.

    `comments` are those on the study itself. `reduced` are the lists that have an original in common with
    another one here.
    """

    def __init__(self, groups: Iterable[Group], comments: tuple[Comment, ...]) -> None:
        self.lists: dict[AnyList, str] = {}
        self.list_users: dict[AnyList, str] = {}
        self.reduced: set[AnyList] = set()
        self.methods: dict[str, str] = {}
        self.comments: dict[tuple[Comment, ...], str] = {}
        self.conditions: dict[tuple[str, tuple[Condition, ...]], str] = {}
        self._contents: dict[tuple[tuple[str, str, tuple[int, ...]], ...], str] = {}
        self._comment(comments, "STUDY")
        for group in groups:
            self._comment(group.comments, group.dataset.name)
            for item in group.items:
                self._item(item)
                for level in item.levels:
                    self._item(level.item)
                    name = group.dataset.name
                    self.conditions[name, level.where] = f"WC.{name}.{slug(level.where)}"
        self._name_lists()

    def _item(self, item: Item) -> None:
        place = item.oid.removeprefix("IT.")
        self._comment(item.comments, place)
        if item.method:
            self.methods.setdefault(item.method, f"MT.{place}")
        if item.terms is not None:
            self.list_users.setdefault(item.terms, place)

    def _comment(self, comments: tuple[Comment, ...], place: str) -> None:
        if comments:
            content = tuple((comment.text, comment.document, comment.pages) for comment in comments)
            self.comments[comments] = self._contents.setdefault(content, f"COM.{place}")

    def _name_lists(self) -> None:
        stems = Counter(map(_list_stem, self.list_users))
        for terms, place in self.list_users.items():
            stem = _list_stem(terms)
            if stems[stem] > 1:
                self.reduced.add(terms)
            self.lists[terms] = f"CL.{stem}.{place}" if terms in self.reduced else f"CL.{stem}"


def _list_stem(terms: AnyList) -> str:
    """What all reductions of one codelist have in common in their OID."""
    stem = terms.stem if isinstance(terms, TermList) else f"{terms.dictionary.name}.{terms.data_type}"
    return re.sub(r"[^A-Za-z0-9_.-]", "_", stem)


def check_oids(path: Path) -> list[str]:
    """Every OID defined twice, referenced but not defined, or defined but not referenced; [] for none.

    One line each, sorted. Leaves count as OIDs. The standard that describes Define-XML's own terminology
    needs no reference: nothing can refer to it.
    """
    from lxml import etree  # noqa: PLC0415 - only a file that is checked needs the parser

    root = etree.parse(path).getroot()
    defined = Counter(_definitions(root))
    referenced = set(_references(root))
    problems = [f"{kind} {oid}: defined {count} times" for (kind, oid), count in defined.items() if count > 1]
    problems += [f"{kind} {oid}: referenced but not defined" for kind, oid in referenced - set(defined)]
    problems += [f"{kind} {oid}: defined but not referenced" for kind, oid in set(defined) - referenced]
    return sorted(problems)


def _definitions(root: etree._Element) -> Iterator[tuple[str, str]]:
    for kind in dict.fromkeys(_REFERENCES.values()):
        for found in root.iter(qualified(kind)):
            if found.get("PublishingSet") != _UNREFERENCED_BY_DESIGN:
                yield kind, str(found.get("OID") or found.get("ID"))


def _references(root: etree._Element) -> Iterator[tuple[str, str]]:
    for element in root.iter("*"):
        for attribute, kind in _REFERENCES.items():
            if attribute in element.attrib:
                yield kind, str(element.attrib[attribute])

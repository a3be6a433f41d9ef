"""The standards that a Define-XML names, and the texts it owes: versions, references, methods, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdisc_kit.check.functions.define_document import _at, _oid, _plain
from cdisc_kit.check.guide import GUIDES, is_guide
from cdisc_kit.check.hit import Hit
from cdisc_kit.standard.terminology import packages

if TYPE_CHECKING:
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

_DAY = len("2025-03-28")
_EXPLAINED = ("MethodDef", "def:CommentDef")


def ct_date(study: Study, rule: Rule) -> Iterator[Hit]:
    """Terminology of the publishing set `set` of a date on which none was published.

    `dates` are those that were; what is later than all of them is left open up to the day on which the
    document was made, what was imported exists.
    """
    define = study.define
    made = define.root.get("CreationDateTime", "")[:_DAY] if define else ""
    dates = {*rule.texts("dates"), *packages()}
    for node in define.elements("def:Standard") if define else ():
        version = node.get("Version", "")
        ours = node.get("Type") == "CT" and node.get("PublishingSet", "SDTM") == rule.text("set")
        later = re.fullmatch(r"\d{4}-\d\d-\d\d", version) and max(dates) < version <= made
        if ours and version not in dates and not later and node.get("Status", "").upper() == "FINAL":
            yield _at(define, node, version, set=rule.text("set"))


def standard_stated(study: Study, rule: Rule) -> Iterator[Hit]:
    """Version 2.1 without a standard of the type `type`; for CT only where a codelist has an NCI code."""
    define = study.define
    kind = rule.text("type")
    stated = {node.get("Type") for node in define.elements("def:Standard")} if define else set()
    if define is None or define.version == "2.0" or kind in stated:
        return
    if kind == "IG" or any(listed.code for listed in define.codelists.values()):
        yield Hit("", value=kind, file=define.file)


def standard_referred(study: Study, rule: Rule) -> Iterator[Hit]:
    """Datasets and codelists of version 2.1 that neither name their standard nor say that they have none."""
    define = study.define
    if define is None or define.version == "2.0":
        return
    for kind in ("ItemGroupDef", "CodeList"):
        for node in define.elements(kind):
            stated = {define.qualified("def:StandardOID"), define.qualified("def:IsNonStandard")}
            external = node.find(define.qualified("ExternalCodeList")) is not None
            if not stated & set(node.attrib) and not external:
                yield _at(define, node, _oid(node))


def guide_version(study: Study, rule: Rule) -> Iterator[Hit]:
    """Versions of the guide that there are not."""
    define = study.define
    for node in define.elements("def:Standard") if define else ():
        version = node.get("Version", "")
        ours = node.get("Type") == "IG" and is_guide(node.get("Name", ""))
        if ours and version not in GUIDES and node.get("Status", "").upper() == "FINAL":
            yield _at(define, node, version, known=", ".join(GUIDES))


def no_text(study: Study, rule: Rule) -> Iterator[Hit]:
    """Methods and comments that say nothing."""
    define = study.define
    for kind in _EXPLAINED if define else ():
        assert define is not None
        for node in define.elements(kind):
            texts = node.iter(define.qualified("TranslatedText"))
            if not any((text.text or "").strip() for text in texts):
                yield _at(define, node, _oid(node), kind=_plain(kind))

"""A define.xml as an element tree, and as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from cdisc_kit import __version__
from cdisc_kit.definexml import items, lists
from cdisc_kit.definexml.groups import item_groups
from cdisc_kit.definexml.oids import STANDARD_CT, STANDARD_DEFINE_CT, STANDARD_IG, Oids
from cdisc_kit.definexml.xmltext import Attribute, element

if TYPE_CHECKING:
    from cdisc_kit.dataset import Dataset
    from cdisc_kit.definexml.description import StudyDescription, ValueLevel
    from cdisc_kit.definexml.model import Group
    from cdisc_kit.standard import SDTMIG, ControlledTerminology

STYLESHEET = "define2-1.xsl"
_DEFINE_VERSION = "2.1.0"
_STYLE = f'type="text/xsl" href="{STYLESHEET}"'
_SYNTHETIC = "SYNTHETIC DATA, no real subject. "


def write_define(
    path: Path,
    study: StudyDescription,
    datasets: Sequence[Dataset],
    *,
    sdtmig: SDTMIG,
    ct: ControlledTerminology,
    value_levels: Mapping[str, Sequence[ValueLevel]] | None = None,
) -> None:
    """Write the Define-XML 2.1 description of `datasets` to `path`, by class and name.

    `value_levels` maps a dataset to the levels the study declares; results by test and SUPP-- values by
    qualifier get theirs without. Equal arguments give equal bytes. SpecError where a comment or a value
    level names something that does not exist.
    """
    path.write_bytes(define_bytes(study, datasets, sdtmig=sdtmig, ct=ct, value_levels=value_levels))


def define_bytes(
    study: StudyDescription,
    datasets: Sequence[Dataset],
    *,
    sdtmig: SDTMIG,
    ct: ControlledTerminology,
    value_levels: Mapping[str, Sequence[ValueLevel]] | None = None,
) -> bytes:
    """What `write_define` writes, in memory."""
    groups = item_groups(study, datasets, sdtmig, ct, value_levels or {})
    root = _odm(study, _meta_data_version(study, groups, sdtmig, ct))
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", _STYLE))
    tree = root.getroottree()
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _odm(study: StudyDescription, content: etree._Element) -> etree._Element:
    note = _SYNTHETIC if study.synthetic else ""
    names = element(
        "GlobalVariables",
        {},
        (
            element("StudyName", {}, text=f"{study.name}{' (SYNTHETIC)' if note else ''}"),
            element("StudyDescription", {}, text=note + study.description),
            element("ProtocolName", {}, text=study.protocol),
        ),
    )
    attributes: dict[str, Attribute] = {
        "FileType": "Snapshot",
        "FileOID": f"{study.oid}.DEFINE",
        "ODMVersion": "1.3.2",
        "CreationDateTime": study.created,
        "SourceSystem": "cdisc-kit",
        "SourceSystemVersion": __version__,
        "def:Context": "Submission",
    }
    return element("ODM", attributes, [element("Study", {"OID": study.oid}, (names, content))])


def _meta_data_version(
    study: StudyDescription, groups: list[Group], sdtmig: SDTMIG, ct: ControlledTerminology
) -> etree._Element:
    own_comments = tuple(comment for comment in study.comments if not comment.on)
    oids = Oids(groups, own_comments)
    language, note = study.language, _SYNTHETIC if study.synthetic else ""
    attributes: dict[str, Attribute] = {
        "OID": f"MDV.{study.oid}",
        "Name": f"{study.name}, data definitions",
        "Description": f"{note}Datasets of {study.name} (SDTMIG {sdtmig.version})",
        "def:DefineVersion": _DEFINE_VERSION,
        "def:CommentOID": oids.comments.get(own_comments),
    }
    return element(
        "MetaDataVersion",
        attributes,
        (
            _standards(study, sdtmig, ct),
            *lists.documents(study),
            *items.value_lists(groups, oids, language),
            *items.where_clauses(oids),
            *(items.item_group(group, oids, study) for group in groups),
            *(items.item_def(item, oids, study) for item in items.every_item(groups)),
            *(lists.code_list(terms, oids, study) for terms in oids.lists),
            *(lists.method_def(text, oid, language) for text, oid in oids.methods.items()),
            *lists.comment_defs(oids, language),
            *lists.leaves(study),
        ),
    )


def _standards(study: StudyDescription, sdtmig: SDTMIG, ct: ControlledTerminology) -> etree._Element:
    listed = [
        (STANDARD_IG, "SDTMIG", "IG", "", sdtmig.version),
        (STANDARD_CT, "CDISC/NCI", "CT", ct.package.upper(), ct.version),
    ]
    if study.define_ct:
        listed.append((STANDARD_DEFINE_CT, "CDISC/NCI", "CT", "DEFINE-XML", study.define_ct))
    return element(
        "def:Standards",
        {},
        (
            element(
                "def:Standard",
                {
                    "OID": oid,
                    "Name": name,
                    "Type": kind,
                    "PublishingSet": published,
                    "Version": version,
                    "Status": "Final",
                },
            )
            for oid, name, kind, published, version in listed
        ),
    )

"""ItemGroupDef, ItemDef, ValueListDef and WhereClauseDef elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cdisc_kit.definexml.lists import document_reference
from cdisc_kit.definexml.oids import STANDARD_IG, Oids
from cdisc_kit.definexml.xmltext import bilingual, element, translated, yes, yes_no

if TYPE_CHECKING:
    from lxml import etree

    from cdisc_kit.dataset import Dataset, Origin
    from cdisc_kit.definexml.description import StudyDescription
    from cdisc_kit.definexml.model import Condition, Group, Item

_ONE_PER_SUBJECT = frozenset({"STUDYID", "USUBJID"})


def every_item(groups: Iterable[Group]) -> Iterator[Item]:
    """The items of each group, each followed by its value-level items."""
    for group in groups:
        for item in group.items:
            yield item
            yield from (level.item for level in item.levels)


def item_group(group: Group, oids: Oids, study: StudyDescription) -> etree._Element:
    """The ItemGroupDef of a dataset, with its leaf."""
    dataset = group.dataset
    leaf = f"LF.{dataset.name}"
    alias = [element("Alias", {"Context": "DomainDescription", "Name": group.domain_label})]
    return element(
        "ItemGroupDef",
        {
            "OID": f"IG.{dataset.name}",
            "Name": dataset.name,
            "Domain": group.domain,
            "Repeating": yes_no(_repeats(dataset)),
            "IsReferenceData": yes_no(dataset.is_reference),
            "SASDatasetName": dataset.name,
            "Purpose": "Tabulation",
            "def:Structure": dataset.structure,
            "def:StandardOID": STANDARD_IG if group.in_standard else "",
            "def:IsNonStandard": yes(not group.in_standard),
            "def:HasNoData": yes(dataset.frame.empty),
            "def:ArchiveLocationID": leaf,
            "def:CommentOID": oids.comments.get(group.comments),
        },
        (
            translated("Description", dataset.label, study.language, dataset.label_zh),
            *(_item_ref(at, item, oids, dataset) for at, item in enumerate(group.items, start=1)),
            *(alias if group.domain_label else ()),
            element("def:Class", {"Name": dataset.cls}),
            _leaf(leaf, study.archive(dataset.name)),
        ),
    )


def _repeats(dataset: Dataset) -> bool:
    """True where a subject can have several records (ODM 1.3.2, ItemGroupDef)."""
    return not dataset.is_reference and not set(dataset.keys) <= _ONE_PER_SUBJECT


def _leaf(oid: str, place: str) -> etree._Element:
    title = element("def:title", {}, text=place.rpartition("/")[2])
    return element("def:leaf", {"ID": oid, "xlink:href": place}, [title])


def _item_ref(order: int, item: Item, oids: Oids, dataset: Dataset) -> etree._Element:
    return element(
        "ItemRef",
        {
            "ItemOID": item.oid,
            "OrderNumber": order,
            "Mandatory": yes_no(item.mandatory),
            "KeySequence": item.key or None,
            "MethodOID": oids.methods.get(item.method),
            "Role": item.role or None,
            # Of a dataset without rows the dataset itself says so.
            "def:HasNoData": yes(not item.has_data and not dataset.frame.empty),
        },
    )


def item_def(item: Item, oids: Oids, study: StudyDescription) -> etree._Element:
    """The ItemDef of a variable or of a value-level item."""
    codelist = [element("CodeListRef", {"CodeListOID": oids.lists[item.terms]})] if item.terms else []
    value_list = [element("def:ValueListRef", {"ValueListOID": _value_list_oid(item)})] if item.levels else []
    return element(
        "ItemDef",
        {
            "OID": item.oid,
            "Name": item.name,
            "SASFieldName": item.sas_name,
            "DataType": item.data.name,
            "Length": item.data.length,
            "SignificantDigits": item.data.digits,
            "def:DisplayFormat": item.data.display_format,
            "def:CommentOID": oids.comments.get(item.comments),
        },
        (
            bilingual("Description", item.label, study, item.label_zh),
            *codelist,
            *(_origin(origin, study) for origin in item.origins),
            *value_list,
        ),
    )


def _origin(origin: Origin, study: StudyDescription) -> etree._Element:
    """def:Origin; collected values cite the pages of the annotated CRF their columns stand on."""
    pages: set[int] = set()
    for column in origin.columns if origin.type == "Collected" else ():
        form = column.partition(".")[0]
        pages.update(study.crf_pages.get(column, study.crf_pages.get(form, ())))
    cited = [document for document in study.documents if document.role == "annotated_crf" and pages]
    references = (document_reference(document.id, sorted(pages)) for document in cited)
    return element("def:Origin", {"Type": origin.type, "Source": origin.source}, references)


def value_lists(groups: Iterable[Group], oids: Oids, language: str) -> Iterator[etree._Element]:
    """A ValueListDef for each variable with value levels."""
    for group in groups:
        for item in group.items:
            if item.levels:
                yield _value_list(group, item, oids, language)


def _value_list(group: Group, item: Item, oids: Oids, language: str) -> etree._Element:
    name = group.dataset.name
    references = (
        element(
            "ItemRef",
            {
                "ItemOID": level.item.oid,
                "OrderNumber": order,
                "Mandatory": yes_no(level.item.mandatory),
                "MethodOID": oids.methods.get(level.item.method),
            },
            [element("def:WhereClauseRef", {"WhereClauseOID": oids.conditions[name, level.where]})],
        )
        for order, level in enumerate(item.levels, start=1)
    )
    title = translated("Description", f"Values of {name}.{item.name}", language)
    return element("def:ValueListDef", {"OID": _value_list_oid(item)}, (title, *references))


def _value_list_oid(item: Item) -> str:
    return "VL." + item.oid.removeprefix("IT.")


def where_clauses(oids: Oids) -> Iterator[etree._Element]:
    """A WhereClauseDef for each condition of each dataset."""
    for (dataset, where), oid in oids.conditions.items():
        yield element("def:WhereClauseDef", {"OID": oid}, (_range_check(dataset, part) for part in where))


def _range_check(dataset: str, condition: Condition) -> etree._Element:
    name, comparator, values = condition
    return element(
        "RangeCheck",
        {"Comparator": comparator, "SoftHard": "Soft", "def:ItemOID": f"IT.{dataset}.{name}"},
        (element("CheckValue", {}, text=value) for value in values),
    )

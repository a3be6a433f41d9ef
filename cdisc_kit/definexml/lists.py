"""CodeList, MethodDef, CommentDef and document elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cdisc_kit.definexml.model import AnyList, Entry, ExternalList, TermList
from cdisc_kit.definexml.oids import STANDARD_CT, Oids
from cdisc_kit.definexml.xmltext import bilingual, element, translated, yes

if TYPE_CHECKING:
    from lxml import etree

    from cdisc_kit.definexml.description import Comment, Document, StudyDescription

_NCI_CODE = "nci:ExtCodeID"
_SHORT = 40  # characters of terms that a codelist's name may hold


def code_list(terms: AnyList, oids: Oids, study: StudyDescription) -> etree._Element:
    """The CodeList of terms in use, or of an external dictionary."""
    if isinstance(terms, ExternalList):
        return _external(terms, oids.lists[terms])
    decoded = any(entry.decode for entry in terms.entries)
    return element(
        "CodeList",
        {
            "OID": oids.lists[terms],
            "Name": _reduced_name(terms, oids.list_users[terms]) if terms in oids.reduced else terms.name,
            "DataType": "text",
            "def:StandardOID": STANDARD_CT if terms.code else "",
            "def:IsNonStandard": yes(not terms.code),
        },
        (
            *(_entry(at, entry, decoded, study) for at, entry in enumerate(terms.entries, start=1)),
            *_nci_code(terms.code),
        ),
    )


def _reduced_name(terms: TermList, user: str) -> str:
    """A name that tells the reductions of one codelist apart: by their terms, or where too long by a user."""
    values = ", ".join(entry.value for entry in terms.entries)
    return f"{terms.name} ({values})" if len(values) <= _SHORT else f"{terms.name} (of {user})"


def _entry(order: int, entry: Entry, decoded: bool, study: StudyDescription) -> etree._Element:
    """A CodeListItem in a list with texts (a term without one stands for itself), else an EnumeratedItem."""
    decode = [bilingual("Decode", entry.decode or entry.value, study)] if decoded else []
    return element(
        "CodeListItem" if decoded else "EnumeratedItem",
        {"CodedValue": entry.value, "OrderNumber": order, "def:ExtendedValue": yes(entry.extended)},
        (*decode, *_nci_code(entry.code)),
    )


def _nci_code(code: str) -> list[etree._Element]:
    return [element("Alias", {"Context": _NCI_CODE, "Name": code})] if code else []


def _external(terms: ExternalList, oid: str) -> etree._Element:
    used = terms.dictionary
    name = f"{used.name} {used.version}".strip()
    content = element(
        "ExternalCodeList", {"Dictionary": used.name, "Version": used.version, "href": used.href}
    )
    return element("CodeList", {"OID": oid, "Name": name, "DataType": terms.data_type}, [content])


def method_def(text: str, oid: str, language: str) -> etree._Element:
    """The MethodDef of a derivation, named after the variable that uses it first."""
    name = f"Derivation of {oid.removeprefix('MT.')}"
    return element(
        "MethodDef",
        {"OID": oid, "Name": name, "Type": "Computation"},
        [translated("Description", text, language)],
    )


def comment_defs(oids: Oids, language: str) -> Iterator[etree._Element]:
    """A CommentDef for each distinct comment."""
    distinct = {oid: comments for comments, oid in reversed(oids.comments.items())}
    for oid, comments in reversed(distinct.items()):
        yield _comment_def(oid, comments, language)


def _comment_def(oid: str, comments: Sequence[Comment], language: str) -> etree._Element:
    text = "\n".join(comment.text for comment in comments)
    pages: dict[str, list[int]] = {}
    for comment in comments:
        if comment.document:
            pages.setdefault(comment.document, []).extend(comment.pages)
    references = (document_reference(document, sorted(set(on))) for document, on in pages.items())
    return element("def:CommentDef", {"OID": oid}, (translated("Description", text, language), *references))


def document_reference(document: str, pages: Sequence[int]) -> etree._Element:
    """def:DocumentRef to a document, at physical pages where there are any."""
    numbers = " ".join(map(str, pages))
    page_reference = (
        [element("def:PDFPageRef", {"Type": "PhysicalRef", "PageRefs": numbers})] if pages else []
    )
    return element("def:DocumentRef", {"leafID": _leaf_id(document)}, page_reference)


def documents(study: StudyDescription) -> Iterator[etree._Element]:
    """def:AnnotatedCRF and def:SupplementalDoc, where the study has such documents."""
    for name, role in (("def:AnnotatedCRF", "annotated_crf"), ("def:SupplementalDoc", "supplemental")):
        references = [document_reference(d.id, ()) for d in study.documents if d.role == role]
        if references:
            yield element(name, {}, references)


def leaves(study: StudyDescription) -> Iterator[etree._Element]:
    """The def:leaf of each document (those of datasets stand in their ItemGroupDef)."""
    yield from map(_leaf, study.documents)


def _leaf(document: Document) -> etree._Element:
    title = element("def:title", {}, text=document.title)
    return element("def:leaf", {"ID": _leaf_id(document.id), "xlink:href": document.href}, [title])


def _leaf_id(document: str) -> str:
    return f"LF.DOC.{document}"

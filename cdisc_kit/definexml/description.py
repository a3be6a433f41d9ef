"""What Define-XML says about a study that its datasets do not: names, documents, comments, dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdisc_kit.dataset import Origin


@dataclass(frozen=True)
class Document:
    """A document of the package. `id` is an XML name ("acrf"), `href` is relative to define.xml.

    `role` says how Define-XML lists it: the annotated CRF, a supplemental document (the reviewer's guide),
    or neither, for one that only comments cite.
    """

    id: str
    title: str
    href: str
    role: Literal["annotated_crf", "supplemental", "cited"] = "supplemental"


@dataclass(frozen=True)
class Comment:
    """A comment on the study (`on` is ""), a dataset ("AE") or a variable ("AE.AEDECOD").

    It follows the comment the dataset or variable has of its own. `document` is the id of the document it
    cites, at the physical `pages` where given (PDF only).
    """

    on: str
    text: str
    document: str = ""
    pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Dictionary:
    """The external dictionary in use: `name` as a term of codelist C66788 (DICTNAM) where it is one."""

    name: str
    version: str
    href: str = ""


@dataclass(frozen=True)
class ValueLevel:
    """What holds for the rows of `variable` where each variable of `where` has one of its values.

    `codelist` is a C-code, `sponsor_codelist` a list of the study's own, "" for none. Without `origin` the
    rows' own origins are stated. Without `label` the condition is the description.
    """

    variable: str
    where: Mapping[str, tuple[str, ...]]
    codelist: str = ""
    sponsor_codelist: str = ""
    origin: Origin | None = None
    label: str = ""


def beside_define(dataset: str) -> str:
    """The place of a dataset's transport file: next to define.xml, in lower case (`suppae.xpt`)."""
    return f"{dataset.lower()}.xpt"


@dataclass(frozen=True)
class StudyDescription:
    """The study, as Define-XML 2.1 names it (GlobalVariables and MetaDataVersion).

    `created` is the ISO 8601 time stamp of the file, given by the caller so that equal input gives equal
    bytes. `encoding` is that of the transport files: lengths of value-level items are counted in its bytes.
    `dictionaries` maps the dictionary the standard names for a variable ("MedDRA") to the one in use.
    `english` gives the English of Chinese texts that stand in the data as labels (QLABEL), so that both are
    described. `crf_pages` maps a raw column (`FORM.COLUMN`) or a form to its pages in the annotated CRF.
    `define_ct` is the version of the Define-XML terminology to state among the standards, "" for none.
    `archive` gives the transport file of a dataset, relative to define.xml.
    """

    oid: str
    name: str
    description: str
    protocol: str
    created: str
    synthetic: bool = False
    language: str = "en"
    encoding: str = "ascii"
    define_ct: str = ""
    documents: tuple[Document, ...] = ()
    comments: tuple[Comment, ...] = ()
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)
    crf_pages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    archive: Callable[[str], str] = beside_define

"""Define-XML 2.1: the description of a package's datasets, made from the final frames.

Types, lengths, codelists and value levels are read off the data, so that they cannot say anything else;
labels, origins and methods come with the datasets; names, documents and comments with `StudyDescription`.
"""

from cdisc_kit.definexml.description import Comment, Dictionary, Document, StudyDescription, ValueLevel
from cdisc_kit.definexml.document import STYLESHEET, define_bytes, write_define
from cdisc_kit.definexml.oids import check_oids

__all__ = [
    "STYLESHEET",
    "Comment",
    "Dictionary",
    "Document",
    "StudyDescription",
    "ValueLevel",
    "check_oids",
    "define_bytes",
    "write_define",
]

"""define.html: a define.xml as a static page, because browsers are giving up XSLT."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from lxml import etree

from cdisc_kit.errors import OutputError


def render_define_html(define: Path | BinaryIO, stylesheet: Path) -> bytes:
    """The page as UTF-8 bytes, for a define.xml (a path or an open file) and an XSLT 1.0 stylesheet.

    OutputError where either cannot be read or the stylesheet fails.
    """
    try:
        transform = etree.XSLT(etree.parse(stylesheet))
        return bytes(transform(etree.parse(define)))
    except (OSError, etree.LxmlError) as error:
        raise OutputError(f"{define} cannot be shown by {stylesheet}: {error}") from error

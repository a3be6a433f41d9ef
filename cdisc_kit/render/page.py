"""The pages' common ground: templates beside this file, values escaped, no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cdisc_kit.findings import SEVERITIES

if TYPE_CHECKING:
    from jinja2 import Template

# A browser stays quick up to here; the page says how many more there are and where they stand.
MAX_ROWS = 20_000

CHINESE = {"FATAL": "致命", "ERROR": "错误", "WARN": "警告", "INFO": "提示"}
# 1 is the worst: a column of severities sorts by it.
RANK = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES), start=1)}


@cache
def template(name: str) -> Template:
    """A template of this folder. Every value is escaped; one that is missing is an error."""
    import jinja2  # noqa: PLC0415 - only a report needs it

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)

"""`template`: text with columns filled in, as in `OXA-C{CYCLE}-1`; blank where any column is blank."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_.]*)(?::(\d+))?\}")


def fields(template: str) -> tuple[str, ...]:
    """The column names in a template."""
    return tuple(match.group(1) for match in _FIELD.finditer(template))


def loose_braces(template: str) -> tuple[str, ...]:
    """What stands in braces, or behind one, and is no field: it would be taken as text."""
    rest = _FIELD.sub("", template)
    return tuple(re.findall(r"\{[^{}]*\}?|\}", rest))


def run(rows: Rows, params: Map) -> pd.Series:
    template = str(params["template"])
    result = pd.Series(np.full(rows.length, "", dtype=object))
    blank = np.zeros(rows.length, dtype=bool)
    end = 0
    for match in _FIELD.finditer(template):
        cells = text(rows.column(match.group(1))).astype(str)
        blank |= (cells == "").to_numpy(dtype=bool)
        if match.group(2):
            cells = cells.str.zfill(int(match.group(2)))
        result = result + template[end : match.start()] + cells.astype(object)
        end = match.end()
    return (result + template[end:]).where(~blank, "")


OPERATION = Operation(
    key="template",
    summary="Text with {COLUMN} filled in ({COLUMN:2} pads with zeros); blank where a column is blank.",
    schema={"template": TEXT},
    run=run,
    needs=lambda params: Needs(columns=fields(str(params["template"]))),
    method=lambda params: f"Text of the form {params['template']}, names in braces replaced by values.",
)

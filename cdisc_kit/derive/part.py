"""`part`: one piece of a text that is too long for one variable, cut between words (IG 4.5.3)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

MAX_BYTES = 200


def pieces(value: str, limit: int = MAX_BYTES) -> list[str]:
    """`value` in pieces of at most `limit` UTF-8 bytes; joined by a space they give it back."""
    first, *words = value.split(" ")
    result = [first]
    for word in words:
        longer = f"{result[-1]} {word}"
        if len(longer.encode("utf-8")) > limit:
            result.append(word)
        else:
            result[-1] = longer
    return result


def run(rows: Rows, params: Map) -> pd.Series:
    wanted = int(params["number"])
    codes, uniques = pd.factorize(text(rows.column(params["part"])))
    cut = [pieces(str(value)) for value in uniques]
    values = np.array([parts[wanted] if wanted < len(parts) else "" for parts in cut], dtype=object)
    return pd.Series(values[codes] if len(values) else np.empty(rows.length, dtype=object))


OPERATION = Operation(
    key="part",
    summary="Piece `number` (from 0) of a text cut between words into pieces of at most 200 bytes.",
    schema={"part": NAME, "number": {**TEXT, "pattern": "^[0-9]$"}},
    required=("number",),
    run=run,
    needs=lambda params: Needs(columns=(params["part"],)),
    origin="Protocol",
)

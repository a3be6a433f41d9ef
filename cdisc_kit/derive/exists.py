"""`exists`: Y where the subject has a record that meets a condition in any of the listed places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import missing, text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_PLACE = {
    "type": "object",
    "properties": {"of": NAME, "equals": TEXT},
    "required": ["of"],
    "additionalProperties": False,
}


def run(rows: Rows, params: Map) -> pd.Series:
    found = [_subjects(rows, place) for place in params["exists"]]
    return pd.Series(np.where(rows.usubjid().isin(set().union(*found)), "Y", ""), dtype=object)


def _subjects(rows: Rows, place: Map) -> set[object]:
    """The subjects that have such a record in one place."""
    subjects, values = rows.collection(place["of"])
    hit = text(values) == place["equals"] if "equals" in place else ~missing(values)
    return set(subjects[hit.to_numpy(dtype=bool)])


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    """A record in each place, and no such record in any."""
    own = rows.usubjid()
    arms = {f"in {place['of']}": bool(own.isin(_subjects(rows, place)).any()) for place in params["exists"]}
    return {**arms, "in no place": bool((run(rows, params) == "").any())}


def _method(params: Map) -> str:
    places = [
        f"{place['of']} = {place['equals']}" if "equals" in place else f"{place['of']} is not null"
        for place in params["exists"]
    ]
    return "Y when the subject has a record with " + " or ".join(places) + "; otherwise null."


OPERATION = Operation(
    key="exists",
    summary="Y when the subject has a record with a value (or the given value) in any listed place.",
    schema={"exists": {"type": "array", "items": _PLACE, "minItems": 1}},
    run=run,
    needs=lambda params: Needs(collections=tuple(place["of"] for place in params["exists"])),
    arms=_arms,
    method=_method,
)

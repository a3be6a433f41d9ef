"""`find`: a column of the subject's raw record in another form that agrees in the given columns."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.decode import joined
from cdisc_kit.derive.operation import NAME, NAMES, Needs, Operation, Rows, names
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    match: Map = params["match"]
    found = pd.concat([_records(rows, place, match) for place in names(params["find"])], ignore_index=True)
    found = found[found["value"] != ""]
    if "choose" in params:
        found = found.sort_values("value", ascending=params["choose"] == "earliest", kind="stable")
    values = found.drop_duplicates("key").set_index("key")["value"]
    wanted = joined([rows.usubjid(), *[rows.column(name) for name in match.values()]])
    return pd.Series(text(wanted.map(values)).to_numpy(dtype=object))


def _records(rows: Rows, reference: str, match: Map) -> pd.DataFrame:
    subjects, values = rows.collection(reference)
    form = reference.partition(".")[0]
    keys = joined([subjects, *[rows.collection(f"{form}.{name}")[1] for name in match]])
    return pd.DataFrame({"key": keys, "value": text(values).to_numpy(dtype=object)})


def _needs(params: Map) -> Needs:
    places = names(params["find"])
    keys = [f"{place.partition('.')[0]}.{name}" for place in places for name in params["match"]]
    return Needs(columns=tuple(params["match"].values()), collections=(*places, *dict.fromkeys(keys)))


def _method(params: Map) -> str:
    conditions = ", ".join(f"{key} = {value}" for key, value in params["match"].items())
    word = str(params.get("choose", "first")).capitalize()
    return f"{word} {' or '.join(names(params['find']))} of the subject with {conditions}."


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    found = run(rows, params) != ""
    return {"found": bool(found.any()), "not found": bool((~found).any())}


OPERATION = Operation(
    key="find",
    summary=(
        "The first non-blank FORM.COLUMN of the subject's records that equal the row in `match` "
        "(form column: own column); `choose` takes the earliest or latest, over one or several forms."
    ),
    schema={
        "find": {"anyOf": [NAME, NAMES]},
        "match": {"type": "object", "minProperties": 1, "additionalProperties": NAME},
        "choose": {"enum": ["earliest", "latest"]},
    },
    required=("match",),
    run=run,
    needs=_needs,
    arms=_arms,
    method=_method,
)

"""`epoch`: the epoch of the subject element a date falls in (IG 7.4 and the EPOCH assumptions of SE)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.isodate import span
from cdisc_kit.standard import anchors
from cdisc_kit.yamltext import Map

_FOREVER = np.datetime64("9999-12-31", "D")


def run(rows: Rows, params: Map) -> pd.Series:
    first, last = span(rows.column(params["epoch"]))
    subjects = rows.usubjid().astype(object)
    found = _element(rows, subjects, first)
    partial = ~np.isnat(first) & (first != last)
    if partial.any():
        at_last = _element(rows, subjects[partial], last[partial])
        found[partial] = np.where(found[partial] == at_last, at_last, "")
    return pd.Series(found, dtype=object)


def _element(rows: Rows, subjects: pd.Series, dates: np.ndarray) -> np.ndarray:
    """The epoch of the latest element that has started by each date and not ended before it, or ''."""
    elements = rows.dataset(
        anchors.ELEMENTS, ["USUBJID", anchors.ELEMENT_START, anchors.ELEMENT_END, anchors.EPOCH]
    )
    start, _ = span(elements[anchors.ELEMENT_START])
    _, end = span(elements[anchors.ELEMENT_END])
    known = pd.DataFrame(
        {
            "subject": elements["USUBJID"].astype(object),
            "date": start,
            "end": np.where(np.isnat(end), _FOREVER, end),
            "epoch": elements[anchors.EPOCH].astype(object),
            "order": np.arange(len(elements)),
        }
    ).dropna(subset=["date"])
    asked = pd.DataFrame(
        {"subject": subjects.reset_index(drop=True), "date": dates, "row": np.arange(len(dates))}
    )
    asked = asked[~np.isnat(dates) & subjects.notna().to_numpy()]
    merged = pd.merge_asof(
        asked.sort_values("date", kind="stable"),
        known.sort_values(["date", "order"], kind="stable"),
        on="date",
        by="subject",
    )
    within = merged["epoch"].notna() & (merged["date"] <= merged["end"])
    result = np.full(len(dates), "", dtype=object)
    result[merged["row"].to_numpy()] = np.where(within, merged["epoch"], "")
    return result


OPERATION = Operation(
    key="epoch",
    summary="Epoch of a date, from the subject's elements; null unless every completion of the date agrees.",
    schema={"epoch": NAME},
    run=run,
    needs=lambda params: Needs(
        columns=(params["epoch"],),
        datasets=tuple(
            (anchors.ELEMENTS, name) for name in (anchors.ELEMENT_START, anchors.ELEMENT_END, anchors.EPOCH)
        ),
    ),
    method=lambda params: (
        f"Epoch of the subject element in which {params['epoch']} falls "
        f"({anchors.ELEMENT_START} <= date < {anchors.ELEMENT_END}; the later element on a shared day); "
        "null before the first element, and for a partial date that may fall in several."
    ),
)

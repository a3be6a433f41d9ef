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
    known, asked = _same_codes(elements["USUBJID"], subjects)
    order = np.lexsort((start, known))  # stable: the later element on a shared day comes last
    order = order[~np.isnat(start[order])]
    if not len(order):
        return np.full(len(dates), "", dtype=object)
    place = np.searchsorted(_by_day(known, start)[order], _by_day(asked, dates), side="right") - 1
    element = order[np.maximum(place, 0)]
    within = (place >= 0) & ~np.isnat(dates) & (asked >= 0) & (known[element] == asked)
    within &= dates <= np.where(np.isnat(end), _FOREVER, end)[element]
    epochs = elements[anchors.EPOCH].to_numpy(dtype=object)
    return np.where(within, epochs[element], "").astype(object)


def _same_codes(one: pd.Series, other: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the texts of both, the same for the same text; -1 for none."""
    codes, _ = pd.factorize(np.concatenate([one.to_numpy(dtype=object), other.to_numpy(dtype=object)]))
    return codes[: len(one)], codes[len(one) :]


def _by_day(codes: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """One number for each (code, day) that sorts as the pair does; the days of all calendars fit."""
    places: np.ndarray = codes * (1 << 32) + dates.astype("datetime64[D]").astype(np.int64)
    return places


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

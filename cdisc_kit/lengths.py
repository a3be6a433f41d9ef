"""Byte lengths: what does not fit or cannot be encoded stops the build; the rest gets its length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.xpt import MAX_CHAR_BYTES, byte_lengths, byte_range

NUMBER_BYTES = 8
_SUPPLEMENT = "SUPP"


def with_lengths(datasets: dict[str, Dataset], encoding: str) -> tuple[dict[str, Dataset], list[Finding]]:
    """Each Char variable's length: the longest value of that name in any dataset (SUPP-- apart), at least 1.

    FATAL `TXT-NONASCII` / `TXT-ENCODING` for text the encoding cannot hold and `TXT-TOOLONG` for values over
    200 bytes, each with its record.
    """
    findings: list[Finding] = []
    widths = {name: _widths(dataset, encoding, findings) for name, dataset in datasets.items()}
    shared: dict[str, int] = {}
    for name, own in widths.items():
        if not name.startswith(_SUPPLEMENT):
            for variable, width in own.items():
                shared[variable] = max(shared.get(variable, 1), width)
    sized = {}
    for name, dataset in datasets.items():
        source = widths[name] if name.startswith(_SUPPLEMENT) else shared
        variables = tuple(
            replace(v, length=NUMBER_BYTES if v.type == "Num" else max(1, source[v.name]))
            for v in dataset.variables
        )
        sized[name] = replace(dataset, variables=variables)
    return sized, findings


def _widths(dataset: Dataset, encoding: str, findings: list[Finding]) -> dict[str, int]:
    widths = {}
    for variable in dataset.variables:
        if variable.type == "Char":
            column = dataset.frame[variable.name]
            least, widths[variable.name] = byte_range(dataset.distinct(variable.name), encoding)
            if least >= 0 and widths[variable.name] <= MAX_CHAR_BYTES:
                continue
            sizes = byte_lengths(column, encoding)
            findings += [
                _finding(dataset, variable.name, int(at), encoding) for at in np.flatnonzero(sizes < 0)
            ]
            findings += [
                _finding(dataset, variable.name, int(at), "") for at in np.flatnonzero(sizes > MAX_CHAR_BYTES)
            ]
    return widths


def _finding(dataset: Dataset, variable: str, at: int, encoding: str) -> Finding:
    if encoding:
        rule = "TXT-NONASCII" if encoding == "ascii" else "TXT-ENCODING"
        message = (
            f"text cannot be written as {encoding}; translate it in the coding table, or choose --text utf8"
        )
    else:
        rule, message = (
            "TXT-TOOLONG",
            f"text takes more than {MAX_CHAR_BYTES} bytes; shorten its term or split the variable",
        )
    frame: pd.DataFrame = dataset.frame
    return Finding(
        rule=rule,
        severity="FATAL",
        message=message,
        dataset=dataset.name,
        variable=variable,
        row=at + 1,
        usubjid=str(frame["USUBJID"].iloc[at]) if "USUBJID" in frame else "",
        value=str(frame[variable].iloc[at]),
    )

"""Rows of a CSV file that are wider or narrower than its header: read as they stand, and told."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cdisc_kit.findings import Finding
from cdisc_kit.raw.layout import Place, Rows, letter
from cdisc_kit.raw.table import Extra

RAGGED = "ROW-WIDTH"


class Ragged(NamedTuple):
    """Where cells stand behind the last heading, and an ERROR for each row of another width."""

    beyond: Extra
    notes: list[Finding]


def ragged_rows(place: Place, rows: Rows, width: int) -> Ragged:
    """Rows of other than `width` cells; blank cells behind the last heading are none.

    A comma in a text without quotes makes a row wider and moves its other cells, so none is put right here:
    the row is read by position, and the cells beyond are kept in the finding.
    """
    notes, beyond = [], []
    widest = max((len(cells) for _, cells in rows), default=0)
    for number, cells in rows:
        surplus = [cell.strip() for cell in cells[width:]]
        if any(surplus):
            notes.append(place.at(_wider(place, number, len(cells), width, surplus), number))
        elif len(cells) < width:
            notes.append(place.at(_narrower(place, number, len(cells), width), number))
    for at in range(width, widest):
        filled = np.array([at < len(cells) and bool(cells[at].strip()) for _, cells in rows], dtype=bool)
        if filled.any():
            beyond.append((letter(at), filled))
    return Ragged(tuple(beyond), notes)


def _wider(place: Place, row: int, cells: int, width: int, surplus: list[str]) -> Finding:
    return Finding(
        rule=RAGGED,
        severity="ERROR",
        message=(
            f"line {row} has {cells} cells, the header {width}: a comma in a text without quotes moves all "
            "cells behind it; read as it stands, the cells beyond are in this finding alone"
        ),
        message_zh=f"第{row}行有{cells}个单元格,而表头只有{width}列:文本中未加引号的逗号会使其后的单元格错位",
        value=" | ".join(surplus),
        query=f"{place.form.title_zh}第{row}行比表头多{cells - width}个单元格,请检查文本中的逗号后重新导出。",
    )


def _narrower(place: Place, row: int, cells: int, width: int) -> Finding:
    return Finding(
        rule=RAGGED,
        severity="ERROR",
        message=(
            f"line {row} has {cells} cells, the header {width}: cut off, or a comma is missing; read as it "
            "stands, the rest is blank"
        ),
        message_zh=f"第{row}行只有{cells}个单元格,而表头有{width}列:该行不完整或缺少逗号,其余按空白处理",
        query=f"{place.form.title_zh}第{row}行比表头少{width - cells}个单元格,请检查该行是否完整并重新导出。",
    )

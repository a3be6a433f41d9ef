"""Reading by column gives what reading by row gives, or leaves the text to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdisc_kit.raw import csvfile, plaincsv

NAMES = ["编号", "B", "C"]
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='",\n\r\0'), max_size=6)
LINE = st.lists(CELL, min_size=3, max_size=3)


@pytest.fixture(autouse=True, scope="module")
def short_texts_too() -> object:
    patch = pytest.MonkeyPatch()
    patch.setattr(plaincsv, "_LEAST_LINES", 0)
    yield
    patch.undo()


def by_row(text: str) -> list[list[str]]:
    return [cells for _, cells in csvfile.split(Path("x.csv"), text)]


@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_columns_hold_the_cells_of_the_rows(lines: list[list[str]], end: str, last: bool) -> None:
    text = end.join(",".join(cells) for cells in [NAMES, *lines]) + (end if last else "")
    plain = plaincsv.plain_text(text)
    if plain is not None:
        header, *body = by_row(text)
        assert plain.header == header
        assert [list(column.cells()) for column in plain.columns] == [
            list(column) for column in zip(*body, strict=True)
        ]


def test_an_ordinary_export_is_read_by_column() -> None:
    plain = plaincsv.plain_text("编号,B,C\r\n01001,NA,\r\n01002, x ,3\r\n")
    assert plain is not None
    assert [list(column.cells()) for column in plain.columns] == [
        ["01001", "01002"],
        ["NA", " x "],
        ["", "3"],
    ]


@pytest.mark.parametrize(
    "line",
    [
        '1,"a",c',
        "1,2",
        "1,2,3,4",
        "",
        ",,",
        " , ,　",
        "合计,5,6",
        "编号,B,C",
        "1,Total:,3",
        "1,a\rb,c",
        "1,a\0,c",
    ],
)
def test_what_needs_judgement_is_left_to_the_rows(line: str) -> None:
    assert plaincsv.plain_text(f"编号,B,C\n1,2,3\n{line}\n4,5,6\n") is None
